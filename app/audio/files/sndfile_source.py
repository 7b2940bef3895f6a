"""The decoder for what libsndfile reads: wav, flac, aiff and many more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import soundfile
from soundfile import LibsndfileError

from app.audio.files.audio_source import AudioFileError, Samples, damaged

__all__ = ["LibsndfileError", "SndfileSource"]

# What libsndfile reports for a stream whose header does not say how long it is.
_UNKNOWN_FRAMES = 2**63 - 1
# Samples that libsndfile decodes at once. Always the same: in a damaged file it matters.
_CHUNK = 16384


class SndfileSource:
    """A file through libsndfile.

    Attributes:
        is_mpeg: its sound is that of an MP3 file, in another container.

    Raises:
        LibsndfileError: libsndfile does not know the format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _opened(path)
        self._is_begun = False
        frames = self._file.frames
        self.sample_rate: int = self._file.samplerate
        self.n_channels: int = self._file.channels
        self.is_mpeg = self._file.subtype.startswith("MPEG")
        self.duration_s = None if frames == _UNKNOWN_FRAMES else frames / self.sample_rate

    def chunks(self) -> Iterator[Samples]:
        if self._is_begun:
            # Opened again, because no seek finds the start of a damaged file.
            self._file.close()
            self._file = _opened(self._path)
        self._is_begun = True
        done = 0
        while True:
            try:
                chunk = self._file.read(_CHUNK, dtype="float32", always_2d=True)
            except LibsndfileError:
                # libsndfile gives up on a FLAC file that is cut off or damaged; FFmpeg goes on.
                yield from self._rest(done)
                return
            if not len(chunk):
                return
            done += len(chunk)
            yield chunk

    def _rest(self, done: int) -> Iterator[Samples]:
        # Loaded for damaged files alone.
        from app.audio.files.ffmpeg_source import FFmpegError, FfmpegSource

        try:
            rest = FfmpegSource(self._path)
        except (FFmpegError, AudioFileError, OSError):
            raise damaged(self._path, done / self.sample_rate) from None
        try:
            for chunk in rest.chunks():
                yield chunk[done:]
                done = max(0, done - len(chunk))
        finally:
            rest.close()

    def close(self) -> None:
        self._file.close()


def _opened(path: Path) -> soundfile.SoundFile:
    # As bytes, because soundfile knows no names that are not UTF-8; Windows has none.
    return soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path)
