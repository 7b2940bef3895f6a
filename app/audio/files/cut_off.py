"""Whether a sound file was cut off: whether it ends before its own headers say so.

A download that broke off, or a full disk, leaves such files; decoders give what there is of them
and say nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# Programs that write to a pipe cannot go back to their header: they leave such a size in it.
_UNKNOWN = 0x7FFF_0000
# A file of more parts is a strange one.
_MOST_CHUNKS = 10_000
# As much of the beginning as holds every header that is looked for.
_HEAD = 8192
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_LONGEST_OGG_PAGE = 65_307


def cut_off_sentence(path: Path, n_samples: int, sample_rate: float) -> str | None:
    """One sentence about a file that was cut off; None for one that is whole, or does not say.

    Args:
        n_samples: how many samples a channel had, at a rate in Hz, when all of it was decoded.
    """
    try:
        with path.open("rb") as file:
            is_cut_off = _is_cut_off(file, path.stat().st_size, n_samples)
    except (OSError, struct.error, IndexError):
        # It cannot be read any more, or its headers are stranger than those of a cut off file.
        return None
    if not is_cut_off:
        return None
    seconds = n_samples / sample_rate
    return f"{path}: the file was cut off: only the first {seconds:.1f} s of its sound are there"


def _is_cut_off(file: BinaryIO, size: int, n_samples: int) -> bool:
    head = file.read(_HEAD)
    kind = head[:4]
    if kind in (b"RIFF", b"RF64", b"RIFX"):
        return any(end > size for end in _chunk_ends(file, size, "<" if kind != b"RIFX" else ">"))
    if kind == b"FORM":
        return any(end > size for end in _chunk_ends(file, size, ">"))
    if kind == b"fLaC":
        # 36 bits of the first block: samples of a channel, 0 where that is not known.
        return n_samples < int.from_bytes(head[21:26], "big") & 0xF_FFFF_FFFF
    if kind == b"OggS":
        return _ogg_is_cut_off(file, size)
    return _claimed_size(file, head, size) > size


def _claimed_size(file: BinaryIO, head: bytes, size: int) -> int:
    """How many bytes the file should have, at least; 0 where it does not say."""
    if head[:4] == b".snd":
        begin, length = struct.unpack_from(">II", head, 4)
        return begin + length if length < _UNKNOWN else 0
    if head[:4] == b"caff":
        return max((end for end in _caf_chunk_ends(file, size)), default=0)
    if head[4:8] == b"ftyp":
        return max(_mp4_box_ends(file, size), default=0)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _matroska_size(head)
    if (place := head.find(_ASF_FILE_PROPERTIES)) >= 0:
        return int(struct.unpack_from("<Q", head, place + 40)[0])
    return _mp3_size(file, head)


def _chunk_ends(file: BinaryIO, size: int, order: str) -> Iterator[int]:
    """Where each chunk of a RIFF or AIFF file ends, as its header says."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > size:
            return
        file.seek(at)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if name == b"ds64":
            # Sizes beyond four bytes, that of the whole file first.
            yield 8 + int(struct.unpack("<Q", file.read(8))[0])
        is_sound = name in (b"data", b"SSND")
        if length >= _UNKNOWN or (is_sound and not length) or not name.isascii():
            return
        yield at + 8 + length
        if is_sound:
            return
        at += 8 + length + length % 2


def _caf_chunk_ends(file: BinaryIO, size: int) -> Iterator[int]:
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 12 > size:
            return
        file.seek(at)
        _, length = struct.unpack(">4sq", file.read(12))
        if not 0 <= length < 2**48:
            return
        yield at + 12 + length
        at += 12 + length


def _mp4_box_ends(file: BinaryIO, size: int) -> Iterator[int]:
    at = 0
    for _ in range(_MOST_CHUNKS):
        if at + 16 > size:
            return
        file.seek(at)
        length, _, long_length = struct.unpack(">I4sQ", file.read(16))
        length = long_length if length == 1 else length
        # 0 is a box that reaches to the end, however far that is.
        if length < 8:
            return
        yield at + length
        at += length


def _matroska_size(head: bytes) -> int:
    length, begin = _matroska_length(head, 4)
    at = begin + (length or 0)
    if head[at : at + 4] != b"\x18\x53\x80\x67":
        return 0
    length, begin = _matroska_length(head, at + 4)
    return begin + length if length is not None else 0


def _matroska_length(head: bytes, at: int) -> tuple[int | None, int]:
    """The length of an element, None where it is unknown, and where its content begins."""
    n_bytes = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + n_bytes], "big") & ((1 << 7 * n_bytes) - 1)
    return (None if value == (1 << 7 * n_bytes) - 1 else value), at + n_bytes


def _mp3_size(file: BinaryIO, head: bytes) -> int:
    """Where the sound ends, by the header that most encoders write into the first frame."""
    begin = 0
    if head[:3] == b"ID3":
        tag = head[6:10]
        begin = 10 + (tag[0] << 21 | tag[1] << 14 | tag[2] << 7 | tag[3])
    file.seek(begin)
    frame = file.read(256)
    place = max(frame[:64].find(b"Xing"), frame[:64].find(b"Info"))
    if frame[:1] != b"\xff" or place < 0:
        return 0
    flags = int(struct.unpack_from(">I", frame, place + 4)[0])
    if not flags & 2:
        return 0
    n_bytes = int(struct.unpack_from(">I", frame, place + (12 if flags & 1 else 8))[0])
    return begin + n_bytes


def _ogg_is_cut_off(file: BinaryIO, size: int) -> bool:
    """The last page of an Ogg file is whole, and says that it is the last of its stream."""
    file.seek(max(0, size - 2 * _LONGEST_OGG_PAGE))
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0 or at + 27 > len(tail):
        return True
    n_segments = tail[at + 26]
    segments = tail[at + 27 : at + 27 + n_segments]
    is_whole = len(segments) == n_segments and (
        at + 27 + n_segments + sum(segments) <= len(tail)
    )
    return not (is_whole and tail[at + 5] & 4)
