"""`main.py devices`: the table and the JSON of what there is."""

from __future__ import annotations

import argparse
import json

import pytest

from app.audio.devices.device_list import AudioDeviceError, Device
from app.midi.rtmidi_client import MidiError
from app.terminal import devices_command

WEBCAM = Device("Webcam", "ALSA", 0, 1, 44_100.0)
MONITOR = Device("Monitor of Speakers", "PulseAudio", 1, 2, 48_000.0, True, "speakers.monitor")


@pytest.fixture
def inputs(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """What the machine has; the first is its default."""
    inputs = [WEBCAM, MONITOR]

    def default() -> Device:
        if not inputs:
            raise AudioDeviceError("There is none.")
        return inputs[0]

    monkeypatch.setattr(devices_command, "refresh_inputs", lambda: inputs)
    monkeypatch.setattr(devices_command, "default_input", default)
    return inputs


def test_the_table_has_a_line_for_each_input_and_port(
    inputs: list[Device], capsys: pytest.CaptureFixture[str]
) -> None:
    assert devices_command.run(argparse.Namespace(json=False), lambda: ["Synth", "Piano"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "   Sound input          Host API    Channels      Rate",
        "*  Webcam               ALSA               1  44100 Hz",
        "   Monitor of Speakers  PulseAudio         2  48000 Hz  computer sound",
        "",
        "MIDI port",
        "  Synth",
        "  Piano",
    ]


def test_a_machine_without_anything_says_so(
    inputs: list[Device], capsys: pytest.CaptureFixture[str]
) -> None:
    def no_midi() -> list[str]:
        raise MidiError("There is no MIDI on this machine.")

    inputs.clear()
    assert devices_command.run(argparse.Namespace(json=False), no_midi) == 0
    assert capsys.readouterr().out == "No sound input.\n\nThere is no MIDI on this machine.\n"
    devices_command.run(argparse.Namespace(json=False), list)
    assert "No MIDI port of another program or device." in capsys.readouterr().out
    devices_command.run(argparse.Namespace(json=True), no_midi)
    assert json.loads(capsys.readouterr().out) == {"inputs": [], "midi_ports": []}


def test_the_json_says_the_same_to_a_program(
    inputs: list[Device], capsys: pytest.CaptureFixture[str]
) -> None:
    devices_command.run(argparse.Namespace(json=True), lambda: ["Synth"])
    told = json.loads(capsys.readouterr().out)
    assert told["midi_ports"] == ["Synth"]
    assert told["inputs"] == [
        {"name": "Webcam", "host_api": "ALSA", "channels": 1, "sample_rate": 44_100.0,
         "is_default": True, "is_monitor": False},
        {"name": "Monitor of Speakers", "host_api": "PulseAudio", "channels": 2,
         "sample_rate": 48_000.0, "is_default": False, "is_monitor": True},
    ]  # fmt: skip
