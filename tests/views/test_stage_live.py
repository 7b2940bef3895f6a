"""A live take on the stage: standing still, looking back, other settings, long takes."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.music.note_naming import NoteNaming
from app.style.theme_colours import DARK
from app.views.stage.feed.live_notes import LiveNotes
from app.views.stage.feed.note_index import Bar, NoteIndex
from app.views.stage.piano_roll_item import uncovered
from app.views.stage.stage import Stage
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.heard import Heard
from model.notes import Note, NoteEvent, Probabilities, notes_from_events
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import difference
from tests.views.shown_stage import shown_stage

FEATURES = FeatureConfig()
NETWORK = NetworkConfig()
DECODER = DecoderConfig(onset_threshold=0.6)
HOP_S = FEATURES.hop_length / FEATURES.sample_rate


class Session:
    """Plays invented sound to a stage: each note is a run of onset and frame probabilities."""

    def __init__(self, stage: Stage, notes: list[tuple[float, float, int, float]]) -> None:
        """Args: `notes` are onset and offset (s), MIDI pitch and onset probability."""
        self.stage, self.now = stage, 0.0
        frames = 4000
        generator = np.random.default_rng(0)
        onset, frame = generator.uniform(0, 0.1, (2, frames, 88)).astype(np.float32)
        for onset_s, offset_s, pitch, sureness in notes:
            first, last = round(onset_s / HOP_S), round(offset_s / HOP_S)
            onset[first, pitch - 21] = sureness
            frame[first:last, pitch - 21] = 0.9
        self.heard = Probabilities(onset, frame, np.full_like(onset, 0.5))
        self.spectrum = generator.uniform(0, 1, (frames, FEATURES.n_bins)).astype(np.float32)
        self.frames = 0
        self._decoder = Decoder(DECODER, FEATURES, NETWORK)
        stage.begin_take(lambda: self.now)

    def play(self, until_s: float, *, step_s: float = 1 / 60) -> None:
        """Plays on, frame by frame as a live session does."""
        while self.now < until_s:
            self.now = min(self.now + step_s, until_s)
            while (self.frames + 1) * HOP_S <= self.now + 1e-9:
                self.stage.add(self._hear())
            self.stage.refresh()

    def end(self) -> None:
        self.stage.end()

    def part(self, first: int, last: int) -> Probabilities:
        heard = self.heard
        return Probabilities(heard.onset[first:last], heard.frame[first:last],
                             heard.velocity[first:last])  # fmt: skip

    def _hear(self) -> Heard:
        first = self.frames
        self.frames += 1
        part = self.part(first, self.frames)
        events: list[NoteEvent] = self._decoder.push(part, self.frames * HOP_S)
        return Heard(first, self.spectrum[first : self.frames], part, events)


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    with shown_stage(qtbot, NETWORK, DECODER) as stage:
        yield stage


def picture(stage: Stage) -> QImage:
    QApplication.processEvents()
    return stage.plot.grab(stage.view_box.geometry().toRect()).toImage()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[..., :3].astype(int)


def half_precision(values: Probabilities) -> Probabilities:
    return Probabilities(
        *(part.astype(np.float16).astype(np.float32)
          for part in (values.onset, values.frame, values.velocity))
    )


def decoded(session: Session, config: DecoderConfig) -> list[Note]:
    """What the model's decoder makes of all that was heard, ended where the take ended."""
    decoder = Decoder(config, FEATURES, NETWORK)
    values = half_precision(session.part(0, session.frames))
    events = decoder.push(values, session.now) + decoder.flush(session.now)
    return notes_from_events(events)


def in_order(notes: list[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))


def many_notes(until_s: float) -> list[tuple[float, float, int, float]]:
    generator = np.random.default_rng(4)
    return [
        (onset_s, onset_s + generator.uniform(0.1, 0.8), int(generator.integers(40, 80)),
         float(generator.uniform(0.2, 1)))
        for onset_s in np.arange(0.2, until_s, 0.11).tolist()
    ]


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
    assert sum(rows.nbytes for rows in held) < 20_000
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


# What is painted piece by piece.


def test_a_live_picture_is_as_if_it_were_painted_at_once(stage: Stage) -> None:
    notes = [(0.2 + 0.13 * index, 0.5 + 0.17 * index, 50 + index * 5 % 31, 0.9)
             for index in range(14)]  # fmt: skip
    session = Session(stage, [*notes, (1.0, 1.4, 60, 0.5), (1.45, 2.0, 61, 0.9)])
    while session.now < 3.0:
        session.play(session.now + 0.08)
        stage.plot.grab()
    stage.freeze(True)
    stage.set_cursor(1.0)
    in_pieces = stage.plot.grab().toImage()
    stage.plot.tiles.forget()
    at_once = stage.plot.grab().toImage()
    assert difference(in_pieces, at_once) <= 2
    # A row of a black key is darker than the one of a white key beside it.
    box = stage.view_box.sceneBoundingRect().toRect()
    shades = pixels(at_once)[box.top() : box.bottom(), box.left() : box.right()]
    view = stage.view_box

    def shade(pitch: int) -> float:
        y = round((view.high - pitch) / (view.high - view.low) * box.height())
        return float(shades[y - 2 : y + 3, box.width() // 2 :].mean())

    black, white = (np.mean([shade(pitch) for pitch in keys])
                    for keys in ((46, 49, 82), (45, 47, 48, 50, 83)))  # fmt: skip
    assert black < 0.95 * white
    session.end()


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


def test_a_picture_that_scrolls_is_painted_once(stage: Stage, qtbot: QtBot) -> None:
    stage.show()
    qtbot.waitExposed(stage)
    seconds = [20.0]
    stage.begin_take(lambda: seconds[0])
    # The test takes the timer's place.
    stage._timer.stop()
    for _ in range(5):
        stage.refresh()
        QApplication.processEvents()
    painted = [0]

    class Count(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            painted[0] += event.type() == QEvent.Type.Paint
            return False

    count = Count()
    stage.plot.viewport().installEventFilter(count)
    for _ in range(10):
        seconds[0] += 0.02
        stage.refresh()
        for _ in range(3):
            QApplication.processEvents()
    # The window system may ask for one of its own.
    assert 10 <= painted[0] < 13


def test_what_is_painted_as_it_comes_looks_like_what_is_painted_at_once(stage: Stage) -> None:
    """Only the part of a tile in which something has changed is painted again."""
    notes = [(0.2 + 0.15 * place, 0.5 + 0.15 * place, 40 + 3 * place, 0.9) for place in range(15)]
    session = Session(stage, notes)
    stage._timer.stop()
    for step in range(1, 40):
        session.play(0.08 * step)
        stage.plot.grab()
    session.end()
    QApplication.processEvents()
    stage.refresh()
    grown = stage.plot.grab().toImage()
    stage.plot.redraw_notes()
    at_once = stage.plot.grab().toImage()
    places = [(x, y) for x in range(0, grown.width(), 2) for y in range(0, grown.height(), 3)]
    differ = [at for at in places if grown.pixel(*at) != at_once.pixel(*at)]
    assert len(differ) < len(places) / 1000, differ[:5]


# Two answers.


class TwoAnswers(Session):
    """The settled answer comes twelve frames later than the early one, and is another."""

    def __init__(
        self,
        stage: Stage,
        early: list[tuple[float, float, int, float]],
        settled: list[tuple[float, float, int, float]],
    ) -> None:
        surer = Session(stage, settled)
        super().__init__(stage, early)
        shift = TWO.settled_delay_frames - TWO.delay_frames
        self.surer = Probabilities(*(
            np.concatenate([np.zeros((shift, 88), np.float32), values])
            for values in (surer.heard.onset, surer.heard.frame, surer.heard.velocity)
        ))  # fmt: skip
        self._settled = Decoder(DECODER, FEATURES, TWO, answer="settled")

    def _hear(self) -> Heard:
        heard = super()._hear()
        part = self.surer.part(self.frames - 1, self.frames)
        return dataclasses.replace(
            heard, settled_probabilities=part,
            settled_events=self._settled.push(part, self.frames * HOP_S),
        )  # fmt: skip


TWO = dataclasses.replace(NETWORK, settled_delay_frames=NETWORK.delay_frames + 11)


@pytest.fixture
def two(qtbot: QtBot) -> Iterator[Stage]:
    with shown_stage(qtbot, TWO, DECODER) as stage:
        yield stage


def shown(stage: Stage) -> list[int]:
    """Pitches of the bars that are on their way."""
    return [one.bar.pitch for one in stage.roll.settling.shown(stage._queue.head_s)]


def test_keys_follow_the_early_notes_and_the_roll_the_settled_ones(two: Stage) -> None:
    session = TwoAnswers(
        two, [(1.0, 2.0, 60, 0.9), (1.0, 1.5, 67, 0.9)], [(1.0, 2.0, 60, 0.9), (1.0, 2.0, 64, 0.9)]
    )
    session.play(1.15)
    # The early notes at once: on the keys and at the right edge; none has settled.
    assert two.roll.sounding.keys() == {60, 67}
    assert shown(two) == [60, 67]
    assert two.notes == []
    session.play(1.4)
    assert two.roll.sounding.keys() == {60, 67}
    assert {note.pitch for note in two.notes} == {60, 64}
    session.play(3.0)
    assert two.roll.sounding == {}
    assert shown(two) == []
    assert {note.pitch for note in two.notes} == {60, 64}
    session.end()
    assert {note.pitch for note in two.notes} == {60, 64}


def test_a_settled_bar_is_painted_once_and_all_the_time(two: Stage) -> None:
    """No flash: between early, settling and settled, the note never vanishes from the picture."""
    session = TwoAnswers(two, [(1.0, 1.6, 60, 0.9)], [(1.02, 1.58, 60, 0.9)])
    session.play(1.3)
    box = two.view_box
    background = None
    for step in range(60):
        session.play(1.3 + step / 30)
        image = picture(two)
        # A grab may come before the view has moved on.
        x = round((1.25 - box.start_s) / box.span_s * image.width())
        y = round((box.high - 60) / (box.high - box.low) * image.height())
        colour = image.pixelColor(x, y)
        background = background or colour
        assert colour.lightness() > 60, f"the note has vanished at {session.now} s"


def test_other_settings_count_for_both_answers(two: Stage) -> None:
    notes = [(1.0, 3.0, 60, 0.9), (1.0, 3.0, 64, 0.6)]
    session = TwoAnswers(two, notes, notes)
    session.play(2.0)
    assert two.roll.sounding.keys() == {60, 64}
    two.redecode(dataclasses.replace(DECODER, onset_threshold=0.8))
    session.play(2.1)
    assert two.roll.sounding.keys() == {60}
    assert {note.pitch for note in two.notes} == {60}
    two.redecode(DECODER)
    session.play(2.2)
    assert two.roll.sounding.keys() == {60, 64}


def test_one_voice_is_found_in_what_was_heard(stage: Stage) -> None:
    session = Session(stage, [(1.0, 2.0, 60, 0.9), (1.4, 1.46, 72, 0.9), (1.7, 3.0, 64, 0.9)])
    session.play(2.5)
    assert {note.pitch for note in stage.notes} == {60, 64, 72}
    stage.redecode(dataclasses.replace(DECODER, monophonic=True))
    session.play(2.6)
    assert [note.pitch for note in stage.notes] == [60, 64]
    assert stage.roll.sounding.keys() == {64}


def test_the_newest_sound_looks_alike_before_and_after_it_is_in_a_tile(two: Stage) -> None:
    notes = [(0.2 + 0.15 * place, 0.5 + 0.15 * place, 45 + 2 * place, 0.9) for place in range(15)]
    session = TwoAnswers(two, notes, notes)
    two._timer.stop()
    waited = 0
    for _ in range(120):
        session.play(session.now + 1 / 60)
        grown = two.plot.grab().toImage()
        waited += two.plot.tiles._new is not None
        two.plot.tiles._take_in_new()
        assert difference(grown, two.plot.grab().toImage()) <= 2
    assert waited > 60
    session.end()
    assert two.plot.tiles._new is None
