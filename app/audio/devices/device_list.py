"""The sound devices of this machine, as PortAudio and the sound server list them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from app.audio.devices import pulse_sources as input_pulse
from app.audio.devices.device_names import is_monitor_name, lasting_name
from app.audio.devices.input_choice import InputChoice
from app.audio.devices.portaudio import library
from app.audio.devices.portaudio_streams import (
    AudioDeviceError,
    DeviceBusyError,
    OpenStream,
    close_elsewhere,
    device_errors,
    ending_by_faults,
    open_stream,
    portaudio,
    restart_portaudio,
)
from app.system.paths import HOME

# What belongs to a device's use is to be had from here as well.
__all__ = [
    "AudioDeviceError", "Device", "DeviceBusyError", "OpenStream", "close_elsewhere",
    "default_input", "default_output", "device_errors", "ending_by_faults", "find_input",
    "input_devices", "open_stream", "portaudio", "refresh_inputs", "restart_portaudio",
]  # fmt: skip

# What a process that lists the inputs does, and how long it may take for it.
_LISTING = (
    "import dataclasses, json; from app.audio.devices.device_list import input_devices; "
    "print(json.dumps([dataclasses.asdict(device) for device in input_devices()]))"
)
_LISTING_S = 10.0


@dataclass(frozen=True)
class Device:
    """One direction of a sound device.

    Attributes:
        name: the device's own name.
        host_api: the system's sound interface that offers it, such as "ALSA" or "Core Audio".
            Remember a device by name and host API: the index changes from start to start.
        index: PortAudio's number of the device, valid until PortAudio is started anew; -1 where it
            must be started anew to use the device.
        channels: the most channels that it has in this direction.
        default_sample_rate: the rate in Hz that it prefers.
        is_monitor: it carries what the computer itself plays.
        pulse_source: the PulseAudio server's name of it, where it was the server that told it.
    """

    name: str
    host_api: str
    index: int
    channels: int
    default_sample_rate: float
    is_monitor: bool = False
    pulse_source: str | None = None


def input_devices() -> list[Device]:
    """Every device that sound can be taken from, in the systems' order; maybe none.

    As PortAudio saw it when it was started; the sources of a PulseAudio server are always those of
    this moment.

    Raises:
        AudioDeviceError: PortAudio is not installed or cannot list its devices.
    """
    with library().in_use():
        sounddevice = portaudio()
        with device_errors("The sound devices cannot be listed"):
            rows = list(sounddevice.query_devices())
            found = [_device(sounddevice, row, "input") for row in rows]
    devices = [device for device in found if device.channels > 0]
    return _pulse_devices(devices) + devices


def refresh_inputs() -> list[Device]:
    """The inputs of this moment, also those that were plugged in since PortAudio was started.

    While a stream runs, a process of its own lists them, which takes some tenths of a second: from
    the GUI thread use `DeviceListRefresh`.

    Raises:
        AudioDeviceError: PortAudio is not installed or cannot list its devices.
    """
    if restart_portaudio():
        return input_devices()
    try:
        run = subprocess.run(
            [sys.executable, "-c", _LISTING],
            cwd=HOME, capture_output=True, check=True, timeout=_LISTING_S,
        )  # fmt: skip
        rows = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        # The list of before is better than none.
        return input_devices()
    known = {(device.name, device.host_api): device.index for device in input_devices()}
    listed = [Device(**row) for row in rows]
    return [
        dataclasses.replace(device, index=known.get((device.name, device.host_api), -1))
        for device in listed
    ]


def find_input(choice: InputChoice) -> Device:
    """The device that was chosen, in PortAudio's list as it is.

    A name alone may be a part of the device's, in small letters or large ones, if only one device
    has it.

    Raises:
        AudioDeviceError: it is not there, or a part of a name fits several devices.
    """
    if choice.name is None:
        return default_input()
    wanted = choice.name.casefold()
    among = [
        device for device in input_devices() if choice.host_api in (None, device.host_api)
    ]
    ways: list[Callable[[Device], bool]] = [
        lambda device: device.name == choice.name,
        lambda device: lasting_name(device.name) == lasting_name(choice.name or ""),
    ]
    if choice.host_api is None:
        ways.append(lambda device: wanted in device.name.casefold())
    for fits in ways:
        found = [device for device in among if fits(device)]
        # The same device is there under several host APIs: the first one's are looked at.
        names = {
            lasting_name(device.name) for device in found if device.host_api == found[0].host_api
        }
        if len(names) == 1:
            return found[0]
        if names:
            several = ", ".join(sorted(names))
            raise AudioDeviceError(f"Several sound inputs are called {choice.name}: {several}.")
    raise AudioDeviceError(f"The sound input {choice.name} is not there.")


def default_input() -> Device:
    """The device that the system listens to by default.

    Raises:
        AudioDeviceError: there is none.
    """
    return _default("input", "There is no microphone or other sound input on this machine.")


def default_output() -> Device:
    """The device that the system plays on by default.

    Raises:
        AudioDeviceError: there is none.
    """
    return _default("output", "There is no loudspeaker or other sound output on this machine.")


def _default(direction: str, absent: str) -> Device:
    with library().in_use():
        sounddevice = portaudio()
        try:
            row = sounddevice.query_devices(kind=direction)
            return _device(sounddevice, row, direction)
        except (sounddevice.PortAudioError, ValueError):
            # PortAudio says "Error querying device -1", which helps nobody.
            raise AudioDeviceError(absent) from None


def _device(sounddevice: ModuleType, row: dict[str, Any], direction: str) -> Device:
    return Device(
        name=row["name"],
        host_api=sounddevice.query_hostapis(row["hostapi"])["name"],
        index=row["index"],
        channels=row[f"max_{direction}_channels"],
        default_sample_rate=float(row["default_samplerate"]),
        is_monitor=direction == "input" and is_monitor_name(row["name"]),
    )


def _pulse_devices(devices: list[Device]) -> list[Device]:
    """The sources of a PulseAudio server that these devices lead to."""
    plugins = [device for device in devices if (device.name, device.host_api) == ("pulse", "ALSA")]
    # A PortAudio that knows PulseAudio itself lists the sources already.
    if not plugins or any(device.host_api == input_pulse.HOST_API for device in devices):
        return []
    return [
        Device(
            name=source.description,
            host_api=input_pulse.HOST_API,
            index=plugins[0].index,
            channels=source.channels,
            default_sample_rate=source.sample_rate,
            is_monitor=source.is_monitor,
            pulse_source=source.source,
        )
        for source in input_pulse.pulse_sources()
    ]
