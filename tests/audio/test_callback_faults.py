"""A fault in a sound callback ends the stream, and is handed on instead of printed."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from app.audio.devices import portaudio_streams
from app.audio.devices.portaudio_streams import ending_by_faults


class Stop(Exception):
    pass


class Abort(Exception):
    pass


def test_a_fault_in_a_callback_ends_the_stream_and_is_handed_on(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    module = SimpleNamespace(CallbackStop=Stop, CallbackAbort=Abort)
    monkeypatch.setattr(portaudio_streams, "portaudio", lambda: module)
    faults: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, fault, trace: faults.append(fault))
    calls: list[tuple[object, ...]] = []

    def callback(*arguments: object) -> None:
        calls.append(arguments)
        if arguments[0] is not None:
            raise arguments[0]  # type: ignore[misc]

    call = ending_by_faults(callback)
    call(None, 64)
    fault = ZeroDivisionError()
    with pytest.raises(Abort):
        call(fault, 64)
    # To end is no fault.
    with pytest.raises(Stop):
        call(Stop(), 64)
    assert calls[0] == (None, 64)
    assert faults == [fault]
