"""Beats, bars, grids and keys: everything that makes written music of seconds."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from app.music.bar_finding import rhythm_of, snapped
from app.music.bar_rhythm import rhythm_of_bars
from app.music.beat_tracking import find_beats
from app.music.beats.given_rhythm import GivenRhythm
from app.music.key_finding import Key, estimate_key
from app.music.quantise import AUTO, GRIDS, Grid, PlacedNote, quantise
from app.music.rhythm import METERS, Meter, Rhythm
from model.beats.beat_evidence import FoundBeat, Metre
from model.notes import Note


def slowing(count: int = 40) -> list[float]:
    """Beats from second 1.3 on, each 2 % longer than the one before."""
    return list(1.3 + np.cumsum([0.0, *(0.4 * 1.02**beat for beat in range(count - 1))]))


@pytest.mark.parametrize("meter", METERS, ids=str)
@pytest.mark.parametrize("beats_s", [[0.6, 1.1, 1.6], slowing(), [0.01, 0.9, 1.5], [0.0, 1.0]])
def test_seconds_and_quarter_notes_are_two_ways_to_say_the_same(
    meter: Meter, beats_s: list[float]
) -> None:
    rhythm = Rhythm.of_beats(beats_s, meter)
    moments = np.linspace(0, 30, 301)
    quarters = [rhythm.quarters_at(moment) for moment in moments]
    assert quarters[0] == 0
    assert (np.diff(quarters) > 0).all()
    np.testing.assert_allclose([rhythm.seconds_at(value) for value in quarters], moments)
    # The beats that were heard are beats, but for one that is nearly at 0.
    for beat_s in beats_s[1:]:
        in_beats = rhythm.quarters_at(beat_s) / float(meter.beat_quarters)
        assert in_beats == pytest.approx(round(in_beats), abs=1e-9)


def test_beats_lead_up_to_the_first_one_that_was_heard() -> None:
    rhythm = Rhythm.of_beats([1.3, 1.8, 2.3], Meter(4, 4), downbeat=1)
    np.testing.assert_allclose(rhythm.beats_s, [0, 1.3 / 3, 2.6 / 3, 1.3, 1.8, 2.3])
    # The one at 1.8 begins a bar, and therefore that at 0.
    assert rhythm.pickup == 0
    assert Rhythm.of_beats([1.3, 1.8, 2.3], Meter(4, 4)).pickup == 3
    assert Rhythm.of_beats([0.4, 1.4, 2.4]).beats_s == (0, 0.4, 1.4, 2.4)
    # One at 0.1 is moved to 0, and does not become a beat of a tenth of a second.
    assert Rhythm.of_beats([0.1, 0.6, 1.1]).beats_s == (0, 0.6, 1.1)


def test_what_lies_after_the_last_beat_goes_on_as_fast_as_before() -> None:
    rhythm = Rhythm.of_beats([0, 1, 2, 2.5, 3, 3.5, 4])
    assert rhythm.quarters_at(6) == pytest.approx(6 + 4)


def test_long_silence_between_beats_is_filled_with_beats() -> None:
    rhythm = Rhythm.of_beats([0, 0.5, 1, 21, 21.5])
    # Whole bars of them: what comes afterwards keeps its place in its bar.
    assert np.diff(rhythm.beats_s).max() == pytest.approx(0.5, rel=0.05)
    assert rhythm.beats_s.index(21) % 4 == 3


@pytest.mark.parametrize("beats_s", [[], [3.0]])
def test_without_beats_there_is_one_plain_tempo(beats_s: list[float]) -> None:
    rhythm = rhythm_of(beats_s, [Note(0.3, 2, 60)])
    assert rhythm == Rhythm.steady(120)
    assert rhythm.bpm == pytest.approx(120)
    assert rhythm.quarters_at(100.0) == pytest.approx(200)


def test_impossible_rhythms_are_refused() -> None:
    for beats_s in ((), (0.0,), (0.1, 0.5), (0.0, 0.5, 0.5), (0.0, 1.0, 0.5)):
        with pytest.raises(ValueError, match="begin at 0 and rise"):
            Rhythm(beats_s)
    with pytest.raises(ValueError, match="does not fit into 3/4"):
        Rhythm((0.0, 1.0), Meter(3, 4), pickup=3)


def test_time_signatures_change_with_the_bars() -> None:
    six = Meter(6, 8)
    rhythm = Rhythm.of_beats(
        [0.5 * beat for beat in range(20)], Meter(3, 4), 1, [(4, six), (8, Meter(3, 4))]
    )
    spans = [(bar.begin, bar.length, bar.meter) for bar in rhythm.bars(Fraction(16))]
    assert spans == [
        (0, 1, Meter(3, 4)), (1, 3, Meter(3, 4)), (4, 3, six), (7, 3, six),
        (10, 3, Meter(3, 4)), (13, 3, Meter(3, 4)),
    ]
    # A beat of 6/8 is three eighths.
    assert [rhythm.quarters_at(0.5 * beat) for beat in (3, 4, 5, 8, 9)] == [3, 4, 5.5, 10, 11]
    for quarters in (0.0, 3.5, 4.75, 9.9, 10.0, 30.0):
        assert rhythm.quarters_at(rhythm.seconds_at(quarters)) == pytest.approx(quarters)
    assert rhythm.meter_at(Fraction(9)) == (4, six)
    with pytest.raises(ValueError, match="no bar of 3/4 ends"):
        Rhythm(rhythm.beats_s, Meter(3, 4), 1, changes=((5, six),))


def found(*bars: tuple[str, int, int]) -> list[FoundBeat]:
    """Beats every half second: of each bar its metre, its first beat's place and how many."""
    beats: list[FoundBeat] = []
    for name, first, count in bars:
        metre = Metre(name, Meter.parse(name).beats)
        beats += [FoundBeat(0.5 * (len(beats) + place), first + place, metre)
                  for place in range(count)]
    return beats


def test_found_bars_become_a_rhythm() -> None:
    rhythm = rhythm_of_bars(found(("4/4", 3, 1), ("4/4", 0, 4), ("4/4", 0, 3), ("4/4", 0, 4)))
    assert (rhythm.meter, rhythm.pickup) == (Meter(4, 4), 1)
    # A bar that breaks off has a time signature of its own.
    assert rhythm.changes == ((5, Meter(3, 4)), (8, Meter(4, 4)))
    rhythm = rhythm_of_bars(found(("6/8", 1, 1), ("6/8", 0, 2), ("3/4", 0, 3), ("3/4", 0, 3)))
    assert (rhythm.meter, rhythm.pickup) == (Meter(6, 8), 1)
    assert rhythm.changes == ((3, Meter(3, 4)),)
    assert rhythm_of_bars(found(("2/4", 1, 1), ("6/8", 0, 2), ("6/8", 0, 2))).meter == Meter(2, 4)
    assert rhythm_of_bars([], Meter(3, 4)) == Rhythm.steady(meter=Meter(3, 4))


def test_places_are_chosen_without_a_grid() -> None:
    random = np.random.default_rng(5)
    quarter, third = Fraction(1, 4), Fraction(1, 3)
    straight = [beat + quarter * part for beat in range(12) for part in (0, 2, 3)]
    triplets = [beat + third * part for beat in range(12, 24) for part in range(3)]
    printed = [*straight, *triplets]
    rhythm = Rhythm.steady(80)
    notes = [Note(max(0, rhythm.seconds_at(float(at)) + random.normal(0, 0.012)),
                  rhythm.seconds_at(float(at)) + 0.2, 60 + i % 20)
             for i, at in enumerate(printed)]
    assert [note.onset for note in quantise(notes, rhythm, AUTO)] == printed
    # A chord that is not quite together has one place.
    chord = [Note(1.5 + 0.012 * i, 2.2, 60 + 3 * i) for i in range(4)]
    assert {note.onset for note in quantise(chord, rhythm, AUTO)} == {2}


def test_names_of_meters_grids_and_keys_are_read_back() -> None:
    assert [Meter.parse(str(meter)) for meter in METERS] == list(METERS)
    assert [Grid.parse(grid.name) for grid in GRIDS] == list(GRIDS)
    for fifths, is_minor in itertools.product(range(-7, 8), (False, True)):
        key = Key(fifths, is_minor)
        assert Key.parse(key.name) == key
    assert Key.parse("e♭") == Key(-3)
    assert Key.parse("f♯m") == Key(3, is_minor=True)
    for read, text in ((Meter.parse, "7/3"), (Grid.parse, "1/5"), (Key.parse, "H"),
                       (Key.parse, ""), (Key.parse, "G#")):
        with pytest.raises(ValueError, match="is not a"):
            read(text)


@pytest.mark.parametrize("grid", [grid for grid in GRIDS if grid.steps], ids=lambda grid: grid.name)
@pytest.mark.parametrize("meter", METERS, ids=str)
def test_quantised_notes_lie_on_the_grid(grid: Grid, meter: Meter) -> None:
    random = np.random.default_rng(3)
    notes = [
        Note(float(onset), float(onset + length), int(pitch), 60)
        for onset, length, pitch in zip(
            random.uniform(0, 60, 300), random.uniform(0.01, 3, 300), random.integers(40, 80, 300),
            strict=True,
        )
    ]
    rhythm = Rhythm.of_beats(slowing(), meter, downbeat=1)
    placed = quantise(notes, rhythm, grid)
    unit = meter.beat_quarters if meter.is_compound else 1
    steps = grid.steps_in(meter)
    for note in placed:
        for place in (note.onset, note.offset):
            assert any((place % unit) % step == 0 for step in steps)
        assert note.offset > note.onset >= 0
    for pitch in range(40, 80):
        line = [note for note in placed if note.pitch == pitch]
        assert all(a.offset <= b.onset for a, b in itertools.pairwise(line))
    # None is farther from where it was than half a step, in its own time.
    nearest = {(note.pitch, note.onset) for note in placed}
    farthest = max(steps) / 2
    for note in notes:
        onset = rhythm.quarters_at(note.onset_s)
        assert any(abs(float(at) - onset) <= farthest + 1e-9
                   for pitch, at in nearest if pitch == note.pitch)


def test_a_steady_melody_becomes_its_note_values() -> None:
    rhythm = Rhythm.steady(120)
    late = 0.03
    notes = [Note(0.0, 0.45, 60, 1), Note(0.5 - late, 0.98, 62, 2), Note(1 + late, 1.3, 64, 3),
             Note(1.25, 1.49, 65, 4), Note(1.5, 2.6, 67, 5)]
    values = [(note.onset, note.offset, note.pitch, note.velocity)
              for note in quantise(notes, rhythm, Grid.parse("1/8"))]
    half = Fraction(1, 2)
    assert values == [
        (0, 1, 60, 1), (1, 2, 62, 2), (2, 2 + half, 64, 3), (2 + half, 3, 65, 4), (3, 5, 67, 5)
    ]


def test_each_beat_takes_triplets_where_they_fit() -> None:
    rhythm = Rhythm.steady(60)
    straight = [Note(beat / 4, beat / 4 + 0.2, 60 + beat) for beat in range(4)]
    triplets = [Note(1.01 + third / 3, 1.3 + third / 3, 70 + third) for third in range(3)]
    placed = quantise(straight + triplets, rhythm, Grid.parse("1/16+T"))
    assert [note.onset for note in placed] == [
        0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1, Fraction(4, 3), Fraction(5, 3)
    ]
    # Two notes are no evidence.
    placed = quantise(triplets[:2], rhythm, Grid.parse("1/16+T"))
    assert [note.onset for note in placed] == [1, Fraction(5, 4)]


def test_notes_of_one_pitch_are_parted_on_the_grid() -> None:
    notes = [Note(0, 1.3, 60, 1), Note(1.0, 3, 60, 2), Note(1.01, 1.1, 60, 3)]
    zero, one, three = Fraction(0), Fraction(1), Fraction(3)
    assert quantise(notes, Rhythm.steady(60), Grid.parse("1/4")) == [
        PlacedNote(zero, one, 60, 1), PlacedNote(one, three, 60, 2)
    ]


def test_beats_are_drawn_to_the_notes_near_them_and_stay_in_order() -> None:
    assert snapped([1.0, 2.0, 3.0], [0.98, 0.97, 1.5, 2.05, 3.2]) == [0.975, 2.05, 3.0]
    beats_s = snapped([1.0, 1.06, 1.12], [1.06, 1.07])
    assert all(a < b for a, b in itertools.pairwise(beats_s))


@pytest.mark.parametrize("beats", [3, 4])
@pytest.mark.parametrize("downbeat", [0, 1, 2])
def test_bars_begin_where_the_weight_lies(beats: int, downbeat: int) -> None:
    random = np.random.default_rng(5)
    beats_s = [0.5 * beat for beat in range(48)]
    notes = []
    for beat, beat_s in enumerate(beats_s):
        is_first = beat % beats == downbeat
        onset_s = beat_s + random.normal(0, 0.01)
        notes.append(Note(max(0, onset_s), beat_s + 0.4, 70, int(random.integers(60, 80))))
        if is_first:
            notes.append(Note(max(0, onset_s), beat_s + 1.2, 40, 90))
    rhythm = rhythm_of(beats_s, notes)
    assert str(rhythm.meter) == f"{beats}/4"
    assert rhythm.pickup == downbeat
    # A time signature that is chosen is kept.
    assert rhythm_of(beats_s, notes, GivenRhythm(Meter(2, 2))).meter == Meter(2, 2)


def test_even_notes_give_no_reason_for_a_pickup() -> None:
    beats_s = [0.5 * beat for beat in range(30)]
    notes = [Note(beat_s, beat_s + 0.4, 70) for beat_s in beats_s]
    rhythm = rhythm_of(beats_s, notes)
    assert (rhythm.meter, rhythm.pickup) == (Meter(4, 4), 0)


@pytest.mark.parametrize(
    ("tonic", "steps", "key"),
    [
        (60, (0, 2, 4, 5, 7, 9, 11, 12), Key(0)),
        (63, (0, 2, 4, 5, 7, 9, 11, 12), Key(-3)),
        (57, (0, 2, 3, 5, 7, 8, 11, 12), Key(0, is_minor=True)),
        (66, (0, 2, 3, 5, 7, 8, 11, 12), Key(3, is_minor=True)),
    ],
)
def test_the_key_of_a_scale_is_found(tonic: int, steps: tuple[int, ...], key: Key) -> None:
    notes = [Note(0.5 * at, 0.5 * at + 0.5, tonic + step) for at, step in enumerate(steps)]
    # Pieces rest on their tonic chord.
    notes += [Note(4, 6, tonic + step) for step in (steps[0], steps[2], steps[4])]
    assert estimate_key(notes) == key
    assert estimate_key([]) == Key()


def test_names_follow_the_key_and_keep_their_octave() -> None:
    def spelt(key: str, pitch: int) -> str:
        step, alteration, octave = Key.parse(key).spell(pitch)
        return f"{step}{'#' * alteration}{'b' * -alteration}{octave}"

    in_c = [spelt("C", pitch) for pitch in (60, 61, 63, 66, 70)]
    assert in_c == ["C4", "C#4", "Eb4", "F#4", "Bb4"]
    assert [spelt("Eb", pitch) for pitch in (63, 68, 70)] == ["Eb4", "Ab4", "Bb4"]
    assert spelt("F#", 65) == "E#4"
    assert spelt("C#", 60) == "B#3"
    assert spelt("Cb", 71) == "Cb5"
    assert spelt("Am", 68) == "G#4"
    for fifths, pitch in itertools.product(range(-7, 8), range(21, 109)):
        step, alteration, octave = Key(fifths).spell(pitch)
        natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[step]
        assert natural + alteration + 12 * (octave + 1) == pitch


def clicks(times_s: list[float], seconds: float, rate: int) -> np.ndarray:
    """Struck tones at these moments."""
    sound = np.zeros(round(seconds * rate), np.float32)
    time = np.arange(rate // 10) / rate
    strike = (0.5 * np.exp(-40 * time) * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    for time_s in times_s:
        first = round(time_s * rate)
        part = sound[first : first + len(strike)]
        part += strike[: len(part)]
    return sound


@pytest.mark.parametrize(
    "times_s",
    [[0.5 + 0.5 * beat for beat in range(40)], slowing(36)],
    ids=["steady", "ritardando"],
)
@pytest.mark.parametrize("rate", [22_050, 44_100])
def test_beats_are_found_where_the_clicks_are(times_s: list[float], rate: int) -> None:
    sound = clicks(times_s, times_s[-1] + 1, rate)
    # In ragged blocks, as files come.
    blocks = np.split(sound, [1000, 1001, 90_000])
    beats_s = find_beats(blocks, rate)
    assert len(times_s) <= len(beats_s) <= len(times_s) + 3
    for time_s in times_s:
        assert min(abs(beat_s - time_s) for beat_s in beats_s) < 0.03


@pytest.mark.parametrize("bpm", [40, 100, 180, 220])
def test_clicks_in_sound_have_their_tempo_in_the_right_octave(bpm: float) -> None:
    times_s = list(np.arange(0.5, 15, 60 / bpm))
    beats_s = find_beats([clicks(times_s, 15.5, 22_050)], 22_050)
    heard_s = [beat_s for beat_s in beats_s if times_s[0] - 0.1 < beat_s < times_s[-1] + 0.1]
    interval_s = (heard_s[-1] - heard_s[0]) / (len(heard_s) - 1)
    assert 60 / interval_s == pytest.approx(bpm, rel=0.01)


def test_silence_has_no_beats() -> None:
    assert find_beats([np.zeros(22_050 * 6, np.float32)], 22_050) == []
    assert find_beats([np.zeros(30, np.float32)], 44_100) == []
    assert find_beats([], 44_100) == []


@pytest.mark.parametrize("places", [[0, 0, 1, 0, 1], [0, 1, 0, 0, 1, 0, 1], [1, 0, 0, 1, 0]])
def test_a_single_dotted_beat_is_no_bar(places: list[int]) -> None:
    beats = [FoundBeat(index / 2, place, Metre("6/8", 2)) for index, place in enumerate(places)]
    rhythm = rhythm_of_bars(beats)
    assert rhythm.beats_s == tuple(beat.time_s for beat in beats)
    assert {bar.meter.beat_quarters for bar in rhythm.bars(Fraction(6))} == {Fraction(3, 2)}


def test_bars_go_on_after_a_silence_and_a_time_signature_may_change_then() -> None:
    places = [0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 0]
    times = [0, 0.5, 1, 1.5, 22, 22.5, 23, 23.5, 24, 24.5, 25]
    metres = [Metre("4/4", 4)] * 4 + [Metre("3/4", 3)] * 7
    rhythm = rhythm_of_bars([
        FoundBeat(time_s, place, metre)
        for time_s, place, metre in zip(times, places, metres, strict=True)
    ])  # fmt: skip
    starts = [rhythm.seconds_at(float(bar.begin)) for bar in rhythm.bars(Fraction(60))]
    for at_s in (0, 22, 23.5, 25):
        assert min(abs(start_s - at_s) for start_s in starts) < 1e-6


def test_known_beats_are_beats_where_hardly_any_were_found() -> None:
    given = GivenRhythm(beats_per_minute=100, runs=((2.0,), (3.3, 3.9)))
    rhythm = rhythm_of([], [Note(0.4, 2, 60)], given)
    for at_s in (0.2, 0.8, 1.4, 2.0, 3.3, 3.9):
        assert min(abs(beat_s - at_s) for beat_s in rhythm.beats_s) < 1e-6
