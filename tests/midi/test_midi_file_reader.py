"""Reading notes out of MIDI files of all kinds, and of none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mido
import pytest

from app.exports.export_options import ExportOptions
from app.exports.midi_writer import write_midi
from app.midi.midi_file_reader import MidiFileError, is_midi, read_midi, read_midi_file
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import Chord
from app.music.sections import Marker
from model.notes import Note


def on(pitch: int, time: int, velocity: int = 64, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def off(pitch: int, time: int, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def tempo(microseconds: int, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=microseconds, time=time)


def written(path: Path, *tracks: list[object], kind: int = 1) -> Path:
    mido.MidiFile(
        type=kind, ticks_per_beat=480, tracks=[mido.MidiTrack(track) for track in tracks]
    ).save(path)
    return path


def test_times_follow_every_change_of_tempo_in_any_track(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mid",
        [tempo(500_000), tempo(1_000_000, 480)],
        [on(60, 0), off(60, 480), on(64, 0, 100), off(64, 240)],
    )
    assert read_midi(path) == [Note(0.0, 0.5, 60, 64), Note(0.5, 1.0, 64, 100)]


def test_a_note_that_is_struck_again_ends_there(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mid", [on(60, 0), on(60, 480, 30), on(60, 480, 0), off(60, 0)])
    assert read_midi(path) == [Note(0.0, 0.5, 60, 64), Note(0.5, 1.0, 60, 30)]
    # Some programs write the old one's end after the new one's beginning.
    path = written(tmp_path / "a.mid", [on(60, 0), on(60, 480, 30), off(60, 0), off(60, 480)])
    assert read_midi(path) == [Note(0.0, 0.5, 60, 64), Note(0.5, 1.0, 60, 30)]


def test_voices_of_the_same_pitch_keep_apart_and_drums_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mid",
        [on(60, 0), on(40, 0, channel=9), off(40, 100, channel=9), off(60, 380)],
        [on(60, 240, 90), off(60, 480)],
    )
    assert read_midi(path) == [Note(0.0, 0.5, 60, 64), Note(0.25, 0.75, 60, 90)]


def test_what_is_never_released_ends_with_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mid", [on(60, 0), on(62, 240), off(62, 0), on(64, 240)])
    assert read_midi(path) == [
        Note(0.0, 0.5, 60, 64), Note(0.25, 0.255, 62, 64), Note(0.5, 0.505, 64, 64),
    ]  # fmt: skip


def test_a_file_without_notes(tmp_path: Path) -> None:
    assert read_midi(written(tmp_path / "a.mid", [tempo(400_000)])) == []


@pytest.mark.parametrize("content", [b"", b"no notes", b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0MTrk"])
def test_a_damaged_file_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(content)
    with pytest.raises(MidiFileError, match=r"a\.mid: this MIDI file cannot be read"):
        read_midi(path)


def test_every_cut_of_a_file_is_read_or_told(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.mid", [on(60, 0), off(60, 480), tempo(1), on(64, 5)]).read_bytes()
    told = 0
    for length in range(len(whole)):
        (tmp_path / "cut.mid").write_bytes(whole[:length])
        try:
            read_midi(tmp_path / "cut.mid")
        except MidiFileError:
            told += 1
    assert told > len(whole) / 2


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(MidiFileError, match="there is no such file"):
        read_midi(tmp_path / "a.mid")
    with pytest.raises(MidiFileError, match="folder"):
        read_midi(tmp_path)


def test_the_name_says_what_is_midi() -> None:
    assert is_midi(Path("a.MID"))
    assert is_midi(Path("b.midi"))
    assert not is_midi(Path("mid.wav"))


def marked(path: Path, names: Sequence[str]) -> list[str]:
    """The sections of a file that has these markers, a beat after one another."""
    track = mido.MidiTrack(
        mido.MetaMessage("marker", text=name, time=480) for name in names
    )
    mido.MidiFile(tracks=[track], charset="utf-8").save(path)
    return [marker.name for marker in read_midi_file(path).markers]


def test_markers_are_sections_unless_they_are_chords(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    assert marked(path, ["Strophe", " Café\n1 ", ""]) == ["Strophe", "Café 1"]
    assert read_midi_file(path).markers[1].time_s == 1.0
    # Letters call sections as well.
    assert marked(path, ["A", "B", "A"]) == ["A", "B", "A"]
    assert marked(path, ["Verse", "C", "G7", "Am", "Refrain"]) == ["Verse", "Refrain"]


def test_sections_and_chords_that_were_written_are_told_apart(tmp_path: Path) -> None:
    notes, path = [Note(0.0, 4.0, 60, 80)], tmp_path / "a.mid"
    markers = Marker(0.0, "A"), Marker(2.0, "G7")
    chords = ChordSpan(0.0, 2.0, Chord(9, "", 9)), ChordSpan(2.0, 4.0, Chord(7, "7", 7))
    for split in (None, 50):
        write_midi(notes, path, ExportOptions(markers=markers, chords=chords, split=split))
        assert read_midi_file(path).markers == markers
