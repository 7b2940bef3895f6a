"""The parts of the stage: their sums, and what they draw."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.smooth_clock import SmoothClock
from app.theme import DARK, LIGHT
from app.views.axes import HIGHEST, LOWEST, NARROWEST_SEMITONES, SHORTEST_S, Axes
from app.views.level_meter import LOWEST_DB, LevelMeter, decibels
from app.views.note_track import NoteTrack
from app.views.page_turner import BEFORE, PageTurner
from app.views.spectrogram import TILE_COLUMNS, Pyramid
from app.views.stage import Stage
from app.views.time_ruler import clock_text, label_step
from model.config import FeatureConfig
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities
from model.transcriber import Heard
from tests.leaks import nothing_left, only_new_objects  # noqa: F401

FEATURES = FeatureConfig()


def on(pitch: int, onset_s: float, velocity: int = 127) -> NoteOn:
    return NoteOn(pitch, velocity, onset_s, onset_s + 0.06, 0.9)


def off(pitch: int, onset_s: float, offset_s: float) -> NoteOff:
    return NoteOff(pitch, 127, onset_s, offset_s, offset_s + 0.06, 0.9)


def heard(first: int, frames: int, events: list[NoteEvent], value: float = 0.0) -> Heard:
    nothing = np.zeros((frames, 88), np.float32)
    spectrum = np.full((frames, FEATURES.n_bins), value, np.float32)
    return Heard(first, spectrum, Probabilities(nothing, nothing, nothing), events)


# Axes.


@pytest.fixture
def axes() -> Axes:
    axes = Axes()
    axes.set_extent(100.0)
    axes.fit()
    return axes


@pytest.mark.parametrize("factor", [0.5, 0.1, 1.7])
def test_zoom_keeps_the_place_under_the_pointer(axes: Axes, factor: float) -> None:
    axes.zoom_time(0.2, 50.0)
    axes.zoom_pitch(0.5, 60.0)
    time_s, pitch = axes.time_at(300, 1000), axes.pitch_at(200, 700)
    axes.zoom_time(factor, time_s)
    axes.zoom_pitch(factor if factor < 1 else 1.1, pitch)
    assert axes.x(time_s, 1000) == pytest.approx(300)
    assert axes.y(pitch, 700) == pytest.approx(200)


def test_zoom_and_pan_stay_within_what_there_is(axes: Axes) -> None:
    axes.zoom_time(1e-9, 30.0)
    axes.zoom_pitch(1e-9, 60.0)
    assert axes.span_s == pytest.approx(SHORTEST_S)
    assert axes.high - axes.low == pytest.approx(NARROWEST_SEMITONES)
    axes.pan(-1e9, 1e9)
    assert axes.start_s == 0
    assert axes.high == HIGHEST
    axes.pan(1e9, -1e9)
    assert axes.end_s == pytest.approx(axes.extent_s)
    assert axes.low == LOWEST
    axes.zoom_time(1e9, 30.0)
    axes.zoom_pitch(1e9, 60.0)
    assert (axes.start_s, axes.end_s) == pytest.approx((0, axes.extent_s))
    assert (axes.low, axes.high) == (LOWEST, HIGHEST)


def test_fit_shows_all_notes_and_at_least_three_octaves(axes: Axes) -> None:
    axes.fit([60, 62])
    assert axes.high - axes.low >= 36
    assert axes.low < 60 < 62 < axes.high
    axes.fit([21, 108])
    assert (axes.low, axes.high) == (LOWEST, HIGHEST)
    axes.fit([])
    assert (axes.low, axes.high) == (LOWEST, HIGHEST)
    axes.fit([107])
    assert axes.high == HIGHEST
    assert axes.high - axes.low == pytest.approx(36, abs=6)


def test_the_view_widens_to_new_notes_unless_it_was_chosen(axes: Axes) -> None:
    axes.fit([60, 70])
    axes.include([30])
    assert axes.low < 30
    axes.fit([60, 70])
    axes.zoom_pitch(0.8, 65)
    low = axes.low
    axes.include([30])
    assert axes.low == low


# Notes by time.


def test_notes_between_two_moments_are_found_like_by_looking_at_all() -> None:
    generator = np.random.default_rng(3)
    notes = [
        Note(float(onset), float(onset + length), int(pitch))
        for onset, length, pitch in zip(
            generator.uniform(0, 60, 400), generator.exponential(1.5, 400) + 0.01,
            generator.integers(21, 109, 400), strict=True,
        )
    ]
    track = NoteTrack()
    track.replace(notes)
    for start_s in generator.uniform(-2, 62, 40):
        end_s = start_s + generator.uniform(0.001, 8)
        expected = {
            (note.onset_s, note.pitch) for note in notes
            if note.onset_s < end_s and note.offset_s > start_s
        }
        found = [(bar.onset_s, bar.pitch) for bar in track.between(start_s, end_s)]
        assert set(found) == expected
        assert found == sorted(found, key=lambda place: place[0])


def test_events_open_and_end_bars() -> None:
    track = NoteTrack()
    track.add([on(60, 1.0, 64), on(64, 1.1)])
    track.add([off(60, 1.0, 1.5), on(67, 1.6)])
    assert track.sounding(1.2) == {60: pytest.approx(64 / 127), 64: 1.0}
    assert track.sounding(1.5).keys() == {64}
    assert track.sounding(99.0).keys() == {64, 67}
    track.close(2.0)
    assert track.sounding(1.9).keys() == {64, 67}
    assert track.sounding(2.0) == {}
    assert [bar.is_open for bar in track.bars] == [False, False, False]


def test_a_pitch_struck_again_has_ended() -> None:
    track = NoteTrack()
    track.add([on(60, 1.0), on(60, 2.0)])
    assert [bar.offset_s for bar in track.bars] == [2.0, math.inf]
    # The end of a note that is not there, after the notes were replaced, is no fault.
    track.replace([Note(1.0, 2.0, 60)])
    track.add([off(60, 2.0, 3.0)])
    assert len(track) == 1


# The spectrogram's tiles.


def test_pyramid_holds_the_same_however_the_columns_come() -> None:
    generator = np.random.default_rng(1)
    columns = generator.integers(0, 256, (1700, 5), dtype=np.uint8)
    whole, ragged = Pyramid(5), Pyramid(5)
    whole.append(columns)
    first = 0
    while first < len(columns):
        size = int(generator.integers(1, 90))
        ragged.append(columns[first : first + size])
        first += size
    assert [level.columns for level in whole.levels] == [1700, 212, 26, 3]
    for left, right in zip(whole.levels, ragged.levels, strict=True):
        assert left.columns == right.columns
        for one, other in zip(left.tiles, right.tiles, strict=True):
            assert np.array_equal(one, other)
    flat = np.concatenate(whole.levels[0].tiles, axis=1)[:, :1700]
    assert np.array_equal(flat, columns.T)
    assert np.array_equal(whole.levels[1].tiles[0][:, 7], columns[56:64].max(axis=0))
    assert all(tile.flags.c_contiguous for tile in whole.levels[0].tiles)


def test_pyramid_takes_the_finest_level_that_is_cheap() -> None:
    pyramid = Pyramid(2)
    pyramid.append(np.zeros((8000, 2), np.uint8))
    levels = [pyramid.level_for(columns) for columns in (0.1, 3.0, 3.1, 24.0, 30.0, 1e9)]
    assert levels == [0, 0, 1, 1, 2, len(pyramid.levels) - 1]


# Time.


def test_pages_turn_and_glide_to_their_place() -> None:
    axes = Axes()
    axes.set_extent(100.0)
    axes.fit(most_s=10.0)
    pages = PageTurner(axes)
    pages.turn(5.0)
    assert not pages.is_gliding
    pages.turn(9.5)
    for _ in range(200):
        pages.glide()
    assert not pages.is_gliding
    assert axes.start_s == pytest.approx(9.5 - BEFORE * 10)
    # The last page stays.
    axes.show_from(1e9)
    pages.turn(axes.end_s - 0.1)
    assert not pages.is_gliding


def test_smooth_clock_moves_evenly_after_a_position_in_steps() -> None:
    now, position = 0.0, 0.0
    clock = SmoothClock(lambda: position, lambda: now)
    shown = []
    for frame in range(600):
        now = frame / 60
        position = math.floor(now / 0.05) * 0.05
        shown.append(clock())
    steps = np.diff(shown)[60:]
    assert steps.min() > 0.008
    assert steps.max() < 0.025
    assert abs(shown[-1] - position) < 0.05
    position = 3.0
    assert clock() == 3.0
    # A position that stands still is not run past.
    for _ in range(100):
        now += 1 / 60
        last = clock()
    assert 3.0 <= last < 3.05


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [(0, 0, "0:00"), (59.96, 1, "1:00.0"), (61.25, 2, "1:01.25"), (3599.6, 0, "1:00:00"),
     (-1, 1, "0:00.0")],
)
def test_clock_text(seconds: float, decimals: int, text: str) -> None:
    assert clock_text(seconds, decimals) == text


@pytest.mark.parametrize("span_s", [0.25, 1, 7, 60, 500, 11_000])
def test_time_labels_do_not_crowd(span_s: float) -> None:
    step, _ = label_step(span_s / 1200)
    assert 4 <= span_s / step <= 1200 / 84


def test_level_meter_rises_at_once_falls_slowly_and_tells_of_clipping(qtbot: QtBot) -> None:
    meter = LevelMeter(DARK)
    qtbot.addWidget(meter)
    assert decibels(1.0) == 0
    assert decibels(0.0) == LOWEST_DB
    meter.set_level(0.5, False)
    assert meter.level_db == pytest.approx(-6.02, abs=0.01)
    meter.set_level(0.0, False)
    assert -10 < meter.level_db < -6.02
    assert not meter.is_clipping
    meter.set_level(1.0, True)
    meter.set_level(0.1, False)
    assert meter.is_clipping
    meter.clear()
    assert not meter.is_clipping
    assert meter.level_db == LOWEST_DB


# The stage as a whole.


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    stage = Stage(FEATURES, DARK)
    qtbot.addWidget(stage)
    stage.resize(900, 600)
    stage.show()
    qtbot.waitExposed(stage)
    yield stage
    stage.rest()
    stage.close()


def settle(stage: Stage) -> None:
    """Draws until nothing moves any more."""
    for _ in range(300):
        stage.refresh()
    QApplication.processEvents()


def colour_at(stage: Stage, time_s: float, pitch: float) -> QColor:
    """The colour on the stage at a moment and a pitch."""
    QApplication.processEvents()
    canvas = stage.canvas
    picture = canvas.grab().toImage()
    x = round(stage.axes.x(time_s, canvas.viewport().width()))
    y = round(stage.axes.y(pitch, canvas.viewport().height()))
    ratio = picture.devicePixelRatio()
    return picture.pixelColor(round(x * ratio), round(y * ratio))


def distance(one: QColor, other: QColor) -> int:
    return max(abs(one.red() - other.red()), abs(one.green() - other.green()),
               abs(one.blue() - other.blue()))


def test_bars_stand_where_their_notes_are(stage: Stage) -> None:
    stage.begin_song(10.0)
    stage.set_notes([Note(2.0, 4.0, 60, 127), Note(5.0, 6.0, 67, 127)])
    stage.set_cursor(9.0)
    settle(stage)
    assert distance(colour_at(stage, 3.6, 60), DARK.pitch_colour(60)) < 12
    assert distance(colour_at(stage, 5.8, 67), DARK.pitch_colour(67)) < 12
    for time_s, pitch in ((1.8, 60), (4.2, 60), (3.0, 62), (5.5, 65)):
        assert distance(colour_at(stage, time_s, pitch), QColor(DARK.stage)) < 30


def test_the_spectrogram_lies_under_the_notes_at_its_time_and_pitch(stage: Stage) -> None:
    stage.begin_song(4.0)
    quiet, loud = heard(0, 100, []), heard(100, 1, [])
    loud.spectrum[:, FEATURES.bins_per_semitone * (60 - 21) + 1] = 1.0
    stage.add(quiet)
    stage.add(loud)
    stage.add(heard(101, 50, []))
    settle(stage)
    column_s = FEATURES.frame_end_s(100) - 1.5 * FEATURES.hop_length / FEATURES.sample_rate
    assert colour_at(stage, column_s, 60).lightness() > 100
    assert colour_at(stage, column_s, 62).lightness() < 25
    assert colour_at(stage, column_s - 0.1, 60).lightness() < 25
    assert colour_at(stage, column_s + 0.1, 60).lightness() < 25


def test_only_tiles_in_view_are_held_as_images(stage: Stage) -> None:
    stage.begin_song(600.0)
    stage.add(heard(0, 30_000, [], 0.5))
    stage.axes.zoom_time(10 / stage.axes.span_s, 0.0)
    settle(stage)
    shown = stage.spectrogram._shown
    assert {level for level, _ in shown} == {0}
    assert len(shown) <= math.ceil(stage.axes.span_s / 0.02 / TILE_COLUMNS) + 1
    stage.fit()
    assert {level for level, _ in stage.spectrogram._shown} != {0}
    assert len(stage.spectrogram._shown) <= 12


def test_what_sounds_at_the_cursor_is_lit_and_named(stage: Stage) -> None:
    stage.begin_song(10.0)
    stage.set_notes([Note(1.0, 3.0, 61, 127), Note(1.5, 3.0, 64, 40), Note(5.0, 6.0, 67)])
    stage.seek(2.0)
    assert stage.keyboard.lit == {61: 1.0, 64: pytest.approx(40 / 127)}
    assert stage.names.text == "C♯4  E4"
    assert stage.roll.sounding.keys() == {61, 64}
    settle(stage)
    picture = stage.keyboard.grab().toImage()
    lit = picture.pixelColor(40, round(stage.axes.y(61, stage.keyboard.height())))
    assert distance(lit, DARK.pitch_colour(61)) < 60
    stage.seek(4.0)
    assert stage.keyboard.lit == {}
    assert stage.names.text == ""
    settle(stage)
    assert not stage.keyboard.is_fading
    assert not stage.names.is_fading


def test_a_take_grows_at_the_right_edge(stage: Stage) -> None:
    now = 0.0
    stage.begin_take(lambda: now)
    now = 3.0
    stage.add(heard(0, 150, [on(60, 2.5)]))
    stage.refresh()
    assert stage.axes.end_s == 3.0
    assert stage.names.text == "C4"
    now = 4.0
    stage.add(heard(150, 50, [off(60, 2.5, 3.4), on(64, 3.5)]))
    stage.refresh()
    assert stage.axes.end_s == 4.0
    assert stage.keyboard.lit.keys() == {64}
    stage.rest()
    stage.end()
    assert [bar.offset_s for bar in stage.roll.track.bars] == [3.4, 4.0]
    settle(stage)


def test_a_stage_at_rest_stops_its_timer(stage: Stage) -> None:
    stage.begin_song(3.0)
    stage.add(heard(0, 20, []))
    settle(stage)
    assert not stage._timer.isActive()


def wheel(stage: Stage, place: QPoint, notches: int, *, control: bool = False) -> None:
    viewport = stage.canvas.viewport()
    keys = Qt.KeyboardModifier
    event = QWheelEvent(
        QPointF(place), QPointF(viewport.mapToGlobal(place)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys.ControlModifier if control else keys.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(viewport, event)


def test_wheel_zooms_at_the_pointer(stage: Stage) -> None:
    stage.begin_song(20.0)
    place = QPoint(200, 150)
    width, height = stage.canvas.viewport().width(), stage.canvas.viewport().height()
    time_s, pitch = stage.axes.time_at(200, width), stage.axes.pitch_at(150, height)
    span_s, semitones = stage.axes.span_s, stage.axes.high - stage.axes.low
    wheel(stage, place, 3)
    assert stage.axes.span_s < span_s
    assert stage.axes.time_at(200, width) == pytest.approx(time_s)
    assert stage.axes.high - stage.axes.low == semitones
    wheel(stage, place, 2, control=True)
    assert stage.axes.high - stage.axes.low < semitones
    assert stage.axes.pitch_at(150, height) == pytest.approx(pitch)


def test_click_seeks_drag_moves_double_click_fits(stage: Stage, qtbot: QtBot) -> None:
    stage.begin_song(20.0)
    stage.axes.zoom_time(0.5, 10.0)
    viewport, left = stage.canvas.viewport(), Qt.MouseButton.LeftButton
    expected_s = stage.axes.time_at(120, viewport.width())
    with qtbot.waitSignal(stage.seek_asked) as asked:
        QTest.mouseClick(viewport, left, pos=QPoint(120, 100))
    assert asked.args == [pytest.approx(expected_s)]
    start_s = stage.axes.start_s
    with qtbot.assertNotEmitted(stage.seek_asked):
        QTest.mousePress(viewport, left, pos=QPoint(300, 100))
        QTest.mouseMove(viewport, QPoint(250, 100))
        QTest.mouseMove(viewport, QPoint(200, 100))
        QTest.mouseRelease(viewport, left, pos=QPoint(200, 100))
    moved_s = 100 / viewport.width() * stage.axes.span_s
    assert stage.axes.start_s == pytest.approx(start_s + moved_s)
    QTest.mouseDClick(viewport, left, pos=QPoint(300, 100))
    assert (stage.axes.start_s, stage.axes.end_s) == pytest.approx((0, stage.axes.extent_s))


def test_moving_the_cursor_out_of_view_ends_following(stage: Stage, qtbot: QtBot) -> None:
    now = 1.0
    stage.begin_song(60.0)
    stage.run(lambda: now)
    stage.refresh()
    with qtbot.waitSignal(stage.follow_changed) as changed:
        stage.shift(1.5, 0)
    assert changed.args == [False]
    assert not stage.follows
    start_s = stage.axes.start_s
    stage.refresh()
    assert stage.axes.start_s == start_s


def test_the_cursor_stays_in_view_while_it_plays(stage: Stage) -> None:
    now = 0.0
    stage.begin_song(60.0)
    stage.axes.zoom_time(5 / stage.axes.span_s, 0.0)
    stage.run(lambda: now)
    for frame in range(60 * 60):
        now = frame / 60
        stage.refresh()
        assert stage.axes.start_s <= now <= stage.axes.end_s


def test_overview_moves_the_view(stage: Stage) -> None:
    stage.begin_song(300.0)
    overview = stage.overview
    QTest.mouseClick(overview, Qt.MouseButton.LeftButton, pos=QPoint(overview.width() // 2, 20))
    middle_s = (stage.axes.start_s + stage.axes.end_s) / 2
    assert middle_s == pytest.approx(stage.axes.extent_s / 2, rel=0.02)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colour_table_begins_as_the_stage_and_never_jumps(theme: object) -> None:
    assert theme in (DARK, LIGHT)
    table = (DARK if theme is DARK else LIGHT).spectrogram_table()
    stage_colour = QColor((DARK if theme is DARK else LIGHT).stage)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert tuple(table[0]) == (stage_colour.red(), stage_colour.green(), stage_colour.blue())
    assert np.abs(np.diff(table.astype(int), axis=0)).max() <= 12
