"""How a piece is practised: the way, the speed, what sounds with it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, cast, get_args

from app.practice.piece import Piece
from app.practice.tolerances import Tolerances

Way = Literal["clock", "wait", "free"]
Sounding = Literal["metronome", "recording", "others", "nothing"]
WAYS: tuple[Way, ...] = get_args(Way)
SOUNDINGS: tuple[Sounding, ...] = get_args(Sounding)
# Per cent of the piece's own speed.
SLOWEST, FASTEST = 10, 150
MOST_COUNT_IN = 4


@dataclass(frozen=True)
class PracticeWay:
    """What is chosen once and stays chosen.

    Attributes:
        way: with the clock; it waits; the player is followed.
        speed: in per cent, for the clock.
        sounding: what is heard with the clock.
        count_in: bars that are counted before the clock's first one.
        bends: a semitone beside its pitch a note is right as well.
        strict_octaves: what is heard an octave beside is a mistake.
        falls: whether the notes fall onto a keyboard, or move sideways.
        score: whether the score is shown, too.
    """

    way: Way = "clock"
    speed: int = 100
    sounding: Sounding = "metronome"
    count_in: int = 1
    bends: bool = False
    strict_octaves: bool = False
    falls: bool = False
    score: bool = False

    def __post_init__(self) -> None:
        """Raises: ValueError: a value makes no sense."""
        if self.way not in WAYS or self.sounding not in SOUNDINGS:
            raise ValueError(f"there is no way {self.way!r} with {self.sounding!r} to practise")
        if not (SLOWEST <= self.speed <= FASTEST and 0 <= self.count_in <= MOST_COUNT_IN):
            raise ValueError(f"{self.speed} % with {self.count_in} bars before is no way to play")

    @classmethod
    def from_json(cls, stored: object) -> PracticeWay:
        """The way that `as_json` made a dictionary of.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(stored, dict):
            raise ValueError(f"{stored!r} is no way to practise")
        usual = dataclasses.asdict(cls())
        values = {name: stored.get(name, usual[name]) for name in usual}
        for name, value in values.items():
            if type(value) is not type(usual[name]):
                raise ValueError(f"{value!r} is no {name} of practising")
        return cls(**cast(dict[str, bool], values))  # type: ignore[arg-type]

    def as_json(self) -> dict[str, str | int | bool]:
        """All of it by name."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class PracticePlan:
    """A piece, and how it is practised.

    Attributes:
        piece: what is played.
        others: what of it is not; it sounds where that is chosen.
        how: the way.
        tolerances: what is let pass.
        recording_from_s: where the recording whose notes the piece is has the piece's second 0;
            None where there is none.
    """

    piece: Piece
    others: Piece
    how: PracticeWay
    tolerances: Tolerances
    recording_from_s: float | None = None

    @property
    def slowness(self) -> float:
        """Seconds that a second of the piece takes."""
        return 100 / self.how.speed if self.how.way == "clock" else 1.0

    @property
    def begin_s(self) -> float:
        """The piece's moment at which the clock begins after the count-in: that of its first bar,
        or a little before its first note."""
        if not self.piece.notes:
            return 0.0
        first = self.piece.notes[0]
        bar_s = self.piece.bar_s(first.bar) if self.piece.bars_s else 0.0
        # Notes chosen late in a bar need no wait.
        return bar_s if bar_s <= first.onset_s <= bar_s + 8.0 else max(0.0, first.onset_s - 0.5)

    @property
    def end_s(self) -> float:
        """The piece's moment at which its last note is due."""
        return max((note.onset_s for note in self.piece.notes), default=0.0)

    def count_in_s(self) -> float:
        """Seconds of the piece that are counted before it begins; at least 0.8 s as they sound."""
        begin_s, count = self.begin_s, 0.0
        if self.how.count_in and self.piece.bars_s:
            lines = [
                at for at, is_first in self.piece.clicks(begin_s - 60.0, begin_s) if is_first
            ]
            if len(lines) >= self.how.count_in:
                count = begin_s - lines[-self.how.count_in]
        return max(count, 0.8 / self.slowness)
