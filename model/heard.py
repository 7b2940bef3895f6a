"""What a stream of sound brings to whoever listens along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.notes import NoteEvent, Probabilities


@dataclass(frozen=True)
class Heard:
    """What one push brought.

    Attributes:
        first_frame: index in the stream of the first of these frames.
        spectrum: log-frequency spectrogram for display, (frames, bins) float32, 0 to about 1.
        probabilities: what the network says, (frames, pitches) each.
        events: notes that began or ended, in order.
    """

    first_frame: int
    spectrum: NDArray[np.float32]
    probabilities: Probabilities
    events: list[NoteEvent]
