"""Rows of numbers that are appended for a long time: kept in an unnamed temporary file."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

# The last rows are held in memory: they are read again and again while they are new. So many go to
# the disk at once.
_HELD_ROWS = 32


def temporary_file() -> BinaryIO:
    """A new file that has no name and is gone when it is closed.

    Raises:
        OSError: the temporary folder does not take it.
    """
    return tempfile.TemporaryFile(prefix="noteglow-", buffering=0)


class DiskRows:
    """Rows of one width and type. They are appended, never changed, and read back by their index.

    When the disk takes no more, what is on it stays and only the last rows are kept beyond that,
    in memory; those in between are lost and read as zeros.

    Attributes:
        kept_from: index of the first row from which on none is lost.
        failure: why the disk takes no more, in the system's words; None while it does.
    """

    def __init__(
        self,
        width: int,
        dtype: DTypeLike,
        recent_rows: int,
        open_file: Callable[[], BinaryIO] = temporary_file,
    ) -> None:
        """Args: `recent_rows` are kept at least when the disk is full."""
        self.kept_from = 0
        self.failure: str | None = None
        self._width = width
        self._dtype = np.dtype(dtype)
        self._row_bytes = width * self._dtype.itemsize
        self._recent_rows = recent_rows
        # Rows on the disk, and all rows; those after the former that are not lost.
        self._on_disk = 0
        self._rows = 0
        self._recent = np.zeros((0, width), self._dtype)
        try:
            self._file: BinaryIO | None = open_file()
        except OSError as error:
            self._file = None
            self._fail(error)
        else:
            self._close = weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: NDArray[np.generic]) -> None:
        """Adds rows (any, width); they are converted to the spool's type."""
        self._rows += len(rows)
        self._recent = np.concatenate([self._recent, np.asarray(rows, self._dtype)])
        if self.failure is None and len(self._recent) >= 2 * _HELD_ROWS:
            self._spill()
        # Cut now and then only, because cutting copies what stays.
        if self.failure is not None and len(self._recent) > 2 * self._recent_rows:
            self._recent = self._recent[-self._recent_rows :].copy()
            self.kept_from = self._rows - self._recent_rows

    def _spill(self) -> None:
        """Writes to the disk what is not among the last rows."""
        assert self._file is not None
        left, place = self._recent[:-_HELD_ROWS].tobytes(), self._on_disk * self._row_bytes
        written = 0
        try:
            while written < len(left):
                written += os.pwrite(self._file.fileno(), left[written:], place + written)
        except OSError as error:
            self._fail(error)
        whole = written // self._row_bytes
        self._on_disk += whole
        self._recent = self._recent[whole:].copy()

    def read(self, first: int, last: int) -> NDArray[np.generic]:
        """The rows from `first` to before `last`, (last - first, width)."""
        first, last = max(first, 0), min(last, self._rows)
        rows = np.zeros((max(last - first, 0), self._width), self._dtype)
        written = min(last, self._on_disk) - first
        if written > 0 and self._file is not None:
            try:
                found = os.pread(
                    self._file.fileno(), written * self._row_bytes, first * self._row_bytes
                )
            except OSError as error:
                # A disk that fails is no reason to end: what it held is seen as silence.
                self._fail(error)
                found = b""
            whole = len(found) // self._row_bytes
            flat = np.frombuffer(found, self._dtype, whole * self._width)
            rows[:whole] = flat.reshape(whole, self._width)
        held_from = self._rows - len(self._recent)
        if last > held_from:
            start = max(first, held_from)
            rows[start - first :] = self._recent[start - held_from : last - held_from]
        return rows

    def close(self) -> None:
        """Gives the disk's space back; nothing can be read any more."""
        if self._file is not None:
            self._close()
            self._file = None
        self._rows = self._on_disk = 0
        self._recent = self._recent[:0]

    def _fail(self, error: OSError) -> None:
        if self.failure is None:
            self.failure = error.strerror or str(error)
