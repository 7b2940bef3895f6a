"""What becomes of memory that is freed, where glibc is the C library: kept, or given back."""

from __future__ import annotations

import ctypes

# Of malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4
# In bytes. Blocks of a live session are smaller, of a long recording not.
_LARGE = 2**20


def keep_freed_memory() -> bool:
    """Lets this process keep what it frees; whether the C library can.

    Every step of training asks for the same gigabytes. Given back in between, they come again page
    by page, filled with zeros: a fifth to a third of the time of a step on a CPU, the more the
    busier the machine.
    """
    return _set(_M_MMAP_MAX, 0) and _set(_M_TRIM_THRESHOLD, -1)


def give_back_freed_memory() -> bool:
    """Gives every large block back as soon as it is freed; whether the C library can.

    By itself glibc takes larger and larger blocks from a heap that it cannot give back while
    anything lies above them: after hours with sound of many formats two thirds of the memory of a
    program that listens were holes.
    """
    return _set(_M_MMAP_THRESHOLD, _LARGE)


def _set(parameter: int, value: int) -> bool:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        # Not glibc.
        return False
    return bool(mallopt(parameter, value))
