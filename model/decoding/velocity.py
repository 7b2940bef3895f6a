"""The velocity of a note, from what the network says of it on the frames after its onset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The velocity of an ended note is the mean of so many frames from its onset on: on the first of
# them, on which the note is said, a hammer's blow is not yet heard whole.
BLOW_FRAMES = 3


def midi_velocity(shares: float | NDArray[np.float32]) -> int:
    """MIDI velocity, 1 to 127, of one value of the network (0 to 1), or of the mean of several."""
    return min(max(round(float(np.mean(shares)) * 127), 1), 127)
