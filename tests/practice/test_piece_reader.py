"""Pieces from files of every kind."""

from __future__ import annotations

import zipfile
from pathlib import Path

import mido
import pytest

from app.exports.export_options import ExportOptions
from app.exports.score.musicxml_writer import musicxml
from app.music.rhythm import Meter, Rhythm
from app.practice.piece import PieceError
from app.practice.piece_reader import read_notes, read_piece
from app.window.practice.practice_score import rhythm_of
from model.notes import Note

SCORE = """<?xml version="1.0"?>
<score-partwise version="3.1">
 <part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
 <part id="P1">
  <measure number="1">
   <attributes><divisions>1</divisions><time><beats>2</beats><beat-type>4</beat-type></time>
    <staves>2</staves></attributes>
   <direction><sound tempo="60"/></direction>
   <note><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration><staff>1</staff></note>
   <note><pitch><step>D</step><octave>5</octave></pitch><duration>1</duration><staff>1</staff></note>
   <backup><duration>2</duration></backup>
   <note><pitch><step>C</step><octave>3</octave></pitch><duration>2</duration>
    <staff>2</staff></note>
   <barline location="right"><repeat direction="backward"/></barline>
  </measure>
  <measure number="2">
   <note><pitch><step>E</step><octave>5</octave></pitch><duration>2</duration><staff>1</staff></note>
  </measure>
 </part>
</score-partwise>
"""


def no_ear(path: Path) -> list[Note]:
    raise AssertionError(f"{path} was taken for a recording")


def test_the_tracks_of_a_midi_file_are_parts_and_its_bars_are_counted(tmp_path: Path) -> None:
    midi = mido.MidiFile(ticks_per_beat=480)
    for name, pitches in (("Flute", (72, 74)), ("Cello", (48,))):
        track = mido.MidiTrack()
        track.append(mido.MetaMessage("track_name", name=name))
        if name == "Flute":
            track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
            track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
        for pitch in pitches:
            track.append(mido.Message("note_on", note=pitch, velocity=80))
            track.append(mido.Message("note_off", note=pitch, time=3 * 480))
        midi.tracks.append(track)
    path = tmp_path / "duet.mid"
    midi.save(path)
    piece = read_piece(path, no_ear)
    assert piece.parts == ("Flute", "Cello")
    assert [(note.onset_s, note.pitch, note.part, note.bar) for note in piece.notes] == [
        (0.0, 48, 1, 1), (0.0, 72, 0, 1), (3.0, 74, 0, 2)
    ]  # fmt: skip
    assert [note.pitch for note in piece.of_parts({1}).notes] == [48]
    assert [note.pitch for note in piece.of_hand("right").notes] == [72, 74]
    assert [note.pitch for note in piece.of_bars(2, 2).transposed(-2).notes] == [72]


@pytest.mark.parametrize("packed", [False, True])
def test_a_score_is_read_with_its_repeats_tempo_and_staves(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("score.mxl" if packed else "score.musicxml")
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "META-INF/container.xml",
                '<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>',
            )
            archive.writestr("s.xml", SCORE)
    else:
        path.write_text(SCORE)
    piece = read_piece(path, no_ear)
    assert [(round(note.onset_s, 3), note.pitch, note.bar) for note in piece.notes] == [
        (0.0, 48, 1), (0.0, 72, 1), (1.0, 74, 1), (2.0, 48, 2), (2.0, 72, 2), (3.0, 74, 2),
        (4.0, 76, 3),
    ]  # fmt: skip
    assert [note.pitch for note in piece.of_hand("left").notes] == [48, 48]


def test_what_the_program_writes_it_reads_again(tmp_path: Path) -> None:
    notes = [Note(0.5 * beat, 0.5 * beat + 0.5, 60 + beat) for beat in range(8)]
    path = tmp_path / "own.musicxml"
    path.write_bytes(musicxml(notes, ExportOptions(duration_s=4.0), "own"))
    assert [note.pitch for note in read_notes(path, no_ear)] == [60 + beat for beat in range(8)]


def test_a_score_in_six_eight_is_drawn_in_six_eight(tmp_path: Path) -> None:
    meter = Meter(6, 8)
    notes = [Note(0.25 * eighth, 0.25 * eighth + 0.25, 60 + eighth % 7) for eighth in range(24)]
    path = tmp_path / "jig.musicxml"
    options = ExportOptions(duration_s=6.0, rhythm=Rhythm.steady(120, meter))
    path.write_bytes(musicxml(notes, options, "jig"))
    piece = read_piece(path, no_ear)
    assert piece.meter == meter
    rhythm = rhythm_of(piece)
    assert rhythm is not None
    assert rhythm.meter == meter
    # Four bars of two beats, not of two quarters.
    assert rhythm.quarters_at(6.0) - rhythm.quarters_at(0.0) == pytest.approx(12, abs=0.1)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.musicxml", b"<score-partwise><part-list>"), ("b.mxl", b"PK\x03\x04 no archive"),
     ("c.xml", b"<html></html>"), ("d.mid", b"MThd nothing"), ("e.noteglow", b"{}")],
)  # fmt: skip
def test_what_is_damaged_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PieceError, match=name):
        read_piece(path, no_ear)
    with pytest.raises(PieceError, match="there is no such file"):
        read_piece(path.with_name(f"no-{name}"), no_ear)


def test_a_recording_is_a_piece_by_what_is_heard(tmp_path: Path) -> None:
    piece = read_piece(tmp_path / "song.wav", lambda _: [Note(0.1, 0.5, 60), Note(2.5, 3.0, 62)])
    assert [(note.pitch, note.bar) for note in piece.notes] == [(60, 1), (62, 2)]
    with pytest.raises(PieceError, match="there is no note in it"):
        read_piece(tmp_path / "song.wav", lambda _: [])
