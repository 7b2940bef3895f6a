"""A spectrogram at every zoom level: its columns, and the maxima of ever more of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from app.system.disk_rows import DiskRows, temporary_file

# Every level holds one column for so many of the level below.
STEP = 4
# A level is fine enough while no more than this many of its columns fall on one pixel.
_MOST_COLUMNS_PER_PIXEL = 1.5


class Pyramid:
    """Columns of uint8 at full width and, as they come, the maxima of 4, 16, 64 ... of them.

    Nothing but a few columns is held in memory; the levels are spooled. Maxima keep a short note
    visible from afar, where a mean would let it fade.
    """

    def __init__(
        self,
        rows: int,
        recent_columns: int,
        open_file: Callable[[], BinaryIO] = temporary_file,
    ) -> None:
        """Args: `rows` of each column, and how many columns are kept when the disk is full."""
        self._rows = rows
        self._recent_columns = recent_columns
        self._open_file = open_file
        self._levels: list[DiskRows] = []
        # Columns of each level that do not fill a column of the next one yet.
        self._left: list[NDArray[np.uint8]] = []
        self._grow()

    @property
    def n_levels(self) -> int:
        return len(self._levels)

    @property
    def failure(self) -> str | None:
        """Why the disk takes no more; None while it does."""
        return next((level.failure for level in self._levels if level.failure), None)

    def columns(self, level: int = 0) -> int:
        """How many columns a level has."""
        return len(self._levels[level])

    def append(self, columns: NDArray[np.uint8]) -> None:
        """Adds columns (any, rows) at the right."""
        index = 0
        while len(columns):
            if index == len(self._levels):
                self._grow()
            self._levels[index].append(columns)
            held = np.concatenate([self._left[index], columns])
            whole = len(held) // STEP * STEP
            # A copy, or the few columns would hold the memory of many.
            self._left[index] = held[whole:].copy()
            columns = held[:whole].reshape(-1, STEP, self._rows).max(axis=1)
            index += 1

    def level_for(self, columns_per_pixel: float) -> int:
        """Index of the finest level that is cheap to draw at this zoom."""
        steps = math.log(max(columns_per_pixel / _MOST_COLUMNS_PER_PIXEL, 1.0), STEP)
        return min(math.ceil(steps), len(self._levels) - 1)

    def read(self, level: int, first: int, last: int) -> NDArray[np.uint8]:
        """Columns of a level from `first` to before `last`, as far as there are: (any, rows)."""
        return self._levels[level].read(first, last).astype(np.uint8, copy=False)

    def close(self) -> None:
        """Gives the disk's space back."""
        for level in self._levels:
            level.close()

    def _grow(self) -> None:
        recent = max(self._recent_columns // STEP ** len(self._levels), 64)
        self._levels.append(DiskRows(self._rows, np.uint8, recent, self._open_file))
        self._left.append(np.zeros((0, self._rows), np.uint8))
