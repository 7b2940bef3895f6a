"""A recording in the window: from the file to its MIDI, changed, played, and left for live."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.audio.devices.device_list import AudioDeviceError
from app.settings.settings import Settings
from app.transcription.sensitivity import MIDDLE, STEPS, threshold_at
from app.views.dialogs.export_dialog import ExportDialog
from model.transcriber import Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import on
from tests.window.song_bench import drop
from tests.window.window_bench import WAIT_MS, Bench, bench, make, midi_notes  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture(scope="session")
def long_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute: long enough to be in the middle of it."""
    path = tmp_path_factory.mktemp("long") / "eine Minute.wav"
    soundfile.write(path, tones(60.0), 44_100)
    return path


# From file to MIDI.


def test_from_a_file_to_its_midi(
    bench: Bench, tone_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, song = bench.window, bench.song
    assert not main.stage.isVisible()
    assert not main.act.export.isEnabled()
    bench.open(tone_wav)
    assert main.stage.isVisible()
    assert len(song.notes) > 5
    assert main.commands.note_count == len(song.notes)
    assert main.status.notes.text() == f"{len(song.notes)} notes"
    assert not main.status.bar.isVisible()
    target = tmp_path / "out"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), "MIDI files (*.mid)")
    )
    with bench.qtbot.waitSignal(main.commands.exported, timeout=WAIT_MS):
        main.act.export.trigger()
        main.findChildren(ExportDialog)[0].accept()
    assert "out.mid" in main.notice.text
    read = midi_notes(tmp_path / "out.mid")
    assert [pitch for pitch, _ in read] == [note.pitch for note in song.notes]
    assert [onset for _, onset in read] == pytest.approx(
        [note.onset_s for note in song.notes], abs=1e-3
    )
    assert Settings(bench.store).recent_files == [tone_wav]


def test_an_export_that_cannot_be_written_is_told(
    bench: Bench, tone_wav: Path, tmp_path: Path
) -> None:
    bench.open(tone_wav)
    in_the_way = tmp_path / "a file, no folder"
    in_the_way.write_bytes(b"")
    bench.window.commands.export(in_the_way / "out.mid", 440.0)
    assert in_the_way.name in bench.dismiss()
    assert bench.window.isVisible()


def test_what_sounds_at_the_cursor_is_lit_and_named(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    stage, notes = bench.window.stage, bench.song.notes
    for note in notes[:5]:
        moment_s = (note.onset_s + note.offset_s) / 2
        bench.window.commands.seek(moment_s)
        expected = {
            other.pitch for other in notes if other.onset_s <= moment_s < other.offset_s
        }
        assert note.pitch in expected
        assert stage.keyboard.lit.keys() == expected
        assert len(stage.names.text.split()) == len(expected)
        assert bench.song.player.position_s == pytest.approx(moment_s, abs=1e-3)


@pytest.mark.parametrize("content", [None, b"", b"this is no sound at all" * 40])
def test_a_bad_file_is_told_and_the_window_goes_on(
    bench: Bench, tone_wav: Path, tmp_path: Path, content: bytes | None
) -> None:
    bad = tmp_path / "schlechte Datei.wav"
    if content is not None:
        bad.write_bytes(content)
    bench.open(tone_wav)
    bench.window.open(bad)
    assert bad.name in bench.dismiss()
    assert bench.window.welcome.isVisible()
    assert not bench.window.act.play.isEnabled()
    assert bench.window.commands.note_count == 0
    bench.open(tone_wav)
    assert bench.window.stage.isVisible()


def test_what_was_heard_before_a_recording_breaks_off_is_kept(
    bench: Bench, tone_wav: Path
) -> None:
    bench.open(tone_wav)
    bench.window.act.play.trigger()
    bench.song.failed.emit("It breaks off.")
    assert bench.dismiss() == "It breaks off."
    assert bench.window.stage.isVisible()
    assert bench.window.commands.note_count == len(bench.song.notes)
    assert not bench.window.commands.song.is_playing


def test_a_file_can_be_dropped(bench: Bench, tone_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        assert drop(bench, QUrl.fromLocalFile(str(tone_wav)))
    assert bench.window.commands.source.startswith(tone_wav.name)
    assert not drop(bench, QUrl("https://example.org/song.wav"))
    assert not drop(bench)


# The transcription while it runs.


def test_cancelling_keeps_what_was_found(bench: Bench, long_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.progress, timeout=WAIT_MS):
        bench.window.open(long_wav)
    assert bench.window.status.bar.isVisible()
    assert not bench.window.act.export.isEnabled()
    with bench.qtbot.waitSignal(bench.song.cancelled, timeout=WAIT_MS):
        QTest.mouseClick(bench.window.status.cancel, Qt.MouseButton.LeftButton)
    assert not bench.window.status.bar.isVisible()
    assert bench.window.commands.note_count == len(bench.song.notes)


def test_closing_while_transcribing(bench: Bench, long_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        bench.window.open(long_wav)
    bench.window.close()
    assert not bench.song.is_transcribing


def test_another_file_while_transcribing(
    bench: Bench, long_wav: Path, tone_wav: Path
) -> None:
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        bench.window.open(long_wav)
    bench.open(tone_wav)
    assert bench.window.commands.source.startswith(tone_wav.name)
    assert bench.window.commands.note_count == len(bench.song.notes)
    assert bench.window.stage.view_box.extent_s < 10


# Sensitivity.


def test_threshold_falls_evenly_about_the_checkpoint_s_own() -> None:
    thresholds = [threshold_at(place, 0.35) for place in range(STEPS + 1)]
    assert thresholds[MIDDLE] == pytest.approx(0.35)
    assert all(left > right for left, right in itertools.pairwise(thresholds))
    assert 0 < thresholds[-1] < thresholds[0] < 1


def test_sensitivity_decodes_anew(bench: Bench, tone_wav: Path, transcriber: Transcriber) -> None:
    bench.open(tone_wav)
    main, before = bench.window, len(bench.song.notes)
    slider = main.bar.sensitivity
    for place in (0, 20, STEPS, MIDDLE):
        with bench.qtbot.waitSignal(bench.song.notes_changed, timeout=WAIT_MS):
            slider.setValue(place)
        decoder = dataclasses.replace(
            transcriber.decoder,
            onset_threshold=threshold_at(place, transcriber.decoder.onset_threshold),
        )
        expected = transcriber.decode(bench.song.probabilities, decoder)
        assert main.commands.note_count == len(expected)
        if place != MIDDLE:
            assert len(expected) != before
    assert len(bench.song.notes) == before


def test_sensitivity_moved_before_the_end_holds_to_the_end(
    bench: Bench, long_wav: Path, transcriber: Transcriber
) -> None:
    main = bench.window
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        main.open(long_wav)
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        main.bar.sensitivity.setValue(80)
    assert main.commands.note_count == len(bench.song.notes)
    expected = transcriber.decode(bench.song.probabilities, main.commands.sensitivity.decoder)
    notes = bench.song.notes
    assert [note.pitch for note in notes] == [note.pitch for note in expected]
    assert [note.onset_s for note in notes] == pytest.approx([note.onset_s for note in expected])


# Playing.


def test_play_pause_and_back_to_start(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.commands.seek(0.5)
    main.act.play.trigger()
    assert bench.song.player.is_playing
    assert main.act.play.text() == "Pause"
    assert main.stage.is_running
    main.act.play.trigger()
    assert not bench.song.player.is_playing
    assert main.act.play.text() == "Play"
    main.act.to_start.trigger()
    assert main.stage.cursor_s == 0
    assert bench.song.player.position_s == 0


def test_play_ends_by_itself_at_the_end(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    bench.window.act.play.trigger()
    bench.outputs[-1].run_to_the_end()
    bench.qtbot.waitUntil(lambda: not bench.window.commands.song.is_playing, timeout=WAIT_MS)
    assert bench.window.act.play.text() == "Play"
    assert bench.window.stage.cursor_s == pytest.approx(2.0, abs=0.05)


def test_no_loudspeaker_is_told(
    bench: Bench, tone_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AudioDeviceError("There is no loudspeaker.")

    bench.open(tone_wav)
    monkeypatch.setattr(bench.song.player, "play", refuse)
    bench.window.act.play.trigger()
    assert bench.dismiss() == "There is no loudspeaker."
    assert not bench.window.commands.song.is_playing


# Live beside it.


def test_live_while_a_recording_opens(bench: Bench, long_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        bench.window.open(long_wav)
    bench.window.act.live.trigger()
    assert not bench.song.is_transcribing
    bench.live.hear(1.0, on(60, 0.9))
    bench.window.stage.refresh()
    assert bench.window.commands.note_count == 1
    assert not bench.window.status.bar.isVisible()


def test_live_while_a_recording_plays_and_back(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.act.play.trigger()
    main.act.live.trigger()
    assert not bench.song.player.is_playing
    assert not main.act.play.isEnabled()
    bench.live.hear(1.0, on(60, 0.9))
    bench.open(tone_wav)
    assert not bench.live.is_listening
    assert main.commands.note_count == len(bench.song.notes)
    assert main.act.play.isEnabled()
