"""Chords over time, found in notes whose chords are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np
import pytest
from music21 import converter, harmony

from app.exports.export_file import ExportOptions, export
from app.exports.table_writer import chords_as_text, write_chords
from app.midi.midi_file_reader import read_midi
from app.music.chords.chord_finding import ChordSpan, find_chords
from app.music.chords.chord_names import SUFFIXES, Chord
from app.music.heard_rhythm import rhythm_of_notes
from app.music.note_naming import NoteNaming, plain
from app.music.rhythm import Meter, Rhythm
from app.system.paths import CHORD_WEIGHTS
from model.checkpoint_header import CheckpointError
from model.chords.chord_finder import ChordFinder
from model.chords.chord_steps import BAR, BEAT, BETWEEN, chord_steps
from model.chords.chord_vocabulary import NAMES, NO_CHORD, FoundChord, parsed, state
from model.notes import Note

NAMING = NoteNaming(accidentals="key", key=0)
RHYTHM = Rhythm.steady(100)
BEAT_S = 0.6
DEMO_MIDI = Path(__file__).resolve().parents[2] / "assets" / "demo.mid"


def accompanied(*chords: tuple[int, ...], transposed: int = 0) -> list[Note]:
    """A bar of 4/4 at 100 for each chord: its lowest note held, the others on every beat."""
    notes = []
    for bar, chord in enumerate(chords):
        begin_s = 4 * BEAT_S * bar
        notes.append(Note(begin_s, begin_s + 2.3, chord[0] + transposed, 80))
        for beat in range(4):
            at_s = begin_s + beat * BEAT_S
            notes += [Note(at_s, at_s + 0.5, pitch + transposed, 70) for pitch in chord[1:]]
    return notes


C, A_MINOR, F, G7 = (36, 60, 64, 67), (33, 60, 64, 69), (41, 60, 65, 69), (43, 59, 65, 67)
C_OVER_E, D_MINOR_7 = (40, 60, 67, 72), (38, 60, 65, 69)


def names(notes: list[Note], rhythm: Rhythm = RHYTHM, naming: NoteNaming = NAMING) -> list[str]:
    return [span.name(naming) for span in find_chords(notes, rhythm)]


def test_a_cadence_is_found_bar_by_bar() -> None:
    spans = find_chords(accompanied(C, A_MINOR, F, G7, C), RHYTHM)
    assert [span.name(NAMING) for span in spans] == ["C", "Am", "F", "G7", "C"]
    starts = [span.start_s for span in spans]
    assert starts == pytest.approx([0, 2.4, 4.8, 7.2, 9.6], abs=0.01)
    assert [span.start_s for span in spans[1:]] == [span.end_s for span in spans[:-1]]
    assert spans[-1].end_s == pytest.approx(11.9, abs=0.01)


@pytest.mark.parametrize("up", range(-5, 7))
def test_every_key_is_as_good_as_another(up: int) -> None:
    spans = find_chords(accompanied(C, D_MINOR_7, G7, C, transposed=up), RHYTHM)
    assert [
        ((span.chord.root - up) % 12, span.chord.suffix) for span in spans if span.chord
    ] == [(0, ""), (2, "m7"), (7, "7"), (0, "")]


def test_the_bass_is_told_where_it_is_not_the_root() -> None:
    assert names(accompanied(C, C_OVER_E, F, C))[:3] == ["C", "C/E", "F"]


def test_single_ornaments_change_no_chord() -> None:
    passing = [Note(0.3, 0.55, 62, 70), Note(1.5, 1.75, 65, 70), Note(2.1, 2.35, 69, 70)]
    spans = find_chords([*accompanied(C, F, C), *passing], RHYTHM)
    assert [span.chord and span.chord.root for span in spans] == [0, 5, 0]


def test_silence_has_none_and_no_notes_no_spans() -> None:
    late = [
        Note(note.onset_s + 4.8, note.offset_s + 4.8, note.pitch, 80)
        for note in accompanied(C, F, C)
    ]
    assert names(late)[0] == "N"
    assert find_chords([], RHYTHM) == []


def test_bars_of_a_rhythm_with_changes_are_followed() -> None:
    beats_s = np.arange(0.3, 12, BEAT_S).tolist()
    rhythm = Rhythm.of_beats(beats_s, Meter(3, 4), 1, [(4, Meter(4, 4))])
    assert "Am" in names(accompanied(C, A_MINOR, F, G7), rhythm)


SPANS = (
    ChordSpan(0.0, 0.5, None), ChordSpan(0.5, 2.5, Chord(3, "m7", 6)),
    ChordSpan(2.5, 4.5, Chord(8, "7", 8)), ChordSpan(4.5, 6.5, Chord(1, "m7♭5", 1)),
    ChordSpan(6.5, 8.5, Chord(3, "7sus4", 3)),
)
FLATS = NoteNaming(accidentals="key", key=-3)


def test_chords_are_a_table_and_text(tmp_path: Path) -> None:
    write_chords(SPANS, tmp_path / "a.csv", FLATS)
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert [row["chord"] for row in rows] == ["N", "Ebm7/Gb", "Ab7", "C#m7b5", "Eb7sus4"]
    assert (rows[1]["start_s"], rows[1]["end_s"]) == ("0.500", "2.500")
    german = NoteNaming(style="german", accidentals="flats")
    assert chords_as_text(SPANS[1:2], german) == "0.500\tEsm7/Ges\n"


def test_chords_are_markers_in_midi_and_in_json(tmp_path: Path) -> None:
    options = ExportOptions(chords=SPANS, naming=FLATS)
    export(accompanied(C, F), tmp_path / "a.mid", options)
    now_s, markers = 0.0, []
    for message in mido.MidiFile(tmp_path / "a.mid"):
        now_s += message.time
        if message.type == "marker":
            markers.append((round(now_s, 2), message.text))
    assert markers[:3] == [(0, "N"), (0.5, "Ebm7/Gb"), (2.5, "Ab7")]
    export(accompanied(C, F), tmp_path / "a.json", options)
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["chords"][1] == {"start_s": 0.5, "end_s": 2.5, "chord": "Ebm7/Gb"}


def test_a_score_has_them_as_harmony_on_its_beats(tmp_path: Path) -> None:
    spans = find_chords(accompanied(C, A_MINOR, C_OVER_E, G7), RHYTHM)
    options = ExportOptions(chords=(*spans, *SPANS[3:]), rhythm=RHYTHM)
    export(accompanied(C, A_MINOR, C_OVER_E, G7), tmp_path / "a.musicxml", options)
    score = converter.parse(tmp_path / "a.musicxml")
    found = [
        (symbol.getContextByClass("Measure").number, float(symbol.offset), symbol.figure)
        for symbol in score.recurse().getElementsByClass(harmony.ChordSymbol)
    ]
    assert (1, 0.0, "C") in found
    assert (2, 0.0, "Am") in found
    assert (3, 0.0, "C/E") in found
    root = ElementTree.parse(tmp_path / "a.musicxml").getroot()
    kinds = {kind.text: kind.get("text") for kind in root.iter("kind")}
    assert kinds["minor"] == "m"
    assert kinds["half-diminished"] == "m7b5"
    assert kinds["suspended-fourth"] == "7sus4"
    assert [degree.text for degree in root.iter("degree-value")] == ["7"]
    # What no chord is written as has no root that could be read.
    options = ExportOptions(chords=(*SPANS[:2], ChordSpan(2.5, 4.5, None)))
    export(accompanied(C, F), tmp_path / "b.musicxml", options)
    _, none = ElementTree.parse(tmp_path / "b.musicxml").getroot().iter("harmony")
    assert none.findtext("kind") == "none"
    step = none.find("root/root-step")
    assert step is not None
    assert step.attrib == {"text": ""}


def test_labels_of_research_are_read_and_written() -> None:
    assert parsed("F#:maj7/5") == (6, "maj7", 1)
    assert parsed("Bb:sus4(b7)") == (10, "sus4(b7)", 10)
    assert parsed("N") is None
    assert FoundChord(0, 1, 3, "min7", 6).label == "Eb:min7/b3"
    assert FoundChord(0, 1).label == "N"
    assert state(3, "min") == 12 * NAMES.index("min") + 3 < NO_CHORD
    for wrong in ("H:maj", "C:odd", "C:maj/x"):
        with pytest.raises(ValueError, match=wrong.split("/")[0]):
            parsed(wrong)


def test_long_beats_are_two_steps() -> None:
    edges, places = chord_steps(np.array([0.0, 1.0, 1.5]), np.array([True, False, True]))
    assert edges.tolist() == [0, 0.5, 1, 1.5]
    assert places.tolist() == [BAR, BETWEEN, BEAT]


def test_other_files_are_no_weights(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no chord weights"):
        ChordFinder.load(CHORD_WEIGHTS.with_name("beats.safetensors"))
    with pytest.raises(CheckpointError, match="no such file"):
        ChordFinder.load(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="cannot be read"):
        ChordFinder.load(tmp_path / "bad.safetensors")


def test_every_chord_that_can_be_typed_can_stand_in_a_score(tmp_path: Path) -> None:
    suffixes = sorted(SUFFIXES)
    spans = tuple(
        ChordSpan(2 * bar, 2 * bar + 2, Chord(0, suffix, 0)) for bar, suffix in enumerate(suffixes)
    )
    notes = [Note(2 * bar, 2 * bar + 1.9, 60, 80) for bar in range(len(suffixes))]
    options = ExportOptions(chords=spans, rhythm=Rhythm.steady(120))
    export(notes, tmp_path / "a.musicxml", options)
    root = ElementTree.parse(tmp_path / "a.musicxml").getroot()
    assert [kind.get("text") or "" for kind in root.iter("kind")] == [
        plain(suffix) for suffix in suffixes
    ]


def test_chords_that_change_with_every_beat_are_not_smoothed_away() -> None:
    """The demo is a canon over eight chords, of which the first ones are hardly more than bass."""
    notes = read_midi(DEMO_MIDI)
    found = find_chords(notes, rhythm_of_notes(notes))
    called = [span.name(NoteNaming(accidentals="sharps")) for span in found if span.chord]
    ground = ["D", "A", "Bm", "F♯m", "G", "D", "G", "A"]
    assert [name.split("/")[0] for name in called[:25]] == [*ground, *ground, *ground, "D"]
