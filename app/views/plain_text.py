"""Names that others gave, shown as they are: no markup, and no underlined letters."""

from __future__ import annotations

import html

from PySide6.QtGui import Qt


def plain_tip(text: str) -> str:
    """For a tooltip, which Qt takes for rich text where it looks so.

    Such a text would be shown otherwise than it is, and might load files that it names.
    """
    if not Qt.mightBeRichText(text):
        return text
    return f'<div style="white-space: pre-wrap">{html.escape(text)}</div>'


def menu_text(text: str) -> str:
    """For a menu or a button, where "&" underlines the next letter."""
    return text.replace("&", "&&")


def title_text(text: str) -> str:
    """For the title of a window, where "[*]" is the place of the mark of what is not saved."""
    return text.replace("[*]", "[*][*]")
