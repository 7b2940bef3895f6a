"""The sound of a live session before the model hears it: level, gain, gate and bad samples."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.audio.devices.device_names import silence_hint
from app.live.session import LiveSession
from model.notes import Probabilities
from model.transcriber import Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.fake_input import Input
from tests.live.live_session import (  # noqa: F401
    HOP,
    RATE,
    KeepingSink,
    Log,
    busy_machine,
    device,
    live,
    send,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_the_level_is_told_while_sound_comes(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    levels: list[tuple[float, bool]] = []
    live.level.connect(lambda peak, clipped: levels.append((peak, clipped)))
    live.start()

    def silence_goes_on() -> bool:
        send(device, np.zeros(HOP, np.float32))
        return levels[-1:] == [(0.0, False)]

    for peak in (0.25, 1.0):
        levels.clear()
        sound = np.zeros(HOP, np.float32)
        sound[100] = -peak
        send(device, sound)
        qtbot.waitUntil(silence_goes_on, timeout=20_000)
        assert [level for level in levels if level[0] > 0] == [(peak, peak == 1.0)]


def test_the_level_is_told_at_most_thirty_times_a_second(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    began = time.monotonic()
    live.start()

    def hop_heard(hop: int) -> bool:
        return live.heard_s >= (hop + 1) * HOP / RATE

    for hop in range(60):
        send(device, np.full(HOP, 0.1, np.float32))
        qtbot.waitUntil(partial(hop_heard, hop), timeout=20_000)
    seconds = time.monotonic() - began
    levels = sum(name == "level" for name, _ in log.entries)
    assert 1 <= levels <= 30 * seconds + 1


def test_samples_that_are_no_numbers_do_no_lasting_harm(
    live: LiveSession, device: Input, transcriber: Transcriber
) -> None:
    log = Log(live)
    live.start()
    sound = tones(1.0, RATE)
    bad = sound.copy()
    bad[5000:5100] = np.nan
    bad[6000] = np.inf
    sound[5000:5100] = sound[6000] = 0
    send(device, bad)
    live.stop()
    joined = Probabilities.join(chunk.probabilities for chunk in log.chunks())
    expected = Probabilities.join(
        part.probabilities for part in transcriber.file([sound], RATE)
    )
    np.testing.assert_allclose(joined.onset, expected.onset, atol=1e-4)


def test_the_gate_gives_the_model_silence_but_the_meter_the_sound(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    tape = KeepingSink()
    live.record(tape)
    live.set_gain(6.0)
    live.set_gate(-30.0)
    live.start()
    send(device, np.full(RATE // 2, 0.01, np.float32))
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(0.5), timeout=10_000)
    assert not tape.samples.any()
    qtbot.waitUntil(lambda: any(name == "level" for name, _ in log.entries), timeout=10_000)
    peak = next(values[0] for name, values in log.entries if name == "level")
    assert peak == pytest.approx(0.01 * 10 ** (6 / 20))
    # At once, without a new session.
    live.set_gate(None)
    send(device, np.full(RATE // 2, 0.01, np.float32))
    live.stop()
    assert tape.samples[-1] == pytest.approx(0.01 * 10 ** (6 / 20), rel=1e-4)


def test_a_gain_does_not_hide_that_the_device_clipped(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    live.set_gain(-20.0)
    live.start()
    with qtbot.waitSignal(live.level, timeout=10_000) as level:
        send(device, np.ones(HOP, np.float32))
        qtbot.waitUntil(lambda: live.heard_s > 0, timeout=10_000)
    assert level.args == [pytest.approx(0.1), True]
    live.stop()


def test_a_session_that_only_hears_zeros_says_so_once(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start()
    with qtbot.waitSignal(live.warned, timeout=10_000):
        send(device, np.zeros(6 * RATE, np.float32), RATE)
    send(device, np.zeros(6 * RATE, np.float32), RATE)
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(12.0), timeout=10_000)
    live.stop()
    assert [values for name, values in log.entries if name == "warned"] in (
        [("Interface sends nothing but silence: it may be muted or switched off.",)],
        # As macOS would.
        [(silence_hint("darwin", "Interface", False, 5.0),)],
    )
