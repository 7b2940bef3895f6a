"""A live take on the stage: unsure notes, the one at the pointer, ranges and names."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.music.note_naming import NoteNaming
from app.style.theme_colours import DARK
from app.views.stage.feed.note_index import Bar, NoteIndex
from app.views.stage.piano_roll_item import uncovered
from app.views.stage.stage import Stage
from model.config import NetworkConfig
from model.heard import Heard
from model.notes import Note, Probabilities
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.stage_session import (  # noqa: F401
    DECODER,
    FEATURES,
    Session,
    picture,
    pixels,
    stage,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


# Unsure notes.


def bar(onset_s: float, offset_s: float, pitch: int) -> Bar:
    return Bar(onset_s, offset_s, pitch, 80, 0.4)


def test_an_unsure_note_is_shown_as_far_as_no_sure_one_covers_it() -> None:
    sure = NoteIndex()
    sure.replace([Note(2.0, 3.0, 60), Note(5.0, 6.0, 62), Note(8.02, 9.0, 64)])
    unsure = [
        bar(2.1, 2.9, 60),  # covered
        bar(2.1, 2.9, 61),  # another pitch
        bar(4.0, 6.0, 62),  # cut off
        bar(8.0, 9.0, 64),  # all but covered
        bar(9.0, 9.03, 65),  # too short to be seen
    ]
    shown = uncovered(unsure, sure, 10.0)
    assert [(one.onset_s, one.offset_s, one.pitch) for one in shown] == [
        (2.1, 2.9, 61), (4.0, 5.0, 62),
    ]


def test_unsure_notes_are_faint_and_can_be_hidden(stage: Stage) -> None:
    session = Session(stage, [(1, 3, 60, 0.9), (1, 3, 67, 0.4)])
    session.spectrum[:] = 0
    session.play(5)
    session.end()
    stage.seek(4.5)

    def strength(pitch: int) -> int:
        seen = pixels(picture(stage))
        place = stage.view_box.mapFromView(QPointF(2.6, pitch)).toPoint()
        return int(seen[place.y(), place.x()].max())

    sure, faint, empty = strength(60), strength(67), strength(64)
    assert sure > 2 * faint
    assert faint > empty + 15
    assert [note.pitch for note in stage.notes] == [60]
    stage.set_unsure_visible(False)
    assert strength(67) <= empty + 5
    assert strength(60) == sure


# The pointer.


def test_the_note_under_the_pointer_is_told(stage: Stage, qtbot: QtBot) -> None:
    session = Session(stage, [(1, 3, 60, 0.9), (1, 3, 67, 0.4)])
    session.play(5)
    session.end()
    # The layout comes to rest.
    QApplication.processEvents()
    place = stage.view_box.mapViewToScene(QPointF(2, 60)).toPoint()
    with qtbot.waitSignal(stage.view_box.hovered) as hovered:
        QTest.mouseMove(stage.plot.viewport(), place)
    time_s, pitch = hovered.args
    note = stage.roll.note_at(time_s, pitch)
    assert note == stage.notes[0]
    assert note.confidence == pytest.approx(0.9)
    assert note.velocity == 64
    assert stage.roll.note_at(time_s, 61.0) is None
    assert stage.roll.note_at(note.offset_s + 0.05, pitch) is None
    assert stage.roll.note_at(note.offset_s + 0.05, pitch, slack_s=0.1) == note
    assert stage.roll.unsure_at(time_s, pitch) is None
    unsure = stage.roll.unsure_at(2.0, 67.3)
    assert unsure is not None
    assert unsure.confidence == pytest.approx(0.4)


# Ranges and names.


def test_only_notes_within_the_range_are_shown_and_counted(stage: Stage) -> None:
    session = Session(stage, [(1, 3, 40, 0.9), (1, 3, 70, 0.9)])
    session.play(2)
    stage.set_range(60, 96)
    assert stage.view_box.low >= 59.5
    assert [note.pitch for note in stage.notes] == [70]
    session.play(2.5)
    assert stage.keyboard.lit.keys() == {70}
    for _ in range(30):
        stage.zoom_pitch(1.5)
    assert (stage.view_box.low, stage.view_box.high) == (59.5, 96.5)
    stage.set_range(21, 108)
    session.play(2.6)
    assert stage.keyboard.lit.keys() == {40, 70}
    session.end()


def test_names_of_notes_alone_stand_in_one_octave(qtbot: QtBot) -> None:
    network = NetworkConfig(only_note_names=True)
    stage = Stage(FEATURES, DARK, network=network, decoder=DECODER)
    qtbot.addWidget(stage)
    stage.resize(800, 500)
    now = 0.0
    stage.begin_take(lambda: now)
    stage.set_range(40, 90)
    assert (stage.view_box.low, stage.view_box.high) == (59.5, 71.5)
    values = np.zeros((100, 12), np.float32)
    spectrum = np.zeros((100, FEATURES.n_bins), np.float32)
    # A tone of A1 is seen in the row of A.
    spectrum[:, (33 - 21) * FEATURES.bins_per_semitone + 1] = 1.0
    stage.add(Heard(0, spectrum, Probabilities(values, values, values), []))
    now = 2.0
    stage.refresh()
    row = int(stage.spectrogram.pyramid.read(0, 50, 51)[0].argmax())
    assert 59.5 + (row + 0.5) / FEATURES.bins_per_semitone == pytest.approx(69)
    stage.rest()
    stage.end()
    stage.close()


def test_bars_bear_the_names_of_the_naming(stage: Stage) -> None:
    session = Session(stage, [(0.5, 5, 61, 0.9)])
    session.play(8)
    session.end()
    stage.zoom_pitch(0.5)
    letters = pixels(picture(stage))
    stage.set_naming(NoteNaming(style="solfege", accidentals="flats"))
    assert (pixels(picture(stage)) != letters).any()
    stage.set_naming(NoteNaming())
    assert np.array_equal(pixels(picture(stage)), letters)


def test_a_take_that_ends_shows_its_end_and_is_dragged_at_its_zoom(stage: Stage) -> None:
    session = Session(stage, [(0.5, 1.0, 60, 0.9)])
    session.play(1.9)
    height = stage.names.height()
    stage.end(2.0)
    assert stage.cursor_s == 2.0
    assert stage.view_box.extent_s >= stage.view_box.end_s > 2.0
    # Nothing is live: the names leave their room to the stage.
    assert stage.names.height() < height
    view = stage.view_box.start_s, stage.view_box.span_s
    stage.shift(-0.1, 0)
    assert (stage.view_box.start_s, stage.view_box.span_s) == pytest.approx(view)


def test_sensitivity_gives_back_the_pitches_it_showed(stage: Stage) -> None:
    session = Session(stage, [(0.5, 1.0, 60, 0.9), (1.2, 1.6, 100, 0.4)])
    session.play(3.0)
    view = stage.view_box.low, stage.view_box.high
    assert view[1] < 100
    stage.redecode(dataclasses.replace(DECODER, onset_threshold=0.3))
    session.play(3.5)
    assert stage.view_box.high > 100
    stage.redecode(DECODER)
    session.play(4.0)
    assert (stage.view_box.low, stage.view_box.high) == pytest.approx(view)


def test_one_voice_is_found_in_what_was_heard(stage: Stage) -> None:
    session = Session(stage, [(1.0, 2.0, 60, 0.9), (1.4, 1.46, 72, 0.9), (1.7, 3.0, 64, 0.9)])
    session.play(2.5)
    assert {note.pitch for note in stage.notes} == {60, 64, 72}
    stage.redecode(dataclasses.replace(DECODER, monophonic=True))
    session.play(2.6)
    assert [note.pitch for note in stage.notes] == [60, 64]
    assert stage.roll.sounding.keys() == {64}
