"""What the network says of each pitch on each frame."""

from __future__ import annotations

# In this order; the offset only helps it to learn.
ONSET, FRAME, OFFSET, VELOCITY = range(4)
N_HEADS = 4
