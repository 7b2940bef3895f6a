"""Practising in the window: three actions to the demo, marks, the report, and the way back."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.music.rhythm import Meter, Rhythm
from app.practice.marks import Extra, Mark, Marked
from app.practice.practice_history import PracticeHistory
from app.practice.practice_report import PracticeResult
from app.practice.session.practice_plan import PracticeWay
from app.system import paths
from app.views.practice.practice_sheet import PracticeSheet
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import opened, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, choose, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def sheet_of(bench: Bench) -> PracticeSheet:
    """The sheet, opened by its key."""
    bench.window.act.practise.trigger()
    sheet = bench.window.practice.starting.sheet
    assert sheet is not None
    return sheet


def begin(bench: Bench, way: str = "wait") -> None:
    sheet = sheet_of(bench)
    sheet.way.setCurrentIndex(sheet.way.findData(way))
    sheet.start.click()


def finish(bench: Bench, *kinds: str, offs: float | None = None) -> PracticeResult:
    """Ends it with these marks on the first notes."""
    practice = bench.window.practice
    plan = practice._plan
    assert plan is not None
    piece = plan.piece.of_bars(plan.piece.first_bar, plan.piece.last_bar)
    marks = [
        Mark(kinds[index] if index < len(kinds) else "right", note.onset_s, offs, is_final=True)  # type: ignore[arg-type]
        for index, note in enumerate(piece.notes)
    ]
    result = PracticeResult(piece, marks, [Extra(70, 1.0, 0.9)])
    practice.session.ended.disconnect(practice._ended)
    practice.session.end()
    practice.session.ended.connect(practice._ended)
    practice._ended(result)
    return result


def test_from_the_welcome_page_to_the_demo_in_three_actions(bench: Bench) -> None:
    main = bench.window
    assert main.welcome.isVisible()
    QTest.keyClick(main, Qt.Key.Key_F6)
    sheet = main.practice.starting.sheet
    assert sheet is not None
    assert "Pachelbel" in sheet.source.currentText()
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    assert main.practice.view.isVisible()
    assert main.practice.is_on
    assert bench.live.is_listening
    assert not main.act.record.isEnabled()
    assert len(main.practice.view.roll.marks) > 100
    main.practice.act.end.trigger()
    assert not bench.live.is_listening
    # Nothing was played, so there is nothing to be told.
    assert main.welcome.isVisible()
    assert main.act.record.isEnabled()


def test_the_notes_on_the_stage_come_first_and_the_recording_stays(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    sheet = sheet_of(bench)
    assert sheet.source.currentText() == "The notes of tone.wav"
    assert sheet.info.text() == "3 notes."
    choose(sheet.way, "It waits")
    sheet.start.click()
    practice = bench.window.practice
    bench.live.hear(0.5)
    assert bench.window.status.source.toolTip() == "Waiting for C4"
    assert practice.view.expected.text() == "C4"
    practice.act.skip.trigger()
    assert practice.view.expected.text() == "E4"
    practice.act.end.trigger()
    practice.act.end.trigger()
    assert bench.window.stage.isVisible()
    assert bench.song.info is not None
    assert len(bench.song.notes) == 3


def test_the_selected_part_and_the_chosen_notes_can_be_practised(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    controller = bench.window.song_controller
    controller.playback.set_span(0.25, 1.5)
    controller.act.edit.trigger()
    controller.editing.choose(list(bench.song.notes[:2]))
    sheet = sheet_of(bench)
    texts = [sheet.source.itemText(index) for index in range(sheet.source.count())]
    assert texts[:3] == ["The 2 chosen notes", "The selected part", "The notes of tone.wav"]
    assert sheet.piece is not None
    assert [note.pitch for note in sheet.piece.notes] == [60, 64]
    choose(sheet.source, "selected")
    assert [note.pitch for note in sheet.piece.notes] == [64, 67]
    sheet.close()


def test_parts_bars_and_instruments_choose_the_notes(bench: Bench) -> None:
    sheet = sheet_of(bench)
    all_notes = sheet.info.text()
    sheet.set_bars(2, 3)
    some = int(sheet.info.text().split()[0])
    assert 0 < some < int(all_notes.split()[0])
    choose(sheet.part.box, "Right hand")
    assert 0 < int(sheet.info.text().split()[0]) < some
    choose(sheet.instrument, "Double bass")
    # Its range lies lower: the piece is moved by octaves.
    assert sheet.moved.value() in (-12, -24)
    sheet.close()


def test_several_parts_of_a_file_are_ticked(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trio.mid"
    file = mido.MidiFile()
    for name, pitch in (("Flute", 76), ("Viola", 64), ("Cello", 45)):
        messages = [mido.MetaMessage("track_name", name=name)]
        for _ in range(pitch // 10):
            messages += [mido.Message("note_on", note=pitch, velocity=64, time=240),
                         mido.Message("note_off", note=pitch, time=240)]
        file.tracks.append(mido.MidiTrack(messages))
    file.save(path)
    monkeypatch.setattr(
        "app.window.practice.practice_starting.QFileDialog.getOpenFileName",
        lambda *_: (str(path), ""),
    )
    sheet = sheet_of(bench)
    sheet.source_chosen.emit("file")
    bench.until(lambda: "17 notes" in sheet.info.text())
    assert not sheet.part.ticks[0].isVisible()
    choose(sheet.part.box, "Several parts")
    ticks = sheet.part.ticks
    assert all(tick.isVisible() for tick in ticks)
    assert [tick.text() for tick in ticks] == ["Part 1: Flute", "Part 2: Viola", "Part 3: Cello"]
    for part, said in ((1, "11 notes."), (0, "4 notes."), (2, "There is no note")):
        QTest.keyClick(ticks[part], Qt.Key.Key_Space)
        assert sheet.info.text().startswith(said)
    assert not sheet.start.isEnabled()
    ticks[1].setChecked(True)
    assert sheet.chosen.parts == {1}
    # Another piece has other parts.
    choose(sheet.source, "demo")
    assert sheet.part.ticks == []
    assert sheet.chosen.parts is None
    sheet.close()


def test_a_file_is_read_in_the_background(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.musicxml"
    bad.write_text("<nothing/>")
    sheet = sheet_of(bench)
    for path, said in ((bad, "no MusicXML"), (paths.ASSETS / "demo.mid", "219 notes")):
        monkeypatch.setattr(
            "app.window.practice.practice_starting.QFileDialog.getOpenFileName",
            lambda *_, path=path: (str(path), ""),
        )
        sheet.source_chosen.emit("file")
        bench.until(lambda said=said: said in sheet.info.text())
        assert sheet.source.currentText() == path.name
        assert sheet.start.isEnabled() == (path != bad)
    sheet.close()


def test_marks_are_counted_and_drawn_in_colour_and_shape(bench: Bench) -> None:
    begin(bench, "clock")
    practice = bench.window.practice
    roll = practice.view.roll
    roll.resize(900, 500)
    roll.set_place(1.0)
    before = roll.grab().toImage()
    practice.piece._told([
        Marked(0, Mark("right", 0.0)), Marked(1, Mark("late", 0.1, 120.0)),
        Marked(2, Mark("missed", 0.5)), Extra(71, 0.0, 0.9),
    ])
    assert "1 right, 0 early, 1 late, 0 wrong, 1 missed, 1 extra, 0 unsure" in (
        practice.view.counts.accessibleName()
    )
    assert roll.grab().toImage() != before
    # The settled answer takes a mark back.
    practice.piece._told([Marked(1, Mark("right", 0.1, 20.0, is_final=True))])
    assert "2 right, 0 early, 0 late" in practice.view.counts.accessibleName()
    practice.act.end.trigger()


def test_the_report_offers_the_worst_bars_slower_and_keeps_the_history(bench: Bench) -> None:
    begin(bench, "clock")
    practice = bench.window.practice
    plan = practice._plan
    assert plan is not None
    first_bar = sum(note.bar == 1 for note in plan.piece.notes)
    finish(bench, *["missed"] * first_bar)
    report = practice.view.report
    assert report.isVisible()
    assert f"{first_bar} missed" in report.text.text()
    assert practice.has_faults
    assert [entry.missed for entry in PracticeHistory().entries(plan.piece)] == [first_bar]
    assert "Practise bar 1 again at 80 %" in [button.text() for button in report.loops]
    practice.act.worst.trigger()
    again = practice._plan
    assert again is not None
    assert practice.is_on
    assert again.how.speed == 80
    assert {note.bar for note in again.piece.notes} == {1}
    practice.act.end.trigger()


def test_differences_are_gone_through_by_a_key(bench: Bench) -> None:
    begin(bench, "clock")
    practice = bench.window.practice
    finish(bench, "right", "missed", *["right"] * 60, "wrong")
    roll = practice.view.roll
    piece = roll._shown.piece
    # The first is the extra note, which was played before the clock began.
    found = []
    for _ in range(3):
        practice.act.next_fault.trigger()
        found.append(roll.fault_s)
    assert found[1:] == [piece.notes[1].onset_s, piece.notes[62].onset_s]
    QTest.keyClick(bench.window, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    assert roll.fault_s == piece.notes[1].onset_s
    practice.act.end.trigger()
    assert not practice.is_shown


def test_what_is_evenly_late_is_offered_as_the_delay_of_the_device(bench: Bench) -> None:
    begin(bench, "clock")
    practice = bench.window.practice
    finish(bench, offs=92.0)
    report = practice.view.report
    assert report.delay.isVisible()
    assert "92 ms" in report.delay.text()
    report.delay.click()
    assert bench.settings.practice_delays == {"": 92.0}
    assert practice.delays.text == "92 ms"
    practice.act.end.trigger()


def test_how_it_was_practised_stays_chosen(bench: Bench) -> None:
    sheet = sheet_of(bench)
    choose(sheet.way, "follows")
    sheet.speed.setValue(70)
    sheet.falls.setChecked(True)
    sheet.start.click()
    bench.window.practice.act.end.trigger()
    assert PracticeWay.from_json(bench.settings.practice) == PracticeWay(
        "free", 70, falls=True
    )
    assert bench.window.practice.act.direction.isChecked()


def test_live_ends_practising_and_a_file_takes_its_place(bench: Bench, recording: Path) -> None:
    begin(bench, "wait")
    bench.window.act.live.trigger()
    assert not bench.window.practice.is_on
    assert not bench.live.is_listening
    begin(bench, "wait")
    bench.open(recording)
    assert not bench.window.practice.is_shown
    assert bench.window.stage.isVisible()
    # What is played from now on comes on the stage again.
    bench.window.act.live.trigger()
    assert bench.window.commands.has_take


def test_a_take_that_is_recorded_is_not_ended_for_it(bench: Bench) -> None:
    bench.window.act.record.trigger()
    bench.window.act.practise.trigger()
    assert bench.window.practice.starting.sheet is None
    assert "end it" in bench.dismiss()
    assert bench.live.is_recording


def test_a_refused_input_leads_back(bench: Bench) -> None:
    bench.live.refusal = "There is no microphone."
    begin(bench, "clock")
    assert not bench.window.practice.is_shown
    assert bench.window.welcome.isVisible()
    assert "no microphone" in bench.window.notice.text
    assert not bench.window.commands.live.is_lent


def test_the_score_follows_in_the_marks_colours(bench: Bench) -> None:
    begin(bench, "wait")
    practice = bench.window.practice
    view = practice.view.score
    assert not view.isVisible()
    practice.act.score.trigger()
    assert view.isVisible()
    bench.until(lambda: view.count > 0)
    plain = view.grab().toImage()
    practice.piece._told([Marked(0, Mark("right", 0.0)), Marked(1, Mark("missed", 0.5))])
    assert view.grab().toImage() != plain
    assert PracticeWay.from_json(bench.settings.practice).score
    practice.act.end.trigger()
    practice.act.end.trigger()


def test_bars_are_those_of_the_recording(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    bench.song.rhythm.rhythm = Rhythm.steady(120, Meter(3, 4))
    sheet = sheet_of(bench)
    assert sheet.piece is not None
    assert sheet.piece.bars_s[:2] == (0.0, 1.5)
    assert [note.bar for note in sheet.piece.notes] == [1, 1, 1]
    sheet.close()


def test_a_key_that_does_nothing_now_says_why(bench: Bench) -> None:
    main = bench.window
    QTest.keyClick(main, Qt.Key.Key_F8)
    assert main.status.source.toolTip().endswith("F6 practises a piece.")
    begin(bench, "clock")
    QTest.keyClick(main, Qt.Key.Key_R)
    assert main.status.source.toolTip().endswith("Esc ends practising first.")
    assert not bench.live.is_recording
    main.practice.act.end.trigger()
    QTest.keyClick(main, Qt.Key.Key_F7)
    assert "Ctrl+M" in main.status.source.toolTip()


def test_the_delay_is_that_of_the_chosen_device(bench: Bench) -> None:
    delays, panel = bench.window.practice.delays, bench.window.panels.input
    bench.window.input.refresh()
    assert panel.delay.text() == "not measured"
    delays.set_delay(80.0)
    assert panel.delay.text() == "80 ms"
    bench.window.input.choose_device(bench.inputs.devices[1])
    assert panel.delay.text() == "not measured"
    panel.measure.click()
    assert delays.sheet is not None
    delays.sheet.begin.click()
    assert bench.live.is_listening
    # Closed in its midst, the session is given back.
    delays.sheet.close()
    assert not bench.live.is_listening
    assert not bench.window.commands.live.is_lent
