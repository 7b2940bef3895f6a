"""The list of sound inputs that the window offers."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from app.audio.devices import device_list_refresh as input_list_module
from app.audio.devices.device_list import AudioDeviceError, Device
from app.audio.devices.device_list_refresh import DeviceListRefresh
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.fake_input import STEREO


def test_listing_the_inputs_does_not_hold_the_window(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    threads: list[threading.Thread] = []

    def refresh() -> list[Device]:
        threads.append(threading.current_thread())
        return [STEREO]

    monkeypatch.setattr(input_list_module, "refresh_inputs", refresh)
    inputs = DeviceListRefresh()
    with qtbot.waitSignal(inputs.listed, timeout=10_000) as listed:
        inputs.refresh()
        # One that runs serves both.
        inputs.refresh()
    assert listed.args == [[STEREO]]
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()

    def fail() -> list[Device]:
        raise AudioDeviceError("PortAudio is missing.")

    monkeypatch.setattr(input_list_module, "refresh_inputs", fail)
    with qtbot.waitSignal(inputs.failed, timeout=10_000) as failed:
        inputs.refresh()
    assert failed.args == ["PortAudio is missing."]
