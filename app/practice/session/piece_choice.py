"""What of a piece is played: parts, a hand, bars, and how it is moved for an instrument."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from app.music.instruments import ANY, Instrument
from app.practice.piece import Hand, Piece, PieceError
from app.practice.tolerances import Tolerances, usual_tolerances


@dataclass(frozen=True)
class PieceChoice:
    """What is chosen of a piece.

    Attributes:
        parts: indices of its parts; None for all of them.
        hand: one hand alone.
        bars: the first and the last bar.
        transposition: so many semitones higher.
        instrument: what it does not have is left out.
    """

    parts: frozenset[int] | None = None
    hand: Hand | None = None
    bars: tuple[int, int] | None = None
    transposition: int = 0
    instrument: Instrument = ANY

    def of(self, whole: Piece) -> Piece:
        """What is to be played.

        Raises:
            PieceError: nothing is left; half a sentence.
        """
        piece = whole
        steps: list[tuple[bool, str, Callable[[Piece], Piece]]] = [
            (self.parts is not None, "these parts", lambda one: one.of_parts(self.parts or ())),
            (self.hand is not None, "this hand", lambda one: one.of_hand(self.hand or "right")),
            (self.bars is not None, "these bars", lambda one: one.of_bars(*(self.bars or (0, 0)))),
            (True, "this range", lambda one: one.transposed(self.transposition).within(
                self.instrument.lowest, self.instrument.highest
            )),
        ]  # fmt: skip
        for is_asked, name, choose in steps:
            if is_asked:
                piece = choose(piece)
                if not piece.notes:
                    raise PieceError(f"there is no note of it in {name}")
        return piece

    def others(self, whole: Piece) -> Piece:
        """What of the whole is not to be played, moved like the rest."""
        played = set(self.of(whole).notes)
        moved = whole.transposed(self.transposition)
        notes = (note for note in moved.notes if note not in played)
        if self.bars is not None:
            first, last = self.bars
            notes = (note for note in notes if first <= note.bar <= last)
        return dataclasses.replace(moved, notes=tuple(notes))


def fitting_octave(piece: Piece, instrument: Instrument) -> int:
    """By how many octaves, in semitones, most of a piece comes into an instrument's range."""
    def fitting(semitones: int) -> tuple[int, int]:
        within = sum(
            instrument.lowest <= note.pitch + semitones <= instrument.highest
            for note in piece.notes
        )
        return within, -abs(semitones)

    return max(range(-36, 37, 12), key=fitting)


def tolerances_of(
    instrument: Instrument, *, bends: bool, strict_octaves: bool, on_time_ms: float | None = None
) -> Tolerances:
    """What is let pass for an instrument.

    Args:
        bends: a semitone beside its pitch a note is right as well.
        strict_octaves: what is heard an octave beside is a mistake.
        on_time_ms: within this of the clock a note is right; None as is usual.
    """
    usual = usual_tolerances(instrument)
    on_time_ms = usual.on_time_ms if on_time_ms is None else on_time_ms
    return dataclasses.replace(
        usual, on_time_ms=on_time_ms, reach_ms=max(usual.reach_ms, on_time_ms),
        neighbour=int(bends), octave=not strict_octaves,
    )
