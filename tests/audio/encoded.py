"""Sound files as encoders and muxers make them, and what became of the sound in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

RATE = 44_100


@dataclass
class Track:
    """One stream of sound: mono samples, when it begins, and whether players take it unasked."""

    samples: NDArray[np.float32]
    start_s: float = 0.0
    is_default: bool = True


def noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Sound that is like itself at no other time, and that every encoder keeps: below 4 kHz."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    low = np.convolve(white, np.hanning(16) / 8, "same")
    return (0.2 * low).astype(np.float32)


def write(
    path: Path,
    tracks: Sequence[Track],
    codec: str = "aac",
    *,
    kind: str | None = None,
    pictures: tuple[float, float] | None = None,
    options: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Writes a file.

    Args:
        kind: FFmpeg's name of the container; the suffix says it otherwise.
        pictures: from when to when there is a film.
    """
    with av.open(str(path), "w", format=kind, container_options=dict(options or {})) as file:
        file.metadata.update(tags or {})
        film = None
        if pictures is not None:
            film = file.add_stream("mpeg4", rate=10)
            film.width = film.height = 32
            film.pix_fmt = "yuv420p"
        streams = []
        for track in tracks:
            stream = file.add_stream(codec, rate=RATE)
            stream.layout = "mono"
            stream.bit_rate = 128_000
            stream.codec_context.time_base = Fraction(1, RATE)
            stream.disposition = Disposition.default if track.is_default else Disposition(0)
            streams.append(stream)
        packets = [
            packet for stream, track in zip(streams, tracks, strict=True)
            for packet in _encoded(stream, track)
        ]  # fmt: skip
        if film is not None and pictures is not None:
            for number in range(*(round(10 * time_s) for time_s in pictures)):
                shown = np.full((32, 32, 3), number, np.uint8)
                frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 10)
                packets += film.encode(frame)
            packets += film.encode(None)
        file.mux(sorted(packets, key=lambda packet: packet.dts * packet.time_base))


def _encoded(stream: av.AudioStream, track: Track) -> list[av.Packet]:
    to_format = av.AudioResampler(stream.format.name, "mono", RATE)
    length = stream.codec_context.frame_size or 1024
    packets = []
    for first in range(0, len(track.samples), length):
        block = np.ascontiguousarray(track.samples[None, first : first + length])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = round(track.start_s * RATE) + first
        for converted in to_format.resample(frame):
            packets += stream.encode(converted)
    return packets + stream.encode(None)


def damage(path: Path, length: int, seed: int | None = None, share: float = 0.5) -> None:
    """Overwrites some bytes at a share of the file: with noise of a seed, or with zeros."""
    content = bytearray(path.read_bytes())
    first = round(share * len(content))
    bad = bytes(length) if seed is None else np.random.default_rng(seed).bytes(length)
    content[first : first + length] = bad
    path.write_bytes(content)


def delay(sound: NDArray[np.float32], heard: NDArray[np.float32]) -> int:
    """By how many samples `heard` is later than `sound`, by their cross-correlation."""
    length = 2 ** int(np.ceil(np.log2(len(sound) + len(heard))))
    product = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(sound, length))
    place = int(np.argmax(np.fft.irfft(product, length)))
    return place if place < length // 2 else place - length
