"""Takes that are recorded from a live session."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.audio.capture import reconnecting_input as input_source
from app.live.session import LiveSession
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.fake_input import Input
from tests.live.live_session import (  # noqa: F401
    RATE,
    KeepingSink,
    Log,
    busy_machine,
    device,
    live,
    notes,
    send,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_a_take_holds_what_was_heard_and_its_notes_are_those_of_its_sound(
    live: LiveSession, device: Input, transcriber: Transcriber, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start()
    live.set_gain(-3.0)
    sound = tones(3.0, RATE)
    send(device, sound[:10_000])
    qtbot.waitUntil(lambda: live.heard_s >= 10_000 / RATE, timeout=20_000)
    tape = KeepingSink()
    live.record(tape)
    recording = [live.is_recording]
    with qtbot.waitSignal(live.take_begun, timeout=20_000):
        send(device, sound[10_000:10_100])
    send(device, sound[10_100:50_000])
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(40_000 / RATE), timeout=20_000)
    with qtbot.waitSignal(live.take_ended, timeout=20_000):
        live.record(None)
    recording.append(live.is_recording)
    send(device, sound[50_000:])
    live.stop()

    assert recording == [True, False]
    assert tape.rates == [RATE]
    assert tape.is_finished
    assert len(tape.threads) == 1
    assert threading.main_thread() not in tape.threads
    samples = tape.samples
    steps = samples.astype(np.float64) * 2**23
    np.testing.assert_array_equal(steps, np.rint(steps))
    np.testing.assert_allclose(samples, sound[10_000:50_000] * 10 ** (-3 / 20), atol=2**-23)
    expected = notes(list(transcriber.file([samples], RATE)))
    assert len(expected) > 10
    assert notes(tape.heard) == expected
    # What is shown is what is recorded, and counts from the beginning of the take.
    names = [name for name, _ in log.entries]
    begun, ended = names.index("take_begun"), names.index("take_ended")
    shown = [values[0] for name, values in log.entries[begun:ended] if name == "heard"]
    assert notes([chunk for chunk in shown if isinstance(chunk, Heard)]) == expected
    for first in (begun, ended):
        chunk = next(values[0] for name, values in log.entries[first:] if name == "heard")
        assert isinstance(chunk, Heard)
        assert chunk.first_frame == 0


def test_a_take_may_begin_with_the_session_and_ends_with_it(
    live: LiveSession, device: Input, transcriber: Transcriber
) -> None:
    log = Log(live)
    tape = KeepingSink()
    live.record(tape)
    live.start()
    sound = tones(1.0, RATE)
    send(device, sound)
    live.stop()
    assert tape.is_finished
    assert not live.is_recording
    np.testing.assert_allclose(tape.samples, sound, atol=2**-23)
    assert notes(tape.heard) == notes(list(transcriber.file([tape.samples], RATE)))
    assert log.names() == ["started", "take_begun", "heard", "take_ended", "stopped"]
    # The next session is not recorded.
    live.start()
    send(device, sound[:100])
    live.stop()
    assert len(tape.rates) == 1


def test_a_take_goes_on_when_the_device_comes_back(
    live: LiveSession, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_source, "RETRY_S", 0.01)
    tape = KeepingSink()
    live.record(tape)
    live.start()
    send(device, tones(0.5, RATE))
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    qtbot.waitUntil(lambda: len(device.asked) == 2 and device.is_open, timeout=10_000)
    with qtbot.waitSignal(live.resumed, timeout=10_000):
        send(device, tones(0.5, RATE))
    live.stop()
    assert len(tape.rates) == 1
    # With the silence in which the notes ended.
    assert len(tape.samples) == pytest.approx(1.5 * RATE, abs=2)


def test_a_take_can_be_ended_while_the_device_is_lost(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    tape = KeepingSink()
    live.record(tape)
    live.start()
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    with qtbot.waitSignal(live.take_ended, timeout=10_000):
        live.record(None)
    assert tape.is_finished
    live.stop()


def test_a_session_is_spooled_from_its_beginning_without_being_asked_for(
    live: LiveSession, device: Input, transcriber: Transcriber
) -> None:
    log, spools = Log(live), [KeepingSink(), KeepingSink()]
    made = iter(spools)
    live.spool_into(lambda: next(made))
    sound = tones(1.0, RATE)
    for spool in spools:
        live.start()
        assert live.spool is spool
        assert not live.is_recording
        send(device, sound)
        live.stop()
        assert live.spool is None
        assert spool.is_finished
        np.testing.assert_allclose(spool.samples, sound, atol=2**-23)
        assert notes(spool.heard) == notes(list(transcriber.file([spool.samples], RATE)))
    # Nobody is told of a take.
    assert log.names() == ["started", "heard", "stopped"] * 2


def test_a_session_that_is_recorded_goes_on_from_its_beginning(
    live: LiveSession, device: Input, transcriber: Transcriber, qtbot: QtBot
) -> None:
    log, spool = Log(live), KeepingSink()
    live.spool_into(lambda: spool)
    live.start()
    sound = tones(2.0, RATE)
    send(device, sound[:20_000])
    qtbot.waitUntil(lambda: live.heard_s >= 20_000 / RATE, timeout=20_000)
    with qtbot.waitSignal(live.session_recorded, timeout=1000):
        live.record(live.spool)
    assert live.is_recording
    send(device, sound[20_000:])
    live.stop()
    assert not live.is_recording
    np.testing.assert_allclose(spool.samples, sound, atol=2**-23)
    assert notes(spool.heard) == notes(list(transcriber.file([spool.samples], RATE)))
    assert log.names() == ["started", "heard", "take_ended", "stopped"]


def test_a_take_of_its_own_ends_the_spool(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    log, spool, tape = Log(live), KeepingSink(), KeepingSink()
    live.spool_into(lambda: spool)
    live.start()
    send(device, tones(0.5, RATE))
    qtbot.waitUntil(lambda: live.heard_s >= 0.5, timeout=20_000)
    with qtbot.waitSignal(live.take_begun, timeout=20_000):
        live.record(tape)
    assert spool.is_finished
    assert live.spool is None
    send(device, tones(0.5, RATE))
    live.stop()
    assert len(tape.samples) == round(0.5 * RATE)
    assert log.names().count("take_ended") == 1
    # One that begins with the session needs no spool beside it.
    live.spool_into(lambda: pytest.fail("it was asked for"))
    live.record(KeepingSink())
    live.start()
    live.stop()


def test_a_fault_of_the_program_still_ends_the_take(
    live: LiveSession, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(KeepingSink):
        def hear(self, heard: Heard) -> None:
            raise ZeroDivisionError

    tape = Broken()
    live.record(tape)
    log = Log(live)
    with (
        qtbot.captureExceptions(),
        qtbot.waitSignal(live.stopped, timeout=10_000),
    ):
        live.start()
        send(device, tones(0.5, RATE))
    assert tape.is_finished
    assert "fault of the program" in str(
        next(values[0] for name, values in log.entries if name == "failed")
    )
