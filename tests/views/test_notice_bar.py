"""The line above the stage: which notice it shows when another is closed or settled."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK
from app.views.bars.notice_bar import Notice, NoticeBar
from tests.leaks import nothing_left, only_new_objects  # noqa: F401


@pytest.fixture
def bar(qtbot: QtBot) -> NoticeBar:
    made = NoticeBar(DARK)
    qtbot.addWidget(made)
    return made


def test_old_news_does_not_come_back(bar: NoticeBar) -> None:
    bar.tell(Notice("export", "Exported: a.mid."))
    bar.tell(Notice("take", "Recorded: a.flac.", [("Open", lambda: None)]))
    bar.settle("take")
    assert bar.text == ""
    assert not bar.isVisibleTo(bar.parentWidget())


def test_what_waits_for_a_decision_or_is_still_true_comes_back(bar: NoticeBar) -> None:
    bar.tell(Notice("left", "A take was not ended.", [("Keep", lambda: None)], stays=True))
    bar.tell(Notice("input", "The input is lost.", is_warning=True))
    bar.tell(Notice("copied", "Copied 3 notes."))
    bar.settle("copied")
    assert bar.text == "The input is lost."
    bar.settle("input")
    assert bar.text == "A take was not ended."


def test_a_long_text_is_seen_whole_beside_its_button(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 600)
    page = QWidget(window)
    page.resize(1280, 500)
    bar = NoticeBar(DARK)
    bar.float_over(page)
    window.show()
    qtbot.waitExposed(window)
    text = "You played 0:09, 12 notes. It stays for a while under File > Recent playing. " * 2
    bar.tell(Notice("played", text, [("Keep as a recording", lambda: None)]))
    QApplication.processEvents()
    label = bar.findChild(QLabel)
    assert label.height() >= label.heightForWidth(label.width())
