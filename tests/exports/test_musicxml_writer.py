"""Scores: what is written is what was played, as music21 and the plain XML read it."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import music21
import numpy as np
import pytest

from app.exports.export_file import ExportOptions, export
from app.exports.score.engraving import engrave
from app.exports.score.note_values import values
from app.exports.score.score_hands import hands
from app.exports.score.score_layout import notate
from app.exports.score.score_voices import Chord, voices
from app.music.fretting import GUITAR
from app.music.key_finding import Key
from app.music.quantise import AUTO, GRIDS, Grid, quantise
from app.music.rhythm import METERS, Meter, Rhythm
from model.notes import Note

SIXTEENTHS = Grid.parse("1/16")

# Onset and offset in quarter notes, MIDI pitch.
Played = tuple[Fraction, Fraction, int]


def write(path: Path, notes: list[Note], **options: object) -> music21.stream.Score:
    export(notes, path, ExportOptions(**options))  # type: ignore[arg-type]
    score = music21.converter.parse(path)
    assert isinstance(score, music21.stream.Score)
    return score


def played(path: Path) -> list[Played]:
    """The notes of a MusicXML file, ties joined, read from the plain XML.

    Fails when a voice does not fill its bar, or a tie leads nowhere.
    """
    root = ElementTree.parse(path).getroot()
    assert root.tag == "score-partwise"
    notes: list[Played] = []
    [part] = root.findall("part")
    divisions, begin, bar = 1, Fraction(0), Fraction(0)
    open_ties: dict[tuple[int, int], Fraction] = {}
    for measure in part.findall("measure"):
        now, furthest, onset = Fraction(0), Fraction(0), Fraction(0)
        filled: dict[int, Fraction] = defaultdict(Fraction)
        for element in measure:
            if element.tag == "attributes":
                if element.find("divisions") is not None:
                    divisions = int(element.findtext("divisions", ""))
                if element.find("time") is not None:
                    bar = Fraction(4 * int(element.findtext("time/beats", "")),
                                   int(element.findtext("time/beat-type", "")))
            elif element.tag in ("backup", "forward"):
                length = Fraction(int(element.findtext("duration", "")), divisions)
                now += length if element.tag == "forward" else -length
            elif element.tag == "note":
                length = Fraction(int(element.findtext("duration", "")), divisions)
                voice = int(element.findtext("voice", "1"))
                # Four voices for each staff, the same in all bars.
                assert (voice - 1) // 4 + 1 == int(element.findtext("staff", "1"))
                if element.find("chord") is None:
                    onset, now = now, now + length
                    filled[voice] += length
                furthest = max(furthest, now)
                if element.find("rest") is not None:
                    continue
                step = element.findtext("pitch/step", "")
                pitch = ({"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[step]
                         + int(element.findtext("pitch/alter", "0"))
                         + 12 * (int(element.findtext("pitch/octave", "")) + 1))
                ties = {tie.get("type") for tie in element.findall("tie")}
                first = begin + onset
                if "stop" in ties:
                    first = open_ties.pop((voice, pitch))
                if "start" in ties:
                    open_ties[voice, pitch] = first
                else:
                    notes.append((first, begin + onset + length, pitch))
        is_pickup = measure.get("implicit") == "yes"
        assert furthest == bar or (is_pickup and furthest < bar)
        assert set(filled.values()) == {furthest}
        begin += furthest
    assert not open_ties
    return sorted(notes)


def melody(grid: Grid, count: int, rhythm: Rhythm) -> list[Note]:
    """Notes one after another, some with rests between them, all on the grid's first step."""
    random = np.random.default_rng(8)
    step = float(grid.steps_in(rhythm.meter)[0])
    at, notes = 0.0, []
    for _ in range(count):
        length = int(random.integers(1, 12)) * step
        notes.append(Note(rhythm.seconds_at(at), rhythm.seconds_at(at + length),
                          int(random.integers(65, 80))))
        # A whole quarter note is a rest, less would be taken for a way to let go.
        at += length + (int(random.integers(0, 2)) * 12 * step)
    return notes


@pytest.mark.parametrize("grid", [grid for grid in GRIDS if grid.steps], ids=lambda grid: grid.name)
@pytest.mark.parametrize("meter", METERS, ids=str)
def test_a_melody_is_written_as_it_is(tmp_path: Path, grid: Grid, meter: Meter) -> None:
    rhythm = Rhythm.of_beats([0.6 * beat for beat in range(200)], meter)
    notes = melody(grid, 20, rhythm)
    export(notes, tmp_path / "a.musicxml", ExportOptions(rhythm=rhythm, grid=grid))
    wanted = [(note.onset, note.offset, note.pitch) for note in quantise(notes, rhythm, grid)]
    found = played(tmp_path / "a.musicxml")
    assert [(onset, pitch) for onset, _, pitch in found] == [
        (onset, pitch) for onset, _, pitch in wanted
    ]
    for (_, found_end, _), (_, end, _) in zip(found, wanted, strict=True):
        # Before a rest, up to the next eighth at the most.
        assert end <= found_end < end + Fraction(1, 2)


@pytest.mark.parametrize("meter", METERS, ids=str)
@pytest.mark.parametrize(("split", "downbeat"), [(None, 0), (64, 1)])
def test_dense_music_fills_its_bars_and_keeps_every_onset(
    tmp_path: Path, meter: Meter, split: int | None, downbeat: int
) -> None:
    random = np.random.default_rng(9)
    notes = [
        Note(float(onset), float(onset + length), int(pitch))
        for onset, length, pitch in zip(
            random.uniform(0, 10, 60), random.uniform(0.02, 4, 60), random.integers(36, 90, 60),
            strict=True,
        )
    ]
    rhythm = Rhythm.of_beats(list(0.2 + np.cumsum(random.uniform(0.4, 0.6, 50))), meter, downbeat)
    path = tmp_path / "a.musicxml"
    for grid in (Grid.parse("1/16+T"), Grid.parse("1/32")):
        export(notes, path, ExportOptions(rhythm=rhythm, grid=grid, split=split))
        placed = quantise(notes, rhythm, grid)
        assert {(onset, pitch) for onset, _, pitch in played(path)} == {
            (note.onset, note.pitch) for note in placed
        }


def test_music21_reads_bars_signatures_staves_and_title(tmp_path: Path) -> None:
    rhythm = Rhythm.of_beats([0.5 * beat for beat in range(60)], Meter(3, 4), downbeat=1)
    notes = [Note(0.5 * at, 0.5 * at + 0.5, pitch) for at in range(40)
             for pitch in (41, 63 + at % 12)]
    score = write(tmp_path / "a.musicxml", notes, rhythm=rhythm, key=Key(-3), title="Süß & <x>")
    assert score.metadata.bestTitle == "Süß & <x>"
    upper, lower = score.parts
    for part in (upper, lower):
        assert part.recurse().getElementsByClass("TimeSignature").first().ratioString == "3/4"
        assert part.recurse().getElementsByClass("KeySignature").first().sharps == -3
        measures = list(part.getElementsByClass("Measure"))
        assert [measure.number for measure in measures] == list(range(len(measures)))
        # A pickup of one beat, then full bars.
        assert measures[0].duration.quarterLength == 1
        assert {measure.duration.quarterLength for measure in measures[1:]} == {3}
    assert isinstance(upper.recurse().getElementsByClass("Clef").first(), music21.clef.TrebleClef)
    assert isinstance(lower.recurse().getElementsByClass("Clef").first(), music21.clef.BassClef)
    assert {pitch.midi for pitch in lower.pitches} == {41}
    assert min(pitch.midi for pitch in upper.pitches) == 63
    assert "E-" in {pitch.name for pitch in upper.pitches}
    [tempo] = score.recurse().getElementsByClass("MetronomeMark")
    assert tempo.number == 120


def test_a_tie_leads_over_the_bar_line(tmp_path: Path) -> None:
    score = write(tmp_path / "a.musicxml", [Note(1.5, 3.0, 72)], rhythm=Rhythm.steady(120))
    signs = [(note.measureNumber, note.offset, note.quarterLength, note.tie and note.tie.type)
             for note in score.recurse().notes]
    assert signs == [(0, 0, 1, "start"), (1, 0, 2, "stop")]


def test_triplets_stand_in_whole_brackets(tmp_path: Path) -> None:
    notes = [Note(at / 3, at / 3 + 1 / 3, 60 + at) for at in (0, 1, 2, 4, 5)]
    score = write(tmp_path / "a.musicxml", notes, rhythm=Rhythm.steady(60),
                  grid=Grid.parse("1/8T"))
    signs = [element for element in score.recurse().notesAndRests if element.offset < 2]
    # The note before the gap reaches over it: two thirds of the first beat, then the second.
    assert [element.duration.tuplets[0].type for element in signs] == [
        "start", None, "stop", "start", None, "stop"
    ]
    assert {element.duration.tuplets[0].tupletMultiplier() for element in signs} == {
        Fraction(2, 3)
    }


def test_one_staff_takes_the_clef_that_fits(tmp_path: Path) -> None:
    for pitch, clef in ((72, music21.clef.TrebleClef), (40, music21.clef.BassClef),
                        (58, music21.clef.TrebleClef)):
        # A tenor, whose notes lie around middle C, is no piano.
        notes = [Note(at, at + 1, pitch + step) for at, step in enumerate((0, -4, 3, 7, 8))]
        score = write(tmp_path / "a.musicxml", notes)
        [part] = score.parts
        assert isinstance(part.recurse().getElementsByClass("Clef").first(), clef)


def test_one_hand_is_one_staff_however_far_it_reaches(tmp_path: Path) -> None:
    wide = [Note(0.5 * at, 0.5 * at + 0.5, 36 + 12 * (at % 5)) for at in range(20)]
    assert len(write(tmp_path / "a.musicxml", wide).parts) == 2
    score = write(tmp_path / "b.musicxml", wide, one_hand=True)
    assert len(score.parts) == 1
    assert len(list(score.flatten().notes)) >= 20


@pytest.mark.parametrize("split", [None, 60])
def test_silence_is_a_bar_of_rest(tmp_path: Path, split: int | None) -> None:
    score = write(tmp_path / "a.musicxml", [], split=split)
    assert len(score.parts) == (1 if split is None else 2)
    for part in score.parts:
        [rest] = part.recurse().notesAndRests
        assert rest.isRest
        assert rest.quarterLength == 4
    assert played(tmp_path / "a.musicxml") == []


def test_the_score_begins_with_the_bar_of_the_first_note(tmp_path: Path) -> None:
    score = write(tmp_path / "a.musicxml", [Note(20.5, 21, 72)], rhythm=Rhythm.steady(120))
    [first] = score.parts[0].getElementsByClass("Measure")
    assert (first.number, [note.offset for note in first.recurse().notes]) == (1, [1])


def test_a_long_bass_is_held_and_an_echo_is_not() -> None:
    rhythm = Rhythm.steady(60)
    bass = [Note(0, 4, 36)]
    above = [Note(at, at + 1.0, 60 + at) for at in range(4)]
    main, held = voices(quantise(bass + above, rhythm, SIXTEENTHS))
    assert held == [Chord(Fraction(0), Fraction(4), (36,))]
    assert [chord.pitches for chord in main] == [(60,), (61,), (62,), (63,)]
    # A scale whose notes ring on is one voice.
    echo = [Note(at, at + 3.0, 60 + 2 * at) for at in range(5)]
    main, held = voices(quantise(echo, rhythm, SIXTEENTHS))
    assert held == []
    assert [chord.offset - chord.onset for chord in main[:4]] == [1, 1, 1, 1]


def test_chords_are_no_two_voices() -> None:
    rhythm = Rhythm.steady(60)
    chords = [Note(at, at + 0.95, pitch) for at in range(8) for pitch in (60, 64, 67)]
    main, held = voices(quantise(chords, rhythm, SIXTEENTHS))
    assert held == []
    assert {len(chord.pitches) for chord in main} == {3}


def test_a_hand_keeps_its_notes_across_middle_c() -> None:
    # A bass with chords up to middle C, under a melody that dips to A3.
    left = [Note(at, at + 0.9, pitch) for at in range(8)
            for pitch in ((41,) if at % 2 == 0 else (53, 57, 60))]
    right = [Note(at, at + 0.9, pitch)
             for at, pitch in enumerate((76, 74, 72, 71, 72, 74, 76, 77))]
    placed = quantise(left + right, Rhythm.steady(60), SIXTEENTHS)
    upper, lower = hands(placed)
    assert {note.pitch for note in upper} == {note.pitch for note in right}
    assert {note.pitch for note in lower} == {note.pitch for note in left}


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_whatever_is_played_can_be_written_without_a_grid(meter: Meter) -> None:
    random = np.random.default_rng(11)
    for pace in (0.05, 0.17, 0.4):
        onsets = np.cumsum(random.exponential(pace, 200))
        notes = [
            Note(float(onset), float(onset + length), int(pitch))
            for onset, length, pitch in zip(
                onsets, random.exponential(0.3, 200) + 0.02, random.integers(36, 90, 200),
                strict=True,
            )
        ]
        beats_s = np.cumsum(random.uniform(0.3, 0.9, int(onsets[-1] / 0.5)))
        rhythm = Rhythm.of_beats(list(beats_s), meter, 1)
        for staff in notate(quantise(notes, rhythm, AUTO), rhythm, None):
            for bar in staff.bars:
                for voice in bar.voices:
                    assert sum(sign.value.length for sign in voice) == bar.length


def test_a_change_of_time_signature_is_written(tmp_path: Path) -> None:
    rhythm = Rhythm((*(0.5 * beat for beat in range(20)),), Meter(3, 4),
                    changes=((3, Meter(2, 4)), (5, Meter(3, 4))))
    notes = [Note(0.5 * at, 0.5 * at + 0.5, 72) for at in range(8)]
    score = write(tmp_path / "a.musicxml", notes, rhythm=rhythm)
    [part] = score.parts
    measures = list(part.getElementsByClass("Measure"))
    assert [measure.duration.quarterLength for measure in measures] == [3, 2, 3]
    assert [measure.timeSignature.ratioString for measure in measures] == ["3/4", "2/4", "3/4"]


def test_no_two_chords_of_a_voice_overlap() -> None:
    random = np.random.default_rng(1)
    notes = [Note(float(onset), float(onset + length), int(pitch)) for onset, length, pitch in zip(
        random.uniform(0, 60, 400), random.uniform(0.1, 6, 400), random.integers(30, 90, 400),
        strict=True)]
    placed = quantise(notes, Rhythm.steady(90), SIXTEENTHS)
    main, held = voices(placed)
    for voice in (main, held):
        assert all(a.offset <= b.onset for a, b in itertools.pairwise(voice))
        assert all(chord.onset < chord.offset for chord in voice)
    written = sum(len(chord.pitches) for chord in main + held)
    assert written == len(placed)


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_every_length_can_be_written_everywhere(meter: Meter) -> None:
    steps = [Fraction(at, 8) for at in range(int(meter.bar_quarters * 8) + 1)]
    for (begin, end), is_rest in itertools.product(
        itertools.combinations(steps, 2), (False, True)
    ):
        parts = values(begin, end, [begin, end], meter, is_rest=is_rest)
        assert sum(part.length for part in parts) == end - begin
        assert not any(part.is_triplet for part in parts)
        assert len(parts) <= 9


def test_note_values_show_the_beats() -> None:
    four, six = Meter(4, 4), Meter(6, 8)

    def lengths(begin: float, end: float, meter: Meter, is_rest: bool = False) -> list[float]:
        first, last = Fraction(begin), Fraction(end)
        return [float(value.length)
                for value in values(first, last, [first, last], meter, is_rest=is_rest)]

    assert lengths(0, 4, four) == [4]
    assert lengths(0, 1.5, four) == [1.5]
    assert lengths(0.5, 1.5, four) == [1]
    # But the middle of the bar is never hidden.
    assert lengths(1.5, 2.5, four) == [0.5, 0.5]
    assert lengths(0.75, 2, four) == [0.25, 1]
    assert lengths(1, 4, four) == [3]
    assert lengths(1, 4, four, is_rest=True) == [1, 2]
    assert lengths(0, 3, six) == [3]
    assert lengths(1, 3, six) == [0.5, 1.5]
    assert lengths(0, 2, six) == [1.5, 0.5]


def test_tablature_has_strings_and_frets_below_its_notes(tmp_path: Path) -> None:
    notes = [Note(0, 2, 40), Note(0.5, 1, 64), Note(1, 1.5, 67), Note(1.5, 4, 60), Note(4, 6, 29)]
    write(tmp_path / "a.musicxml", notes, tab=GUITAR, key=Key(0))
    root = ElementTree.parse(tmp_path / "a.musicxml").getroot()
    signs = [(clef.findtext("sign"), clef.findtext("clef-octave-change"))
             for clef in root.iter("clef")]
    assert signs == [("G", "-1"), ("TAB", None)]
    [details] = root.iter("staff-details")
    assert details.findtext("staff-lines") == "6"
    lines = [(tuning.findtext("tuning-step"), tuning.findtext("tuning-octave"))
             for tuning in details.iter("staff-tuning")]
    assert lines == [("E", "2"), ("A", "2"), ("D", "3"), ("G", "3"), ("B", "3"), ("E", "4")]
    played: dict[str, set[tuple[str | None, str | None] | None]] = {}
    for note in root.iter("note"):
        if note.find("pitch") is not None and note.findtext("staff") == "2":
            technical = note.find("notations/technical")
            name = note.findtext("pitch/step", "") + note.findtext("pitch/octave", "")
            place = None if technical is None else (
                technical.findtext("string"), technical.findtext("fret")
            )
            played.setdefault(name, set()).add(place)
    assert played["E2"] == {("6", "0")}
    assert played["E4"] == {("1", "0")}
    assert played["G4"] == {("1", "3")}
    # Held over a bar line it stays where it is; what the guitar has not, is written above alone.
    assert played["C4"] == {("2", "1")}
    assert "F1" not in played


def test_what_cannot_be_fretted_leaves_its_chord_and_its_beam_whole(tmp_path: Path) -> None:
    notes = [Note(0, 0.25, 29), Note(0, 0.25, 64), Note(0.25, 0.5, 64), Note(0.5, 0.75, 30),
             Note(0.75, 1.0, 60), Note(1.0, 2.0, 31)]
    write(tmp_path / "a.musicxml", notes, tab=GUITAR, key=Key(0))
    score = music21.converter.parse(tmp_path / "a.musicxml")
    upper, lower = score.parts
    assert sorted(pitch.midi for pitch in upper.flatten().pitches) == [29, 30, 31, 60, 64, 64]
    assert sorted(pitch.midi for pitch in lower.flatten().pitches) == [60, 64, 64]
    assert lower.duration == upper.duration
    text = (tmp_path / "a.musicxml").read_bytes()
    svgs = b"".join(page.svg for page in engrave(text))
    # A fret that is missing would be engraved as the least of all numbers.
    assert b"-21474" not in svgs
    root = ElementTree.fromstring(text)
    ids = [note.get("id") for note in root.iter("note") if note.get("id")]
    assert len(ids) == len(set(ids))
    for staff in "12":
        beams = [beam.text for note in root.iter("note") for beam in note.findall("beam")
                 if note.findtext("staff") == staff and beam.get("number") == "1"]
        assert beams.count("begin") == beams.count("end")
