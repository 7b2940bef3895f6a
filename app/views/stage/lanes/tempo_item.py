"""The time signature and tempo of the moment that is shown, left of the bars."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.music.beats.beat_grid import BarLine
from app.style.theme_colours import Theme
from app.views.stage.lanes.corner_item import CornerItem


class TempoItem(CornerItem):
    """Says of a bar such as "3/4  120"."""

    def __init__(self, theme: Theme, height: float) -> None:
        super().__init__(
            theme, height, 8.5, "Time signature, and beats a minute in this bar",
            align=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, margin_px=6.0,
        )

    def set_bar(self, bar: BarLine | None) -> None:
        """The bar that is played; None says nothing."""
        self.show_text("" if bar is None else f"{bar.meter}   {bar.tempo:.0f}")
