"""Where what is played out lies in what is heard: two devices with two clocks."""

from __future__ import annotations

import math


class SoundLink:
    """Learns how far the seconds heard are ahead of the seconds played.

    What was heard is counted once the network had it, a little late and not evenly; whoever looks
    often enough finds it nearly in time once, so the largest distance is the true one.
    """

    def __init__(self) -> None:
        self._ahead_s = -math.inf

    def look(self, heard_s: float, played_s: float) -> None:
        """Takes what was heard and what was played by now."""
        self._ahead_s = max(self._ahead_s, heard_s - played_s)

    @property
    def is_known(self) -> bool:
        """Whether it was looked at."""
        return math.isfinite(self._ahead_s)

    def heard_s(self, played_s: float) -> float:
        """The moment of what is heard at which something is played; `is_known` must be so."""
        return self._ahead_s + played_s
