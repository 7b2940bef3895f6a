"""The two decoders behind `AudioFile`: libsndfile, and FFmpeg for what it does not know.

Both ignore how long the header says that the sound is, and give what there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import av
import av.error
import numpy as np
import soundfile
from av.container import InputContainer
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# What libsndfile reports for a stream whose header does not say how long it is.
_UNKNOWN_FRAMES = 2**63 - 1
# Samples that libsndfile decodes at once. Always the same: in a damaged file it matters.
_CHUNK = 16384
# FFmpeg must not follow a play list to other files or to the network.
_AV_OPTIONS = {"protocol_whitelist": "none"}
# Sound that is missing from a damaged file, by its time stamps, is replaced by silence from this
# length on, so that all that follows keeps its time. Time stamps of sound files are finer.
_SHORTEST_GAP_S = 0.02
_LONGEST_GAP_S = 60.0


class AudioFileError(ValueError):
    """An audio file cannot be used; the message is one sentence naming the file and the fault."""


def no_sample(path: Path) -> AudioFileError:
    """The error for a file that is sound audio, but of no length at all."""
    return AudioFileError(f"{path}: the file holds no sound, not a single sample")


def _damaged(path: Path, after_s: float) -> AudioFileError:
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


class SndfileSource:
    """A file through libsndfile.

    Raises:
        soundfile.LibsndfileError: libsndfile does not know the format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = soundfile.SoundFile(path)
        frames = self._file.frames
        self.sample_rate: int = self._file.samplerate
        self.n_channels: int = self._file.channels
        self.duration_s = None if frames == _UNKNOWN_FRAMES else frames / self.sample_rate

    def chunks(self) -> Iterator[Samples]:
        if self._file.tell():
            # Opened again, because no seek finds the start of a damaged file.
            self._file.close()
            self._file = soundfile.SoundFile(self._path)
        done = 0
        while True:
            try:
                chunk = self._file.read(_CHUNK, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                # libsndfile gives up on a FLAC file that is cut off or damaged; FFmpeg goes on.
                yield from self._rest(done)
                return
            if not len(chunk):
                return
            done += len(chunk)
            yield chunk

    def _rest(self, done: int) -> Iterator[Samples]:
        try:
            rest = FfmpegSource(self._path)
        except (av.error.FFmpegError, AudioFileError, OSError):
            raise _damaged(self._path, done / self.sample_rate) from None
        try:
            for chunk in rest.chunks():
                yield chunk[done:]
                done = max(0, done - len(chunk))
        finally:
            rest.close()

    def close(self) -> None:
        self._file.close()


class FfmpegSource:
    """The first audio stream of a file through FFmpeg.

    Raises:
        av.error.FFmpegError: FFmpeg does not know the format.
        AudioFileError: there is no audio stream, or nothing in it can be decoded.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("rb")
        try:
            with self._container() as container:
                if not container.streams.audio:
                    raise AudioFileError(f"{path}: there is no sound in this file")
                stream = container.streams.audio[0]
                self.duration_s = None
                if stream.duration is not None and stream.time_base is not None:
                    self.duration_s = float(stream.duration * stream.time_base)
                elif container.duration is not None:
                    self.duration_s = container.duration / av.time_base
            # The header's rate is not always that of the decoded sound (high-efficiency AAC).
            first = next(self._frames(), None)
            if first is None:
                raise no_sample(path)
            self.sample_rate: int = first.sample_rate
            self.n_channels: int = first.layout.nb_channels
        except BaseException:
            self._file.close()
            raise

    def chunks(self) -> Iterator[Samples]:
        done = 0
        try:
            for chunk in self._converted():
                done += len(chunk)
                yield chunk
        except (av.error.FFmpegError, OSError):
            raise _damaged(self._path, done / self.sample_rate) from None

    def _converted(self) -> Iterator[Samples]:
        resampler, kind, n_channels = None, None, self.n_channels
        start_s: float | None = None
        done = 0
        for frame in self._frames():
            if frame.pts is not None and frame.time_base is not None:
                time_s = float(frame.pts * frame.time_base)
                start_s = time_s if start_s is None else start_s
                gap_s = time_s - start_s - done / self.sample_rate
                if gap_s > _LONGEST_GAP_S:
                    raise _damaged(self._path, done / self.sample_rate)
                if gap_s > _SHORTEST_GAP_S:
                    silence = np.zeros((round(gap_s * self.sample_rate), n_channels), np.float32)
                    done += len(silence)
                    yield silence
            now = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or kind != now:
                kind = now
                resampler = av.AudioResampler("fltp", frame.layout, self.sample_rate)
            frame.pts = None
            for converted in resampler.resample(frame):
                chunk = converted.to_ndarray().T.astype(np.float32, copy=False)
                done += len(chunk)
                n_channels = chunk.shape[1]
                yield chunk

    def _container(self) -> InputContainer:
        # An open file, because FFmpeg would read a colon in a name as a protocol.
        self._file.seek(0)
        return av.open(self._file, mode="r", options=_AV_OPTIONS)

    def _frames(self) -> Iterator[av.AudioFrame]:
        with self._container() as container:
            for packet in container.demux(container.streams.audio[0]):
                try:
                    yield from packet.decode()
                except av.error.InvalidDataError:
                    # One damaged packet: the time stamp of the next tells what is missing.
                    continue

    def close(self) -> None:
        self._file.close()
