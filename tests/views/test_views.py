"""The parts of the stage, each alone: their sums, and what they draw."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK, LIGHT
from app.system.smooth_clock import SmoothClock
from app.views.panels.level_meter import LOWEST_DB, LevelMeter, decibels
from app.views.stage.roll_view_box import (
    HIGHEST,
    LOWEST,
    NARROWEST_SEMITONES,
    SHORTEST_S,
    RollViewBox,
)
from app.views.stage.scrolling.frame_timer import FrameTimer
from app.views.stage.scrolling.page_turning import BEFORE, PageTurner
from app.views.stage.time_axis_item import clock_text, label_step
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import difference

# The view.


@pytest.fixture
def box(qtbot: QtBot) -> RollViewBox:
    box = RollViewBox()
    box.resize(1000, 700)
    box.set_extent(100.0)
    box.fit()
    return box


@pytest.mark.parametrize("factor", [0.5, 0.1, 1.7])
def test_zoom_keeps_the_place_under_the_pointer(box: RollViewBox, factor: float) -> None:
    box.zoom_time(0.2, 50.0)
    box.zoom_pitch(0.5, 60.0)
    place = QPointF(300, 200)
    time_s, pitch = box.mapToView(place).toTuple()
    box.zoom_time(factor, time_s)
    box.zoom_pitch(factor if factor < 1 else 1.1, pitch)
    assert box.mapToView(place).toTuple() == pytest.approx((time_s, pitch))


def test_zoom_and_pan_stay_within_what_there_is(box: RollViewBox) -> None:
    box.zoom_time(1e-9, 30.0)
    box.zoom_pitch(1e-9, 60.0)
    assert box.span_s == pytest.approx(SHORTEST_S)
    assert box.high - box.low == pytest.approx(NARROWEST_SEMITONES)
    box.pan(-1e9, 1e9)
    assert box.start_s == 0
    assert box.high == HIGHEST
    box.pan(1e9, -1e9)
    assert box.end_s == pytest.approx(box.extent_s)
    assert box.low == LOWEST
    box.zoom_time(1e9, 30.0)
    box.zoom_pitch(1e9, 60.0)
    assert (box.start_s, box.end_s) == pytest.approx((0, box.extent_s))
    assert (box.low, box.high) == pytest.approx((LOWEST, HIGHEST))


def test_fit_shows_all_notes_and_at_least_three_octaves(box: RollViewBox) -> None:
    box.fit([60, 62])
    assert box.high - box.low >= 36
    assert box.low < 60 < 62 < box.high
    box.fit([21, 108])
    assert (box.low, box.high) == (LOWEST, HIGHEST)
    box.fit([])
    assert (box.low, box.high) == (LOWEST, HIGHEST)
    box.fit([107])
    assert box.high == HIGHEST
    assert box.high - box.low == pytest.approx(36, abs=6)


def test_the_view_widens_to_new_notes_unless_it_was_chosen(box: RollViewBox) -> None:
    box.fit([60, 70])
    box.include([30])
    assert box.low < 30
    box.fit([60, 70])
    box.zoom_pitch(0.8, 65)
    low = box.low
    box.include([30])
    assert box.low == low


def test_what_was_widened_for_notes_is_given_back_when_they_go(box: RollViewBox) -> None:
    box.fit_pitches([60, 72])
    home = box.low, box.high
    box.include_only([60, 72, 24])
    assert box.low <= 24
    box.include_only([60, 72])
    assert (box.low, box.high) == pytest.approx(home)
    # Not what somebody chose.
    box.zoom_pitch(0.5, 66)
    chosen = box.low, box.high
    box.include_only([24])
    box.settle([24])
    assert (box.low, box.high) == pytest.approx(chosen)


def test_views_stay_within_the_range_that_was_set(box: RollViewBox) -> None:
    box.set_range(60, 96)
    assert (box.low, box.high) == (59.5, 96.5)
    box.fit([20, 70])
    assert box.low == 59.5
    box.pan(0, -50)
    assert box.low == 59.5
    # Less than an octave is widened to one, also at the ends of the keyboard.
    for lowest, highest in ((60, 62), (21, 22), (108, 108)):
        box.set_range(lowest, highest)
        assert box.high - box.low == NARROWEST_SEMITONES
        assert box.low < lowest <= highest < box.high
        assert box.low >= LOWEST
        assert box.high <= HIGHEST
    box.set_range(21, 108)
    assert (box.low, box.high) == (LOWEST, HIGHEST)


# Time.


def test_pages_turn_and_glide_to_their_place(box: RollViewBox) -> None:
    box.zoom_time(10.0 / box.span_s, 0.0)
    pages = PageTurner(box)
    pages.turn(5.0)
    assert not pages.is_gliding
    pages.turn(9.5)
    for _ in range(200):
        pages.glide()
    assert not pages.is_gliding
    assert box.start_s == pytest.approx(9.5 - BEFORE * 10)
    # The last page stays.
    box.show_from(1e9)
    pages.turn(box.end_s - 0.1)
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


def test_frames_come_sixty_times_a_second_and_late_ones_are_left_out(qtbot: QtBot) -> None:
    now = 100.0
    timer = FrameTimer(now=lambda: now)
    ticks: list[float] = []
    timer.frame.connect(lambda: ticks.append(now))
    timer.start()
    for _ in range(600):
        # As the event loop does: the timer fires after whole milliseconds, and a frame takes 5 ms.
        now += timer._timer.interval() / 1000
        timer._tick()
        now += 0.005
    assert len(ticks) / (ticks[-1] - ticks[0]) == pytest.approx(60, rel=0.01)
    # After a stall it goes on from now.
    now += 2.0
    timer._tick()
    assert 0 <= timer._timer.interval() <= 17
    timer.stop()
    assert not timer.is_active


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


# Levels and colours.


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


def test_a_meter_that_was_hidden_shows_the_level_of_now(qtbot: QtBot) -> None:
    seen, hidden = LevelMeter(DARK), LevelMeter(DARK)
    for meter in (seen, hidden):
        qtbot.addWidget(meter)
        meter.resize(112, 24)
        meter.show()
    hidden.hide()
    for meter in (seen, hidden):
        for peak in (0.001, 0.5):
            meter.set_level(peak, False)
    hidden.show()
    assert difference(seen.grab().toImage(), hidden.grab().toImage()) == 0
    hidden.clear()
    assert difference(seen.grab().toImage(), hidden.grab().toImage()) > 0
    seen.clear()
    # The track is as long as the room, also when that changes.
    for meter in (seen, hidden):
        meter.resize(72 if meter is seen else 200, 24)
    hidden.resize(72, 24)
    assert difference(seen.grab().toImage(), hidden.grab().toImage()) == 0


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colour_table_begins_as_the_stage_and_never_jumps(theme: object) -> None:
    assert theme in (DARK, LIGHT)
    table = (DARK if theme is DARK else LIGHT).spectrogram_table()
    stage_colour = QColor((DARK if theme is DARK else LIGHT).stage)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert tuple(table[0]) == (stage_colour.red(), stage_colour.green(), stage_colour.blue())
    assert np.abs(np.diff(table.astype(int), axis=0)).max() <= 12
