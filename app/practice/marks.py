"""What is said of each note of a piece, and of what was played beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["right", "early", "late", "wrong", "missed", "unsure"]
KINDS: tuple[Kind, ...] = ("right", "early", "late", "wrong", "missed", "unsure")
# The note itself was played.
PLAYED: tuple[Kind, ...] = ("right", "early", "late")


@dataclass(frozen=True)
class Mark:
    """What became of a note.

    Attributes:
        kind: `right`; `early` or `late` against the clock; `wrong`: another pitch was played in its
            place; `missed`: nothing was; `unsure`: the ear cannot tell, which is nobody's mistake.
        time_s: when it was played, in seconds of the sound; of what was not, when it was due. None
            where it was not reached.
        off_ms: how late that was, negative for early; None without a clock.
        heard_pitch: the pitch that was played in its place.
        is_final: whether the settled answer was heard: it stays so.
    """

    kind: Kind
    time_s: float | None
    off_ms: float | None = None
    heard_pitch: int | None = None
    is_final: bool = False


@dataclass(frozen=True)
class Marked:
    """A note of the piece, by its index, has another mark than before, or its first."""

    note: int
    mark: Mark


@dataclass(frozen=True)
class Extra:
    """A note was played that is not in the piece there."""

    pitch: int
    time_s: float
    confidence: float


@dataclass(frozen=True)
class Reached:
    """The piece has come to a place, in seconds of its own tempo; `chord` is the next to play."""

    piece_s: float
    chord: int


PracticeEvent = Marked | Extra | Reached
