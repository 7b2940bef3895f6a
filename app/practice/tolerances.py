"""How much is let pass before something counts as a mistake."""

from __future__ import annotations

from dataclasses import dataclass

from app.music.instruments import Instrument

# Voices, winds and bows begin softly: neither ear nor listener knows their onsets to 80 ms.
_SOFT_ON_TIME_MS = 120.0


@dataclass(frozen=True)
class Tolerances:
    """What a player sets.

    Attributes:
        on_time_ms: a note within this of the clock is right, beyond it early or late.
        reach_ms: what is played farther from its time than this is another note.
        chord_ms: the notes of a chord are played within this.
        neighbour: so many semitones beside its pitch a note is right as well: for bends and slides.
        octave: what is heard an octave beside is unsure, not wrong: ears mix octaves up.
    """

    on_time_ms: float = 80.0
    reach_ms: float = 300.0
    chord_ms: float = 150.0
    neighbour: int = 0
    octave: bool = True

    def __post_init__(self) -> None:
        """Raises: ValueError: a value makes no sense."""
        for name, value, low, high in (
            ("on_time_ms", self.on_time_ms, 10, 500), ("reach_ms", self.reach_ms, 50, 1000),
            ("chord_ms", self.chord_ms, 20, 1000), ("neighbour", self.neighbour, 0, 2),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must be from {low} to {high}, not {value:g}")
        if self.reach_ms < self.on_time_ms:
            raise ValueError(
                f"reach_ms must be on_time_ms, {self.on_time_ms:g}, or more, not {self.reach_ms:g}"
            )


def usual_tolerances(instrument: Instrument) -> Tolerances:
    """What is usual for an instrument."""
    return Tolerances(on_time_ms=_SOFT_ON_TIME_MS) if instrument.is_monophonic else Tolerances()
