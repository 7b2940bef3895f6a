"""Memory that a step frees is kept for the next one."""

from __future__ import annotations

import ctypes

# Of malloc.h. glibc hands large blocks back to the system as soon as they are freed.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Lets this process keep what it frees; whether the C library can.

    Every step asks for the same gigabytes. Given back in between, they come again page by page,
    filled with zeros: a fifth to a third of the time of a step on a CPU, the more the busier the
    machine.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        # Not glibc.
        return False
    return bool(mallopt(_M_MMAP_MAX, 0) and mallopt(_M_TRIM_THRESHOLD, -1))
