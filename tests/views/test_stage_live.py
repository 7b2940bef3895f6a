"""A live take on the stage: standing still, looking back, other settings, long takes."""

from __future__ import annotations

import dataclasses
import errno
import os
from typing import BinaryIO

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK
from app.views.stage.feed.live_notes import LiveNotes
from app.views.stage.feed.note_index import NoteIndex
from app.views.stage.stage import Stage
from model.decoding.decoder import Decoder
from model.heard import Heard
from model.notes import Note, Probabilities
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.stage_session import (  # noqa: F401
    DECODER,
    FEATURES,
    HOP_S,
    NETWORK,
    Session,
    decoded,
    in_order,
    many_notes,
    picture,
    pixels,
    stage,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


# Standing still.


def test_a_frozen_view_stays_while_notes_come(stage: Stage, qtbot: QtBot) -> None:
    session = Session(stage, [(1, 2, 60, 0.9), (13, 16, 64, 0.9)])
    session.play(12)
    with qtbot.waitSignal(stage.frozen_changed) as changed:
        stage.freeze(True)
    assert changed.args == [True]
    seen = stage.view_box.start_s, stage.view_box.end_s
    session.play(14)
    assert (stage.view_box.start_s, stage.view_box.end_s) == seen
    assert stage.is_frozen
    # It goes on listening: the new note is there, lit and named.
    assert [note.pitch for note in stage.notes] == [60, 64]
    assert stage.keyboard.lit.keys() == {64}
    with qtbot.waitSignal(stage.frozen_changed) as changed:
        stage.freeze(False)
    assert changed.args == [False]
    assert stage.view_box.end_s == pytest.approx(14)
    session.play(14.5)
    assert stage.view_box.end_s == pytest.approx(14.5)
    session.end()


def test_going_back_by_hand_freezes_and_coming_back_lets_run(stage: Stage, qtbot: QtBot) -> None:
    session = Session(stage, [])
    session.play(20)
    left, canvas = Qt.MouseButton.LeftButton, stage.plot.viewport()
    QTest.mousePress(canvas, left, pos=QPoint(200, 100))
    # Up and down only is no way into the past.
    QTest.mouseMove(canvas, QPoint(203, 180))
    assert not stage.is_frozen
    QTest.mouseMove(canvas, QPoint(400, 180))
    QTest.mouseRelease(canvas, left, pos=QPoint(400, 180))
    assert stage.is_frozen
    assert stage.view_box.end_s < 18.5
    session.play(21)
    assert stage.view_box.end_s < 18.5
    for _ in range(20):
        stage.shift(0.1, 0)
    assert not stage.is_frozen
    assert stage.view_box.end_s == pytest.approx(21)
    # The wheel, held with Shift, and the overview do the same.
    wheel = QWheelEvent(
        QPointF(100, 100), QPointF(canvas.mapToGlobal(QPoint(100, 100))), QPoint(),
        QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.ShiftModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(canvas, wheel)
    assert stage.is_frozen
    stage.freeze(False)
    QTest.mouseClick(
        canvas, left, pos=stage.overview.geometry().topLeft().toPoint() + QPoint(5, 20)
    )
    assert stage.is_frozen
    assert stage.view_box.start_s == 0
    session.end()
    assert not stage.is_frozen
    assert stage.view_box.start_s == 0


def test_zooming_a_running_take_keeps_its_newest_sound_at_the_edge(stage: Stage) -> None:
    session = Session(stage, [])
    session.play(4)
    stage.zoom_time(0.5)
    assert (stage.view_box.start_s, stage.view_box.end_s) == pytest.approx((-1, 4))
    session.play(5)
    assert (stage.view_box.start_s, stage.view_box.end_s) == pytest.approx((0, 5))
    # There is no past to be seen yet.
    stage.shift(-0.5, 0)
    assert not stage.is_frozen
    assert stage.view_box.end_s == pytest.approx(5)
    session.end()
    stage.freeze(True)
    assert not stage.is_frozen


# Looking back.


def test_what_is_scrolled_back_to_looks_as_it_did_live(stage: Stage) -> None:
    session = Session(stage, many_notes(9))
    session.play(12)
    stage.freeze(True)
    # Nothing sounds any more, so that nothing is lit in either picture.
    live = pixels(picture(stage))
    stage.freeze(False)
    session.play(40, step_s=0.5)
    stage.freeze(True)
    stage.view_box.show_until(12, stage.view_box.span_s)
    again = pixels(picture(stage))
    # At the right edge the newest column reached further, and the cursor stood there.
    width = live.shape[1] - round(0.2 / stage.view_box.span_s * live.shape[1])
    assert np.array_equal(live[:, :width], again[:, :width])
    columns = stage.spectrogram.pyramid.read(0, 0, session.frames)
    expected = (session.spectrum[: session.frames, : columns.shape[1]] * 255).astype(np.uint8)
    assert np.array_equal(columns, expected)
    session.end()


def test_little_is_held_of_a_long_take(stage: Stage) -> None:
    session = Session(stage, [])
    session.play(2)
    frames = 30_000
    for _ in range(0, frames, 500):
        nothing = np.zeros((500, 88), np.float32)
        spectrum = np.zeros((500, FEATURES.n_bins), np.float32)
        stage.add(Heard(0, spectrum, Probabilities(nothing, nothing, nothing), []))
        stage.refresh()
    pyramid, spool = stage.spectrogram.pyramid, stage._queue._notes.spool
    assert pyramid.columns() > frames
    assert len(spool) > frames
    held = [*pyramid._left, *(level._recent for level in pyramid._levels), spool._recent]
    assert sum(rows.nbytes for rows in held) < 100_000
    assert stage.plot.tiles.count < 20
    session.end()


def test_a_full_disk_is_told_once_and_the_take_goes_on(qtbot: QtBot) -> None:
    def refuse() -> BinaryIO:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stage = Stage(FEATURES, DARK, network=NETWORK, decoder=DECODER, open_file=refuse)
    qtbot.addWidget(stage)
    told: list[str] = []
    stage.history_lost.connect(told.append)
    session = Session(stage, [(1, 2, 60, 0.9), (3, 4, 62, 0.4)])
    session.play(5)
    assert len(told) == 1
    assert os.strerror(errno.ENOSPC) in told[0]
    stage.redecode(dataclasses.replace(DECODER, onset_threshold=0.3))
    assert [note.pitch for note in stage.notes] == [60, 62]
    session.end()
    stage.close()


def test_notes_stay_where_their_probabilities_are_lost() -> None:
    def refuse() -> BinaryIO:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    track, unsure = NoteIndex(), NoteIndex()
    notes = LiveNotes(track, unsure, FEATURES, NETWORK, DECODER, 100, refuse)
    notes.begin(is_take=True)
    decoder = Decoder(DECODER, FEATURES, NETWORK)
    values = np.zeros((900, 88), np.float32)
    values[[50, 800], [10, 20]] = 0.9
    for frame in range(900):
        row = Probabilities(*(values[frame : frame + 1] for _ in range(3)))
        spectrum = np.zeros((1, FEATURES.n_bins), np.float32)
        notes.add(Heard(frame, spectrum, row, decoder.push(row, frame * HOP_S)))
    before = [bar.pitch for bar in track.bars]
    assert before == [31, 41]
    assert notes.spool.kept_from > 600
    notes.redecode(dataclasses.replace(DECODER, onset_threshold=0.5))
    assert [bar.pitch for bar in track.bars] == before
    notes.redecode(dataclasses.replace(DECODER, onset_threshold=0.95))
    assert [bar.pitch for bar in track.bars] == [31]
    notes.close()


# Other settings.


@pytest.mark.parametrize("threshold", [0.35, 0.85])
def test_decoding_anew_gives_the_notes_of_the_decoder(stage: Stage, threshold: float) -> None:
    session = Session(stage, many_notes(20))
    session.play(15, step_s=0.1)
    config = dataclasses.replace(DECODER, onset_threshold=threshold)
    stage.redecode(config)
    so_far = {(note.onset_s, note.pitch) for note in decoded(session, config)}
    assert {(note.onset_s, note.pitch) for note in stage.notes} == so_far
    # What comes follows.
    session.play(20, step_s=0.1)
    session.end()
    notes = in_order(stage.notes)
    expected = decoded(session, config)
    assert [(note.onset_s, note.offset_s, note.pitch) for note in notes] == [
        (note.onset_s, note.offset_s, note.pitch) for note in expected
    ]
    # And a take that has ended can be decoded anew as well.
    stage.redecode(DECODER)
    assert in_order(stage.notes) == decoded(session, DECODER)


def test_a_long_take_is_decoded_anew_in_pieces(stage: Stage) -> None:
    session = Session(stage, many_notes(70))
    session.play(75, step_s=0.5)
    config = dataclasses.replace(DECODER, onset_threshold=0.3)
    stage.redecode(dataclasses.replace(DECODER, onset_threshold=0.9))
    # Asked again before it was done, as a slider does that is moved.
    stage.redecode(config)
    before = len(stage.notes)
    for _ in range(4):
        stage.refresh()
    session.end()
    assert len(stage.notes) > before
    found = {(note.onset_s, note.pitch) for note in stage.notes}
    assert found == {(note.onset_s, note.pitch) for note in decoded(session, config)}


def test_unsure_notes_of_a_recording_follow_the_settings_too(stage: Stage) -> None:
    session = Session(stage, [(1, 2, 60, 0.5), (3, 4, 64, 0.2)])
    heard = session.part(0, 300)
    stage.begin_song(6.0)
    stage.add(Heard(0, session.spectrum[:300], heard, []))
    stage.refresh()
    assert stage.roll.unsure.pitches() == {60}
    stage.set_notes([Note(4.5, 5.0, 70)])
    stage.redecode(dataclasses.replace(DECODER, onset_threshold=0.3))
    assert stage.roll.unsure.pitches() == {60, 64}
    assert [note.pitch for note in stage.notes] == [70]
    stage.end()
