"""The system's MIDI, through RtMidi: which ports there are, and a client that sends to one."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

CLIENT_NAME = "Noteglow"

_SEQUENCER = Path("/dev/snd/seq")
# ALSA's "client:port" numbers, or Windows' number, at the end of a name. They change from one
# start to the next.
_NUMBERS = re.compile(r" \d+(:\d+)?$")


class MidiError(RuntimeError):
    """A MIDI port is missing or cannot be used; the message is one sentence for the user."""


class MidiDriverError(Exception):
    """The system's MIDI refused something; the message is its reason, without a full stop."""


class MidiClient(Protocol):
    """A client of the system's MIDI with at most one open port.

    Every method but `delete` may raise MidiDriverError.
    """

    def ports(self) -> list[str]:
        """The names of the ports that there are now to send to."""
        ...

    def open_port(self, index: int) -> None:
        """Connects to one of `ports`."""
        ...

    def open_virtual_port(self) -> None:
        """Makes a port named Noteglow that others connect to."""
        ...

    def send(self, message: Sequence[int]) -> None:
        """Sends the bytes of one message."""
        ...

    def delete(self) -> None:
        """Removes the client and its port."""
        ...


OpenClient = Callable[[], MidiClient]


class RtMidiClient:
    """The `MidiClient` of this system."""

    def __init__(self) -> None:
        """Raises MidiDriverError where there is no MIDI."""
        if sys.platform.startswith("linux") and not os.access(_SEQUENCER, os.R_OK | os.W_OK):
            # RtMidi would find out as well, but its libraries write to the terminal then.
            state = "may not be used" if _SEQUENCER.exists() else "is missing"
            raise MidiDriverError(f"ALSA's sequencer {_SEQUENCER} {state}")
        self._library = _library()
        with self._errors():
            self._out: Any = self._library.MidiOut(client_name=CLIENT_NAME)

    def ports(self) -> list[str]:
        with self._errors():
            return list(self._out.get_ports())

    def open_port(self, index: int) -> None:
        with self._errors():
            self._out.open_port(index, CLIENT_NAME)

    def open_virtual_port(self) -> None:
        with self._errors():
            self._out.open_virtual_port(CLIENT_NAME)

    def send(self, message: Sequence[int]) -> None:
        with self._errors():
            self._out.send_message(message)

    def delete(self) -> None:
        # A virtual port goes with the client alone; closing would not remove it.
        self._out.delete()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except NotImplementedError:
            raise MidiDriverError("this system cannot make ports") from None
        except (RuntimeError, self._library.RtMidiError) as error:
            # Such as "MidiOutAlsa::openPort: ALSA error making port connection."
            raise MidiDriverError(str(error).rpartition("::")[2].rstrip(". ")) from None


def midi_ports(open_client: OpenClient = RtMidiClient) -> list[str]:
    """The ports of other programs and devices that notes can be sent to; maybe none.

    Raises:
        MidiError: there is no MIDI on this machine.
    """
    client = opened(open_client)
    try:
        return client.ports()
    except MidiDriverError as error:
        raise MidiError(f"The MIDI ports cannot be listed: {error}.") from None
    finally:
        client.delete()


def opened(open_client: OpenClient) -> MidiClient:
    """A new client.

    Raises:
        MidiError: there is no MIDI on this machine.
    """
    try:
        return open_client()
    except MidiDriverError as error:
        raise MidiError(f"There is no MIDI on this machine: {error}.") from None


def find_port(name: str, ports: Sequence[str]) -> int:
    """The index of the port that is meant: the one of this name, or with this in its name.

    Upper and lower case are the same, and so are names that differ in the numbers at their end.

    Raises:
        MidiError: none is, or several are; the sentence lists them.
    """
    wanted = name.casefold()
    names = [port.casefold() for port in ports]
    for fits in (
        [index for index, port in enumerate(names) if port == wanted],
        [index for index, port in enumerate(names) if _bare(port) == _bare(wanted)],
        [index for index, port in enumerate(names) if wanted in port],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            several = ", ".join(ports[index] for index in fits)
            raise MidiError(f"Several MIDI ports are called {name}: {several}.")
    there = f"there are {', '.join(ports)}" if ports else "there is none to send to"
    raise MidiError(f"There is no MIDI port called {name}: {there}.")


def _bare(port: str) -> str:
    return _NUMBERS.sub("", port)


def _library() -> ModuleType:
    try:
        return importlib.import_module("supriya_midi")
    except ImportError as error:
        # ModuleNotFoundError among them: all else works without it.
        raise MidiDriverError(str(error)) from None
