"""Streams of PortAudio, and its errors as sentences.

`sounddevice` is imported inside the functions: its import fails where PortAudio is missing, and
everything that needs no sound device must work there.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Protocol

from app.audio.devices import portaudio as device_library
from app.audio.devices.device_names import MACOS_PERMISSION
from app.audio.devices.portaudio import library

_NO_PORTAUDIO = (
    "The sound library PortAudio is missing: install it (on Debian and Ubuntu the package is "
    "libportaudio2) and start Noteglow again."
)
# paDeviceUnavailable: where a driver says no more than that, another program has the device.
_UNAVAILABLE = -9985
# Core Audio's kAudioComponentErr_NotPermitted, which PortAudio calls an unknown error.
_NOT_PERMITTED = -66748
# How long one stream waits for another one that is being opened.
_TURN_S = 5.0


class AudioDeviceError(RuntimeError):
    """A sound device is missing or cannot be used; the message is one sentence for the user."""


class DeviceBusyError(AudioDeviceError):
    """Another program has the device for itself."""


def ending_by_faults(callback: Callable[..., None]) -> Callable[..., None]:
    """A stream's callback whose faults are handed to `sys.excepthook` and end the stream.

    On its own PortAudio would print them where nobody looks.
    """

    def call(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception as fault:
            sounddevice = portaudio()
            if isinstance(fault, (sounddevice.CallbackStop, sounddevice.CallbackAbort)):
                raise
            sys.excepthook(type(fault), fault, fault.__traceback__)
            raise sounddevice.CallbackAbort from None

    return call


class OpenStream(Protocol):
    """A running stream of a sound library, as far as this program uses it."""

    @property
    def time(self) -> float:
        """Seconds on the clock of the stream's callbacks."""
        ...

    def close(self) -> None:
        """Ends it at once: no callback comes after this."""
        ...


def portaudio() -> ModuleType:
    """The `sounddevice` module.

    Raises:
        AudioDeviceError: PortAudio is not installed or cannot start.
    """
    try:
        return device_library.module()
    except OSError:
        raise AudioDeviceError(_NO_PORTAUDIO) from None


@contextmanager
def device_errors(what: str) -> Iterator[None]:
    """Makes PortAudio's errors within into sentences: `what`, a colon and the reason.

    Raises:
        DeviceBusyError: another program has the device.
        AudioDeviceError: in place of PortAudio's other errors.
    """
    sounddevice = portaudio()
    try:
        yield
    except (sounddevice.PortAudioError, ValueError) as error:
        # The arguments are a message, a code and, when the driver said more, its own code and text.
        reason = str(error.args[0] if error.args else error).rpartition(": ")[2]
        driver = error.args[2][2] if len(error.args) > 2 else ""
        if len(error.args) > 2 and error.args[2][1] == _NOT_PERMITTED:
            raise AudioDeviceError(f"{what}: {MACOS_PERMISSION}.") from None
        code = error.args[1] if len(error.args) > 1 else 0
        if code == _UNAVAILABLE or "busy" in driver.lower() or "in use" in driver.lower():
            raise DeviceBusyError(
                f"{what}: another program is using it. Close that program or choose another device."
            ) from None
        raise AudioDeviceError(f"{what}: {driver or reason}.") from None


def open_stream(what: str, make: Callable[[ModuleType], Any]) -> OpenStream:
    """Makes and starts a stream of PortAudio, which is then in use until the stream is closed.

    Args:
        what: the beginning of the sentence when it fails.
        make: gives a stream of the `sounddevice` module that it is given.

    Raises:
        AudioDeviceError: it cannot be opened or does not start.
    """
    library().hold()
    try:
        with library().opening(_TURN_S) as is_turn, device_errors(what):
            if not is_turn:
                raise AudioDeviceError(f"{what}: another device is still being opened.")
            stream = make(portaudio())
            try:
                stream.start()
            except BaseException:
                stream.close()
                raise
    except BaseException:
        library().release()
        raise
    return _Held(stream)


def close_elsewhere(stream: OpenStream) -> None:
    """Ends a stream in a thread of its own, for callers who must not wait for its driver.

    A driver that hangs holds whoever closes it for half a minute, and one that is closed from
    within its own callback for ever.
    """
    # When Python ends, PortAudio has ended before and closed all its streams.
    if not sys.is_finalizing():
        threading.Thread(target=stream.close, name="closing a sound stream", daemon=True).start()


def restart_portaudio() -> bool:
    """Lets PortAudio list the devices of this moment, unless a stream is open: then False.

    Raises:
        AudioDeviceError: PortAudio is not installed or does not start.
    """
    if "sounddevice" not in sys.modules:
        # Its import starts PortAudio.
        portaudio()
        return True
    with device_errors("The sound library PortAudio does not start"):
        return library().restart()


class _Held:
    """A stream that keeps PortAudio in use until it is closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._is_open = True

    @property
    def time(self) -> float:
        return float(self._stream.time)

    def close(self) -> None:
        with self._lock:
            was_open, self._is_open = self._is_open, False
        if was_open:
            try:
                self._stream.close()
            finally:
                library().release()
