"""Notes taken out of the window: the dialog of export, the clipboard, the dragged file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import music21
import pretty_midi
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPointF, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from app.exports import background_export as exporter
from app.exports import export_file
from app.music.fretting import BASS
from app.music.quantise import Grid
from app.music.rhythm import Meter
from app.views.dialogs.export_dialog import ExportDialog
from app.window import notices
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.song_bench import NOTES, editing, mouse, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def dialog_of(bench: Bench) -> ExportDialog:
    bench.window.act.export.trigger()
    return bench.window.findChildren(ExportDialog)[-1]


def choose(dialog: ExportDialog, **values: Any) -> None:
    for name, value in values.items():
        if name == "kind":
            dialog.kinds.check([value])
            continue
        box = getattr(dialog, name)
        index = next(i for i in range(box.count()) if box.itemData(i) == value)
        box.setCurrentIndex(index)


def accept(dialog: ExportDialog) -> None:
    buttons = dialog.findChildren(QDialogButtonBox)[0].buttons()
    next(button for button in buttons if button.text().startswith("Export")).click()


@pytest.fixture
def export_to(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Exports through the dialog with some choices; the file's name says as what."""

    def export(name: str, **values: object) -> Path:
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
        dialog = dialog_of(bench)
        choose(dialog, kind=path.suffix, **values)
        faults: list[str] = []
        bench.window.commands.failed.connect(faults.append)
        with bench.qtbot.waitSignal(bench.window.commands.export_ended, timeout=WAIT_MS):
            accept(dialog)
        assert faults == []
        return path

    return export


def read(path: Path) -> list[tuple[float, float, int, int]]:
    notes = [note for part in pretty_midi.PrettyMIDI(str(path)).instruments
             for note in part.notes]
    return sorted((round(note.start, 2), round(note.end, 2), note.pitch, note.velocity)
                  for note in notes)


def test_midi_as_it_was_played(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    opened(bench, recording)
    found = read(export_to("out.mid"))
    assert found == [(n.onset_s, n.offset_s, n.pitch, n.velocity) for n in NOTES]
    assert "out.mid" in bench.window.notice.text
    assert not list(recording.parent.glob(".out*"))


def test_midi_on_a_grid_with_two_hands(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    opened(bench, recording)
    path = export_to(
        "grid.mid", timing="grid", beats="steady", grid=Grid.parse("1/8"), meter=Meter(3, 4),
        split=62,
    )
    midi = mido.MidiFile(path)
    assert len([track for track in midi.tracks
                if any(message.type == "note_on" for message in track)]) == 2
    assert all(start % 0.25 == 0 for start, *_ in read(path))
    # What was chosen is there the next time.
    dialog = dialog_of(bench)
    assert dialog.choice.grid == Grid.parse("1/8")
    assert dialog.choice.meter == Meter(3, 4)
    assert not dialog.choice.hears_beats
    dialog.reject()


def test_beats_are_heard_in_the_recording(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    opened(bench, recording)
    path = export_to("map.mid", timing="tempo map", beats="heard")
    assert read(path) == [(n.onset_s, n.offset_s, n.pitch, n.velocity) for n in NOTES]


def test_a_score_with_title_and_key(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    opened(bench, recording)
    path = export_to("score.musicxml", beats="steady")
    score = music21.converter.parse(path)
    assert [p.midi for p in score.flatten().pitches]
    assert score.flatten().getElementsByClass("KeySignature")


def test_a_score_for_one_hand_has_one_staff(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    wide = [Note(0.1 * at, 0.1 * at + 0.1, 36 + 12 * (at % 5), 80) for at in range(18)]
    opened(bench, recording, wide)
    two = music21.converter.parse(export_to("two.musicxml", beats="steady"))
    one = music21.converter.parse(export_to("one.musicxml", split="one hand"))
    assert [len(score.parts) for score in (two, one)] == [2, 1]
    # What was chosen is there the next time.
    dialog = dialog_of(bench)
    assert (dialog.choice.one_hand, dialog.choice.split) == (True, None)
    dialog.reject()


@pytest.mark.parametrize(
    ("given", "written"),
    [("a.midi", "a.midi"), ("a.MID", "a.MID"), ("a.b", "a.b.mid"), ("a", "a.mid")],
)
def test_a_name_keeps_the_ending_that_says_the_same(
    bench: Bench, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    given: str, written: str,
) -> None:
    opened(bench, recording)
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / given), "")
    )
    with bench.qtbot.waitSignal(bench.window.commands.exported, timeout=WAIT_MS):
        accept(dialog_of(bench))
    assert {path.name for path in tmp_path.iterdir()} >= {written}
    assert len(read(tmp_path / written)) == len(NOTES)


def test_a_score_with_tablature_and_midi_that_is_bent(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    opened(bench, recording)
    bench.song.edits.add(Note(1.7, 1.9, 72, 80, cents=(30.0,) * 10))
    path = export_to("tab.musicxml", beats="steady", tab=BASS)
    assert "<sign>TAB</sign>" in path.read_text()
    bent = mido.MidiFile(export_to("bent.mid", timing="as played", bends="mpe"))
    assert any(message.type == "pitchwheel" for message in bent)
    dialog = dialog_of(bench)
    assert (dialog.choice.bends, dialog.choice.tab) == ("mpe", None)
    dialog.reject()


@pytest.mark.parametrize("suffix", [".csv", ".json", ".png", ".svg", ".wav", ".pdf"])
def test_every_other_kind(
    bench: Bench, recording: Path, export_to: Callable[..., Path], suffix: str
) -> None:
    opened(bench, recording)
    path = export_to(f"out{suffix}")
    match suffix:
        case ".csv":
            assert len(path.read_text().splitlines()) == 1 + len(NOTES)
        case ".json":
            assert [note["pitch"] for note in json.loads(path.read_text())["notes"]] == [
                60, 64, 67,
            ]
        case ".wav":
            assert soundfile.info(path).duration >= 2.0
        case ".pdf":
            assert path.read_bytes().startswith(b"%PDF")
        case ".png":
            assert not QImage(str(path)).isNull()
        case _:
            assert "<svg" in path.read_text()


def test_only_the_options_of_the_kind_are_shown(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    dialog = dialog_of(bench)
    assert dialog.timing.isVisible()
    assert not dialog.grid.isVisible()
    choose(dialog, timing="grid")
    assert dialog.grid.isVisible()
    assert not dialog.bpm.isVisible()
    choose(dialog, beats="steady")
    assert dialog.bpm.isVisible()
    choose(dialog, kind=".musicxml")
    assert dialog.title.text() == "tone"
    assert not dialog.timing.isVisible()
    assert dialog.split.isVisible()
    assert not dialog.bends.isVisible()
    choose(dialog, tab=BASS)
    assert not dialog.split.isVisible()
    choose(dialog, kind=".csv")
    assert not any(part.isVisible() for part in (dialog.beats, dialog.split, dialog.velocity))
    dialog.reject()


def test_a_live_take_has_no_sound_to_hear_beats_in(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5), off(60, 0.5, 0.9))
    bench.window.stage.refresh()
    bench.window.act.live.trigger()
    dialog = dialog_of(bench)
    assert dialog.beats.count() == 1
    dialog.reject()


def test_an_export_is_cancelled_and_leaves_what_was_there(
    bench: Bench, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    path = tmp_path / "out.mid"
    path.write_bytes(b"before")
    write, commands = export_file.export, bench.window.commands

    cancelled = threading.Event()

    def wait_and_write(notes: object, beside: Path, options: object, go_on: object) -> None:
        cancelled.wait(WAIT_MS / 1000)
        write(notes, beside, options, go_on)  # type: ignore[arg-type]

    monkeypatch.setattr(exporter, "export", wait_and_write)
    commands.export(path, 440.0)
    assert "Exporting out.mid" in bench.window.notice.text
    with bench.qtbot.waitSignal(commands.export_ended, timeout=WAIT_MS):
        bench.press("Cancel")
    cancelled.set()
    for worker in commands._exporter._leaving:
        worker.join()
    assert path.read_bytes() == b"before"
    assert not list(tmp_path.glob(".out*"))
    assert bench.window.notice.text == ""
    # The next one is written.
    monkeypatch.undo()
    with bench.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        commands.export(path, 440.0)
    assert len(read(path)) == 3


def test_notes_are_copied_as_text(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    clipboard, song_controller = QGuiApplication.clipboard(), bench.window.song_controller
    song_controller.act.copy_text.trigger()
    assert clipboard.text().splitlines()[1:] == [
        "C4\t0.200\t0.400\t70", "E4\t0.300\t0.600\t80", "G4\t1.200\t0.400\t90",
    ]
    song_controller.editing.choose([NOTES[2]])
    song_controller.act.copy_text.trigger()
    assert len(clipboard.text().splitlines()) == 2
    assert bench.window.notice.text == "Copied 1 of 3 notes as text."
    bench.press("Copy all")
    assert len(clipboard.text().splitlines()) == 4
    assert bench.window.notice.text == "Copied 3 notes as text."


def test_the_notes_are_dragged_out_as_midi(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    handle = bench.window.song_controller.handle
    dropped: list[Path] = []

    def start(drag: QDrag) -> None:
        dropped.append(Path(drag.mimeData().urls()[0].toLocalFile()))

    handle._start = start
    middle = QPointF(handle.rect().center())
    mouse(handle, QEvent.Type.MouseButtonPress, middle, held=True)
    mouse(handle, QEvent.Type.MouseMove, middle + QPointF(60, 60), held=True)
    bench.until(lambda: bool(dropped))
    assert dropped[0].name == "tone.mid"
    assert len(read(dropped[0])) == 3
    # A click alone drags nothing.
    mouse(handle, QEvent.Type.MouseButtonRelease, middle)
    mouse(handle, QEvent.Type.MouseButtonPress, middle, held=True)
    mouse(handle, QEvent.Type.MouseButtonRelease, middle)
    bench.until(lambda: not bench.window.song_controller.exporting._dragged.is_writing)
    assert len(dropped) == 1
    bench.window.close()
    assert not dropped[0].exists()


def test_several_kinds_at_once_after_a_question_about_those_that_are_there(
    bench: Bench, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "all.csv").write_text("before")
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(folder / "all.mid"), "")
    )
    for answer, written in (("Keep", 1), ("Replace", 3)):
        dialog = dialog_of(bench)
        dialog.kinds.check([".mid", ".csv", ".musicxml"])
        accept(dialog)
        box = bench.box()
        assert "all.csv is already in" in box.text()
        next(button for button in box.buttons() if button.text() == answer).click()
        if written > 1:
            bench.until(lambda: "Exported" in bench.window.notice.text)
        assert len(list(folder.iterdir())) == written
    assert "Exported 3 notes: all.mid, all.musicxml, all.csv, in " in bench.window.notice.text
    assert (folder / "all.csv").read_text() != "before"
    # As played for sequencers, while the score of the same moment has its bars.
    assert read(folder / "all.mid")[0][0] == NOTES[0].onset_s
    assert music21.converter.parse(folder / "all.musicxml").flatten().pitches


def test_one_that_cannot_be_written_keeps_none_of_the_others_away(
    bench: Bench, recording: Path, tmp_path: Path
) -> None:
    opened(bench, recording)
    (tmp_path / "a.csv").mkdir()
    faults: list[str] = []
    bench.window.commands.failed.disconnect()
    bench.window.commands.failed.connect(faults.append)
    with bench.qtbot.waitSignal(bench.window.commands.exported, timeout=WAIT_MS):
        bench.window.commands.export([tmp_path / "a.csv", tmp_path / "a.json"], 440.0)
    [fault] = faults
    assert "a.csv" in fault
    assert bench.window.notice.text.startswith("Exported 3 notes: a.json, in ")


def test_no_kind_at_all_cannot_be_exported(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    dialog = dialog_of(bench)
    dialog.kinds.check([])
    button = next(
        button for button in dialog.findChildren(QDialogButtonBox)[0].buttons()
        if button.text().startswith("Export")
    )
    assert not button.isEnabled()
    dialog.kinds.boxes[".wav"].click()
    assert button.isEnabled()
    dialog.reject()


def test_chosen_notes_go_alone_and_begin_at_once(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    editing(bench, recording)
    bench.window.song_controller.editing.choose([NOTES[1], NOTES[2]])
    dialog = dialog_of(bench)
    texts = [dialog.part_of_notes.itemText(at) for at in range(dialog.part_of_notes.count())]
    assert texts == ["The 2 chosen notes of 3", "All 3 notes"]
    dialog.reject()
    found = read(export_to("part.mid"))
    assert [(round(start, 2), pitch) for start, _, pitch, _ in found] == [(0.0, 64), (0.9, 67)]
    assert "Exported 2 of 3 notes: part.mid" in bench.window.notice.text
    # A table tells where they are in the recording.
    assert export_to("part.csv").read_text().splitlines()[1].startswith("0.3000,")
    # All of them is a choice away.
    assert len(read(export_to("all.mid", part_of_notes=1))) == 3


def test_the_selected_part_goes_alone_where_no_note_is_chosen(
    bench: Bench, recording: Path, export_to: Callable[..., Path]
) -> None:
    opened(bench, recording)
    controller = bench.window.song_controller
    controller.playback.set_span(0.25, 0.7)
    # What sounds on is cut at its end.
    assert read(export_to("part.mid")) == [(0.05, 0.45, 64, 80)]
    assert "1 of 3 notes" in bench.window.notice.text
    controller.act.copy_text.trigger()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 2
    controller.act.loop.trigger()
    dialog = dialog_of(bench)
    assert dialog.part_of_notes.currentText() == "The 1 note of 3 in the loop"
    dialog.reject()
    handle = controller.handle
    handle.pointed.emit()
    assert "1 of 3 notes" in handle.toolTip()
    dropped: list[Path] = []
    handle._start = lambda drag: dropped.append(Path(drag.mimeData().urls()[0].toLocalFile()))
    middle = QPointF(handle.rect().center())
    mouse(handle, QEvent.Type.MouseButtonPress, middle, held=True)
    mouse(handle, QEvent.Type.MouseMove, middle + QPointF(60, 60), held=True)
    bench.until(lambda: bool(dropped))
    assert read(dropped[0]) == [(0.05, 0.45, 64, 80)]
    mouse(handle, QEvent.Type.MouseButtonRelease, middle)


def test_chosen_notes_are_looped(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    controller = bench.window.song_controller
    controller.editing.choose([NOTES[0], NOTES[1]])
    controller.act.loop.trigger()
    assert controller.playback.span == (NOTES[0].onset_s, NOTES[1].offset_s)
    assert controller.playback.loops


def test_what_was_exported_is_opened_or_shown_in_its_folder(
    bench: Bench, recording: Path, export_to: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened(bench, recording)
    asked: list[Path] = []
    opens = [True]

    def open_url(url: QUrl) -> bool:
        asked.append(Path(url.toLocalFile()))
        return opens[0]

    monkeypatch.setattr(notices.QDesktopServices, "openUrl", open_url)
    path = export_to("out & <b>.csv")
    bench.press("Open")
    export_to(path.name)
    bench.press("Show in folder")
    assert asked == [path, path.parent]
    export_to(path.name)
    opens[0] = False
    bench.press("Open")
    assert "no program of this system" in bench.dismiss()
