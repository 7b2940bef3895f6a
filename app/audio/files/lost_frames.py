"""How much sound is missing from a damaged stream that has no time stamps (MP3, AAC, AC-3)."""

from __future__ import annotations

import av
from av.audio.stream import AudioStream

# Packets that must have been whole before their size says anything.
_FEWEST = 4
# A packet so many times as large as the largest before it holds more than a frame.
_LARGE = 1.5
# The mean size is that of about so many packets.
_MEMORY = 100


class LostFrames:
    """The packets of one stream, each of one frame.

    A damaged stretch comes as fewer and larger packets, or is passed over. How many frames it held
    is estimated by its size: exact at a constant bit rate.
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._largest = 0
        self._lost = 0.0
        self._end: int | None = None

    def before(self, packet: av.Packet[AudioStream]) -> int:
        """By how many frames the packet comes too early."""
        if packet.pos is not None:
            if self._end is not None and self._count >= _FEWEST:
                self._lost += max(0, packet.pos - self._end) / self._mean
            self._end = packet.pos + packet.size
        return max(0, round(self._lost))

    def after(self, size: int, *, is_whole: bool) -> None:
        """Takes in the packet's bytes, and whether it could be decoded."""
        if is_whole and (self._count < _FEWEST or size <= _LARGE * self._largest):
            self._count += 1
            self._mean += (size - self._mean) / min(self._count, _MEMORY)
            self._largest = max(self._largest, size)
        elif self._count >= _FEWEST:
            self._lost += size / self._mean - 1
