"""The piece that is practised: notes, bars and parts, and what of it is played."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from app.music.rhythm import Meter, Rhythm
from model.notes import Note

# Notes of a piece that begin within this are one chord: those of a played one, laid down as the
# piece, are not together to the millisecond.
CHORD_S = 0.035
# Middle C: without staves, what is from there on is the right hand's.
_SPLIT = 60

Hand = Literal["right", "left"]
HANDS: tuple[Hand, Hand] = ("right", "left")


class PieceError(ValueError):
    """A piece cannot be practised; the message is one sentence."""


@dataclass(frozen=True)
class PieceNote:
    """A note of the piece.

    Attributes:
        onset_s, offset_s: by the piece's own tempo.
        pitch: as it sounds.
        part: which of the piece's parts it belongs to.
        bar: number of its bar, from 1 on; a pickup is bar 0.
        staff: of its part, 1 the upper one; 0 where nothing is said of staves.
    """

    onset_s: float
    offset_s: float
    pitch: int
    part: int = 0
    bar: int = 1
    staff: int = 0


@dataclass(frozen=True)
class Chord:
    """Notes that begin together.

    Attributes:
        onset_s: of the first of them, by the piece's tempo.
        pitches: each once.
        notes: which of the piece's notes they are.
        begins_bar: whether it is the first of its bar.
    """

    onset_s: float
    pitches: frozenset[int]
    notes: tuple[int, ...]
    begins_bar: bool


@dataclass(frozen=True)
class Piece:
    """A piece.

    Attributes:
        title: as it is shown.
        notes: in order of onset, then pitch.
        parts: a name for each part; empty where it has none.
        bars_s: where each bar begins, rising, and with the last one, where it ends: bar `b` goes
            from `bars_s[b - first_bar]` to the next.
        first_bar: 0 where there is a pickup, else 1.
        beats_s: where each beat is, rising; empty where nothing is known of beats.
        meter: the time signature that it mostly has; None where nobody says.
    """

    title: str
    notes: tuple[PieceNote, ...]
    parts: tuple[str, ...] = ("",)
    bars_s: tuple[float, ...] = ()
    first_bar: int = 1
    beats_s: tuple[float, ...] = ()
    meter: Meter | None = None

    @property
    def end_s(self) -> float:
        """Where the last note ends."""
        return max((note.offset_s for note in self.notes), default=0.0)

    @property
    def last_bar(self) -> int:
        """The number of the last bar."""
        return max((note.bar for note in self.notes), default=self.first_bar)

    def bar_s(self, bar: int) -> float:
        """Where a bar begins."""
        return self.bars_s[min(max(0, bar - self.first_bar), len(self.bars_s) - 1)]

    def bar_at(self, seconds: float) -> int:
        """The number of the bar in which a moment lies."""
        return self.first_bar + max(0, bisect.bisect_right(self.bars_s[:-1], seconds + 1e-6) - 1)

    def clicks(self, begin_s: float, end_s: float) -> list[tuple[float, bool]]:
        """The beats from one moment up to another, and whether each is the first of its bar.

        Where no beats are known, bars are divided into beats of about half a second. Before the
        first bar and after the last, it goes on as there.
        """
        bars = self.bars_s if len(self.bars_s) > 1 else (0.0, _PLAIN_BAR_S)
        found: list[tuple[float, bool]] = []
        first_s = max(bars[1] - bars[0], _SHORTEST_BAR_S)
        last_s = max(bars[-1] - bars[-2], _SHORTEST_BAR_S)
        # A pickup is shorter than the bars.
        has_pickup = self.first_bar == 0 and len(bars) > 2
        usual_s = max(bars[2] - bars[1], _SHORTEST_BAR_S) if has_pickup else first_s
        lead = []
        line_s = bars[1] if has_pickup else bars[0]
        while line_s > begin_s + 1e-6:
            line_s -= usual_s
            lead.append((line_s, line_s + usual_s))
        spans = [*reversed(lead), *itertools.pairwise(bars)]
        if lead and self.first_bar == 0:
            spans = [*reversed(lead), *itertools.pairwise(bars[1:])]
        while spans[-1][1] < end_s:
            # Long after the end nobody is interested in the bars before.
            line_s = max(spans[-1][1], begin_s - (begin_s - spans[-1][1]) % last_s - last_s)
            spans.append((line_s, line_s + last_s))
        for number, (bar_s, next_s) in enumerate(spans):
            if next_s <= begin_s or bar_s >= end_s:
                continue
            # Of bars that are led in, a pickup's beats are a part.
            inside = [] if number < len(lead) else [
                beat for beat in self.beats_s if bar_s - 1e-3 <= beat < next_s - 1e-3
            ]
            if not inside:
                length_s = next_s - bar_s
                n_beats = self._usual_beats(usual_s, length_s)
                inside = [bar_s + length_s * beat / n_beats for beat in range(n_beats)]
            found += [(beat, abs(beat - bar_s) < 2e-3) for beat in inside]
        return [one for one in found if begin_s - 1e-6 <= one[0] < end_s - 1e-6]

    def _usual_beats(self, usual_s: float, length_s: float) -> int:
        """In how many beats a bar of some length is divided that has none of its own."""
        if self.beats_s and len(self.bars_s) > 2:
            begin = 1 if self.first_bar == 0 else 0
            bar_s, next_s = self.bars_s[begin : begin + 2]
            known = sum(bar_s - 1e-3 <= beat < next_s - 1e-3 for beat in self.beats_s)
        else:
            known = min((2, 3, 4, 6), key=lambda beats: abs(math.log2(usual_s / beats / 0.55)))
        return max(1, round(known * length_s / usual_s))

    def chords(self) -> list[Chord]:
        """The notes by what begins together, in order."""
        groups: list[list[int]] = []
        for index, note in enumerate(self.notes):
            if not groups or note.onset_s - self.notes[groups[-1][0]].onset_s > CHORD_S:
                groups.append([])
            groups[-1].append(index)
        found = []
        bar = None
        for group in groups:
            first = self.notes[group[0]]
            found.append(Chord(
                first.onset_s, frozenset(self.notes[index].pitch for index in group),
                tuple(group), first.bar != bar,
            ))  # fmt: skip
            bar = first.bar
        return found

    def transposed(self, semitones: int) -> Piece:
        """The piece so many semitones higher."""
        return self._with(
            dataclasses.replace(note, pitch=note.pitch + semitones) for note in self.notes
        )

    def within(self, lowest: int, highest: int) -> Piece:
        """Without the notes that an instrument does not have."""
        return self._with(note for note in self.notes if lowest <= note.pitch <= highest)

    def of_parts(self, parts: Collection[int]) -> Piece:
        """What these parts play."""
        return self._with(note for note in self.notes if note.part in parts)

    def of_hand(self, hand: Hand) -> Piece:
        """What one hand plays: its staff, or a part of its own, or else from middle C on."""
        def is_right(note: PieceNote) -> bool:
            if has_staves:
                return note.staff == 1
            return note.part == pair[0] if pair else note.pitch >= _SPLIT

        used = sorted({note.part for note in self.notes})
        has_staves = any(note.staff > 1 for note in self.notes)
        # Two parts of a keyboard piece are its hands, the upper one first.
        pair = used if len(used) == 2 else []
        return self._with(note for note in self.notes if is_right(note) == (hand == "right"))

    def between(self, begin_s: float, end_s: float) -> Piece:
        """What begins from one moment up to another, at the times it has."""
        return self._with(note for note in self.notes if begin_s <= note.onset_s < end_s)

    def of_bars(self, first: int, last: int) -> Piece:
        """Some bars, both ends included."""
        return self._with(note for note in self.notes if first <= note.bar <= last)

    def _with(self, notes: Iterable[PieceNote]) -> Piece:
        return dataclasses.replace(self, notes=tuple(notes))


def piece_of_notes(
    notes: Sequence[Note], title: str, bars_s: Sequence[float] = (), first_bar: int = 1,
    beats_s: Sequence[float] = (), meter: Meter | None = None,
) -> Piece:
    """A piece of notes that were played, heard or read; without bars, each two seconds are one.

    Args:
        bars_s: where bars begin, rising.
        first_bar: the number of the first of them.
        beats_s: where beats are, rising.
        meter: the time signature that it mostly has.
    """
    end_s = max((note.offset_s for note in notes), default=0.0)
    lines = list(bars_s) or [0.0]
    usual_s = lines[-1] - lines[-2] if len(lines) > 1 else _PLAIN_BAR_S
    while lines[-1] < end_s or len(lines) < 2:
        lines.append(lines[-1] + usual_s)
    piece = Piece(title, (), ("",), tuple(lines), first_bar, tuple(beats_s), meter)
    return in_order(dataclasses.replace(piece, notes=tuple(
        PieceNote(note.onset_s, note.offset_s, note.pitch, bar=piece.bar_at(note.onset_s))
        for note in notes
    )))  # fmt: skip


def bars_of(
    rhythm: Rhythm, begin_s: float, end_s: float
) -> tuple[list[float], int, list[float]]:
    """Where the bars of a rhythm begin, with the last one's end; the first one's number; beats.

    Args:
        begin_s, end_s: of the music; bars before are no part of a piece.
    """
    every = rhythm.bars(Fraction(rhythm.quarters_at(end_s)))
    begin, last = Fraction(rhythm.quarters_at(begin_s)), every[-1]
    spans = [span for span in every if span.begin + span.length > begin] or [last]
    whole, spans[0] = spans[0], spans[0].begun(begin, spans[0].meter.beat_quarters)
    lines = [*(span.begin for span in spans), last.begin + last.length]
    beats = [
        span.begin + beat * span.meter.beat_quarters
        for span in spans for beat in range(math.ceil(span.length / span.meter.beat_quarters))
    ]
    seconds = rhythm.seconds_at
    return (
        [seconds(float(line)) for line in lines],
        0 if spans[0] != whole else len(every) - len(spans) + (0 if rhythm.pickup else 1),
        [seconds(float(beat)) for beat in beats],
    )


def in_order(piece: Piece) -> Piece:
    """The piece with its notes in order; what stands twice at one place stands there once."""
    notes: dict[tuple[float, int], PieceNote] = {}
    for note in sorted(piece.notes, key=lambda note: (note.onset_s, note.pitch, note.part)):
        notes.setdefault((round(note.onset_s, 3), note.pitch), note)
    return dataclasses.replace(piece, notes=tuple(notes.values()))


_PLAIN_BAR_S = 2.0
# A bar that is shorter is damage.
_SHORTEST_BAR_S = 0.1
