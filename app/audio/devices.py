"""The sound devices of this machine, as PortAudio lists them.

`sounddevice` is imported inside the functions: its import fails where PortAudio is missing, and
everything that needs no sound device must work there.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

_NO_PORTAUDIO = (
    "The sound library PortAudio is missing: install it (on Debian and Ubuntu the package is "
    "libportaudio2) and start Noteglow again."
)


class AudioDeviceError(RuntimeError):
    """A sound device is missing or cannot be used; the message is one sentence for the user."""


class OpenStream(Protocol):
    """A running stream of a sound library, as far as this program uses it."""

    @property
    def time(self) -> float:
        """Seconds on the clock of the stream's callbacks."""
        ...

    def close(self) -> None:
        """Ends it at once: no callback comes after this."""
        ...


def close_elsewhere(stream: OpenStream) -> None:
    """Ends a stream in a thread of its own, for callers who must not wait for its driver.

    A driver that hangs holds whoever closes it for half a minute, and one that is closed from
    within its own callback for ever.
    """
    # When Python ends, PortAudio has ended before and closed all its streams.
    if not sys.is_finalizing():
        threading.Thread(target=stream.close, name="closing a sound stream", daemon=True).start()


@dataclass(frozen=True)
class Device:
    """One direction of a sound device.

    Attributes:
        name: the device's own name.
        host_api: the system's sound interface that offers it, such as "ALSA" or "Core Audio".
            Remember a device by name and host API: the index changes from start to start.
        index: PortAudio's number of the device, valid until the program ends.
        channels: the most channels that it has in this direction.
        default_sample_rate: the rate in Hz that it prefers.
    """

    name: str
    host_api: str
    index: int
    channels: int
    default_sample_rate: float


def portaudio() -> ModuleType:
    """The `sounddevice` module.

    Raises:
        AudioDeviceError: PortAudio is not installed or cannot start.
    """
    try:
        return importlib.import_module("sounddevice")
    except OSError:
        raise AudioDeviceError(_NO_PORTAUDIO) from None


@contextmanager
def device_errors(what: str) -> Iterator[None]:
    """Makes PortAudio's errors within into sentences: `what`, a colon and the reason.

    Raises:
        AudioDeviceError: in place of PortAudio's errors.
    """
    sounddevice = portaudio()
    try:
        yield
    except (sounddevice.PortAudioError, ValueError) as error:
        # The arguments are a message and, when the driver said more, its own code and text.
        reason = str(error.args[0] if error.args else error).rpartition(": ")[2]
        driver = error.args[2][2] if len(error.args) > 2 else ""
        raise AudioDeviceError(f"{what}: {driver or reason}.") from None


def input_devices() -> list[Device]:
    """Every device that sound can be taken from, in PortAudio's order; maybe none.

    Raises:
        AudioDeviceError: PortAudio is not installed or cannot list its devices.
    """
    sounddevice = portaudio()
    with device_errors("The sound devices cannot be listed"):
        found = [_device(sounddevice, row, "input") for row in sounddevice.query_devices()]
    return [device for device in found if device.channels > 0]


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
    )
