"""The neck of a fretted instrument: notes light up where a hand would play them."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.music.fretting import BASS, GUITAR, UKULELE, Fret
from app.style.theme_colours import DARK, LIGHT, Theme
from app.views.fretboard import Fretboard
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import pixels


@pytest.fixture
def neck(qtbot: QtBot) -> Fretboard:
    made = Fretboard(DARK)
    qtbot.addWidget(made)
    made.resize(900, 140)
    return made


def test_it_is_as_high_as_its_strings_want(neck: Fretboard) -> None:
    heights = []
    for instrument in (GUITAR, BASS, UKULELE):
        neck.set_instrument(instrument)
        heights.append(neck.sizeHint().height())
    assert heights[0] > heights[1] == heights[2]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_note_is_lit_at_its_place_alone(neck: Fretboard, theme: Theme) -> None:
    neck.set_theme(theme)
    neck.set_instrument(GUITAR)
    dark = pixels(neck.grab().toImage())
    # The A on the third string, or the fourth: near the nut.
    neck.light({57: 1.0})
    [place] = neck.lit.values()
    assert place == Fret(3, 2)
    lit = pixels(neck.grab().toImage())
    changed = np.argwhere(np.abs(lit - dark).sum(axis=2) > 0)
    middle = neck.place_of(place)
    assert np.abs(changed.mean(axis=0) - (middle.y(), middle.x())).max() < 3
    assert "string 3, fret 2" in neck.accessibleDescription()
    neck.light({})
    assert (pixels(neck.grab().toImage()) == dark).all()


def test_what_sounds_stays_where_it_is_while_others_come(neck: Fretboard) -> None:
    neck.set_instrument(GUITAR)
    neck.light({40: 1.0})
    neck.light({40: 1.0, 52: 0.8, 59: 0.8})
    assert neck.lit[40] == Fret(6, 0)
    assert len({place.string for place in neck.lit.values()}) == 3
    before = dict(neck.lit)
    neck.light({40: 1.0, 59: 0.8})
    assert neck.lit == {pitch: before[pitch] for pitch in (40, 59)}


def test_a_change_of_tuning_moves_what_sounds(neck: Fretboard) -> None:
    neck.set_instrument(GUITAR)
    neck.light({42: 1.0, 20: 1.0})
    # What the instrument has not is not shown.
    assert neck.lit == {42: Fret(6, 2)}
    neck.set_instrument(GUITAR.with_capo(2))
    assert neck.lit == {42: Fret(6, 0)}
