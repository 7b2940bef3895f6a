"""From seconds and pitches to pixels, for the length of one painting."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from app.views.stage.feed.note_index import Bar

# Bars reach no further than this beyond the edges of what is painted.
_BEYOND_PX = 20.0
# In rows lower than the first, a bar is made so high for its name where no other is in the way.
_ROW_FOR_NAMES_PX = 9.0
TAG_PX = 11.0


class ViewScale:
    """Where things are in a picture that begins at some moment.

    Attributes:
        start_s, end_s: the times at the left and the right edge.
        width, height: of the picture, in pixels.
        x, y: pixels of a second and of a semitone.
        low, high: fractional MIDI pitch at the lower and the upper edge.
        thick, radius: height of a bar, and how round its corners are.
    """

    def __init__(
        self, start_s: float, x: float, low: float, high: float, width: float, height: float
    ) -> None:
        self.start_s, self.end_s = start_s, start_s + width / x
        self.width, self.height = width, height
        self.low, self.high = low, high
        self.x, self.y = x, height / (high - low)
        self.thick = max(3.0, min(self.y * 0.86, self.y - 1.5)) + 1
        self.radius = min(4.0, self.thick / 2)
        self._right = width + _BEYOND_PX

    @property
    def is_tight(self) -> bool:
        """Whether names are higher than the rows."""
        return self.y < _ROW_FOR_NAMES_PX

    @property
    def reach(self) -> float:
        """How far from the middle of its row a bar changes what is painted, in pixels.

        In low rows it takes the room of names that stand higher than theirs.
        """
        return max(self.y, TAG_PX) / 2 + 1 + (2 * TAG_PX if self.is_tight else 0.0)

    def left(self, bar: Bar) -> float:
        """Where a bar begins, however far away."""
        return (bar.onset_s - self.start_s) * self.x - 0.5

    def middle(self, pitch: int) -> float:
        """The middle of a pitch's row, where bars look sharp."""
        return round((self.high - pitch) * self.y * 2) / 2

    def box(self, bar: Bar, head_s: float) -> QRectF:
        """Where a bar is drawn; one that sounds on reaches to `head_s`."""
        end_s = max(head_s, bar.onset_s) if bar.is_open else bar.offset_s
        # Far beyond the picture, a bar ends a little beyond it.
        left = max(self.left(bar), -_BEYOND_PX)
        right = min((end_s - self.start_s) * self.x, self._right) - 0.5
        return QRectF(
            left, self.middle(bar.pitch) - self.thick / 2, max(right - left, 3.0), self.thick
        )
