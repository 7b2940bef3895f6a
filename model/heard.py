"""What a stream of sound brings to whoever listens along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.config import Answer
from model.notes import NoteEvent, Probabilities


@dataclass(frozen=True)
class Heard:
    """What one push brought.

    Attributes:
        first_frame: index in the stream of the first of these frames.
        spectrum: log-frequency spectrogram for display, (frames, bins) float32, 0 to about 1.
        probabilities: what the network says at once, (frames, pitches) each.
        events: notes that began or ended by that, in order: for who plays at the moment.
        settled_probabilities, settled_events: the same of its settled answer, for what stays; None
            where it is the same. At the end of a sound they are more, to its last moment.
    """

    first_frame: int
    spectrum: NDArray[np.float32]
    probabilities: Probabilities
    events: list[NoteEvent]
    settled_probabilities: Probabilities | None = None
    settled_events: list[NoteEvent] | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether it brought neither frames nor events."""
        return not (len(self.probabilities) or self.events or self.settled_events)

    def events_of(self, answer: Answer) -> list[NoteEvent]:
        """The events of one of the answers."""
        is_other = answer == "settled" and self.settled_events is not None
        return (self.settled_events or []) if is_other else self.events

    def settled(self) -> Heard:
        """The settled answer alone, as both."""
        return Heard(
            self.first_frame, self.spectrum,
            self.probabilities if self.settled_probabilities is None
            else self.settled_probabilities,
            self.events_of("settled"),
        )  # fmt: skip
