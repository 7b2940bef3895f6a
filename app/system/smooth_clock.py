"""A clock that moves evenly after a position that comes in steps."""

from __future__ import annotations

import time
from collections.abc import Callable

# What part of the distance to the true position is made up with each reading.
_CATCH_UP = 0.1
# Further off than this many seconds it jumps: somebody sought, or the machine slept.
_JUMP_S = 0.25
# It never runs further ahead than this: the position may have come to a stop.
_LEAD_S = 0.04


class SmoothClock:
    """Follows `position`, which advances in blocks, without the blocks being seen.

    Reading it gives seconds. It never runs backwards, unless the position jumps.
    """

    def __init__(
        self,
        position: Callable[[], float],
        now: Callable[[], float] = time.perf_counter,
        speed: Callable[[], float] = lambda: 1.0,
    ) -> None:
        """Args: `speed` says how many seconds the position advances in each second of `now`."""
        self._position, self._now, self._speed = position, now, speed
        self._read_at = now()
        self._shown_s = position()

    def __call__(self) -> float:
        now, true_s = self._now(), self._position()
        moved_s = self._shown_s + (now - self._read_at) * self._speed()
        self._read_at = now
        if abs(true_s - moved_s) > _JUMP_S:
            self._shown_s = true_s
        else:
            nearer_s = moved_s + (true_s - moved_s) * _CATCH_UP
            self._shown_s = max(self._shown_s, min(nearer_s, true_s + _LEAD_S))
        return self._shown_s
