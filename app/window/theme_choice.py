"""Which theme is in force: chosen in the menu or the panel, by a key, or by the system."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.settings.settings import THEMES, Settings
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.panels.display_panel import DisplayPanel
from app.views.shortcuts.window_shortcuts import Actions


class ThemeChoice(QObject):
    """Puts the chosen theme on the program, and remembers it.

    Attributes:
        theme: the one in force.

    Signals:
        changed(Theme): another one is.
    """

    changed = Signal(object)

    def __init__(
        self, act: Actions, panel: DisplayPanel, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._act, self._panel, self._settings = act, panel, settings
        self.theme: Theme = themes.theme_of(settings.theme)
        for name, action in act.themes.items():
            action.triggered.connect(lambda _, name=name: self.choose(name))
        act.next_theme.triggered.connect(self._choose_next)
        panel.theme_chosen.connect(self.choose)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def apply(self) -> None:
        """Dresses the program as it is set."""
        name = self._settings.theme
        self.theme = themes.theme_of(name)
        themes.apply(self.theme)
        self._act.set_theme(self.theme)
        self._act.themes[name].setChecked(True)
        self._panel.show_theme(name)
        self.changed.emit(self.theme)

    def choose(self, name: str) -> None:
        """Takes one of `THEMES`."""
        self._settings.theme = name
        self.apply()

    def _choose_next(self) -> None:
        self.choose(THEMES[(THEMES.index(self._settings.theme) + 1) % len(THEMES)])

    def _system_changed(self) -> None:
        if self._settings.theme == "system":
            self.apply()
