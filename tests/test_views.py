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
from app.views import far_notes
from app.views.axes import HIGHEST, LOWEST, NARROWEST_SEMITONES, SHORTEST_S, Axes
from app.views.frame_timer import FrameTimer
from app.views.level_meter import LOWEST_DB, LevelMeter, decibels
from app.views.note_track import NoteTrack
from app.views.page_turner import BEFORE, PageTurner
from app.views.stage import Stage
from app.views.time_ruler import clock_text, label_step
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
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


def test_views_stay_within_the_range_that_was_set(axes: Axes) -> None:
    axes.set_range(60, 96)
    assert (axes.low, axes.high) == (59.5, 96.5)
    axes.fit([20, 70])
    assert axes.low == 59.5
    axes.pan(0, -50)
    assert axes.low == 59.5
    # Less than an octave is widened to one, also at the ends of the keyboard.
    for lowest, highest in ((60, 62), (21, 22), (108, 108)):
        axes.set_range(lowest, highest)
        assert axes.high - axes.low == NARROWEST_SEMITONES
        assert axes.low < lowest <= highest < axes.high
        assert axes.low >= LOWEST
        assert axes.high <= HIGHEST
    axes.set_range(21, 108)
    assert (axes.low, axes.high) == (LOWEST, HIGHEST)


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
    assert track.opened() == []


def test_a_pitch_struck_again_has_ended() -> None:
    track = NoteTrack()
    track.add([on(60, 1.0), on(60, 2.0)])
    assert [bar.offset_s for bar in track.bars] == [2.0, math.inf]
    # The end of a note that is not there, after the notes were replaced, is no fault.
    track.replace([Note(1.0, 2.0, 60)])
    track.add([off(60, 2.0, 3.0)])
    assert len(track) == 1


def test_a_long_note_does_not_make_looking_slow_or_wrong() -> None:
    track = NoteTrack()
    notes = [Note(0.0, 5000.0, 30), *(Note(i / 4, i / 4 + 0.2, 60 + i % 12) for i in range(20_000))]
    track.replace(notes)
    found = track.between(4000.0, 4001.0)
    assert found[0].pitch == 30
    assert len(found) == 5
    assert len(track.ended_between(4000.0, 4001.0).pitch) == 5


def test_adopted_notes_come_in_place_of_those_from_then_on() -> None:
    track, other = NoteTrack(), NoteTrack()
    track.add([on(60, 1.0), off(60, 1.0, 2.0), on(62, 3.0), on(64, 6.0)])
    other.add([on(70, 5.5), off(70, 5.5, 6.0), on(72, 7.0)])
    track.adopt(other, 5.0)
    assert [(bar.onset_s, bar.offset_s, bar.pitch) for bar in track.bars] == [
        (1.0, 2.0, 60), (3.0, 5.0, 62), (5.5, 6.0, 70), (7.0, math.inf, 72),
    ]
    track.add([off(72, 7.0, 8.0)])
    assert track.opened() == []


def test_many_notes_from_afar_are_where_each_of_them_is() -> None:
    generator = np.random.default_rng(2)
    onsets = np.sort(generator.uniform(-3, 110, 500))
    notes = [
        Note(onset_s, onset_s + length_s, pitch, velocity)
        for onset_s, length_s, pitch, velocity in zip(
            onsets.tolist(), generator.exponential(2, 500).tolist(),
            generator.integers(50, 70, 500).tolist(), generator.integers(1, 128, 500).tolist(),
            strict=True,
        )
    ]
    track = NoteTrack()
    track.replace(notes)
    values = far_notes.strengths(track.columns(), 100.0, 0.0, 8.0, 800, range(52, 68))
    expected: dict[tuple[int, int], list[float]] = {}
    for note in notes:
        end_s = min(note.offset_s, 100.0)
        first, last = math.floor(note.onset_s * 8), math.ceil(end_s * 8)
        for x in range(max(first, 0), min(max(last, first + 1), 800)):
            if 52 <= note.pitch < 68:
                expected.setdefault((note.pitch - 52, x), []).append(note.velocity / 127)
    assert set(zip(*np.nonzero(values), strict=True)) == expected.keys()
    for place, strengths in expected.items():
        assert values[place] == pytest.approx(np.mean(strengths))


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
    stage = Stage(FEATURES, DARK, network=NetworkConfig(), decoder=DecoderConfig())
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
    x = round(stage.axes.x(time_s, canvas.width()))
    y = round(stage.axes.y(pitch, canvas.height()))
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
    assert not stage._timer.is_active


def wheel(stage: Stage, place: QPoint, notches: int, *, control: bool = False) -> None:
    viewport = stage.canvas
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
    width, height = stage.canvas.width(), stage.canvas.height()
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
    viewport, left = stage.canvas, Qt.MouseButton.LeftButton
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
