"""What is heard goes out as MIDI, live, to a port of another program or device."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable

from app.midi.rtmidi_client import (
    CLIENT_NAME,
    MidiClient,
    MidiDriverError,
    MidiError,
    OpenClient,
    RtMidiClient,
    find_port,
    midi_ports,
    opened,
)
from model.heard import Heard
from model.notes import NoteOn

__all__ = ["N_CHANNELS", "MidiError", "MidiOutput", "midi_ports"]

N_CHANNELS = 16

# Status bytes and a channel mode message of MIDI 1.0.
_NOTE_OFF, _NOTE_ON, _CONTROL_CHANGE = 0x80, 0x90, 0xB0
_ALL_NOTES_OFF = 123
# The velocity of ends that MIDI 1.0 asks for where none is measured.
_RELEASE_VELOCITY = 64
# How often it is looked whether the port is still there: no system tells when it goes.
_LOOK_S = 1.0


class MidiOutput:
    """Sends notes as they begin and end. For one thread.

    Every note that was begun is ended: when it ends, by `silence` and `close`, when this object is
    let go, and when the program ends, with an uncaught exception too.
    """

    def __init__(
        self,
        *,
        channel: int = 1,
        open_client: OpenClient = RtMidiClient,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """No port is open yet.

        Args:
            channel: the MIDI channel, 1 to 16.
            open_client: takes the place of the system's MIDI.
            now_s: takes the place of the clock, in seconds.
        """
        self._channel = _checked(channel)
        self._open_client = open_client
        self._now_s = now_s
        self._port: _Port | None = None
        self._close_port: weakref.finalize[..., MidiOutput] | None = None
        self._look_at_s = 0.0

    @property
    def port_name(self) -> str | None:
        """The open port's name, "Noteglow" for a virtual one; None when none is open."""
        return self._port.name if self._port else None

    def open(self, name: str | None) -> None:
        """Opens a port in place of the one that is open.

        Args:
            name: of a port, whole or a part that only one has; None makes a port "Noteglow" that
                other programs connect to, where the system can.

        Raises:
            MidiError: there is no such port, or it cannot be opened; then none is open.
        """
        self.close()
        client = opened(self._open_client)
        try:
            self._port = _Port(client, name, self._channel)
        except MidiError:
            client.delete()
            raise
        self._look_at_s = self._now_s() + _LOOK_S
        self._close_port = weakref.finalize(self, self._port.close)

    def set_channel(self, channel: int) -> None:
        """Sends on this channel, 1 to 16, from now on; what sounds is ended on the old one."""
        self.silence()
        self._channel = _checked(channel)
        if self._port is not None:
            self._port.channel = channel

    def hear(self, heard: Heard) -> None:
        """Sends the notes that began and ended; does nothing while no port is open.

        Raises:
            MidiError: the port has vanished; it is closed now.
        """
        if self._port is None:
            return
        try:
            if self._now_s() >= self._look_at_s:
                self._look_at_s = self._now_s() + _LOOK_S
                self._port.look()
            for event in heard.events:
                if isinstance(event, NoteOn):
                    self._port.begin(event.pitch, event.velocity, event.onset_s)
                else:
                    self._port.end(event.pitch, event.onset_s)
        except MidiError:
            self.close()
            raise

    def silence(self) -> None:
        """Ends all that sounds. Call it when no sound comes any more, or another sound does."""
        if self._port is not None:
            self._port.silence()

    def close(self) -> None:
        """Ends all that sounds and closes the port; does nothing when none is open."""
        if self._close_port is not None:
            self._close_port()
        self._port = self._close_port = None


class _Port:
    """A client with its open port, and what sounds there.

    Attributes:
        name: the port's.
        channel: 1 to 16.
    """

    def __init__(self, client: MidiClient, name: str | None, channel: int) -> None:
        self.name = CLIENT_NAME if name is None else name
        self.channel = channel
        self._client = client
        self._is_virtual = name is None
        # The onset of the note that sounds at each pitch, in seconds.
        self._sounding: dict[int, float] = {}
        try:
            if name is None:
                client.open_virtual_port()
            else:
                ports = client.ports()
                index = find_port(name, ports)
                self.name = ports[index]
                client.open_port(index)
        except MidiDriverError as error:
            raise MidiError(f"The MIDI port {self.name} cannot be opened: {error}.") from None

    def look(self) -> None:
        """Raises MidiError when the port is not there any more."""
        try:
            is_there = self._is_virtual or self.name in self._client.ports()
        except MidiDriverError:
            is_there = False
        if not is_there:
            raise self._lost()

    def begin(self, pitch: int, velocity: int, onset_s: float) -> None:
        # Synthesizers differ in what they make of a note that begins twice.
        if pitch in self._sounding:
            self._send(_NOTE_OFF, pitch, _RELEASE_VELOCITY)
        self._sounding[pitch] = onset_s
        self._send(_NOTE_ON, pitch, velocity)

    def end(self, pitch: int, onset_s: float) -> None:
        # The end of an earlier note must not end the one that sounds now.
        if self._sounding.get(pitch) == onset_s:
            del self._sounding[pitch]
            self._send(_NOTE_OFF, pitch, _RELEASE_VELOCITY)

    def silence(self) -> None:
        sounding, self._sounding = self._sounding, {}
        try:
            for pitch in sounding:
                self._send(_NOTE_OFF, pitch, _RELEASE_VELOCITY)
            # For a receiver that missed one.
            self._send(_CONTROL_CHANGE, _ALL_NOTES_OFF, 0)
        except MidiError:
            # Whoever could hear is gone with the port; `hear` will say so.
            return

    def close(self) -> None:
        self.silence()
        self._client.delete()

    def _send(self, status: int, *data: int) -> None:
        try:
            self._client.send([status | (self.channel - 1), *data])
        except MidiDriverError:
            raise self._lost() from None

    def _lost(self) -> MidiError:
        return MidiError(f"The MIDI port {self.name} is lost: no notes are sent to it any more.")


def _checked(channel: int) -> int:
    if 1 <= channel <= N_CHANNELS:
        return channel
    raise ValueError(f"MIDI has the channels 1 to {N_CHANNELS}, not {channel}")
