"""The theme in force: chosen, and put on every widget of the program."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.style.style_sheet import style_sheet
from app.style.theme_colours import DARK, LIGHT, Theme


def theme_of(name: str) -> Theme:
    """The theme of a name among `THEMES`; "system" follows the desktop's setting.

    The frames of the program's windows, which the system draws, follow it too.
    """
    hints = QGuiApplication.styleHints()
    if name == "system":
        hints.unsetColorScheme()
        return LIGHT if hints.colorScheme() == Qt.ColorScheme.Light else DARK
    hints.setColorScheme(Qt.ColorScheme.Light if name == "light" else Qt.ColorScheme.Dark)
    return LIGHT if name == "light" else DARK


def apply(theme: Theme) -> None:
    """Dresses every widget of the program in the theme, unless all wear it already."""
    application = QApplication.instance()
    sheet = style_sheet(theme)
    if isinstance(application, QApplication) and application.styleSheet() == sheet:
        return
    QApplication.setStyle("Fusion")
    QApplication.setPalette(_qt_palette(theme))
    # The stubs ask for bytes, which PySide refuses.
    QApplication.setPalette(_boxes_palette(theme), "QCheckBox")  # type: ignore[arg-type]
    if isinstance(application, QApplication):
        application.setStyleSheet(sheet)


def _qt_palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.PlaceholderText: theme.faint,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.live,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.Light: theme.raised,
        role.Mid: theme.line,
        role.Dark: theme.line,
        role.Shadow: theme.stage,
        role.Accent: theme.accent,
    }
    result = QPalette()
    for name, colour in colours.items():
        result.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(theme.faint))
    return result


def _boxes_palette(theme: Theme) -> QPalette:
    """Fusion draws the edge of a box that is not ticked darker than the window, which is too dark
    to be seen on a dark one: these are told of a brighter window."""
    result = _qt_palette(theme)
    edge = QColor(theme.faint)
    # What Fusion takes away again.
    result.setColor(QPalette.ColorRole.Window, edge.lighter(140) if theme.is_dark else edge)
    result.setColor(QPalette.ColorRole.Base, QColor(theme.raised))
    return result


def font(points: float, *, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The system's own font in this size, with digits of equal width where it has them."""
    result = QFont(QApplication.font())
    result.setPointSizeF(points)
    result.setWeight(weight)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result
