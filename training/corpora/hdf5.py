"""Arrays in HDF5 files that may be damaged."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

# What reading a damaged file raises, in h5py or in who takes the arrays for what they should be.
DAMAGED = (
    OSError, KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError,
    RuntimeError,
)
# Bytes of an array by those that it takes in the file: packing does no better.
_MOST_PACKED = 2_000
_SMALL = 1_000_000
# Seconds of a processor's time to look through a file's structure.
_LONGEST_S = 4.0


def whole(dataset: h5py.Dataset) -> NDArray[Any]:
    """All of a data set.

    Raises:
        ValueError: it claims to be larger than what the file can hold.
        OSError, RuntimeError, TypeError, AttributeError: the file is damaged.
    """
    require_room(dataset)
    array: NDArray[Any] = dataset[:]
    return array


def require_room(dataset: h5py.Dataset) -> None:
    """Raises ValueError where a data set claims to be larger than what the file can hold."""
    if dataset.nbytes > max(_SMALL, _MOST_PACKED * dataset.id.get_storage_size()):
        raise ValueError(f"{dataset.name} claims to hold {dataset.nbytes} bytes")


def require_an_end(path: Path) -> None:
    """Refuses a file that the HDF5 library would read for ever, or die of.

    Nothing in this process could end that. Where there are no forks, nothing is looked at.

    Raises:
        ValueError: it is such a file.
    """
    if not hasattr(os, "fork"):
        return
    with warnings.catch_warnings():
        # Of the threads in this process, which the other does not have and does not need.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            _look_through(path)
        finally:
            # Whatever is wrong without being endless is told by who reads the file.
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        raise ValueError("reading it does not end")


def _look_through(path: Path) -> None:
    import resource
    import signal

    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _LONGEST_S)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with h5py.File(path) as file:
        _touch(file)
        file.visititems(lambda _, thing: _touch(thing))


def _touch(thing: h5py.Group | h5py.Dataset) -> None:
    for step in (lambda: dict(thing.attrs), lambda: _touch_data(thing)):
        try:
            step()
        except DAMAGED:
            continue


def _touch_data(thing: h5py.Group | h5py.Dataset) -> None:
    if not isinstance(thing, h5py.Dataset):
        return
    if thing.nbytes <= _SMALL:
        whole(thing)
    elif thing.ndim:
        # Not all of the sound, but all of the way to it.
        thing[:1], thing[-1:]
        if thing.chunks:
            thing.id.get_num_chunks()
