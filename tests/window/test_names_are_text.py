"""Names of files, devices and ports are shown as text, whatever stands in them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtGui import Qt as QtText
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.views.bars.notice_bar import Notice
from app.views.dialogs import messages
from app.views.plain_text import menu_text, plain_tip, title_text
from app.window.menus import MidiMenu
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401
from tests.window.window_fakes import INTERFACE

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

NAME = "<b>loud & <img src=x.png> &amp; [*]"


def shown_as_rich_text() -> list[str]:
    """Texts of the whole program in which the name would be read as markup."""
    found = []
    for widget in QApplication.allWidgets():
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            found += [widget.text()] if "<img" in widget.text() else []
    tips = [widget.toolTip() for widget in QApplication.allWidgets()]
    tips += [action.toolTip() for widget in QApplication.topLevelWidgets()
             for action in widget.findChildren(QAction)]
    return found + [tip for tip in tips if "<img" in tip and QtText.mightBeRichText(tip)]


def test_a_file_of_such_a_name(bench: Bench, tone_wav: Path, tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.wav"
    shutil.copyfile(tone_wav, path)
    bench.open(path)
    bench.window.status.say(f"{path}: there is something to be said")
    bench.window.notice.tell(Notice("some", f"{path}: there is something to be told"))
    assert bench.window.notice.text.startswith(str(path))
    assert shown_as_rich_text() == []
    assert bench.window.windowTitle() == f"{NAME.replace('[*]', '[*][*]')}.wav[*] – Noteglow"
    recent = [action for action in bench.window.findChildren(QAction) if "loud" in action.text()]
    assert [action.text() for action in recent] == [f"{NAME}.wav".replace("&", "&&")]


def test_devices_and_ports_of_such_a_name(bench: Bench) -> None:
    device = dataclasses.replace(INTERFACE, name=NAME)
    bench.inputs.devices.append(device)
    bench.inputs.refresh()
    bench.window.panels.input.device.setCurrentText(NAME)
    bench.midi.names.append(NAME)
    bench.window.findChildren(MidiMenu)[0].fill()
    assert shown_as_rich_text() == []
    ports = [action.text() for action in bench.window.findChildren(QAction)]
    assert NAME.replace("&", "&&") in ports


@pytest.mark.parametrize("show", [messages.show_error, messages.question])
def test_boxes_show_text(show: object, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    if show is messages.show_error:
        messages.show_error(parent, NAME)
    else:
        messages.question(parent, NAME, "Forget")
    (box,) = parent.findChildren(QMessageBox)
    assert box.textFormat() == Qt.TextFormat.PlainText
    box.close()


def test_the_texts_themselves() -> None:
    assert plain_tip("a & b &amp; c") == "a & b &amp; c"
    assert "&lt;b&gt;loud &amp; " in plain_tip(NAME)
    assert menu_text("a & b") == "a && b"
    assert title_text("a[*]") == "a[*][*]"
