"""The sound of a take on the disk: 24-bit FLAC or WAV that can be read while it is written."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

# The suffix decides the container.
CONTAINERS = {".flac": "FLAC", ".wav": "WAV"}
# The largest file whose length a WAV header can tell, less some room for the header.
MOST_WAV_BYTES = 2**32 - 2**16
_FULL_SCALE = 2**23


class TakeSoundWriter:
    """A sound file that grows. A context manager.

    FLAC goes to the disk in frames of 4096 samples, each with its own checksum, and a header that
    does not know the length yet; a file that breaks off anywhere is read to its last whole frame.
    A WAV file that breaks off is read to its end, because libsndfile then goes by the file's size.
    """

    def __init__(
        self, path: Path, container: str, sample_rate: int, n_channels: int = 1
    ) -> None:
        """Creates the file.

        Args:
            container: one of the values of `CONTAINERS`.

        Raises:
            OSError: it cannot be created, or is there already.
        """
        # Loaded with the first take: this module's names are wanted at every start.
        import soundfile

        self._disk = _Disk(path)
        try:
            self._sound = soundfile.SoundFile(
                self._disk, "w", sample_rate, n_channels, subtype="PCM_24", format=container
            )
        except soundfile.LibsndfileError as error:
            self._disk.close()
            raise self._disk.error or OSError(None, str(error)) from None

    def __enter__(self) -> TakeSoundWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, samples: NDArray[np.int32]) -> None:
        """Appends samples of `to_24_bits`, shape (any, channels).

        Raises:
            OSError: the disk is full, or does not take them for another reason.
        """
        import soundfile

        try:
            self._sound.write(samples)
        except (soundfile.LibsndfileError, AssertionError) as error:
            # soundfile has an assertion for fewer samples than it was given.
            raise self._disk.error or OSError(None, str(error)) from None

    def sync(self) -> None:
        """Returns when what was written so far would outlive a power cut.

        Raises:
            OSError: the disk failed.
        """
        os.fsync(self._disk.fileno())

    def close(self) -> None:
        """Completes the header and closes the file; closing twice is harmless.

        Raises:
            OSError: the end of it could not be written.
        """
        if not self._sound.closed:
            try:
                self._sound.close()
                self.sync()
            finally:
                self._disk.close()
            if self._disk.error is not None:
                raise self._disk.error


class _Disk:
    """The file as libsndfile sees it.

    It is called from C, where an exception would be printed and lost, and libsndfile does not tell
    why a write failed.

    Attributes:
        error: the first error, None while there was none.
    """

    def __init__(self, path: Path) -> None:
        self.error: OSError | None = None
        # Unbuffered: what libsndfile has written is out of this process, whatever becomes of it.
        self._file = path.open("x+b", buffering=0)

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            self.error = self.error or error
        return len(data) - len(rest)

    def read(self, n_bytes: int) -> bytes:
        return self._file.read(n_bytes) or b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


def to_24_bits(samples: NDArray[np.float32]) -> NDArray[np.int32]:
    """Samples from -1 to 1 rounded to 24 bits, in the upper bits of 32.

    Samples that lie on the 24-bit grid come back from the file bit for bit. libsndfile's own
    conversion from floating point would multiply by one less and change them.
    """
    clamped = np.clip(samples, -1, 1 - 1 / _FULL_SCALE)
    return np.asarray(np.rint(clamped * np.float32(_FULL_SCALE)).astype(np.int32) << 8)
