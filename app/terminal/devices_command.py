"""`main.py devices`: what can be listened to, and where MIDI can go."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence

from app.audio.devices.device_list import AudioDeviceError, Device, default_input, refresh_inputs
from app.midi.rtmidi_client import MidiError, midi_ports

_HEADINGS = ("", "Sound input", "Host API", "Channels", "Rate", "")


def run(
    arguments: argparse.Namespace, midi_ports: Callable[[], list[str]] = midi_ports
) -> int:
    """Prints a table, or one JSON object with `--json`.

    Args:
        arguments: `json`, whether it is asked for.
        midi_ports: takes the place of the system's. Raises MidiError.

    Raises:
        AudioDeviceError: PortAudio is not installed or cannot list its devices.
    """
    inputs = refresh_inputs()
    try:
        default: Device | None = default_input()
    except AudioDeviceError:
        default = None
    try:
        ports, no_ports = midi_ports(), "No MIDI port of another program or device."
    except MidiError as error:
        ports, no_ports = [], str(error)
    if arguments.json:
        print(json.dumps({"inputs": _plain(inputs, default), "midi_ports": ports}, indent=2))
    else:
        lines = _table(inputs, default) if inputs else ["No sound input."]
        lines += ["", *(["MIDI port", *(f"  {port}" for port in ports)] if ports else [no_ports])]
        print("\n".join(lines))
    return 0


def _plain(inputs: Sequence[Device], default: Device | None) -> list[dict[str, object]]:
    """The inputs as JSON has them; name and host API are what a device is remembered by."""
    return [
        {
            "name": device.name,
            "host_api": device.host_api,
            "channels": device.channels,
            "sample_rate": device.default_sample_rate,
            "is_default": device == default,
            "is_monitor": device.is_monitor,
        }
        for device in inputs
    ]


def _table(inputs: Sequence[Device], default: Device | None) -> list[str]:
    """One line for each input below a heading; a star marks the default."""
    rows = [_HEADINGS] + [
        (
            "*" if device == default else "",
            device.name,
            device.host_api,
            str(device.channels),
            f"{device.default_sample_rate:.0f} Hz",
            "computer sound" if device.is_monitor else "",
        )
        for device in inputs
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    # Numbers stand at the right of their columns.
    return [
        "  ".join(
            cell.rjust(width) if column in (3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
