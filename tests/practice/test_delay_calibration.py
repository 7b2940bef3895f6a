"""The delay of a device, by claps with clicks; and where what is played lies in what is heard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.audio.devices.device_list import AudioDeviceError
from app.practice.session.delay_calibration import N_CLICKS, DelayCalibration
from app.practice.session.sound_link import SoundLink
from app.practice.session.tap_times import TapTimes
from model.config import FeatureConfig
from model.heard import Heard
from model.notes import Probabilities
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_fakes import FakeLive

FEATURES = FeatureConfig()
HOP_S = FEATURES.hop_length / FEATURES.sample_rate
INTERVAL_S, LEAD_S = 0.6, 1.2


def heard_of_taps(taps_s: list[float], first: int, last: int) -> Heard:
    """Frames of faint noise; at a tap every band rises, and fades."""
    frames = np.random.default_rng(first).random((last - first, FEATURES.n_bins), np.float32) * 0.02
    for tap_s in taps_s:
        for after in range(8):
            row = round(tap_s / HOP_S) + after - first
            if 0 <= row < len(frames):
                frames[row] += 0.5 * 0.6**after
    nothing = np.zeros((last - first, 88), np.float32)
    return Heard(first, frames, Probabilities(nothing, nothing, nothing), [])


def test_taps_are_found_to_a_hop() -> None:
    taps = [0.5, 1.1, 1.73, 2.3]
    finder, found = TapTimes(FEATURES), []
    for first in range(0, round(3 / HOP_S), 3):
        found += finder.push(heard_of_taps(taps, first, first + 3))
    assert found == pytest.approx(taps, abs=1.5 * HOP_S)


def test_what_is_heard_late_once_is_not_the_distance() -> None:
    link = SoundLink()
    assert not link.is_known
    for played_s, lag_s in ((0.0, 0.05), (0.1, 0.01), (0.2, 0.2), (0.3, 0.03)):
        link.look(7.0 + played_s - lag_s, played_s)
    assert link.heard_s(1.0) == pytest.approx(7.99)


class Sound:
    """Clicks on a clock that is told where it is."""

    def __init__(self, error: str = "") -> None:
        self.position_s: float | None = None
        self._error = error

    def begin_clicks(self, interval_s: float, count: int, lead_s: float) -> None:
        if self._error:
            raise AudioDeviceError(self._error)
        assert (interval_s, count, lead_s) == (INTERVAL_S, N_CLICKS, LEAD_S)
        self.position_s = 0.0

    def end(self) -> None:
        self.position_s = None


class Measuring:
    """A calibration with what it stands on, and what it told."""

    def __init__(self, error: str = "") -> None:
        self.live, self.sound = FakeLive(), Sound(error)
        self.calibration = DelayCalibration(
            self.live, self.live.start, self.sound, FEATURES,  # type: ignore[arg-type]
        )
        self.measured: list[float] = []
        self.failed: list[str] = []
        self.calibration.measured.connect(self.measured.append)
        self.calibration.failed.connect(self.failed.append)

    def tap(self, late_s: list[float | None]) -> None:
        """Taps so much after each click, or not; the sound begins 0.5 s before the clicks do."""
        self.calibration.start()
        taps = [
            0.5 + LEAD_S + INTERVAL_S * number + late
            for number, late in enumerate(late_s) if late is not None
        ]
        first = 0
        while self.calibration.is_on and first * HOP_S < 15:
            self.live.heard_s = (first + 2) * HOP_S
            if self.sound.position_s is not None:
                self.sound.position_s = self.live.heard_s - 0.5
            if first * HOP_S < 0.5:
                self.live.heard.emit(heard_of_taps(taps, first, first + 2))
            else:
                self.live.heard.emit(heard_of_taps(taps, first, first + 2))
                self.calibration._look()
            first += 2

    def close(self) -> None:
        self.calibration.deleteLater()
        self.live.deleteLater()


@pytest.fixture
def measuring(qtbot: QtBot) -> Iterator[Measuring]:
    made = Measuring()
    yield made
    made.close()


def test_claps_tell_how_late_a_device_is(measuring: Measuring) -> None:
    measuring.tap([0.11, 0.09, 0.10, 0.12, None, 0.10, 0.08, 0.10, 0.11, 0.10, 0.09, 0.10])
    assert measuring.failed == []
    assert measuring.measured == [pytest.approx(100, abs=16)]
    assert not measuring.calibration.is_on


def test_too_few_or_uneven_claps_tell_nothing(measuring: Measuring) -> None:
    measuring.tap([0.1, 0.1, *[None] * 10])
    measuring.live.stop()
    measuring.tap([0.0, 0.3, -0.1, 0.35, 0.1, 0.0, 0.3, -0.1, 0.35, 0.1, 0.3, 0.0])
    assert measuring.measured == []
    assert "Only 2 taps" in measuring.failed[0]
    assert "too uneven" in measuring.failed[1]


def test_without_an_output_or_an_input_it_is_told(qtbot: QtBot) -> None:
    for error, refusal in (("There is no output.", ""), ("", "There is no microphone.")):
        measuring = Measuring(error)
        measuring.live.refusal = refusal
        measuring.tap([0.1] * N_CLICKS)
        assert len(measuring.failed) == 1
        assert not measuring.calibration.is_on
        measuring.close()
