"""Small boxes that say something and let the window go on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMessageBox, QWidget


def show_error(parent: QWidget, sentence: str) -> None:
    """Says what did not work, in one sentence."""
    _show(parent, QMessageBox.Icon.Warning, "Noteglow", sentence, Qt.TextFormat.PlainText)


def show_about(parent: QWidget) -> None:
    """Says what this program is."""
    _show(
        parent, QMessageBox.Icon.NoIcon, "About Noteglow",
        "<h3>Noteglow</h3><p>Listens to music and lights up the notes as they are played.</p>"
        "<p>Everything happens on this computer: no sound leaves it.</p>",
        Qt.TextFormat.RichText,
    )


def _show(
    parent: QWidget, icon: QMessageBox.Icon, title: str, text: str, form: Qt.TextFormat
) -> None:
    box = QMessageBox(icon, title, "", QMessageBox.StandardButton.Ok, parent)
    box.button(QMessageBox.StandardButton.Ok).setIcon(QIcon())
    box.setTextFormat(form)
    box.setText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    # Not exec(): what plays, listens or transcribes behind the box goes on.
    box.open()


def question(parent: QWidget, text: str, destroy: str) -> QMessageBox:
    """A box that asks before something is lost; it is not shown yet, and goes when it is closed.

    Args:
        destroy: the text of the button whose role is `DestructiveRole`; the other one keeps all.
    """
    box = QMessageBox(QMessageBox.Icon.Question, "Noteglow", text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.addButton(destroy, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def show_fatal(sentence: str) -> None:
    """Says why the program cannot start, and waits until this was read."""
    box = QMessageBox(QMessageBox.Icon.Critical, "Noteglow", "", QMessageBox.StandardButton.Ok)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(sentence)
    box.exec()
