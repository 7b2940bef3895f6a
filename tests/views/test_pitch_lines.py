"""Pitch curves over the notes, of recordings and while a take is heard, and the needle."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK
from app.views.note_names.names_readout import NamesReadout
from app.views.stage.feed.live_curves import LiveCurves
from app.views.stage.feed.note_index import Bar
from app.views.stage.lines.pitch_line_renderer import LEAST_ROW_PX, PitchLineRenderer
from app.views.stage.stage import Stage
from app.views.stage.view_scale import ViewScale
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.notes import Note
from model.pitch_tracker import row_lag_s
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import difference, pixels
from tests.views.shown_stage import shown_stage

FEATURES = FeatureConfig()
HOP_S = FEATURES.hop_length / FEATURES.sample_rate
WIDTH, HEIGHT = 400, 240


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    with shown_stage(qtbot, NetworkConfig(), DecoderConfig()) as shown:
        yield shown


def drawn(bar: Bar, *, semitones: float = 12, measured=None) -> NDArray[np.bool_]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Which pixels of two seconds about C4 a curve's line is on."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(DARK.stage))
    scale = ViewScale(0.0, WIDTH / 2, 60 - semitones / 2, 60 + semitones / 2, WIDTH, HEIGHT)
    renderer = PitchLineRenderer(DARK)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.draw(painter, [bar], 2.0, scale, measured)
    return pixels(image).min(axis=2) > 150


def middle_of(line: NDArray[np.bool_], x: int) -> float:
    """The row of the line in a column."""
    return float(np.flatnonzero(line[:, x]).mean()) + 0.5


def test_a_row_is_a_hundred_cents_high_and_the_line_may_leave_it() -> None:
    cents = tuple(np.linspace(-100, 100, 171))
    line = drawn(Bar(0.0, 2.0, 60, 80, 1.0, cents))
    # Twenty pixels for a semitone.
    for x in (50, 100, 200, 300, 350):
        assert middle_of(line, x) == pytest.approx(120 - (x / 200 - 1) * 20, abs=1.2)
    # Beyond the next key no line goes.
    far = drawn(Bar(0.0, 2.0, 60, 80, 1.0, (500.0,) * 171))
    assert middle_of(far, 200) == pytest.approx(100, abs=1.2)


def test_what_begins_before_the_view_is_drawn_from_its_edge_on() -> None:
    cents = tuple(50 * math.sin(part / 20) for part in range(860))
    whole = Bar(-8.0, 2.0, 60, 80, 1.0, cents)
    line = drawn(whole)
    for x in (10, 150, 390):
        part = (x / 200 + 8.0) * 86 - 0.5
        assert middle_of(line, x) == pytest.approx(120 - 10 * math.sin(part / 20), abs=1.5)


def test_notes_without_a_curve_have_no_line_and_short_ones_neither() -> None:
    assert not drawn(Bar(0.0, 2.0, 60, 80, 1.0)).any()
    assert not drawn(Bar(1.0, 1.04, 60, 80, 1.0, (0.0, 0.0, 0.0))).any()


def test_lines_are_shown_and_hidden_where_rows_are_tall_enough(stage: Stage) -> None:
    stage.begin_song(3.0)
    stage.set_notes([Note(0.5, 2.5, 60, 80, cents=tuple(30 * np.sin(np.arange(172) / 3)))])
    stage.view_box.zoom_pitch(0.3, 60)
    assert stage.plot.view_box.height() / (stage.view_box.high - stage.view_box.low) > LEAST_ROW_PX
    plain = stage.plot.grab().toImage()
    stage.set_lines_visible(True)
    lined = stage.plot.grab().toImage()
    assert difference(plain, lined) > 60
    stage.view_box.fit([])
    low = stage.plot.grab().toImage()
    stage.set_lines_visible(False)
    # Alike but for how far a picture is rounded that is painted at once, and not kept.
    assert difference(low, stage.plot.grab().toImage()) <= 2


def test_a_line_that_leaves_its_row_stays_whole_when_its_note_comes_late(stage: Stage) -> None:
    """A note that ends is painted into a picture that is kept, about its row alone."""
    stage.set_lines_visible(True)
    stage.begin_song(3.0)
    stage.view_box.zoom_pitch(0.3, 60)
    cents = tuple(95 * np.sin(np.arange(172) / 8))
    stage.plot.grab()
    track = stage.roll.track
    track.replace([Note(0.5, 2.5, 60, 80, cents=cents)])
    stage.plot.tiles.forget_note(0.5, 2.5, 60)
    stage.plot.tiles.update()
    late = stage.plot.grab().toImage()
    stage.plot.redraw_notes()
    assert difference(late, stage.plot.grab().toImage()) == 0


def test_what_was_measured_live_is_found_by_its_moment() -> None:
    curves = LiveCurves(FEATURES)
    lag_s = row_lag_s(FEATURES)
    rows = np.full((7000, 88), np.nan, np.float32)
    rows[:, 39] = np.arange(7000) % 100
    rows[500:520, 39] = np.nan
    for first in range(0, 7000, 7):
        curves.push(rows[first : first + 7], 7)
        if first == 994:
            times, cents = curves.between(60, 400 * HOP_S, 600 * HOP_S)
            assert len(times) == pytest.approx(180, abs=2)
            expected = np.round((times + lag_s) / HOP_S - 1) % 100
            np.testing.assert_allclose(cents, expected)
            assert not len(curves.between(61, 0, 10)[0])
    # The newest are kept, in their places.
    times, cents = curves.between(60, 6900 * HOP_S, 1e6)
    np.testing.assert_allclose(cents, np.round((times + lag_s) / HOP_S - 1) % 100)
    assert times[-1] == pytest.approx(7000 * HOP_S - lag_s)
    # What nobody measured is a gap.
    curves.push(None, 50)
    curves.push(rows[:10], 10)
    assert curves.between(60, 0, 1e6)[0][0] == pytest.approx(7051 * HOP_S - lag_s)
    curves.clear()
    assert not len(curves.between(60, 0, 1e6)[0])


def test_a_sounding_note_has_the_line_of_what_was_measured() -> None:
    times = np.arange(0, 2, HOP_S)
    line = drawn(
        Bar(0.0, math.inf, 60, 80, 1.0),
        measured=lambda pitch, start_s, end_s: (times, np.full(len(times), 50.0 * (pitch == 60))),
    )
    assert middle_of(line, 200) == pytest.approx(110, abs=1.2)


def test_the_needle_stands_where_the_note_is(qtbot: QtBot) -> None:
    names = NamesReadout(DARK)
    qtbot.addWidget(names)
    names.resize(1200, 148)
    names.show_notes({69: 0.8})

    def places() -> list[float]:
        """Where the needle is."""
        found = []
        for cents in (-40.0, 0.0, 40.0):
            names.show_detail("440.0 Hz  +0 cents", None)
            plain = names.grab().toImage()
            names.show_detail("440.0 Hz  +0 cents", cents)
            assert names.cents == cents
            colour = QColor(DARK.good if cents == 0 else DARK.warn)
            wanted = np.array([colour.red(), colour.green(), colour.blue()])
            shown = pixels(names.grab().toImage())
            is_needle = np.abs(shown - wanted).max(axis=2) < 12
            assert not (np.abs(pixels(plain) - wanted).max(axis=2) < 12)[is_needle].any()
            found.append(float(np.flatnonzero(is_needle.any(axis=0)).mean()))
        return found

    left, middle, right = places()
    assert left < middle < right
    assert middle - left == pytest.approx(right - middle, abs=2)
    names.clear()
    assert names.cents is None
