"""Notes moved to a grid of note values."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from app.music.onset_placing import place_onsets
from app.music.rhythm import Meter, Rhythm
from model.notes import Note

_SIXTEENTH, _SHORTEST, _SHORTEST_TRIPLET = Fraction(1, 4), Fraction(1, 8), Fraction(1, 6)
# Triplets are written where they lie so much nearer to what was played than straight notes do.
_CLEARLY = 0.4


@dataclass(frozen=True)
class Grid:
    """Where notes may begin and end.

    Attributes:
        name: as the user chooses it; T stands for triplets.
        steps: in quarter notes; of several, every beat takes the one that fits its notes, the
            first unless another one is clearly better. Without any, places are chosen for the
            whole piece (see `app.music.onset_placing`).
    """

    name: str
    steps: tuple[Fraction, ...]

    @classmethod
    def parse(cls, name: str) -> Grid:
        """Finds a grid by its name.

        Raises:
            ValueError: it is none of `GRIDS`.
        """
        for grid in GRIDS:
            if grid.name.lower() == name.strip().lower():
                return grid
        choices = ", ".join(grid.name for grid in GRIDS)
        raise ValueError(f"{name!r} is not a grid; there are {choices}")

    def steps_in(self, meter: Meter) -> tuple[Fraction, ...]:
        """The steps in this meter; where beats have three parts, triplets are the straight ones."""
        if not meter.is_compound:
            return self.steps
        first = self.steps[0]
        # A quarter note is no part of a dotted one either.
        is_triplet = first.denominator % 3 == 0
        return (first * Fraction(3, 2) if is_triplet or first == 1 else first,)


AUTO = Grid("auto", ())
GRIDS = (
    AUTO,
    Grid("1/4", (Fraction(1),)),
    Grid("1/8", (Fraction(1, 2),)),
    Grid("1/16", (Fraction(1, 4),)),
    Grid("1/32", (Fraction(1, 8),)),
    Grid("1/8T", (Fraction(1, 3),)),
    Grid("1/16T", (Fraction(1, 6),)),
    Grid("1/8+T", (Fraction(1, 2), Fraction(1, 3))),
    Grid("1/16+T", (Fraction(1, 4), Fraction(1, 3))),
)


@dataclass(frozen=True, order=True)
class PlacedNote:
    """A note whose onset and offset are counted in quarter notes from second 0.

    Attributes:
        cents: the pitch curve that it was played with, as of a `Note`; it is no part of what makes
            two notes equal.
        index: which of the notes that were quantised it is; no part of that either.
    """

    onset: Fraction
    offset: Fraction
    pitch: int
    velocity: int
    cents: tuple[float, ...] = field(default=(), compare=False)
    index: int = field(default=-1, compare=False)


def quantise(notes: Iterable[Note], rhythm: Rhythm, grid: Grid) -> list[PlacedNote]:
    """Moves onsets and offsets to the grid; in order of onset, then offset and pitch.

    No note is shorter than a step, or without steps than a 32nd note. Where two of a pitch meet,
    the earlier ends; of those that fall on one onset the longest stays.
    """
    where = [
        (rhythm.quarters_at(note.onset_s), rhythm.quarters_at(note.offset_s), note)
        for note in notes
    ]
    spans = _chosen_spans(where, rhythm) if grid == AUTO else _grid_spans(where, rhythm, grid)
    placed: dict[int, list[PlacedNote]] = {}
    for index, ((begin, end), (_, _, note)) in enumerate(zip(spans, where, strict=True)):
        placed.setdefault(note.pitch, []).append(
            PlacedNote(begin, end, note.pitch, note.velocity, note.cents, index)
        )
    parted: list[PlacedNote] = []
    for group in placed.values():
        # The longest of those that begin together comes last, and takes the others' place.
        begun = list({note.onset: note for note in sorted(group)}.values())
        ends = [*(note.onset for note in begun[1:]), begun[-1].offset]
        parted += [
            dataclasses.replace(note, offset=min(note.offset, end))
            for note, end in zip(begun, ends, strict=True)
        ]
    return sorted(parted)


_Where = tuple[float, float, Note]


def _grid_spans(
    where: Sequence[_Where], rhythm: Rhythm, grid: Grid
) -> Iterator[tuple[Fraction, Fraction]]:
    """Beginning and end of each note on a grid's steps."""
    steps = _Steps([onset for onset, _, _ in where], rhythm, grid)
    for onset, offset, _ in where:
        begin = steps.nearest(onset)
        yield begin, max(steps.nearest(offset), begin + steps.at(onset))


def _chosen_spans(
    where: Sequence[_Where], rhythm: Rhythm
) -> Iterator[tuple[Fraction, Fraction]]:
    """Beginning and end of each note, where the piece as a whole has them."""
    begins = place_onsets([note.onset_s for _, _, note in where], rhythm)
    # A note that is let go of as another begins ends there.
    marks = sorted(set(begins))
    places = [float(mark) for mark in marks]
    triplets = [mark for mark in marks if mark.denominator % 3 == 0]
    for begin, (_, offset, _) in zip(begins, where, strict=True):
        grid_end = Fraction(round(offset / float(_SIXTEENTH))) * _SIXTEENTH
        index = min(bisect.bisect_left(places, offset), len(places) - 1)
        near = min(marks[max(0, index - 1) : index + 1], key=lambda at: abs(float(at) - offset))
        is_near = abs(float(near) - offset) <= float(_SIXTEENTH)
        end = near if is_near else grid_end
        if end <= begin:
            # A 32nd note does not fit among triplets.
            first = bisect.bisect_left(triplets, begin - 1)
            is_among = first < len(triplets) and triplets[first] <= begin + 1
            end = begin + (_SHORTEST_TRIPLET if is_among else _SHORTEST)
        yield begin, end


class _Steps:
    """Which of the grid's steps every beat takes."""

    def __init__(self, onsets: Iterable[float], rhythm: Rhythm, grid: Grid) -> None:
        self._rhythm, self._grid = rhythm, grid
        self._chosen: dict[Fraction, Fraction] = {}
        by_beat: dict[Fraction, list[float]] = {}
        for onset in onsets:
            by_beat.setdefault(self._beat(onset)[0], []).append(onset)
        for beat, within in by_beat.items():
            usual, *others = grid.steps_in(rhythm.meter_at(beat)[1])
            # One note alone fits some step by accident.
            if not others or len({round(onset * 12) for onset in within}) < 3:
                continue
            within = [onset - float(beat) for onset in within]
            best = min(others, key=lambda step: _misfit(within, step))
            if _misfit(within, best) < _CLEARLY * _misfit(within, usual):
                self._chosen[beat] = best

    def _beat(self, quarters: float) -> tuple[Fraction, Fraction]:
        """Where the beat begins in which this lies, and how long it is: as far as one bracket of
        triplets reaches."""
        begin, meter = self._rhythm.meter_at(Fraction(quarters))
        beat = meter.beat_quarters if meter.is_compound else Fraction(1)
        return begin + int((quarters - float(begin)) / float(beat)) * beat, beat

    def at(self, quarters: float) -> Fraction:
        """The step where this lies."""
        beat, _ = self._beat(quarters)
        meter = self._rhythm.meter_at(beat)[1]
        return self._chosen.get(beat, self._grid.steps_in(meter)[0])

    def nearest(self, quarters: float) -> Fraction:
        """The nearest place on the grid."""
        step = self.at(quarters)
        # Steps are counted from the beat, of which not every one is a whole number.
        beat, length = self._beat(quarters)
        place = beat + round((quarters - float(beat)) / float(step)) * step
        return min(place, beat + length)


def _misfit(onsets: Iterable[float], step: Fraction) -> float:
    """Sum of the squared distances to the grid of this step, in quarter notes."""
    return sum(
        (onset - round(onset / float(step)) * float(step)) ** 2 for onset in onsets
    )
