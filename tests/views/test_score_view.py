"""Pages of a score on the screen: their ink, their lights, their turning."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK, LIGHT, Theme
from app.views.score.page_notes import head_box
from app.views.score.score_view import ScoreView
from model.notes import Note
from tests.exports.score_pages import engraved
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import pixels as pixels_of

# Quarter notes of a tempo of 120.
NOTES = [Note(at / 2, at / 2 + 0.45, 60 + at % 12, 80) for at in range(160)]


@pytest.fixture
def view(qtbot: QtBot) -> ScoreView:
    made = ScoreView(DARK)
    qtbot.addWidget(made)
    made.resize(800, 240)
    made.show()
    qtbot.waitExposed(made)
    show(made, 1, NOTES)
    return made


def show(view: ScoreView, number: int, notes: list[Note]) -> None:
    view.begin(number, notes)
    for page in engraved(notes, view.paper, number):
        view.add_page(page)
    view.end(number)


def pixels(view: ScoreView) -> NDArray[np.int16]:
    return pixels_of(view.grab().toImage())


def ink(view: ScoreView, theme: Theme) -> float:
    """The share of the view that has the colour of ink, or nearly."""
    wanted = np.array(QColor(theme.ink).getRgb()[:3])
    return float((np.abs(pixels(view) - wanted).sum(axis=2) < 90).mean())


def head_of(view: ScoreView, index: int) -> QPointF:
    head = next(head for head in view._pages._heads[view.page] if head.index == index)
    return head_box(head, view.page_box).center()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_page_has_ink_on_paper_in_both_themes(view: ScoreView, theme: Theme) -> None:
    view.set_theme(theme)
    assert 0.004 < ink(view, theme) < 0.2
    # Nothing dazzles in the dark: the paper is the theme's own.
    corner = pixels(view)[2, 2]
    assert tuple(corner) == QColor(theme.paper).getRgb()[:3]


def test_sounding_notes_are_lit_and_nothing_else_changes(view: ScoreView) -> None:
    view.show_moment(-1.0)
    dark = pixels(view)
    view.show_moment(1.2)
    lit = pixels(view)
    changed = np.argwhere(np.abs(lit - dark).sum(axis=2) > 0)
    middle = head_of(view, 2)
    assert len(changed) > 20
    assert np.abs(changed.mean(axis=0) - (middle.y(), middle.x())).max() < 6
    assert np.ptp(changed, axis=0).max() < 60
    view.show_moment(-1.0)
    assert (pixels(view) == dark).all()


def test_pages_turn_just_before_their_music_ends(view: ScoreView) -> None:
    assert view.count > 2
    second = view._pages.start_s(1)
    view.show_moment(second - 1)
    assert view.page == 0
    view.show_moment(second - 0.2)
    assert view.page == 1
    # A hand may look elsewhere, until the music comes to where it looks, or jumps.
    view.turn(-1)
    view.show_moment(second + 0.1)
    assert view.page == 0
    view.show_moment(0.0)
    view.show_moment(second + 0.1)
    assert view.page == 1
    view.follows = False
    view.show_moment(0.0)
    assert view.page == 1
    view.go_to(0.0)
    assert view.page == 0


def test_a_score_that_comes_page_by_page_turns_to_the_music(view: ScoreView) -> None:
    view.clear()
    view.show_moment(NOTES[-1].onset_s)
    view.begin(2, NOTES)
    pages = engraved(NOTES, view.paper, 2)
    for count, page in enumerate(pages, 1):
        view.add_page(page)
        assert view.page == count - 1
    assert view.page == len(pages) - 1 > 0


def test_a_turned_page_is_drawn_beforehand_and_few_are_kept(
    view: ScoreView, qtbot: QtBot
) -> None:
    view.grab()
    qtbot.waitUntil(lambda: 1 in view._pictures.kept)
    for _ in range(view.count):
        view.turn(1)
        view.grab()
    assert view.page == view.count - 1
    assert len(view._pictures.kept) <= 6


def test_a_click_on_a_head_means_its_note(view: ScoreView, qtbot: QtBot) -> None:
    pointed: list[Note] = []
    view.note_pointed.connect(pointed.append)
    for index in (0, 3):
        place = head_of(view, index).toPoint() + QPoint(3, 2)
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert pointed == [NOTES[0], NOTES[3]]
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(1, view.height() - 1))
    assert len(pointed) == 2


def test_notes_get_colours_of_their_own(view: ScoreView) -> None:
    view.show_moment(-1.0)
    view.set_marks({NOTES[1]: QColor("#ff0000")})
    red = np.argwhere((pixels(view) - (255, 0, 0) == 0).all(axis=2))
    middle = head_of(view, 1)
    assert len(red) > 10
    assert np.abs(red.mean(axis=0) - (middle.y(), middle.x())).max() < 4


def test_pages_stay_until_those_of_other_notes_have_come(view: ScoreView) -> None:
    view.turn(2)
    start = view._pages.start_s(2)
    before = view._pages
    others = [Note(note.onset_s, note.offset_s, note.pitch + 1, 80) for note in NOTES]
    view.begin(2, others)
    pages = engraved(others, view.paper, 2)
    view.add_page(pages[0])
    assert view._pages is before
    for page in pages[1:]:
        view.add_page(page)
    view.end(2)
    assert view._pages.notes == others
    # The same music is looked at.
    assert abs(view._pages.start_s(view.page) - start) < 3
    # What comes late of an earlier job is of no interest.
    view.add_page(engraved(NOTES, view.paper, 1)[0])
    assert view.count == len(pages)


def test_a_sentence_says_why_there_is_no_score(view: ScoreView) -> None:
    view.clear("There are no notes.")
    assert view.count == 0
    assert (pixels(view) != QColor(DARK.paper).getRgb()[:3]).any()
    view.turn(1)
    view.show_moment(3.0)
    assert view.page == 0
