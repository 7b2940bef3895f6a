"""A ring of frames between one writer that must never wait and readers that may be late."""

from __future__ import annotations

import contextlib
import threading

import numpy as np
from numpy.typing import NDArray


class RingReader:
    """One reader's place in a ring, made by `RingBuffer.reader`. Use each from one thread.

    Attributes:
        position: frames of the stream that are behind this reader, read or lost.
        lost: how many of them were overwritten before they were read.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self.lost = 0


class RingBuffer:
    """Preallocated ring of float32 frames: one writer, any number of readers, never a wait.

    The writer counts what it is about to write, copies, then counts what it has written. A reader
    copies first and looks at the first count afterwards: whatever the writer may have touched in
    the meantime is thrown away and counted as lost. So neither ever waits for the other. One of the
    readers may ask to be woken.
    """

    def __init__(self, capacity: int, n_channels: int = 1) -> None:
        """Args:
            capacity: in frames, how far a reader may fall behind without a loss.
            n_channels: samples in a frame.

        Raises:
            ValueError: the capacity is not positive.
        """
        if capacity < 1:
            raise ValueError(f"the capacity of a ring must be at least 1 frame, not {capacity}")
        self._samples = np.zeros((capacity, n_channels), np.float32)
        self._begun = 0
        self._written = 0
        # Held while there is no news; whoever lets it go is never held up by it.
        self._no_news = threading.Lock()
        self._no_news.acquire()

    @property
    def capacity(self) -> int:
        return len(self._samples)

    @property
    def n_channels(self) -> int:
        return int(self._samples.shape[1])

    @property
    def written(self) -> int:
        """Frames written since the ring was made."""
        return self._written

    def reader(self) -> RingReader:
        """A reader that starts with the next frame to be written."""
        return RingReader(self._written)

    def write(self, block: NDArray[np.float32]) -> None:
        """Takes further frames, shape (any, channels), over the oldest ones. Never waits.

        For the one writer's thread.
        """
        capacity = len(self._samples)
        end = self._written + len(block)
        self._begun = end
        kept = block[-capacity:]
        first = (end - len(kept)) % capacity
        to_edge = min(len(kept), capacity - first)
        self._samples[first : first + to_edge] = kept[:to_edge]
        self._samples[: len(kept) - to_edge] = kept[to_edge:]
        self._written = end
        self.wake()

    def wait(self, seconds: float) -> None:
        """Returns once something was written since the last time, or after so many seconds.

        For one reader's thread.
        """
        self._no_news.acquire(timeout=seconds)

    def wake(self) -> None:
        """Ends a wait, or the next one. For any thread; never waits."""
        # It may have been let go already.
        with contextlib.suppress(RuntimeError):
            self._no_news.release()

    def read_available(self, reader: RingReader) -> NDArray[np.float32]:
        """What was written since this reader read last: a copy (frames, channels), maybe empty.

        Frames that were overwritten before are missing at its beginning and counted in
        `reader.lost`.
        """
        capacity = len(self._samples)
        end = self._written
        start = max(reader.position, end - capacity)
        first = start % capacity
        to_edge = min(end - start, capacity - first)
        out = np.empty((end - start, self._samples.shape[1]), np.float32)
        out[:to_edge] = self._samples[first : first + to_edge]
        out[to_edge:] = self._samples[: end - start - to_edge]
        # The writer may have lapped the copy while it was made.
        whole_from = min(end, max(start, self._begun - capacity))
        reader.lost += whole_from - reader.position
        reader.position = end
        return out[whole_from - start :]
