"""What a live take shows: the newest sound at the right edge, or a part of it that stands still."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.views.stage.roll_view_box import RollViewBox

# Seconds of a live take in view at the start.
SPAN_S = 10.0
# How far a live view can be zoomed out before as much was heard.
_EXTENT_S = 60.0


class LiveView(QObject):
    """Moves the time in view of a view box with the sound, until it is frozen.

    Moving the view into the past by hand freezes it, moving it back to the newest sound lets it
    run again, as in a terminal.

    Signals:
        frozen_changed(bool): the view stands still, or runs again.
    """

    frozen_changed = Signal(bool)

    def __init__(self, view_box: RollViewBox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view_box = view_box
        self._is_running = self._is_frozen = False
        self._moment_s = 0.0

    @property
    def is_running(self) -> bool:
        """Whether there is a live take to follow."""
        return self._is_running

    @property
    def is_frozen(self) -> bool:
        return self._is_frozen

    def begin(self) -> None:
        """A take begins."""
        self._set_frozen(False)
        self._is_running = True
        self._moment_s = 0.0
        self._view_box.set_extent(_EXTENT_S)
        self._view_box.show_until(0.0, SPAN_S)

    def end(self, heard_s: float) -> None:
        """The take is over after so many seconds; the view stays, within them."""
        if not self._is_running:
            return
        self.follow(heard_s)
        self._is_running = False
        self._set_frozen(False)
        self._view_box.set_extent(heard_s)
        if self._view_box.start_s < 0:
            # Or the first drag would do it, and make the view narrower.
            self._view_box.show_from(0.0)

    def follow(self, moment_s: float) -> None:
        """Sound was heard up to this moment."""
        self._moment_s = moment_s
        self._view_box.set_extent(max(moment_s, _EXTENT_S))
        if not self._is_frozen:
            self._show_newest()

    def freeze(self, frozen: bool) -> None:
        """Lets the view stand still while a take goes on, or run again at its newest sound."""
        if self._is_running and frozen != self._is_frozen:
            self._set_frozen(frozen)
            self.follow(self._moment_s)

    def panned(self) -> None:
        """The view was moved in time by hand."""
        if not self._is_running:
            return
        is_past = self._view_box.end_s < self._moment_s
        if is_past != self._is_frozen:
            self.freeze(is_past)
        elif not is_past:
            self._show_newest()

    def zoomed(self) -> None:
        """The view was made wider or narrower by hand; while it runs, its right edge stays."""
        if self._is_running and not self._is_frozen:
            self._show_newest()

    def _show_newest(self) -> None:
        self._view_box.show_until(self._moment_s, self._view_box.span_s)

    def _set_frozen(self, frozen: bool) -> None:
        if frozen != self._is_frozen:
            self._is_frozen = frozen
            self.frozen_changed.emit(frozen)
