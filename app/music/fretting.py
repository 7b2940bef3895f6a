"""Where notes are fretted on guitars, basses and ukuleles, with the hand moving least.

A dynamic programme over the moments at which notes begin. At each, every way to fret them is
weighed: how far the fingers stretch, how high on the neck, and how far the hand has moved since the
moment before; strings that still sound are taken. The cheapest way through all is the fingering.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.music.quantise import PlacedNote
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, note_name, pitch_from_name

_N_FRETS = 24
MOST_CAPO = 12
# Fingers reach over so many frets, and further only when there is no other way.
_SPAN = 4
# What it costs: that the hand moves at all, and each fret that it does; one that fingers stretch
# beyond their reach; one that it lies up the neck; an open string far from the hand; a string that
# sounds on and is struck; and a note that is left out.
_SHIFT, _MOVE, _STRETCH, _HIGH, _OPEN, _TAKEN, _LEFT_OUT = 1.5, 0.7, 3.0, 0.06, 0.8, 12.0, 40.0
# Up to here an open string lies near.
_NEAR = 4
# So many ways are weighed of each chord, and followed from each moment to the next.
_WAYS, _FOLLOWED = 12, 16


@dataclass(frozen=True)
class FrettedInstrument:
    """A fretted instrument as it is tuned.

    Attributes:
        name: "guitar", "bass" or "ukulele".
        strings: MIDI pitches of the open strings, the first string first.
        capo: the fret at which a capo lies; frets are counted from there.
    """

    name: str
    strings: tuple[int, ...]
    capo: int = 0

    def __post_init__(self) -> None:
        """Raises: ValueError: no such instrument can be built."""
        if not 1 <= len(self.strings) <= 12:
            raise ValueError(f"a {self.name} has 1 to 12 strings, not {len(self.strings)}")
        if not all(LOWEST_PITCH <= pitch <= HIGHEST_PITCH for pitch in self.strings):
            raise ValueError(f"strings are tuned from {note_name(LOWEST_PITCH)} to "
                             f"{note_name(HIGHEST_PITCH)}")
        if not 0 <= self.capo <= MOST_CAPO:
            raise ValueError(f"a capo lies at fret 0 to {MOST_CAPO}, not {self.capo}")

    def tuned(self, text: str) -> FrettedInstrument:
        """The same with strings of other pitches, from the last one on, such as "D2 A2 D3 G3".

        Raises:
            ValueError: one of these is no note, or there are too many.
        """
        pitches = [pitch_from_name(name) for name in text.replace(",", " ").split()]
        return FrettedInstrument(self.name, tuple(reversed(pitches)), self.capo)

    def with_capo(self, capo: int) -> FrettedInstrument:
        """The same with a capo. Raises ValueError: there is no such fret."""
        return FrettedInstrument(self.name, self.strings, capo)

    def places(self, pitch: int) -> Iterator[Fret]:
        """Where on the neck a pitch is, by string."""
        for number, open_pitch in enumerate(self.strings, 1):
            fret = pitch - open_pitch - self.capo
            if 0 <= fret <= _N_FRETS - self.capo:
                yield Fret(number, fret)

    def has(self, pitch: int) -> bool:
        """Whether a pitch can be played."""
        return any(True for _ in self.places(pitch))


@dataclass(frozen=True, order=True)
class Fret:
    """A place on the neck: the string, 1 for the first, and the fret, 0 for an open one."""

    string: int
    fret: int


GUITAR = FrettedInstrument("guitar", (64, 59, 55, 50, 45, 40))
BASS = FrettedInstrument("bass", (43, 38, 33, 28))
UKULELE = FrettedInstrument("ukulele", (69, 64, 60, 67))
FRETTED = {instrument.name: instrument for instrument in (GUITAR, BASS, UKULELE)}

# Of the notes of a chord, by pitch; None is left out.
_Way = tuple[Fret | None, ...]


@dataclass
class _State:
    """A fingering up to a moment.

    Attributes:
        cost: of all of it.
        position: the fret at which the first finger lies.
        sounding: until when each string sounds, in quarter notes.
        before: the state that it came from, and how the notes since then are fretted.
    """

    cost: float
    position: int
    sounding: dict[int, Fraction]
    before: _State | None = None
    way: _Way = ()


def fret_notes(
    notes: Iterable[PlacedNote], instrument: FrettedInstrument
) -> dict[tuple[int, Fraction], Fret]:
    """The place on the neck of every note that can be played, by its pitch and onset."""
    moments = [
        sorted(group, key=lambda note: note.pitch)
        for _, group in itertools.groupby(sorted(notes), key=lambda note: note.onset)
    ]
    states = [_State(0.0, 1, {})]
    for moment in moments:
        ways = _ways(tuple(note.pitch for note in moment), instrument)
        following = []
        for way in ways:
            for position in _positions(way):
                # Of all that leads to this hand in this place, the cheapest.
                costs = [_cost(state, way, position, moment) for state in states]
                best = min(range(len(states)), key=costs.__getitem__)
                following.append(_followed(states[best], way, position, moment, costs[best]))
        states = sorted(following, key=lambda state: state.cost)[:_FOLLOWED]
    found: dict[tuple[int, Fraction], Fret] = {}
    state: _State | None = states[0]
    for moment in reversed(moments):
        assert state is not None
        for note, place in zip(moment, state.way, strict=True):
            if place is not None:
                found[note.pitch, note.onset] = place
        state = state.before
    return found


class LiveFretting:
    """Where notes are fretted while they are played: as near to the hand as can be, without knowing
    what follows."""

    def __init__(self, instrument: FrettedInstrument) -> None:
        self._instrument = instrument
        self._position = 1
        self._held: dict[int, Fret] = {}

    def fret(self, pitches: Iterable[int]) -> dict[int, Fret]:
        """The places of the MIDI pitches that sound now, without those that cannot be played.

        What sounded before stays where it was.
        """
        sounding = set(pitches)
        self._held = {pitch: place for pitch, place in self._held.items() if pitch in sounding}
        new = sorted(sounding - self._held.keys())
        if new:
            now = Fraction(0)
            moment = [PlacedNote(now, now + 1, pitch, 0) for pitch in new]
            taken = {place.string: now + 1 for place in self._held.values()}
            state = _State(0.0, self._position, taken)
            ways = (
                (_cost(state, way, position, moment), position, way)
                for way in _ways(tuple(new), self._instrument)
                for position in _positions(way)
                if not any(place is not None and place.string in taken for place in way)
            )
            _, position, way = min(
                ways, key=lambda found: found[0], default=(0.0, None, (None,) * len(new))
            )
            if position is not None:
                self._position = position
            for pitch, place in zip(new, way, strict=True):
                if place is not None:
                    self._held[pitch] = place
        return dict(self._held)


def _positions(way: _Way) -> Sequence[int | None]:
    """Where the first finger may lie while a chord is fretted so; None is wherever it was."""
    frets = [place.fret for place in way if place and place.fret]
    if not frets:
        return (None,)
    return range(min(max(1, max(frets) - _SPAN + 1), min(frets)), min(frets) + 1)


def _cost(
    state: _State, way: _Way, position: int | None, moment: Sequence[PlacedNote]
) -> float:
    """What a fingering costs when the notes of a moment follow so, with the hand there."""
    now = moment[0].onset
    cost = state.cost + _effort(way)
    cost += _TAKEN * sum(
        place is not None and state.sounding.get(place.string, now) > now for place in way
    )
    if position is None:
        position = state.position
    elif position != state.position:
        cost += _SHIFT + _MOVE * abs(position - state.position)
    if position > _NEAR:
        cost += _OPEN * sum(place is not None and place.fret == 0 for place in way)
    return cost


def _followed(
    state: _State, way: _Way, position: int | None, moment: Sequence[PlacedNote], cost: float
) -> _State:
    now = moment[0].onset
    sounding = {string: end for string, end in state.sounding.items() if end > now}
    for note, place in zip(moment, way, strict=True):
        if place is not None:
            sounding[place.string] = note.offset
    return _State(cost, state.position if position is None else position, sounding, state, way)


@functools.lru_cache(maxsize=4096)
def _ways(pitches: tuple[int, ...], instrument: FrettedInstrument) -> tuple[_Way, ...]:
    """The ways to fret a chord, each note on a string of its own, the easiest ones."""
    kept = list(pitches)
    while len(kept) > len(instrument.strings):
        # The lowest and the highest are heard best.
        del kept[len(kept) // 2]
    choices: list[list[Fret | None]] = []
    for pitch in kept:
        places: list[Fret | None] = [*instrument.places(pitch)]
        choices.append([*places, None])
    ways: list[tuple[float, dict[int, Fret | None]]] = []
    for chosen in itertools.product(*choices):
        strings = [place.string for place in chosen if place is not None]
        if len(set(strings)) == len(strings):
            ways.append((_effort(chosen), dict(zip(kept, chosen, strict=True))))
    ways.sort(key=lambda way: way[0])
    return tuple(
        tuple(way.get(pitch) for pitch in pitches) for _, way in ways[:_WAYS]
    )


def _effort(way: _Way) -> float:
    frets = [place.fret for place in way if place and place.fret]
    stretch = max(0, max(frets) - min(frets) - _SPAN + 1) if frets else 0
    return _LEFT_OUT * sum(place is None for place in way) + _STRETCH * stretch \
        + _HIGH * sum(frets)
