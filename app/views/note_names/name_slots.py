"""What the read-out shows and where, so that it neither jumps nor flickers while notes change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.music.chord_names import Chord, find_chord

# What is left after each step of fading, and where nothing is left.
_FADE = 0.94
_GONE = 0.04
# Names are as large as if there were so many, so that an interval and a triad look alike.
_LEAST_ROOM = 3
# Steps until another chord is believed: the notes of a chord do not come in one and the same
# step, and go even less together.
_STEPS_AFTER_ONSET = 3
_STEPS_AFTER_RELEASE = 24


@dataclass
class Light:
    """How bright a name is: `strength` (0..1) of its note, and 1 while it sounds, then less."""

    strength: float
    sounds: bool = True
    left: float = 1.0


class NameSlots:
    """The notes that sound or have just ended, and their order in cells from low to high.

    A note keeps its cell for as long as it sounds and fades there, also when others end; only when
    a note without a cell begins are all laid out anew.

    Attributes:
        lights: by MIDI pitch.
        order: the pitches of the cells; those that have faded away left theirs empty.
        room: for how many cells names have to be small enough. It grows while notes are added to
            those that sound, and begins anew when no note stays.
    """

    def __init__(self) -> None:
        self.lights: dict[int, Light] = {}
        self.order: list[int] = []
        self.room = _LEAST_ROOM

    @property
    def is_fading(self) -> bool:
        """Whether notes that have ended are still to be seen."""
        return any(not light.sounds for light in self.lights.values())

    def clear(self) -> None:
        self.lights, self.order, self.room = {}, [], _LEAST_ROOM

    def show(self, strengths: Mapping[int, float]) -> None:
        """Now these pitches sound, and no others."""
        stays = any(self.lights[pitch].sounds for pitch in self.lights.keys() & strengths.keys())
        for pitch, light in self.lights.items():
            light.sounds &= pitch in strengths
        for pitch, strength in strengths.items():
            self.lights[pitch] = Light(strength)
        if not strengths.keys() <= set(self.order):
            self.order = sorted(strengths)
            self.room = max(self.room if stays else _LEAST_ROOM, len(self.order))

    def fade(self) -> None:
        """One step of the fading of notes that have ended."""
        for pitch, light in list(self.lights.items()):
            if not light.sounds:
                light.left *= _FADE
                if light.left < _GONE:
                    del self.lights[pitch]
        if not self.lights:
            self.clear()

    def place(self, index: int, rows: int) -> tuple[int, int]:
        """Row (0 is the lower one) and column of a cell."""
        return divmod(index, columns(self.room, rows))


def columns(room: int, rows: int) -> int:
    """Cells beside each other when there is room for so many in so many rows."""
    return math.ceil(room / rows)


class SteadyChord:
    """The chord's name, which comes when its notes are complete and stays for a moment.

    Attributes:
        chord: what is shown, or None.
        left: 1 while it is valid, then less and less.
    """

    def __init__(self) -> None:
        self.chord: Chord | None = None
        self.left = 0.0
        self._pitches: frozenset[int] = frozenset()
        self._next: Chord | None = None
        self._steps = 0
        self._fades = False

    @property
    def is_moving(self) -> bool:
        """Whether it is about to change or is fading."""
        return self._steps > 0 or self._fades

    def clear(self) -> None:
        self.chord, self.left = None, 0.0
        self._pitches, self._next, self._steps, self._fades = frozenset(), None, 0, False

    def show(self, pitches: Iterable[int]) -> None:
        """Now these pitches sound, and no others."""
        pitches, before = frozenset(pitches), self._pitches
        self._pitches = pitches
        found = find_chord(pitches)
        if found == self.chord and not self._fades:
            self._steps = 0
        elif not pitches:
            self._steps, self._fades = 0, self.chord is not None
        elif pitches - before or not self._steps:
            self._steps = _STEPS_AFTER_ONSET if pitches - before else _STEPS_AFTER_RELEASE
        self._next = found

    def step(self) -> None:
        """One step of settling or fading."""
        if self._steps:
            self._steps -= 1
            if not self._steps:
                if self._next is None:
                    self._fades = self.chord is not None
                else:
                    self.chord, self.left, self._fades = self._next, 1.0, False
        if self._fades:
            self.left *= _FADE
            if self.left < _GONE:
                self.chord, self.left, self._fades = None, 0.0, False
