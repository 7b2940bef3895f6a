"""Keeps a moving cursor in view by turning pages, gliding from one to the next."""

from __future__ import annotations

from app.views.stage.axes import Axes

# A page is turned when the cursor is this far across, and the next one begins so far before it.
TURN_AT = 0.9
BEFORE = 0.12
# What is left of the way to the new page after each frame, and when it counts as done.
_LEFT = 0.78
_DONE = 1e-3


class PageTurner:
    """Moves the time in view of `axes`; `turn` and `glide` are called once for each frame."""

    def __init__(self, axes: Axes) -> None:
        self._axes = axes
        self._target_s: float | None = None

    @property
    def is_gliding(self) -> bool:
        return self._target_s is not None

    def stop(self) -> None:
        """Stays where the view is now."""
        self._target_s = None

    def turn(self, cursor_s: float) -> None:
        """Sets out for the page of the cursor if it has left this one."""
        axes = self._axes
        share = (cursor_s - axes.start_s) / axes.span_s
        is_last_page = axes.end_s >= axes.extent_s and share >= 0
        if self._target_s is None and not 0 <= share <= TURN_AT and not is_last_page:
            self._target_s = self._page_of(cursor_s)

    def show(self, cursor_s: float) -> None:
        """Goes to the page of the cursor at once, if it is not in view."""
        self.stop()
        if not self._axes.start_s <= cursor_s <= self._axes.end_s:
            self._axes.show_from(self._page_of(cursor_s))

    def glide(self) -> None:
        """One step of the way to the new page."""
        if self._target_s is None:
            return
        axes = self._axes
        target_s = min(max(self._target_s, 0.0), axes.extent_s - axes.span_s)
        way_s = target_s - axes.start_s
        if abs(way_s) < axes.span_s * _DONE:
            axes.show_from(target_s)
            self._target_s = None
        else:
            axes.show_from(target_s - way_s * _LEFT)

    def _page_of(self, cursor_s: float) -> float:
        return cursor_s - BEFORE * self._axes.span_s
