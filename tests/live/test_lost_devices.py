"""A live session whose device is lost, hangs, comes back or is exchanged."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.audio.capture import reconnecting_input as input_source
from app.audio.devices.device_list import Device, DeviceBusyError
from app.audio.devices.input_choice import InputChoice
from app.live.session import LiveSession
from model.notes import Probabilities
from model.transcriber import Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.fake_input import STEREO, Input, Opened
from tests.live.live_session import (  # noqa: F401
    DEVICE,
    RATE,
    Log,
    busy_machine,
    device,
    found,
    live,
    send,
    wait_until_heard,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

LOST = (
    "The sound input Interface is lost: no sound comes from it any more. "
    "It is taken up again when it comes back."
)


def test_a_lost_device_ends_its_notes_and_is_waited_for(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start()
    send(device, tones(1.0, RATE))
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    # What was heard may be told in one piece or in two.
    assert [name for name in log.names() if name != "heard"] == ["started", "lost"]
    assert ("lost", (LOST,)) in log.entries
    assert live.is_listening
    assert live.is_waiting
    # Half a second of silence, in which what sounded ends.
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(1.5), timeout=10_000)
    live.stop()
    assert log.names()[-1] == "stopped"
    assert not live.is_waiting


def test_a_lost_device_that_comes_back_is_taken_up(
    live: LiveSession, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_source, "RETRY_S", 0.01)
    log = Log(live)
    live.start()
    send(device, tones(1.0, RATE))
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(1.0), timeout=10_000)
    device.accepts = lambda rate, channels: False
    asked = len(device.asked)
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    qtbot.waitUntil(lambda: len(device.asked) > asked, timeout=10_000)
    # It comes back, and now takes another rate only.
    device.accepts = lambda rate, channels: rate == 48_000
    qtbot.waitUntil(lambda: device.is_open, timeout=10_000)
    assert device.asked[-1][0] == 48_000
    with qtbot.waitSignal(live.resumed, timeout=10_000) as resumed:
        send(device, tones(1.0, 48_000))
    assert resumed.args == ["Interface"]
    assert not live.is_waiting
    qtbot.waitUntil(lambda: live.heard_s > 2.4, timeout=10_000)
    live.stop()
    assert log.names() == ["started", "heard", "lost", "heard", "resumed", "heard", "stopped"]
    assert live.heard_s == pytest.approx(2.5, abs=0.05)
    assert live.sample_rate == RATE
    chunks = log.chunks()
    lengths = [len(chunk.probabilities) for chunk in chunks]
    assert [chunk.first_frame for chunk in chunks] == [0, *np.cumsum(lengths)[:-1]]


def test_a_driver_that_hangs_does_not_hold_the_window(
    transcriber: Transcriber, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, closed = threading.Event(), threading.Event()

    class Hanging(Input):
        def close(self) -> None:
            released.wait(20)
            closed.set()

    monkeypatch.setattr(input_source, "START_S", 0.05)
    live = LiveSession(transcriber, open_input=Hanging().open, find_input=found)
    with qtbot.waitSignal(live.lost, timeout=10_000):
        live.start()
    live.stop()
    was_closed = closed.is_set()
    assert not was_closed
    released.set()
    assert closed.wait(10)


def test_a_device_that_hangs_when_it_is_opened_again_does_not_hold_the_window(
    transcriber: Transcriber, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_source, "RETRY_S", 0.01)
    opening, released = threading.Event(), threading.Event()
    device = Input()

    def find(choice: InputChoice) -> Device:
        if choice.name is not None:
            opening.set()
            released.wait(20)
        return STEREO

    live = LiveSession(transcriber, open_input=device.open, find_input=find)
    live.start()
    device.ended()
    qtbot.waitUntil(opening.is_set, timeout=10_000)
    live.stop()
    assert not live.is_listening
    released.set()
    # What it opens too late is let go.
    qtbot.waitUntil(lambda: len(device.asked) == 2 and not device.is_open, timeout=10_000)


def test_starting_anew_when_the_device_is_lost(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.lost.connect(lambda message: live.start())
    live.start()
    with qtbot.waitSignals([live.started, live.lost], timeout=20_000):
        device.ended()
    assert live.is_listening
    assert not live.is_waiting
    live.stop()
    assert [name for name in log.names() if name != "heard"] == [
        "started", "lost", "stopped", "started", "stopped",
    ]  # fmt: skip


def test_switching_to_a_device_that_does_not_open_keeps_the_old_one(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input()
    other = replace(DEVICE, name="Other")

    def find(choice: InputChoice) -> Device:
        return other if choice.name == "Other" else DEVICE

    def open_input(asked: Device, *how: Any) -> Opened:
        if asked == other:
            raise DeviceBusyError("Other cannot be opened: another program is using it.")
        return device.open(asked, *how)

    live = LiveSession(transcriber, open_input=open_input, find_input=find)
    log = Log(live)
    live.start()
    sound = tones(2.0, RATE)
    send(device, sound[:RATE])
    live.start(InputChoice("Other"))
    assert live.is_listening
    send(device, sound[RATE:])
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(2.0), timeout=10_000)
    live.stop()
    assert [name for name in log.names() if name != "heard"] == ["started", "failed", "stopped"]
    expected = Probabilities.join(part.probabilities for part in transcriber.file([sound], RATE))
    joined = Probabilities.join(chunk.probabilities for chunk in log.chunks())
    np.testing.assert_allclose(joined.onset, expected.onset, atol=1e-4)


def test_a_device_that_opens_only_once_can_be_opened_another_way(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input()
    device.accepts = lambda rate, channels: not device.is_open
    live = LiveSession(transcriber, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    live.start(InputChoice(sample_rate=48_000))
    assert live.sample_rate == 48_000
    live.stop()
    assert "failed" not in log.names()
    assert "lost" not in log.names()


def test_an_old_device_that_does_not_open_again_either_is_waited_for(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input()
    live = LiveSession(transcriber, open_input=device.open, find_input=found)
    live.start()
    device.accepts = lambda rate, channels: False
    with qtbot.waitSignals([live.failed, live.lost], timeout=10_000, order="strict"):
        live.start(InputChoice(sample_rate=48_000))
    assert live.is_waiting
    live.stop()


def test_a_stop_is_not_taken_for_a_loss(live: LiveSession, device: Input, qtbot: QtBot) -> None:
    """The driver tells that its stream ended in either case."""
    log = Log(live)
    for _ in range(5):
        live.start()
        send(device, tones(0.1, RATE))
        wait_until_heard(live, 0.1)
        live.stop()
    assert "failed" not in log.names()
