"""A file as FFmpeg is given it: one that answers where another would raise."""

from __future__ import annotations

import io


class UntroubledFile(io.FileIO):
    """A file to read from. What cannot be read is its end; a place that cannot be is told by -1.

    Of what a file raises, PyAV keeps one for later and prints all others. It is given an open file
    and no path, because FFmpeg would read a colon in a name as a protocol.

    Attributes:
        is_unreadable: the disk refused to give what is in the file.
    """

    is_unreadable = False

    def read(self, size: int | None = -1, /) -> bytes:
        """At most so many bytes."""
        try:
            return super().read(size) or b""
        except OSError:
            self.is_unreadable = True
            return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Returns the new place, -1 where there is none."""
        try:
            return super().seek(offset, whence)
        except (OSError, OverflowError):
            return -1
