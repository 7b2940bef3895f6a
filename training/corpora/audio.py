"""Sound files as mono samples at a wanted rate."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from training.corpora.recording import CorpusError

# What FFmpeg decodes, because libsndfile cannot, or writes remarks about damage to the terminal.
_BY_FFMPEG = (".mp3", ".m4a", ".mp4", ".aac", ".wma")
# Of several files of one name, the first of these is read.
SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".opus", *_BY_FFMPEG)
# A header that says less or more is broken.
_LOWEST_RATE, _HIGHEST_RATE = 1_000, 3_072_000
# Frames that are decoded at once: a concert of an hour in stereo is never whole in memory.
_BLOCK = 1 << 18
# FFmpeg must not follow a play list to other files or to the network.
_AV_OPTIONS = {"protocol_whitelist": "none"}


def read(path: Path, sample_rate: int) -> NDArray[np.float32]:
    """The mean of a file's channels, resampled; shape (any,).

    Raises:
        CorpusError: the file is missing or damaged.
    """
    by_ffmpeg = path.suffix.lower() in _BY_FFMPEG or _is_mp3(path)
    decoded = _by_ffmpeg(path) if by_ffmpeg else _by_libsndfile(path)
    blocks = []
    resampler = None
    try:
        for rate, block in decoded:
            if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
                raise CorpusError(f"{path}: {rate} Hz is no rate of sound")
            if not np.isfinite(block).all():
                raise CorpusError(f"{path}: a sample is not a finite number")
            if rate != sample_rate:
                resampler = resampler or soxr.ResampleStream(rate, sample_rate, 1, dtype="float32")
                block = resampler.resample_chunk(block)
            blocks.append(block)
    except CorpusError:
        raise
    except (OSError, ValueError, soundfile.SoundFileError, av.error.FFmpegError) as error:
        raise CorpusError(f"{path}: the audio cannot be read ({error})") from None
    if resampler is not None:
        blocks.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    return _joined(blocks)


def _is_mp3(path: Path) -> bool:
    """Whether it is MP3 whatever it is called."""
    try:
        with path.open("rb") as file:
            return file.read(3).startswith((b"ID3", b"\xff"))
    except OSError:
        return False


def _joined(blocks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """All blocks in one array, taken from the list as they go: never twice in memory."""
    whole = np.empty(sum(map(len, blocks)), np.float32)
    at = len(whole)
    while blocks:
        block = blocks.pop()
        at -= len(block)
        whole[at : at + len(block)] = block
    return whole


def resampled(mono: NDArray[np.float32], rate: float, wanted: float) -> NDArray[np.float32]:
    """Samples at another rate, without delay."""
    if rate == wanted or not len(mono):
        return mono
    return np.asarray(soxr.resample(mono, rate, wanted), np.float32)


def _by_libsndfile(path: Path) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The rate, and mono samples block by block."""
    # As bytes, because soundfile knows no names that are not UTF-8; Windows has none.
    with soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path) as file:
        # Not in blocks(), which asks some damaged files for a place.
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            yield file.samplerate, _mono(block.T)


class _File(io.FileIO):
    """A file that does not raise where FFmpeg looks for a place that is not in it."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (OSError, OverflowError):
            return -1


def _by_ffmpeg(path: Path) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """As `_by_libsndfile`, of the first audio stream."""
    # An open file, because FFmpeg would read a colon in a name as a protocol.
    with _File(path) as file, av.open(
        file, mode="r", options=_AV_OPTIONS, metadata_errors="replace"
    ) as container:
        if not container.streams.audio:
            raise CorpusError(f"{path}: there is no sound in this file")
        to_float, rate = None, 0
        for frame in container.decode(audio=0):
            if to_float is None:
                rate = frame.sample_rate
                to_float = av.AudioResampler("fltp", rate=rate)
            for converted in to_float.resample(frame):
                yield rate, _mono(np.asarray(converted.to_ndarray(), np.float32))


def _mono(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the channels, shape (channels, any); numpy's own is ten times slower on two."""
    total: NDArray[np.float32] = channels[0].copy()
    # What is no number stays none, and is refused by who asked for it.
    with np.errstate(invalid="ignore", over="ignore"):
        for channel in channels[1:]:
            total += channel
    total /= len(channels)
    return total
