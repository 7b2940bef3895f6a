"""Keeps a moving cursor in view by turning pages, gliding from one to the next."""

from __future__ import annotations

from app.views.stage.roll_view_box import RollViewBox

# A page is turned when the cursor is this far across, and the next one begins so far before it.
TURN_AT = 0.9
BEFORE = 0.12
# What is left of the way to the new page after each frame, and when it counts as done.
_LEFT = 0.78
_DONE = 1e-3


class PageTurner:
    """Moves the time in view of a view box; `turn` and `glide` are called once for each frame."""

    def __init__(self, view_box: RollViewBox) -> None:
        self._view_box = view_box
        self._target_s: float | None = None

    @property
    def is_gliding(self) -> bool:
        return self._target_s is not None

    def stop(self) -> None:
        """Stays where the view is now."""
        self._target_s = None

    def turn(self, cursor_s: float) -> None:
        """Sets out for the page of the cursor if it has left this one."""
        box = self._view_box
        share = (cursor_s - box.start_s) / box.span_s
        is_last_page = box.end_s >= box.extent_s and share >= 0
        if self._target_s is None and not 0 <= share <= TURN_AT and not is_last_page:
            self._target_s = self._page_of(cursor_s)

    def show(self, cursor_s: float) -> None:
        """Goes to the page of the cursor at once, if it is not in view."""
        self.stop()
        if not self._view_box.start_s <= cursor_s <= self._view_box.end_s:
            self._view_box.show_from(self._page_of(cursor_s))

    def glide(self) -> None:
        """One step of the way to the new page."""
        if self._target_s is None:
            return
        box = self._view_box
        target_s = min(max(self._target_s, 0.0), box.extent_s - box.span_s)
        way_s = target_s - box.start_s
        if abs(way_s) < box.span_s * _DONE:
            box.show_from(target_s)
            self._target_s = None
        else:
            box.show_from(target_s - way_s * _LEFT)

    def _page_of(self, cursor_s: float) -> float:
        return cursor_s - BEFORE * self._view_box.span_s
