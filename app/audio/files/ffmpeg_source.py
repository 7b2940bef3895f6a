"""The decoder for what libsndfile does not read: FFmpeg, for mp3, ogg, m4a, video and the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from app.audio.files import encoder_delay
from app.audio.files.audio_source import AudioFileError, Samples, damaged, no_sample
from app.audio.files.lost_frames import LostFrames
from app.audio.files.untroubled_file import UntroubledFile

__all__ = ["FFmpegError", "FfmpegSource", "UnknownSoundError"]

# FFmpeg must not follow a play list to other files or to the network.
_AV_OPTIONS = {"protocol_whitelist": "none"}
# Formats without time stamps: FFmpeg counts the frames that it finds.
_COUNTED = ("mp3", "aac", "ac3", "eac3")
# Sound that is missing from a damaged file, by its time stamps, is replaced by silence from this
# length on, so that all that follows keeps its time. Time stamps of sound files are finer.
_SHORTEST_GAP_S = 0.02
# Time stamps that leap further, and not over damage, have begun to count anew.
_LONGEST_GAP_S = 60.0
# No sound takes fewer bytes than these a second: a file cannot have lost more than it can hold.
_FEWEST_BYTES = 125
# Where it is not known before the first frame is decoded, in Hz.
_USUAL_RATE = 44_100
# Frames of silence that are given at once.
_SILENCE = 65_536


class UnknownSoundError(AudioFileError):
    """FFmpeg knows the container, but not the sound in it."""


class FfmpegSource:
    """The default audio stream of a file through FFmpeg.

    Time begins with the first picture or sound in the file, whatever its time stamp.

    Raises:
        FFmpegError: FFmpeg does not know the format.
        AudioFileError: there is no audio stream, or nothing in it can be decoded.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = UntroubledFile(path)
        self._options = _AV_OPTIONS
        try:
            with self._container() as container:
                stream = self._stream(container)
                if container.format.name == "aac":
                    # Its parser passes over damage and does not say how long it was.
                    self._options = _AV_OPTIONS | {"fflags": "+noparse+nofillin"}
                self.duration_s = None
                if stream.duration is not None and stream.time_base is not None:
                    self.duration_s = float(stream.duration * stream.time_base)
                elif container.duration is not None:
                    self.duration_s = container.duration / av.time_base
                # The header's rate is not always that of the decoded sound (high-efficiency AAC).
                first, _ = next(self._frames(container, stream), (None, None))
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
            with self._container() as container:
                for chunk in self._placed(container, self._stream(container)):
                    done += len(chunk)
                    yield chunk
        except FFmpegError:
            raise damaged(self._path, done / self.sample_rate) from None
        if self._file.is_unreadable:
            raise damaged(self._path, done / self.sample_rate)

    def close(self) -> None:
        self._file.close()

    def _container(self) -> InputContainer:
        self._file.seek(0)
        # Tags are not needed, in whatever encoding they are.
        return av.open(self._file, mode="r", options=self._options, metadata_errors="replace")

    def _stream(self, container: InputContainer) -> AudioStream:
        """The default audio stream that can be decoded, or the first."""
        found = container.streams.audio
        if not found:
            raise AudioFileError(f"{self._path}: there is no sound in this file")
        # One of an unknown codec has no context.
        known = [stream for stream in found if stream.codec_context is not None]
        if not known:
            raise UnknownSoundError(f"{self._path}: its sound is of an unknown kind")
        return next((s for s in known if s.disposition & Disposition.default), known[0])

    def _frames(
        self, container: InputContainer, stream: AudioStream
    ) -> Iterator[tuple[av.AudioFrame, tuple[float, float] | None]]:
        """Frames; of each its time stamp in seconds, and how many before it were damaged."""
        encoder_delay.prepare(stream)
        lost = LostFrames() if container.format.name in _COUNTED else None
        rate = stream.codec_context.sample_rate or _USUAL_RATE
        late_s = damaged_s = counted_s = length_s = 0.0
        n_frames = 0
        usual: set[tuple[int, str]] = set()
        fault: FFmpegError | None = None
        for packet in container.demux(stream):
            if packet.duration and packet.time_base is not None:
                # Whole samples: some time bases are none of them.
                length_s = round(packet.duration * packet.time_base * rate) / rate
            if lost is not None and packet.size:
                before_s, late_s = late_s, length_s * lost.before(packet)
                damaged_s += late_s - before_s
            try:
                frames = packet.decode()
            except FFmpegError as error:
                # One damaged packet: the time stamp of the next tells what is missing.
                frames, fault = [], error
            for frame in frames:
                if lost is not None:
                    frame_s = frame.samples / frame.sample_rate
                    if not length_s:
                        length_s, rate = frame_s, frame.sample_rate
                    # Of the first, the end alone may be left.
                    yield frame, (counted_s + late_s + length_s - frame_s, damaged_s)
                elif frame.pts is not None and frame.time_base is not None:
                    yield frame, (float(frame.pts * frame.time_base), damaged_s)
                else:
                    yield frame, None
            damaged_s = 0.0 if frames else damaged_s + length_s
            counted_s += length_s
            if lost is not None and packet.size:
                # Damage may hold what looks like a frame, of some other kind.
                kinds = {(frame.sample_rate, frame.layout.name) for frame in frames}
                usual = usual or kinds
                lost.after(packet.size, is_whole=bool(kinds) and kinds == usual)
            n_frames += len(frames)
        if not n_frames and fault is not None:
            raise fault

    def _placed(self, container: InputContainer, stream: AudioStream) -> Iterator[Samples]:
        """Sound as (frames, channels) where the time stamps say, silence in between."""
        rate, n_channels = self.sample_rate, self.n_channels
        most_silence = round(self._path.stat().st_size / _FEWEST_BYTES * rate)
        resampler, kind = None, None
        start_s: float | None = None
        done = skip = 0
        for frame, stamp in self._frames(container, stream):
            if kind is None:
                skip = encoder_delay.samples(container, stream, frame)
            if stamp is not None:
                time_s, damaged_s = stamp
                time_s += skip / rate
                shortest_s = 0.0 if start_s is None else _SHORTEST_GAP_S
                longest_s = math.inf if start_s is None else _LONGEST_GAP_S + damaged_s
                start_s = _start_s(container, stream, time_s) if start_s is None else start_s
                gap_s = time_s - start_s - done / rate
                if not -_LONGEST_GAP_S <= gap_s <= min(longest_s, most_silence / rate):
                    start_s += gap_s
                elif gap_s > shortest_s:
                    missing = round(gap_s * rate)
                    most_silence -= missing
                    done += missing
                    yield from _silence(missing, n_channels)
            now = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or kind != now:
                kind = now
                resampler = av.AudioResampler("fltp", frame.layout, rate)
            frame.pts = None
            for converted in resampler.resample(frame):
                chunk = converted.to_ndarray().T.astype(np.float32, copy=False)[skip:]
                skip -= min(skip, converted.samples)
                done += len(chunk)
                n_channels = chunk.shape[1]
                yield chunk


def _start_s(container: InputContainer, stream: AudioStream, first_s: float) -> float:
    """The time stamp of the file's first picture or sound; that of the sound is known."""
    others = [
        float(other.start_time * other.time_base)
        for other in container.streams
        if other.type in ("audio", "video")
        and other.index != stream.index
        and other.start_time is not None
        and other.time_base is not None
        # The picture of an album's cover.
        and not other.disposition & Disposition.attached_pic
    ]
    return min([first_s, *others])


def _silence(length: int, n_channels: int) -> Iterator[Samples]:
    for first in range(0, length, _SILENCE):
        yield np.zeros((min(_SILENCE, length - first), n_channels), np.float32)
