"""The stage as a whole: what it draws, lights up and names, and how it is moved."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK
from app.views.stage.piano_roll_item import PianoRollItem
from app.views.stage.stage import Stage
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.notes import Note, NoteEvent, Probabilities
from model.transcriber import Heard
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.views.image_pixels import difference
from tests.views.shown_stage import shown_stage

FEATURES = FeatureConfig()


def heard(first: int, frames: int, events: list[NoteEvent], value: float = 0.0) -> Heard:
    nothing = np.zeros((frames, 88), np.float32)
    spectrum = np.full((frames, FEATURES.n_bins), value, np.float32)
    return Heard(first, spectrum, Probabilities(nothing, nothing, nothing), events)


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    with shown_stage(qtbot, NetworkConfig(), DecoderConfig()) as stage:
        yield stage


def settle(stage: Stage) -> None:
    """Draws until nothing moves any more."""
    for _ in range(300):
        stage.refresh()
    QApplication.processEvents()


def colour_at(stage: Stage, time_s: float, pitch: float) -> QColor:
    """The colour on the stage at a moment and a pitch."""
    QApplication.processEvents()
    picture = stage.plot.grab().toImage()
    place, ratio = at(stage, time_s, pitch), picture.devicePixelRatio()
    return picture.pixelColor(round(place.x() * ratio), round(place.y() * ratio))


def at(stage: Stage, time_s: float, pitch: float) -> QPoint:
    """Where on the plot a moment and a pitch are."""
    return stage.view_box.mapViewToScene(QPointF(time_s, pitch)).toPoint()


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
    lit = stage.plot.grab().toImage().pixelColor(16, at(stage, 0, 61).y())
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
    assert stage.view_box.end_s == 3.0
    assert stage.names.text == "C4"
    now = 4.0
    stage.add(heard(150, 50, [off(60, 2.5, 3.4), on(64, 3.5)]))
    stage.refresh()
    assert stage.view_box.end_s == 4.0
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
    viewport = stage.plot.viewport()
    keys = Qt.KeyboardModifier
    event = QWheelEvent(
        QPointF(place), QPointF(viewport.mapToGlobal(place)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys.ControlModifier if control else keys.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(viewport, event)


def test_a_recording_opens_as_fit_shows_it(stage: Stage) -> None:
    stage.begin_song(100.0)
    box = stage.view_box
    assert (box.start_s, box.end_s) == pytest.approx((0.0, 102.0))
    stage.set_notes([Note(1.0, 2.0, 40), Note(90.0, 91.0, 76)])
    stage.end()
    opened = box.start_s, box.end_s, box.low, box.high
    box.zoom_pitch(0.7, 60)
    stage.zoom_time(0.5)
    stage.fit()
    assert opened == pytest.approx((box.start_s, box.end_s, box.low, box.high))
    # Who looks at a part already is left there.
    stage.begin_song(100.0)
    box.zoom_pitch(0.5, 60)
    chosen = box.low, box.high
    stage.set_notes([Note(1.0, 2.0, 40)])
    stage.end()
    assert (box.low, box.high) == pytest.approx(chosen)


@pytest.mark.parametrize(("neighbour", "is_named"), [(61, False), (63, True), (59, False)])
def test_names_are_higher_than_their_bars_where_there_is_room(
    stage: Stage, neighbour: int, is_named: bool
) -> None:
    stage.begin_song(10.0)
    stage.view_box.zoom_pitch(1e9, 60)
    stage.set_notes([Note(1.0, 4.0, 60, 127), Note(1.2, 4.0, neighbour, 127)])
    row_px = stage.view_box.height() / (stage.view_box.high - stage.view_box.low)
    assert 4 < row_px < 9
    stage.set_cursor(9.0)
    QApplication.processEvents()
    plot = stage.plot.grab().toImage()

    def height(time_s: float) -> int:
        """Of what has the colour of the first note, in pixels."""
        middle = stage.view_box.mapViewToScene(QPointF(time_s, 60)).toPoint()
        colour = plot.pixelColor(middle)
        away = range(-9, 10)
        return sum(plot.pixelColor(middle + QPoint(0, y)) == colour for y in away)

    # Where the name stands, and behind it.
    name_s = 1.0 + 2.5 / stage.view_box.width() * stage.view_box.span_s
    assert (height(name_s) > height(3.5) + 2) == is_named


def test_wheel_zooms_at_the_pointer(stage: Stage) -> None:
    stage.begin_song(20.0)
    place, box = QPoint(284, 176), stage.view_box

    def under() -> tuple[float, float]:
        there = box.mapSceneToView(QPointF(place))
        return there.x(), there.y()

    time_s, pitch = under()
    span_s, semitones = box.span_s, box.high - box.low
    wheel(stage, place, 3)
    assert box.span_s == pytest.approx(span_s * 0.82**3)
    assert under() == pytest.approx((time_s, pitch))
    assert box.high - box.low == semitones
    wheel(stage, place, 2, control=True)
    assert box.high - box.low == pytest.approx(semitones * 0.82**2)
    assert box.span_s == pytest.approx(span_s * 0.82**3)
    assert under() == pytest.approx((time_s, pitch))
    # Also where it can go no further.
    wheel(stage, place, 60)
    assert box.span_s == pytest.approx(0.25)
    assert under() == pytest.approx((time_s, pitch))


def test_click_seeks_drag_moves_double_click_fits(stage: Stage, qtbot: QtBot) -> None:
    stage.begin_song(20.0)
    stage.view_box.zoom_time(0.5, 10.0)
    viewport, left = stage.plot.viewport(), Qt.MouseButton.LeftButton
    expected_s = stage.view_box.mapSceneToView(QPointF(120, 100)).x()
    with qtbot.waitSignal(stage.seek_asked) as asked:
        QTest.mouseClick(viewport, left, pos=QPoint(120, 100))
    assert asked.args == [pytest.approx(expected_s)]
    start_s = stage.view_box.start_s
    with qtbot.assertNotEmitted(stage.seek_asked):
        QTest.mousePress(viewport, left, pos=QPoint(300, 100))
        QTest.mouseMove(viewport, QPoint(250, 100))
        QTest.mouseMove(viewport, QPoint(200, 100))
        QTest.mouseRelease(viewport, left, pos=QPoint(200, 100))
    moved_s = 100 * stage.view_box.seconds_per_pixel
    assert stage.view_box.start_s == pytest.approx(start_s + moved_s)
    QTest.mouseDClick(viewport, left, pos=QPoint(300, 100))
    box = stage.view_box
    assert (box.start_s, box.end_s) == pytest.approx((0, box.extent_s))


def test_moving_the_cursor_out_of_view_ends_following(stage: Stage, qtbot: QtBot) -> None:
    now = 1.0
    stage.begin_song(60.0)
    stage.view_box.zoom_time(0.5, 0.0)
    stage.run(lambda: now)
    stage.refresh()
    with qtbot.waitSignal(stage.follow_changed) as changed:
        stage.shift(1.5, 0)
    assert changed.args == [False]
    assert not stage.follows
    start_s = stage.view_box.start_s
    stage.refresh()
    assert stage.view_box.start_s == start_s


def test_the_cursor_stays_in_view_while_it_plays(stage: Stage) -> None:
    now = 0.0
    stage.begin_song(60.0)
    stage.view_box.zoom_time(5 / stage.view_box.span_s, 0.0)
    stage.run(lambda: now)
    for frame in range(60 * 60):
        now = frame / 60
        stage.refresh()
        assert stage.view_box.start_s <= now <= stage.view_box.end_s


def test_notes_that_are_known_before_they_are_heard_are_bars_from_afar(stage: Stage) -> None:
    """Those of MIDI files and reopened projects."""
    stage.begin_song(600.0)
    stage.set_notes([Note(150.0, 450.0, 60, 127)])
    stage.end()
    stage.fit()
    settle(stage)
    stage.overview._notes._forget()
    picture = stage.plot.grab().toImage()
    box, ratio = stage.overview.geometry(), picture.devicePixelRatio()

    def coloured(share: float) -> bool:
        """Whether the note's colour is in a column of the overview."""
        x = round((box.left() + share * box.width()) * ratio)
        rows = range(round((box.top() + 2) * ratio), round((box.bottom() - 2) * ratio))
        return any(
            distance(picture.pixelColor(x, y), DARK.pitch_colour(60)) < 30 for y in rows
        )

    assert [coloured(share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)] == [
        False, True, True, True, False,
    ]
    # The stage itself shows bars from afar as well.
    assert distance(colour_at(stage, 300.0, 60), DARK.pitch_colour(60)) < 30


def test_overview_moves_the_view(stage: Stage) -> None:
    stage.begin_song(300.0)
    place = stage.overview.geometry().center().toPoint()
    QTest.mouseClick(stage.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    middle_s = (stage.view_box.start_s + stage.view_box.end_s) / 2
    assert middle_s == pytest.approx(stage.view_box.extent_s / 2, rel=0.02)


def test_overview_grows_with_a_long_take_as_far_as_it_is_seen(stage: Stage) -> None:
    now = 600.0
    stage.begin_take(lambda: now)
    stage.refresh()
    ranges: list[object] = []
    stage.overview.sigXRangeChanged.connect(lambda _, span: ranges.append(span))
    pixel_s = stage.view_box.extent_s / stage.overview.width()
    for _ in range(300):
        now += 1 / 60
        stage.refresh()
        end_s = stage.overview.viewRange()[0][1]
        assert end_s == pytest.approx(stage.view_box.extent_s, abs=0.51 * pixel_s)
    assert 0 < len(ranges) < 30


@pytest.mark.parametrize("factor", [1, 2])
def test_a_picture_of_the_stage_shows_it_in_more_dots(stage: Stage, factor: int) -> None:
    stage.begin_song(10.0)
    stage.set_notes([Note(2.0, 4.0, 60, 127), Note(5.0, 6.0, 67, 127)])
    stage.set_cursor(9.0)
    settle(stage)
    seen = stage.plot.grab().toImage()
    picture = stage.plot.picture(seen.width() * factor)
    assert picture.width() == seen.width() * factor
    assert picture.height() == pytest.approx(seen.height() * factor, abs=factor)
    for time_s, pitch in ((3.6, 60), (5.8, 67), (3.0, 62), (9.0, 50)):
        place = at(stage, time_s, pitch)
        there = picture.pixelColor(place.x() * factor, place.y() * factor)
        assert distance(there, seen.pixelColor(place)) < 12
    # The corner beside the time axis, and the screen as before.
    assert picture.pixelColor(5, 5).name() == DARK.panel
    assert difference(stage.plot.grab().toImage(), seen) <= 4


@pytest.mark.parametrize("span_s", [8.0, 200.0])
def test_a_view_that_was_zoomed_looks_as_it_does_when_it_rests(
    stage: Stage, span_s: float
) -> None:
    """The first picture is painted whole, later ones from tiles."""
    stage.begin_song(300.0)
    random = np.random.default_rng(0)
    stage.add(Heard(
        0, random.random((9000, FEATURES.n_bins), np.float32),
        Probabilities(*np.zeros((3, 9000, 88), np.float32)), [],
    ))
    onsets = np.sort(random.uniform(0, 290, 2900)).tolist()
    stage.set_notes([Note(s, s + 0.3, 40 + i % 40, 20 + i % 100) for i, s in enumerate(onsets)])
    settle(stage)
    stage.view_box.zoom_time(span_s / stage.view_box.span_s, 20.0)
    whole = stage.plot.grab().toImage()
    assert stage.plot.tiles.count == 0
    tiled = stage.plot.grab().toImage()
    assert stage.plot.tiles.count > 0
    assert difference(whole, tiled) <= 12


def test_a_picture_that_fails_ends_neither_the_program_nor_the_next_picture(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.begin_song(10.0)
    stage.set_notes([Note(2.0, 4.0, 60, 127)])
    settle(stage)
    before = stage.plot.grab().toImage()

    def fail(*_: object) -> None:
        raise ValueError("no paint")

    with monkeypatch.context() as context:
        context.setattr(PianoRollItem, "paint_ended", fail)
        stage.plot.tiles.forget()
        with pytest.raises(ValueError, match="no paint"):
            stage.plot.grab()
    stage.plot.tiles.forget()
    assert difference(stage.plot.grab().toImage(), before) <= 4


def test_lines_are_as_wide_on_screens_with_more_dots(stage: Stage) -> None:
    stage.begin_song(10.0)
    stage.seek(5.0)
    settle(stage)

    def width(picture: QImage, factor: int) -> int:
        place = at(stage, 5.0, 62) * factor
        row = [picture.pixelColor(place.x() + x, place.y()) for x in range(-8, 9)]
        return sum(distance(colour, QColor(DARK.cursor)) < 40 for colour in row)

    seen = stage.plot.grab().toImage()
    assert width(seen, 1) == 2
    assert width(stage.plot.picture(seen.width() * 3), 3) == 6


def test_parts_of_the_stage_have_names_for_those_who_do_not_see_it(stage: Stage) -> None:
    QApplication.processEvents()
    parts = {part.accessibleName(): part for part in stage.plot.findChildren(QWidget)}
    for name, item in (
        ("Time ruler", stage.time_axis), ("Keyboard", stage.keyboard),
        ("Notes over the spectrogram", stage.view_box), ("Overview", stage.overview),
    ):
        assert parts[name].geometry() == item.geometry().toRect()
    stage.begin_song(10.0)
    stage.set_notes([Note(1.0, 3.0, 61), Note(1.0, 3.0, 64)])
    stage.seek(2.0)
    assert parts["Keyboard"].accessibleDescription() == "Sounding: C♯4, E4"


def test_a_slow_drag_takes_what_it_holds_along(stage: Stage) -> None:
    stage.begin_song(20.0)
    stage.view_box.zoom_time(0.5, 10.0)
    viewport, box = stage.plot.viewport(), stage.view_box
    held_s = box.mapSceneToView(QPointF(400, 200)).x()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(400, 200))
    for x in range(399, 340, -1):
        QTest.mouseMove(viewport, QPoint(x, 200))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(341, 200))
    assert box.mapSceneToView(QPointF(341, 200)).x() == pytest.approx(held_s)
    # A few pixels are none: the moment stays.
    start_s, low = box.start_s, box.low
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(400, 200))
    for y in range(201, 260):
        QTest.mouseMove(viewport, QPoint(406, y))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(406, 259))
    assert box.start_s == start_s
    assert box.low > low


def test_what_scrolls_moves_by_whole_pixels_and_nothing_trembles(stage: Stage) -> None:
    stage.begin_song(30.0)
    stage.add(heard(0, 1000, [], 0.8))
    stage.set_notes([Note(12.0, 12.5, 60, 127), Note(13.0, 13.2, 67, 127)])
    stage.seek(12.8)
    stage.plot.set_span((12.21, 13.37), loops=True)
    settle(stage)
    box = stage.view_box
    box.zoom_time(5 / box.span_s, 12.7)

    def picture() -> np.ndarray:
        QApplication.processEvents()
        image = stage.plot.grab(box.geometry().toRect()).toImage()
        image = image.convertToFormat(QImage.Format.Format_RGB32)
        flat = np.frombuffer(image.constBits(), np.uint8).copy()
        return flat.reshape(image.height(), image.width(), 4)

    before = picture()
    origin = round(box.start_s / box.seconds_per_pixel)
    for step in range(1, 12):
        box.pan(0.0037 * step, 0)
        now, moved = picture(), round(box.start_s / box.seconds_per_pixel) - origin
        assert np.array_equal(now[:, : now.shape[1] - moved], before[:, moved:])
