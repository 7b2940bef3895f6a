"""The score in the window: shown by a key, followed, clicked, printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtTest import QTest

from app.exports.score import page_engraver
from app.exports.score.page_process import PageJob
from app.music.fretting import GUITAR, Fret
from app.settings.score_settings import ScoreSettings
from app.views.dialogs.export_dialog import ExportDialog
from app.views.score.page_notes import head_box
from app.views.score.score_view import ScoreView
from app.views.window_geometry import SMALLEST
from model.notes import Note
from tests.exports.score_pages import SameProcess
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.song_bench import NOTES, opened, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> list[SameProcess]:
    """Scores are engraved in this process."""
    made: list[SameProcess] = []

    def make() -> SameProcess:
        made.append(SameProcess())
        return made[-1]

    monkeypatch.setattr(page_engraver, "PageProcess", make)
    return made


def score_of(bench: Bench) -> ScoreView:
    """Shows the score alone, and waits for it."""
    window = bench.window
    while window.score.settings.parts != "score":
        window.score.act.next_view.trigger()
    view = window.score.pane.view
    bench.until(lambda: view.count > 0 and view._coming is None)
    return view


def last_job(processes: list[SameProcess]) -> PageJob:
    [process] = [process for process in processes if process.jobs]
    return process.jobs[-1]


def middle(view: ScoreView, index: int) -> QPoint:
    head = next(head for head in view._pages._heads[view.page] if head.index == index)
    return head_box(head, view.page_box).center().toPoint()


def test_a_key_shows_roll_both_and_score_in_turns_and_it_is_remembered(
    bench: Bench, recording: Path
) -> None:
    window = bench.window
    assert not window.score.act.next_view.isEnabled()
    opened(bench, recording)
    pane = window.score.pane
    seen = []
    for _ in range(4):
        seen.append((window.stage.isVisible(), pane.isVisible()))
        QTest.keyClick(window, Qt.Key.Key_V)
    assert seen == [(True, False), (True, True), (False, True), (True, False)]
    assert bench.settings.stage_parts == "both"
    bench.until(lambda: pane.view.count == 1)
    assert pane.bar.pages.text() == "Page 1 of 1"


def test_the_border_between_roll_and_score_is_remembered(
    make: Callable[[], Bench], recording: Path
) -> None:
    for moves in (True, False):
        bench = make()
        opened(bench, recording)
        bench.window.score.settings.show_parts("both")
        panes = bench.window.score.panes
        bench.until(lambda panes=panes: min(panes.sizes()) > 0)  # type: ignore[misc]
        if moves:
            panes.moveSplitter(round(0.7 * panes.height()), 1)
        stage, score = panes.sizes()
        assert score / (stage + score) == pytest.approx(0.3, abs=0.02)
        bench.window.close()
    assert bench.settings.score_share == pytest.approx(30, abs=1)


def test_the_score_is_that_of_the_notes_and_follows_their_changes(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    view = score_of(bench)
    assert list(view._pages.notes) == list(NOTES)
    bench.song.edits.delete([NOTES[1]])
    bench.until(lambda: list(view._pages.notes) == [NOTES[0], NOTES[2]])
    # What changes nothing is not engraved again.
    commands = bench.window.score.commands
    commands._engrave()
    asked = commands._asked
    commands._engrave()
    assert commands._asked is asked


def test_the_same_recording_again_has_its_score_again(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    view = score_of(bench)
    opened(bench, recording)
    bench.until(lambda: view.count == 1 and view._coming is None)


def test_a_click_goes_to_a_note_shows_it_and_lights_it(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    view, stage = score_of(bench), bench.window.stage
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle(view, 2))
    assert stage.cursor_s == pytest.approx(NOTES[2].onset_s)
    assert stage.selection._chosen._notes == [NOTES[2]]
    # It is heard alone.
    assert bench.outputs
    assert [head.index for head in view._lit] == [2]
    # Keys that change chosen notes leave it alone.
    assert not bench.window.song_controller.editing.has_chosen


def test_the_view_is_followed_while_it_plays(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    view, stage = score_of(bench), bench.window.stage
    stage.run(lambda: NOTES[0].onset_s + 0.05)
    stage.refresh()
    assert [head.index for head in view._lit] == [0]
    stage.rest()


def test_staves_part_and_tuning_are_chosen_and_kept(
    bench: Bench, recording: Path, processes: list[SameProcess]
) -> None:
    opened(bench, recording)
    view, bar = score_of(bench), bench.window.score.pane.bar
    act = bench.window.score.act
    act.next_staves.trigger()
    bench.until(lambda: last_job(processes).options.two_hands)
    bar.part.setCurrentIndex(bar.part.findData("Trumpet in B♭"))
    bar.part.activated.emit(bar.part.currentIndex())
    bench.until(lambda: last_job(processes).options.part.transposition == 2)
    for _ in range(2):
        act.next_staves.trigger()
    assert bar.tuning.isVisible()
    assert not bar.part.isVisible()
    bench.until(lambda: last_job(processes).options.tab == GUITAR)
    bar.tuning.strings.setText("D2 A2 D3 G3 B3 E4")
    bar.tuning.strings.editingFinished.emit()
    bar.tuning.capo.setValue(2)
    dropped = GUITAR.tuned("D2 A2 D3 G3 B3 E4").with_capo(2)
    bench.until(lambda: last_job(processes).options.tab == dropped)
    assert ScoreSettings(bench.settings).fretted("guitar") == dropped
    # What is no tuning changes nothing, and says why.
    bar.tuning.strings.setText("D2 H9")
    bar.tuning.strings.editingFinished.emit()
    assert "H9" in bar.tuning.strings.toolTip()
    assert bench.window.score.settings.tab == dropped
    bench.until(lambda: view._coming is None)


def test_pages_are_turned_and_staves_made_larger_by_keys(
    bench: Bench, recording: Path
) -> None:
    many = [Note(at / 4, at / 4 + 0.2, 60 + at % 12, 80) for at in range(400)]
    opened(bench, recording, many)
    view, act = score_of(bench), bench.window.score.act
    count = view.count
    assert count > 1
    act.next_page.trigger()
    assert view.page == 1
    act.previous_page.trigger()
    assert view.page == 0
    for _ in range(5):
        act.larger.trigger()
    bench.until(lambda: view.count > count and view._coming is None)
    assert bench.settings.score_zoom > 1.5


def test_while_live_listens_the_roll_is_seen(bench: Bench) -> None:
    window = bench.window
    window.score.settings.show_parts("score")
    window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5), off(60, 0.5, 0.9))
    window.stage.refresh()
    pane = window.score.pane
    assert window.stage.isVisible()
    assert not pane.isVisible()
    QTest.keyClick(window, Qt.Key.Key_V)
    assert "L ends Live first" in window.status.source.text()
    window.act.live.trigger()
    bench.until(lambda: pane.isVisible() and pane.view.count == 1)
    assert not window.stage.isVisible()


def test_the_smallest_window_has_room_for_all_of_it(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    window, score = bench.window, bench.window.score
    score.settings.set_fretboard("guitar")
    assert window.stage.fretboard.isVisible()
    score.settings.show_parts("both")
    window.resize(SMALLEST)
    window.grab()
    # The roll is left some room by the names and the neck, and the bar is not cut off.
    bench.until(lambda: window.stage.keyboard.size().height() > 50)
    assert not window.stage.fretboard.isVisible()
    score.act.next_fretboard.trigger()
    assert "Fretboard of the bass: the roll is too low" in window.status.source.text()
    for staves in ("", "guitar"):
        score.settings.set_staves(staves)
        assert score.pane.bar.minimumSizeHint().width() <= SMALLEST.width()
    # Without any height at all nothing is painted.
    window.stage.plot.setFixedHeight(40)
    window.stage.keyboard.light({60: 1.0})
    window.grab()


def test_an_engraver_that_fails_says_so(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.exports.score.page_process import ProcessDiedError

    def die(*_: object) -> None:
        raise ProcessDiedError

    opened(bench, recording)
    monkeypatch.setattr(SameProcess, "pages", die)
    window = bench.window
    for _ in range(2):
        window.score.act.next_view.trigger()
    bench.until(lambda: "ended unexpectedly" in window.score.pane.view._hint)


def test_the_score_is_printed(bench: Bench, recording: Path, tmp_path: Path) -> None:
    opened(bench, recording)
    path = tmp_path / "printed.pdf"
    bench.window.score.act.print_score.trigger()
    dialog = bench.window.findChildren(QPrintDialog)[-1]
    dialog.printer().setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    dialog.printer().setOutputFileName(str(path))
    dialog.accepted.emit(dialog.printer())
    dialog.reject()
    bench.until(lambda: "Printed 3 notes of tone: 1 page" in bench.window.notice.text)
    document = pypdfium2.PdfDocument(path)
    grey = document[0].render(scale=1, grayscale=True).to_numpy()
    assert len(document) == 1
    assert 0.001 < (grey < 128).mean() < 0.05
    document.close()


def test_the_score_is_saved_as_pdf_by_the_export(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    settings = bench.window.score.settings
    settings.set_staves("two")
    settings.set_part("Oboe")
    bench.window.score.act.save_pdf.trigger()
    dialog = bench.window.findChildren(ExportDialog)[-1]
    # As it is seen.
    assert dialog.choice.kinds == (".pdf",)
    assert (dialog.choice.two_hands, dialog.choice.part.name) == (True, "Oboe")
    dialog.reject()
    settings.set_staves("guitar")
    settings.tune(GUITAR.with_capo(3))
    bench.window.score.act.save_pdf.trigger()
    dialog = bench.window.findChildren(ExportDialog)[-1]
    assert dialog.choice.tab == GUITAR.with_capo(3)
    dialog.reject()


def test_a_fretboard_shows_what_is_played_live(bench: Bench) -> None:
    window = bench.window
    neck, panel = window.stage.fretboard, window.panels.display
    assert not neck.isVisible()
    window.score.act.next_fretboard.trigger()
    assert bench.settings.fretboard == "guitar"
    window.act.live.trigger()
    assert neck.isVisible()
    bench.live.hear(1.0, on(57, 0.5))
    window.stage.refresh()
    assert neck.lit == {57: Fret(3, 2)}
    # It is tuned in the panel, as tablature is.
    window.panels.open("display")
    assert panel.strings.isVisible()
    panel.strings.capo.setValue(2)
    assert neck.lit == {57: Fret(3, 0)}
    panel.fretboard.setCurrentIndex(panel.fretboard.findData(""))
    panel.fretboard.activated.emit(panel.fretboard.currentIndex())
    assert not neck.isVisible()
    assert not panel.strings.isVisible()
    window.act.live.trigger()


def test_keys_of_the_stage_work_on_the_score_as_well(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    view, window = score_of(bench), bench.window
    bench.until(lambda: view.hasFocus() or not window.isActiveWindow())
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert window.stage.cursor_s == pytest.approx(2.0, abs=0.1)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert window.stage.cursor_s == 0
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert window.commands.song.is_playing
    QTest.keyClick(view, Qt.Key.Key_Space)
