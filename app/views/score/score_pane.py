"""A score and the strip above it, beside the stage or in its place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.settings.score_settings import ScoreSettings
from app.style.theme_colours import Theme
from app.views.score.score_bar import ScoreBar
from app.views.score.score_view import ScoreView
from app.views.shortcuts.score_shortcuts import ScoreActions

_LEAST_STAGE_PX = 210


class ScorePane(QWidget):
    """Attributes: `bar` and `view` are its parts."""

    def __init__(self, actions: ScoreActions, score: ScoreSettings, theme: Theme) -> None:
        super().__init__()
        self.bar = ScoreBar(actions, score)
        self.view = ScoreView(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.view, 1)
        self.view.page_shown.connect(
            lambda: self.bar.show_page(self.view.page, self.view.count)
        )

    def set_theme(self, theme: Theme) -> None:
        self.view.set_theme(theme)


class StageAndScore(QSplitter):
    """The stage, the score below it, or the score alone; the border between them can be moved.

    Attributes:
        parts: what is shown.

    Signals:
        shared(int): the border was moved: how much of the height the score has, in per cent.
    """

    shared = Signal(int)

    def __init__(self, stage: QWidget, score: ScorePane, share: int) -> None:
        """Args: `share` is the score's part of the height, in per cent."""
        super().__init__(Qt.Orientation.Vertical)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(5)
        self._stage, self._score = QWidget(), score
        # A splitter takes whatever is laid upon it for one more part.
        column = QVBoxLayout(self._stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(stage)
        self._stage.setMinimumHeight(_LEAST_STAGE_PX)
        self._stage_itself = stage
        shares = 100 - share, share
        for part, stretch in zip((self._stage, score), shares, strict=True):
            self.addWidget(part)
            self.setStretchFactor(self.indexOf(part), stretch)
        self.setSizes([10 * part for part in shares])
        self.splitterMoved.connect(self._tell_share)
        self.show_parts("roll")

    def show_parts(self, parts: str) -> None:
        """Shows "roll", "score" or "both"."""
        self.parts = parts
        self._stage.setVisible(parts != "score")
        self._score.setVisible(parts != "roll")
        # Keys belong to what is seen.
        self.setFocusProxy(self._score.view if parts == "score" else self._stage_itself)

    def _tell_share(self) -> None:
        sizes = self.sizes()
        # What is shared now stays so when the window gets larger.
        for part, size in enumerate(sizes):
            self.setStretchFactor(part, size)
        self.shared.emit(round(100 * sizes[1] / max(1, sum(sizes))))
