"""What the read-out shows and where, so that it neither jumps nor flickers while notes change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.music.chords.chord_names import Chord, find_chord

# What is left after each step of fading, and where nothing is left.
_FADE = 0.94
_GONE = 0.04
# Names are as large as if there were so many, so that an interval and a triad look alike.
_LEAST_ROOM = 3
# The notes of a chord begin within so many steps. One that begins later over a single note waits so
# long, and one that is left alone stays in its cell so long: others may be about to end as well.
_STEPS_OF_ATTACK, _STEPS_OF_OVERLAP, _STEPS_ALONE = 5, 5, 6
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
    a note without a cell begins are all laid out anew. A note alone stands in the first cell, so
    that a melody is read in one place: one that begins over a note that has sounded for a while
    waits a moment, for the other may be about to end, and one that is left alone goes there.

    Attributes:
        lights: by MIDI pitch.
        order: the pitches of the cells; those that have faded away left theirs empty.
        room: for how many cells names have to be small enough. It grows while notes are added to
            those that sound, and begins anew when no note stays.
    """

    def __init__(self) -> None:
        self.clear()

    @property
    def is_fading(self) -> bool:
        """Whether notes that have ended are still to be seen, or something will be elsewhere."""
        moves = self._waits > 0 or self._until_first > 0
        return moves or any(not light.sounds for light in self.lights.values())

    def clear(self) -> None:
        self.lights: dict[int, Light] = {}
        self.order: list[int] = []
        self.room = _LEAST_ROOM
        self._strengths: dict[int, float] = {}
        # Steps since a note began; until others beside a single one are shown; until a single one
        # goes to the first cell.
        self._age = self._waits = self._until_first = 0

    def show(self, strengths: Mapping[int, float]) -> None:
        """Now these pitches sound, and no others."""
        self._strengths = dict(strengths)
        sounding = {pitch for pitch, light in self.lights.items() if light.sounds}
        is_line = (
            len(sounding) == 1 and sounding < strengths.keys()
            and not strengths.keys() <= set(self.order)
        )
        if is_line and not self._waits and self._age >= _STEPS_OF_ATTACK:
            self._waits = _STEPS_OF_OVERLAP
        if not (is_line and self._waits):
            self._waits = 0
            self._lay_out()

    def _lay_out(self) -> None:
        strengths = self._strengths
        began = {
            pitch for pitch in strengths
            if pitch not in self.lights or not self.lights[pitch].sounds
        }
        stays = len(began) < len(strengths)
        for pitch, light in self.lights.items():
            light.sounds &= pitch in strengths
        for pitch, strength in strengths.items():
            self.lights[pitch] = Light(strength)
        self._until_first = 0
        if began:
            self._age = 0
        if len(strengths) == 1 and self.order[:1] != [*strengths]:
            if stays:
                self._until_first = _STEPS_ALONE
            else:
                self._go_first()
        elif not strengths.keys() <= set(self.order):
            self.order = sorted(strengths)
            self.room = max(self.room if stays else _LEAST_ROOM, len(self.order))

    def _go_first(self) -> None:
        self.order, self.room = [*self._strengths], _LEAST_ROOM

    def fade(self) -> None:
        """One step of the fading of notes that have ended."""
        self._age += 1
        if self._waits:
            self._waits -= 1
            if not self._waits:
                self._lay_out()
        if self._until_first:
            self._until_first -= 1
            if not self._until_first:
                self._go_first()
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
