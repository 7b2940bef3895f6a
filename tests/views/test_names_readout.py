"""The large read-out and the keys' names: what they say, and that nothing jumps or is cut off."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.music.note_naming import NoteNaming
from app.style.theme_colours import DARK, LIGHT, Theme
from app.views.note_names.name_renderer import NameRenderer
from app.views.note_names.name_slots import NameSlots, SteadyChord
from app.views.note_names.names_readout import HEIGHT, LARGE_HEIGHT, NamesReadout
from app.views.plot import Plot
from app.views.stage.keyboard_item import WIDTH, KeyboardItem
from app.views.stage.roll_view_box import RollViewBox
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import pixels

GERMAN = NoteNaming("german")
SOLFEGE = NoteNaming("solfege", "flats")
TEN = (37, 44, 49, 56, 61, 63, 66, 68, 73, 78)


def strengths(pitches: Iterable[int]) -> dict[int, float]:
    return dict.fromkeys(pitches, 1.0)


def settle(names: NamesReadout) -> None:
    for _ in range(300):
        names.fade()


def ink(names: NamesReadout) -> NDArray[np.bool_]:
    """Where something is painted, shape (height, width)."""
    picture = pixels(names.grab().toImage())
    return np.asarray(np.abs(picture - picture[0, 0]).max(axis=2) > 24)


@pytest.fixture
def names(qtbot: QtBot) -> NamesReadout:
    names = NamesReadout(DARK)
    qtbot.addWidget(names)
    names.resize(900, HEIGHT)
    return names


# Which names stand where.


def test_a_note_keeps_its_cell_while_others_end() -> None:
    cells = NameSlots()
    cells.show(strengths([48, 60, 64]))
    cells.show(strengths([60, 64]))
    assert (cells.order, cells.is_fading) == ([48, 60, 64], True)
    for _ in range(300):
        cells.fade()
    assert (cells.order, cells.is_fading) == ([48, 60, 64], False)
    assert cells.lights.keys() == {60, 64}
    # Struck again after it ended, it comes back to its place.
    cells.show(strengths([60]))
    cells.show(strengths([60, 64]))
    assert cells.order == [48, 60, 64]
    cells.show(strengths([60, 64, 67]))
    assert cells.order == [60, 64, 67]


def test_repeated_chords_stay_in_their_cells() -> None:
    cells = NameSlots()
    for _ in range(5):
        cells.show(strengths([60, 64, 67]))
        assert cells.order == [60, 64, 67]
        cells.show({})
        for _ in range(10):
            cells.fade()
        assert cells.order == [60, 64, 67]
    for _ in range(300):
        cells.fade()
    assert (cells.order, cells.lights) == ([], {})


def test_names_grow_smaller_while_notes_are_added_but_not_larger_while_some_stay() -> None:
    cells = NameSlots()
    cells.show(strengths([60]))
    alone = cells.room
    cells.show(strengths([60, 64, 67]))
    assert cells.room == alone
    cells.show(strengths(range(60, 68)))
    assert cells.room == 8
    cells.show(strengths([60, 64]))
    cells.show(strengths([60, 64, 70]))
    assert cells.room == 8
    # Nothing that is being read changes its size when no note stays.
    cells.show({})
    cells.show(strengths([50]))
    assert cells.room == alone


@pytest.mark.parametrize("overlap", [0, 1, 4, 12])
def test_a_line_of_single_notes_is_read_in_one_place(names: NamesReadout, overlap: int) -> None:
    """However legato: each note overlaps with the next one for so many pictures."""
    places = set()
    before: set[int] = set()
    for pitch in (60, 62, 64, 62, 67, 55):
        for step in range(40):
            # The last one sounds on for a while.
            names.show_notes(strengths({pitch} | (before if step < overlap else set())))
            names.fade()
        before = {pitch}
        places.add(int(np.flatnonzero(ink(names).any(axis=0))[0]))
        assert names.text == NoteNaming().name(pitch)
    assert max(places) - min(places) <= 4, "but for how far letters reach to the left"


def test_chords_come_at_once_and_a_second_voice_soon() -> None:
    cells = NameSlots()
    # A chord's notes never begin in one and the same picture.
    for pitches in ([60], [60, 64], [60, 64, 67]):
        cells.show(strengths(pitches))
        assert cells.order == pitches
        cells.fade()
    # Its end leaves each name where it is, until there is one note alone.
    cells.show(strengths([67]))
    cells.fade()
    assert cells.order == [60, 64, 67]
    for _ in range(10):
        cells.fade()
    assert cells.order == [67]
    # What begins over a held note is shown a moment later, and what follows it at once.
    cells.show(strengths([67, 72]))
    assert cells.order == [67]
    assert cells.is_fading
    for _ in range(6):
        cells.fade()
    assert cells.order == [67, 72]
    cells.show(strengths([67, 74]))
    assert cells.order == [67, 74]


# The chord.


def test_a_chord_is_named_when_its_notes_are_complete() -> None:
    steady = SteadyChord()
    seen = []
    for pitches in ([60], [60, 67], [60, 64, 67], [60, 64, 67, 70]):
        steady.show(pitches)
        steady.step()
        seen.append(steady.chord)
    assert seen == [None] * 4
    for _ in range(3):
        steady.step()
    assert steady.chord is not None
    assert steady.chord.suffix == "7"
    assert not steady.is_moving


def test_a_chord_stays_for_a_moment_and_is_not_renamed_while_its_notes_end() -> None:
    steady = SteadyChord()
    steady.show([60, 64, 67])
    for _ in range(5):
        steady.step()
    # Without its third it would be C5, then nothing.
    for pitches in ([60, 67], [67], []):
        steady.show(pitches)
        for _ in range(4):
            steady.step()
        assert steady.chord is not None
        assert steady.chord.suffix == ""
    assert 0 < steady.left < 1
    for _ in range(100):
        steady.step()
    assert steady.chord is None
    assert not steady.is_moving


def test_a_chord_that_comes_back_does_not_flicker() -> None:
    steady = SteadyChord()
    steady.show([60, 64, 67])
    for _ in range(5):
        steady.step()
    steady.show([60, 67])
    for _ in range(5):
        steady.step()
        assert steady.left == 1.0
    steady.show([60, 64, 67])
    for _ in range(100):
        steady.step()
        assert steady.left == 1.0
    # What is held on without the third is a fifth after all.
    steady.show([60, 67])
    for _ in range(60):
        steady.step()
    assert steady.chord is not None
    assert steady.chord.suffix == "5"


# What it says.


def test_names_chord_and_detail_are_told(names: NamesReadout) -> None:
    names.show_notes(strengths([60, 64, 69]))
    settle(names)
    assert names.text == "C4  E4  A4"
    assert names.chord == "Am/C"
    assert names.accessibleDescription() == "C4  E4  A4, chord Am/C"
    names.set_naming(NoteNaming("german", "flats", transposition=2))
    assert names.text == "D4  Ges4  H4"
    assert names.chord == "Hm/D"
    assert names.accessibleDescription() == "D4  Ges4  H4, chord Hm/D"
    names.show_notes({})
    settle(names)
    assert (names.text, names.chord) == ("", "")
    assert names.accessibleDescription() == "nothing"
    names.show_detail("440.0 Hz  ±0 cents")
    assert names.detail == "440.0 Hz  ±0 cents"
    names.clear()
    assert names.detail == ""


def test_twelve_names_without_octaves(names: NamesReadout) -> None:
    names.set_note_names_only(True)
    names.show_notes(strengths([76, 60, 48, 67]))
    assert names.text == "C  E  G"
    names.set_naming(NoteNaming("solfege", transposition=3))
    assert names.text == "Re♯  Sol  La♯"


# What is painted.


@pytest.mark.parametrize("naming", [NoteNaming(), GERMAN, SOLFEGE, NoteNaming("german", "flats")])
@pytest.mark.parametrize("large", [False, True])
def test_ten_names_and_a_long_chord_are_not_cut_off(
    names: NamesReadout, naming: NoteNaming, large: bool
) -> None:
    names.set_naming(naming)
    names.set_large(large)
    names.resize(900, LARGE_HEIGHT if large else HEIGHT)
    for pitches in (TEN, tuple(pitch + 3 for pitch in TEN), (56, 49, 53, 58, 60)):
        names.show_notes(strengths(pitches))
        settle(names)
        assert names.chord
        painted = ink(names)
        for edge in (painted[:2], painted[-2:], painted[:, :10], painted[:, -10:]):
            assert not edge.any()
        # Names and chord do not touch: there is a gap between the two columns.
        gap = painted[:, 540:570].any(axis=0)
        assert not gap.all()
        names.show_notes({})
        settle(names)


@pytest.mark.parametrize("naming", [NoteNaming(), GERMAN, SOLFEGE])
def test_every_name_fits_its_cell(naming: NoteNaming, qtbot: QtBot) -> None:
    writer = NameRenderer(naming)
    for pitch in range(21, 109):
        image = QImage(400, 200, QImage.Format.Format_RGB32)
        image.fill(QColor("black"))
        painter = QPainter(image)
        writer.write(painter, QPointF(20, 150), 100, QColor("white"), pitch)
        painter.end()
        columns = np.flatnonzero(pixels(image).max(axis=(0, 2)))
        assert columns.min() >= 18
        # A little of the cell parts it from the next.
        assert columns.max() < 20 + (writer.cell - 0.15) * 100


def test_a_chord_wider_than_its_room_is_written_smaller(names: NamesReadout) -> None:
    names.set_large(True)
    names.resize(480, LARGE_HEIGHT)
    names.set_naming(SOLFEGE)
    names.show_notes(strengths([*TEN]))
    settle(names)
    assert names.chord == "La♭7sus4/Re♭"
    painted = ink(names)
    assert painted[:, -60:-20].any()
    assert not painted[:, -20:].any()


def test_what_sounds_on_stands_where_it_stood(names: NamesReadout) -> None:
    names.show_notes(strengths([60, 64, 67, 71]))
    settle(names)
    before = ink(names)[:, 300:540]
    assert before.any()
    names.show_notes(strengths([67, 71]))
    for _ in range(5):
        names.fade()
    assert (ink(names)[:, 300:540] == before).all()


def test_twelve_names_have_fixed_places(names: NamesReadout) -> None:
    def at(pitch_class: int) -> tuple[int, int, int]:
        # White keys below, black ones above, 546 pixels wide from 24 on at this width.
        white = {0: 0, 2: 1, 4: 2, 5: 3, 7: 4, 9: 5, 11: 6}
        x = round(24 + (white[pitch_class] + 0.12) * (900 - 72 - 306) / 7)
        colour = names.grab().toImage().pixelColor(x, round(HEIGHT * 0.56))
        return colour.red(), colour.green(), colour.blue()

    names.set_note_names_only(True)
    names.resize(900, HEIGHT)
    dark = [at(pitch_class) for pitch_class in (0, 2, 4, 5, 7, 9, 11)]
    assert len(set(dark)) == 1
    names.show_notes(strengths([64]))
    assert at(4) != dark[0]
    assert [at(pitch_class) for pitch_class in (0, 2, 5, 7, 9, 11)] == dark[:-1]
    names.show_notes(strengths([64, 79]))
    assert at(4) != dark[0] != at(7)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_a_hint_only_where_nothing_is_shown(qtbot: QtBot, theme: Theme) -> None:
    names = NamesReadout(theme)
    qtbot.addWidget(names)
    names.resize(900, HEIGHT)
    assert not ink(names).any()
    names.set_hint("Listening: play something.")
    assert ink(names)[:, 24:200].any()
    names.show_notes(strengths([60]))
    settle(names)
    assert not ink(names)[:, 150:540].any()


def test_nothing_is_painted_beneath_the_names(qtbot: QtBot) -> None:
    painted: list[object] = []

    class Room(QWidget):
        def paintEvent(self, event: QPaintEvent) -> None:
            painted.append(event)
            with QPainter(self) as painter:
                painter.fillRect(self.rect(), QColor("magenta"))

    room = Room()
    qtbot.addWidget(room)
    names = NamesReadout(DARK, room)
    names.resize(900, HEIGHT)
    room.resize(900, HEIGHT)
    with qtbot.waitExposed(room):
        room.show()
    QApplication.processEvents()
    painted.clear()
    names.show_notes(strengths([60]))
    QApplication.processEvents()
    assert not painted
    # And nothing of it is to be seen.
    assert not (pixels(room.grab().toImage()) == (255, 0, 255)).all(axis=2).any()


# The keyboard.


class Keys:
    """A keyboard beside a view, and nothing else."""

    def __init__(self) -> None:
        self.plot, self.box, self.item = Plot(), RollViewBox(), KeyboardItem(DARK)
        self.description = ""
        self.item.described.connect(self._described)
        self.plot.centralLayout.addItem(self.item, 0, 0)
        self.plot.centralLayout.addItem(self.box, 0, 1)
        self.item.linkToView(self.box)
        self.box.fit_pitches([48, 84])
        self.plot.resize(300, 700)
        self.plot.show()

    def _described(self, text: str) -> None:
        self.description = text

    def row(self, pitch: int) -> NDArray[np.int16]:
        """The pixels of a key's row."""
        top, bottom = (
            round(self.box.mapViewToScene(QPointF(0, pitch + edge)).y()) for edge in (0.4, -0.4)
        )
        return pixels(self.plot.grab().toImage())[top:bottom, :WIDTH]


@pytest.fixture
def keys(qtbot: QtBot) -> Keys:
    keys = Keys()
    qtbot.addWidget(keys.plot)
    return keys


def test_sounding_keys_and_every_c_are_named(keys: Keys) -> None:
    c4 = keys.row(60)
    keys.item.set_naming(SOLFEGE)
    assert (keys.row(60) != c4).any()
    keys.item.light({66: 1.0, 59: 1.0})
    assert keys.description == "Sounding: Si3, Sol♭4"
    solfege = keys.row(66), keys.row(59)
    keys.item.set_naming(GERMAN)
    assert keys.description == "Sounding: H3, Fis4"
    for pitch, before in zip((66, 59), solfege, strict=True):
        assert (keys.row(pitch) != before).any()


def test_without_room_only_the_cs_are_named(keys: Keys) -> None:
    keys.box.fit_pitches([])
    keys.item.light({64: 1.0})
    letters = keys.row(64)
    keys.item.set_naming(SOLFEGE)
    assert (keys.row(64) == letters).all()
    keys.item.set_naming(NoteNaming())
    c4 = keys.row(60)
    keys.item.set_naming(SOLFEGE)
    assert (keys.row(60) != c4).any()


def test_keys_beyond_the_instrument_are_dimmed(keys: Keys) -> None:
    plain = {pitch: keys.row(pitch) for pitch in (54, 55, 57, 79, 80, 81)}
    keys.item.set_range(55, 79)
    for pitch in (55, 57, 79):
        assert (keys.row(pitch)[:, 8:40] == plain[pitch][:, 8:40]).all()
    for pitch in (54, 80, 81):
        assert (keys.row(pitch) != plain[pitch]).any()
    assert keys.row(81).mean() < plain[81].mean() - 40
    keys.item.set_range(21, 108)
    for pitch, before in plain.items():
        assert (keys.row(pitch) == before).all()
