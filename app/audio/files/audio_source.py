"""What stands behind an `AudioFile`: a decoder of one file, and the error of those it cannot use.

The decoders are `SndfileSource` and, for what libsndfile does not know, `FfmpegSource`. Both ignore
how long the header says that the sound is, and give what there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class AudioFileError(ValueError):
    """An audio file cannot be used; the message is one sentence naming the file and the fault."""


def no_sample(path: Path) -> AudioFileError:
    """The error for a file that is sound audio, but of no length at all."""
    return AudioFileError(f"{path}: the file holds no sound, not a single sample")


def damaged(path: Path, after_s: float) -> AudioFileError:
    """The error for sound that breaks off after so many seconds."""
    return AudioFileError(f"{path}: the sound is damaged after {after_s:.3f} s")


class Source(Protocol):
    """A decoder of one file."""

    sample_rate: int
    n_channels: int
    duration_s: float | None

    def chunks(self) -> Iterator[Samples]:
        """The sound from the start, arrays (frames, channels) of any number of frames.

        A file may change its number of channels on the way.
        """
        ...

    def close(self) -> None: ...
