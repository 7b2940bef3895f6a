"""A file for HDF5 to write to that can fill the disk without taking the program down."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py


class Sink(io.FileIO):
    """A new file that keeps the first error of a write to itself, and drops what comes after.

    HDF5 cannot close a file that has no room for its last words: it complains about each open
    object and crashes at exit. Told that all went well, it closes quietly.

    Attributes:
        error: what went wrong; the file is of no use then.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.error: OSError | None = None

    def check(self) -> None:
        """Raises the OSError that was kept, if there is one."""
        if self.error is not None:
            raise self.error

    def write(self, data: Any) -> int:
        """Writes all of `data`, or drops it."""

        def write_all() -> None:
            left = memoryview(data).cast("B")
            while left:
                left = left[super(Sink, self).write(left) :]

        self._attempt(write_all)
        return memoryview(data).nbytes

    def truncate(self, size: int | None = None) -> int:
        """Makes the file shorter or longer."""
        self._attempt(lambda: super(Sink, self).truncate(size))
        return self.tell() if size is None else size

    def _attempt(self, act: Callable[[], object]) -> None:
        if self.error is None:
            try:
                act()
            except OSError as error:
                self.error = error

    def hdf5(self) -> h5py.File:
        """An empty HDF5 file on it."""
        return h5py.File(self, "w")
