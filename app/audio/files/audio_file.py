"""Audio files as streams of mono blocks, whatever their format.

libsndfile reads wav, flac, aiff and many more; mp3, ogg and what it does not know (m4a, mp4, aac,
wma, video) goes through FFmpeg. The content decides, not the file's name.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from app.audio.files.audio_source import AudioFileError, Samples, Source, no_sample
from app.audio.files.cut_off import cut_off_sentence
from model.downmix import Downmix

__all__ = ["AudioFile", "AudioFileError", "read"]

# First bytes of the containers that people call audio: with them a refused file is a damaged one.
_MAGIC = (b"RIFF", b"RF64", b"FORM", b"fLaC", b"OggS", b"ID3", b"\xff", b"caff")
# What FFmpeg reads though libsndfile knows it, whose decoders of MP3 and CAF write remarks to the
# terminal. In an Ogg file what follows damage comes too early; in one page there is nothing left.
_BY_FFMPEG = (b"ID3", b"\xff", b"caff")
_OGG = b"OggS"
_OGG_PAGE = 65_307
# Slower or faster than any sound, that of bats among it: a header that says so is broken.
_LOWEST_RATE, _HIGHEST_RATE = 1_000, 3_072_000


class AudioFile:
    """An audio file that is read block by block, as mono sound. A context manager.

    Attributes:
        path: the file.
        sample_rate: in Hz.
        n_channels: channels in the file; the blocks are mixed of them (see `model.downmix`).
        duration_s: seconds as the header says, None when it does not say. The samples decide.
    """

    def __init__(self, path: Path, kept_s: float = 0.0) -> None:
        """Opens the file.

        Args:
            kept_s: the blocks of a file that is not longer are kept, and decoded once for whoever
                asks for them again.

        Raises:
            AudioFileError: it is missing, a folder, empty, unreadable, not audio, without a
                sample, or its header is broken.
        """
        self.path = Path(path)
        head = _first_bytes(self.path)
        self._source = _open(self.path, head)
        self.sample_rate = self._source.sample_rate
        if not _LOWEST_RATE <= self.sample_rate <= _HIGHEST_RATE:
            self._source.close()
            much = "low" if self.sample_rate < _LOWEST_RATE else "high"
            raise AudioFileError(
                f"{self.path}: the header says {self.sample_rate} Hz, too {much} a rate for sound"
            )
        self.n_channels = self._source.n_channels
        self.duration_s = self._source.duration_s
        self._n_samples = 0
        self._n_kept = int(kept_s * self.sample_rate)
        self._kept: tuple[int, list[Samples]] = 0, []

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; closing twice is harmless."""
        self._source.close()

    def channels(self) -> Iterator[Samples]:
        """The sound from the start as it is in the file, (any, `n_channels`) float32 each.

        What comes with another number of channels, or without any sample, is left out.

        Raises:
            AudioFileError: while iterating: the data is damaged.
        """
        for chunk in self._source.chunks():
            if len(chunk) and chunk.shape[1] == self.n_channels:
                yield chunk

    def blocks(self, length: int = 65536) -> Iterator[Samples]:
        """The sound from the start, as mono float32 blocks of `length` samples, the last shorter.

        Memory does not grow with the file beyond what is kept. Every call begins at the start
        again; run only one of the iterators at a time.

        Raises:
            AudioFileError: while iterating: a sample is not a finite number, the data is damaged,
                or there is no sample at all.
        """
        kept_length, blocks = self._kept
        if blocks and kept_length == length:
            yield from blocks
            return
        blocks = []
        for block in self._decoded(length):
            if sum(map(len, blocks)) + len(block) > self._n_kept:
                # One more than may be kept: what follows is not.
                self._n_kept, blocks = 0, []
            else:
                blocks.append(block)
            yield block
        self._kept = length, blocks

    def _decoded(self, length: int) -> Iterator[Samples]:
        """The blocks, of the file itself; see `blocks`."""
        downmix: Downmix | None = None
        n_samples = n_channels = 0
        held = np.zeros(0, np.float32)
        for chunk in self._source.chunks():
            if downmix is None or chunk.shape[1] != n_channels:
                n_channels = chunk.shape[1]
                downmix = Downmix(n_channels, self.sample_rate)
            finite = np.isfinite(chunk)
            if not finite.all():
                first = int(np.argmin(finite.all(axis=1)))
                first_s = (n_samples + first) / self.sample_rate
                raise AudioFileError(
                    f"{self.path}: the sample at {first_s:.3f} s is not a finite number"
                )
            mono = downmix.push(chunk)
            n_samples += len(mono)
            held = np.concatenate([held, mono])
            whole = len(held) - len(held) % length
            for first in range(0, whole, length):
                yield held[first : first + length]
            held = held[whole:]
        if n_samples == 0:
            raise no_sample(self.path)
        self._n_samples = n_samples
        if len(held):
            yield held

    def cut_off(self) -> str | None:
        """One sentence about a file that was cut off, once its blocks have come to their end.

        None for one that is whole, or does not say how long it was.
        """
        return cut_off_sentence(self.path, self._n_samples, self.sample_rate)


def read(path: Path) -> tuple[Samples, int]:
    """The whole file as mono samples, shape (samples,), and its sample rate in Hz.

    Raises:
        AudioFileError: as for `AudioFile` and its blocks.
    """
    with AudioFile(path) as file:
        return np.concatenate(list(file.blocks())), file.sample_rate


def _open(path: Path, head: bytes) -> Source:
    # Each library is loaded by the first file that needs it.
    # FFmpeg reads MP3, and all that libsndfile would take for it.
    is_long_ogg = head.startswith(_OGG) and path.stat().st_size > _OGG_PAGE
    is_mp3 = path.suffix.lower() == ".mp3"
    if not (is_mp3 or is_long_ogg or head.startswith(_BY_FFMPEG)):
        from app.audio.files.sndfile_source import LibsndfileError, SndfileSource

        try:
            source = SndfileSource(path)
        except (LibsndfileError, TypeError):
            # TypeError is for the suffix .raw, which soundfile takes for samples without a header.
            pass
        else:
            # Programs that write to a pipe leave a length of 0 in the header; FFmpeg ignores it.
            if source.duration_s != 0 and not source.is_mpeg:
                return source
            source.close()
    from app.audio.files.ffmpeg_source import FFmpegError, FfmpegSource, UnknownSoundError

    try:
        return FfmpegSource(path)
    except (FFmpegError, OSError, UnknownSoundError) as error:
        if head.startswith(_MAGIC):
            reason = "the file is damaged, its header cannot be read"
        elif isinstance(error, UnknownSoundError):
            raise
        else:
            reason = "the file is not audio"
        raise AudioFileError(f"{path}: {reason}") from None


def _first_bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioFileError(f"{path}: this is a folder, not an audio file")
        if not stat.S_ISREG(mode):
            raise AudioFileError(f"{path}: this is a device or a pipe, not an audio file")
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise AudioFileError(f"{path}: there is no such file") from None
    except OSError as error:
        raise AudioFileError(f"{path}: the file cannot be read ({error.strerror})") from None
    if not head:
        raise AudioFileError(f"{path}: the file is empty")
    return head
