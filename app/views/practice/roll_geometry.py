"""Where moments and pitches of a piece are drawn: sideways towards a line, or falling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

# Room for the keys at the edge, and for bar numbers.
KEYS_PX, KEYS_FALLING_PX, BARS_PX = 64.0, 84.0, 22.0
# Where the line is, as a share of the room, from where the notes go.
_LINE_SHARE, _LINE_FALLING_SHARE = 0.22, 0.2
_FEWEST_PITCHES = 20
_MARGIN = 2


def pitch_range(pitches: Iterable[int]) -> tuple[int, int]:
    """The lowest and the highest pitch to be drawn for these."""
    found = list(pitches) or [60]
    low, high = min(found) - _MARGIN, max(found) + _MARGIN
    while high - low + 1 < _FEWEST_PITCHES:
        low, high = low - 1, high + 1
    return max(0, low), min(127, high)


@dataclass(frozen=True)
class RollGeometry:
    """A view of a piece.

    Attributes:
        width, height: in pixels.
        falls: whether the notes fall onto keys below, or move to the left.
        low, high: the pitches that are drawn.
        place_s: the moment at the line.
        span_s: seconds from edge to edge.
        is_whole: whether the line stands at the beginning of the room, as nothing moves.
    """

    width: float
    height: float
    falls: bool
    low: int
    high: int
    place_s: float
    span_s: float
    is_whole: bool = False

    @property
    def room(self) -> QRectF:
        """Where notes are drawn."""
        if self.falls:
            return QRectF(BARS_PX + 12, 0, self.width - BARS_PX - 12, self.height - KEYS_FALLING_PX)
        return QRectF(KEYS_PX, BARS_PX, self.width - KEYS_PX, self.height - BARS_PX)

    @property
    def keys(self) -> QRectF:
        """Where the keys are drawn."""
        room = self.room
        if self.falls:
            return QRectF(room.left(), room.bottom(), room.width(), KEYS_FALLING_PX)
        return QRectF(0, room.top(), KEYS_PX, room.height())

    @property
    def pixels_per_second(self) -> float:
        room = self.room
        return max(1.0, room.height() if self.falls else room.width()) / self.span_s

    @property
    def row(self) -> float:
        """Pixels of a semitone."""
        room = self.room
        return (room.width() if self.falls else room.height()) / (self.high - self.low + 1)

    @property
    def begin_s(self) -> float:
        """The moment at the edge at which notes go."""
        share = _LINE_FALLING_SHARE if self.falls else _LINE_SHARE
        return self.place_s - (0.0 if self.is_whole else share) * self.span_s

    @property
    def end_s(self) -> float:
        """The moment at the edge at which notes come."""
        return self.begin_s + self.span_s

    def along(self, seconds: float) -> float:
        """Where a moment is, on the axis of time."""
        way = (seconds - self.begin_s) * self.pixels_per_second
        return self.room.bottom() - way if self.falls else self.room.left() + way

    def moment_s(self, at: QPointF) -> float:
        """The moment at a point."""
        way = self.room.bottom() - at.y() if self.falls else at.x() - self.room.left()
        return self.begin_s + way / self.pixels_per_second

    def across(self, pitch: float) -> float:
        """Where the middle of a pitch is, on the axis of pitch."""
        if self.falls:
            return self.room.left() + (pitch - self.low + 0.5) * self.row
        return self.room.bottom() - (pitch - self.low + 0.5) * self.row

    def note_box(self, onset_s: float, offset_s: float, pitch: int) -> QRectF:
        """Where a note is drawn; short ones are drawn long enough to be seen."""
        begin, end = self.along(onset_s), self.along(offset_s)
        gap = 1.0 if self.row < 8 else 1.5
        middle, half = self.across(pitch), max(1.5, self.row / 2 - gap)
        if self.falls:
            end = min(end, begin - 5)
            return QRectF(middle - half, end, 2 * half, begin - end)
        end = max(end - 1, begin + 5)
        return QRectF(begin, middle - half, end - begin, 2 * half)

    def point(self, seconds: float, pitch: float) -> QPointF:
        """Where a moment and a pitch meet."""
        along, across = self.along(seconds), self.across(pitch)
        return QPointF(across, along) if self.falls else QPointF(along, across)

    def line(self, seconds: float) -> QLineF:
        """A line at a moment, through all pitches."""
        along, room = self.along(seconds), self.room
        if self.falls:
            return QLineF(room.left(), along, room.right(), along)
        return QLineF(along, room.top(), along, room.bottom())

    def lane(self, pitch: int) -> QRectF:
        """What belongs to a pitch, through all time in view."""
        room, middle, half = self.room, self.across(pitch), self.row / 2
        if self.falls:
            return QRectF(middle - half, room.top(), 2 * half, room.height())
        return QRectF(room.left(), middle - half, room.width(), 2 * half)

    def key(self, pitch: int) -> QRectF:
        """The key of a pitch."""
        keys, middle, half = self.keys, self.across(pitch), self.row / 2
        if self.falls:
            return QRectF(middle - half, keys.top(), 2 * half, keys.height())
        return QRectF(keys.left(), middle - half, keys.width(), 2 * half)
