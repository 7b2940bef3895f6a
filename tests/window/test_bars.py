"""Beats and bars in the window: shown, dragged, set by menu and key, snapped to."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import mido
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QInputDialog, QMenu

from app.midi.midi_file_reader import read_midi_file
from app.music.rhythm import Meter
from app.views.dialogs.export_dialog import ExportChoice
from app.views.stage.lines.bar_lines_item import every_nth, shows_beats
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import SHIFT, drag, key, mouse
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def song(bench: Bench, tmp_path: Path) -> Bench:
    """A MIDI file of eight bars of 3/4 at 120 beats a minute, a note on each beat."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    for beat in range(24):
        pitch = (48, 64, 67)[beat % 3] + beat // 12
        track.append(mido.Message("note_on", note=pitch, velocity=80))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file.save(tmp_path / "waltz.mid")
    bench.open(tmp_path / "waltz.mid")
    bench.until(lambda: bench.song.rhythm.grid is not None)
    bench.window.stage.fit()
    return bench


def found(bench: Bench, act) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Corrects something, and waits for the beats that are found then."""
    before = bench.song.rhythm.grid
    act()
    bench.until(lambda: bench.song.rhythm.grid is not before)


def beats(bench: Bench) -> list[float]:
    return bench.song.rhythm.grid.beats_s.tolist()


def in_lane(bench: Bench, at_s: float) -> QPointF:
    lane = bench.window.stage.plot.bar_lane
    return lane.mapToScene(QPointF(lane.x(at_s), lane.size().height() / 2))


def drag_in_lane(bench: Bench, from_s: float, to_s: float) -> None:
    view = bench.window.stage.plot.viewport()
    first, last = in_lane(bench, from_s), in_lane(bench, to_s)
    mouse(view, QEvent.Type.MouseMove, first)
    mouse(view, QEvent.Type.MouseButtonPress, first, held=True)
    for share in (0.5, 1.0):
        mouse(view, QEvent.Type.MouseMove, first + (last - first) * share, held=True)
    mouse(view, QEvent.Type.MouseButtonRelease, last)


def test_bars_are_shown_until_their_key_hides_them(song: Bench) -> None:
    plot = song.window.stage.plot
    assert plot.bar_lane.isVisible()
    assert plot.bar_lines.isVisible()
    assert plot.tempo.text.split() == ["3/4", "120"]
    key(song, Qt.Key.Key_B)
    assert not plot.bar_lane.isVisible()
    assert not plot.bar_lines.isVisible()
    song.until(lambda: plot.bar_lane.size().height() == 0)
    assert not song.settings.bars
    key(song, Qt.Key.Key_B)
    assert plot.bar_lane.isVisible()
    song.song.close()
    assert not plot.bar_lane.isVisible()


def test_a_bar_line_is_dragged_and_comes_back_by_undo(song: Bench) -> None:
    found(song, lambda: drag_in_lane(song, 3.0, 3.2))
    rhythm = song.song.rhythm
    assert beats(song)[6] == pytest.approx(3.2, abs=0.03)
    assert rhythm.grid.is_bar(6)
    assert beats(song)[7] == pytest.approx(3.5)
    assert song.window.song_controller.act.undo.text() == "Undo move bar line"
    found(song, lambda: key(song, Qt.Key.Key_Z, CONTROL))
    assert beats(song)[6] == pytest.approx(3.0)
    # What is no tick is a place to go to.
    view = song.window.stage.plot.viewport()
    at = in_lane(song, 4.25)
    mouse(view, QEvent.Type.MouseButtonPress, at, held=True)
    mouse(view, QEvent.Type.MouseButtonRelease, at)
    assert song.window.stage.cursor_s == pytest.approx(4.25, abs=0.05)


def test_keys_correct_beats_and_bars(song: Bench) -> None:
    rhythm, window = song.song.rhythm, song.window
    found(song, lambda: key(song, Qt.Key.Key_B, CONTROL | SHIFT))
    assert rhythm.grid.beats_per_minute == pytest.approx(60)
    found(song, lambda: key(song, Qt.Key.Key_B, CONTROL | ALT))
    assert rhythm.grid.beats_per_minute == pytest.approx(120)
    found(song, lambda: key(song, Qt.Key.Key_B, ALT | SHIFT))
    assert not rhythm.is_corrected
    window.commands.seek(2.05)
    found(song, lambda: key(song, Qt.Key.Key_B, CONTROL))
    assert rhythm.grid.bar_at(2.1).start_s == pytest.approx(2.0)
    # At rest a tap puts the nearest beat to the cursor.
    window.commands.seek(5.12)
    found(song, lambda: key(song, Qt.Key.Key_B, SHIFT))
    assert min(abs(at - 5.12) for at in beats(song)) < 1e-6
    found(song, lambda: key(song, Qt.Key.Key_B, ALT))
    assert rhythm.given.meter == Meter(4, 4)
    key(song, Qt.Key.Key_Y, ALT)
    dialog = window.findChild(QInputDialog)
    dialog.setDoubleValue(90)
    found(song, dialog.accept)
    assert rhythm.given.beats_per_minute == 90


def test_taps_along_the_music_count_once_they_stop(song: Bench) -> None:
    bars, stage = song.window.song_controller.bars, song.window.stage
    moments = iter((3.02, 4.01, 4.97))
    stage.run(lambda: 0.0)
    for at_s in moments:
        stage.set_cursor(at_s)
        bars.tap()
    stage.rest()
    found(song, bars.take_taps)
    # A finger is not as exact as the notes are.
    assert [at for at in beats(song) if 2.9 < at < 5.1] == pytest.approx([3.0, 4.0, 5.0])


def test_the_menu_sets_bars_and_time_signatures(song: Bench) -> None:
    lane, window, rhythm = song.window.stage.plot.bar_lane, song.window, song.song.rhythm
    lane.menu_asked.emit(6.1, QPoint(300, 300))
    menu = [one for one in window.findChildren(QMenu) if one.isVisible()][-1]
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[:3] == ["A bar begins here", "Time signature from here", "Time signature"]
    from_here = menu.actions()[1].menu()
    [seven] = [action for action in from_here.actions() if action.text() == "7/8"]
    found(song, seven.trigger)
    menu.close()
    assert rhythm.grid.bar_at(6.1).meter == Meter(7, 8)
    assert rhythm.grid.bar_at(1.0).meter == Meter(3, 4)


def test_what_is_edited_snaps_unless_alt_is_held(song: Bench) -> None:
    key(song, Qt.Key.Key_E)
    drag(song, (3.2, 48), (3.36, 48))
    [note] = song.window.song_controller.editing.chosen
    assert note.onset_s == pytest.approx(3.25)
    assert note.offset_s == pytest.approx(3.75)
    drag(song, (3.5, 48), (3.66, 48), ALT)
    [note] = song.window.song_controller.editing.chosen
    assert note.onset_s == pytest.approx(3.41, abs=0.03)
    assert note.onset_s * 4 % 1 > 0.01


def test_bars_thin_out_the_more_time_is_in_view(song: Bench) -> None:
    grid = song.song.rhythm.grid
    assert shows_beats(grid, 0, 12, 40)
    assert not shows_beats(grid, 0, 12, 10)
    assert [every_nth(grid, 0, 12, x, 16) for x in (20, 10, 5, 2)] == [1, 2, 4, 8]


def test_exports_have_the_beats_as_they_were_corrected(song: Bench, tmp_path: Path) -> None:
    found(song, lambda: song.song.rhythm.move_beat(6, 3.2))
    path = tmp_path / "out.mid"
    choice = ExportChoice(has_rhythm=True, follows_file=True)
    with song.qtbot.waitSignal(song.window.commands.exported, timeout=WAIT_MS):
        song.window.commands.export(path, 440, choice)
    rhythm = read_midi_file(path).beats.rhythm()
    assert rhythm.beats_s[6 * rhythm.parts] == pytest.approx(3.2, abs=0.002)
    assert rhythm.meter == Meter(3, 4)
    # Of another time signature, all that was said but for it counts.
    with song.qtbot.waitSignal(song.window.commands.exported, timeout=WAIT_MS):
        song.window.commands.export(path, 440, dataclasses.replace(choice, meter=Meter(2, 4)))
    rhythm = read_midi_file(path).beats.rhythm()
    assert pytest.approx(rhythm.beats_s[6 * rhythm.parts], abs=0.002) == 3.2
    assert rhythm.meter == Meter(2, 4)


def test_a_chip_says_that_beats_are_set_by_hand_and_takes_it_back(song: Bench) -> None:
    def texts() -> list[str]:
        return [chip.text() for chip in song.window.status.chips.findChildren(QAbstractButton)
                if chip.isVisible()]

    assert not any("Beats" in text for text in texts())
    found(song, song.song.rhythm.halve)
    assert any("Beats set by hand" in text for text in texts())
    [chip] = [chip for chip in song.window.status.chips.findChildren(QAbstractButton)
              if "Beats set by hand" in chip.text()]
    found(song, chip.click)
    assert not song.song.rhythm.is_corrected
