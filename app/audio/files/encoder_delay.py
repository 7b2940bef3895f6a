"""Silence that encoders put before the sound, where FFmpeg leaves it there or takes too much."""

from __future__ import annotations

import struct
from typing import Any

import av
from av.audio.stream import AudioStream
from av.codec.context import Flags2
from av.container import InputContainer
from av.sidedata.sidedata import Type

# Containers with no place to say how long it is.
_SAY_NOTHING = ("mp3", "aac", "ac3", "eac3", "mpegts", "mpeg", "flv", "avi", "wav")
# Samples, of all encoders, or of most: LAME's own 576 and the 529 of every MP3 decoder; what the
# filters of the other codecs need to begin with.
_MP3 = 1105
_LAYER_1_2 = 481
_AC3 = 256


def prepare(stream: AudioStream) -> None:
    """Call it before the stream is decoded."""
    if _is_wma(stream):
        # For FFmpeg it is two frames, as Microsoft's encoder has it. Its own encoder has one.
        stream.codec_context.flags2 |= Flags2.skip_manual


def samples(container: InputContainer, stream: AudioStream, first: av.AudioFrame) -> int:
    """How many samples before the sound the stream begins with, given its first frame."""
    if _is_wma(stream):
        # PyAV's types name another class than what comes.
        told: Any = first.side_data
        skipped = struct.unpack_from("<I", told[Type.SKIP_SAMPLES])[0] if told else 0
        by_ffmpeg = container.metadata.get("encoder", "").startswith("Lav")
        return int(skipped // 2 if by_ffmpeg else skipped)
    if container.format.name not in _SAY_NOTHING:
        return 0
    match stream.codec_context.codec.canonical_name:
        case "mp3" if container.format.name not in ("mpegts", "mpeg"):
            # LAME's header says it, and then the file does not begin at 0 for FFmpeg.
            return 0 if stream.start_time and container.format.name == "mp3" else _MP3
        case "mp1" | "mp2" | "mp3":
            # Broadcast streams are of layer 2, also where FFmpeg does not say so.
            return _LAYER_1_2
        case "aac":
            return first.samples
        case "ac3" | "eac3":
            return _AC3
    return 0


def _is_wma(stream: AudioStream) -> bool:
    return stream.codec_context.codec.canonical_name in ("wmav1", "wmav2")
