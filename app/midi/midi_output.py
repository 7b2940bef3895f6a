"""What is heard goes out as MIDI, live, to a port of another program or device."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.midi.pitch_bend import (
    CHANNEL_RANGE,
    MPE_RANGE,
    RANGE,
    WHOLE_ZONE,
    Bends,
    ChannelPool,
    bend_of,
    is_other_bend,
    no_parameter,
    registered,
)
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
from model.pitch import LOWEST_PITCH

__all__ = ["N_CHANNELS", "MidiError", "MidiOutput", "midi_ports"]

N_CHANNELS = 16

# Status bytes and a channel mode message of MIDI 1.0.
_NOTE_OFF, _NOTE_ON, _CONTROL_CHANGE, _PITCH_BEND = 0x80, 0x90, 0xB0, 0xE0
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
        bends: Bends = "off",
        open_client: OpenClient = RtMidiClient,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """No port is open yet.

        Args:
            channel: the MIDI channel, 1 to 16; MPE has a zone of all of them.
            bends: how notes follow the pitch that sounds; see `set_bends`.
            open_client: takes the place of the system's MIDI.
            now_s: takes the place of the clock, in seconds.
        """
        self._channel = _checked(channel)
        self._bends: Bends = bends
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
            self._port = _Port(client, name, self._channel, self._bends)
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
            self._port.set_up(channel, self._bends)

    def set_bends(self, bends: Bends) -> None:
        """How notes follow the pitch that sounds from now on; what sounds is ended.

        "off" is not at all. With "channel" the channel is bent as the note that began last is, 2
        semitones either way at most; "mpe" sends every note on a channel of its own.
        """
        self.silence()
        self._bends = bends
        if self._port is not None:
            self._port.set_up(self._channel, bends)

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
            cents = {} if self._bends == "off" else _cents_now(heard)
            for event in heard.events:
                if isinstance(event, NoteOn):
                    now = cents.get(event.pitch, 0.0)
                    self._port.begin(event.pitch, event.velocity, event.onset_s, now)
                else:
                    self._port.end(event.pitch, event.onset_s)
            self._port.bend(cents)
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


@dataclass(frozen=True)
class _Sounding:
    """A note that sounds: when it began, in seconds, and its channel, counted from 0."""

    onset_s: float
    channel: int


class _Port:
    """A client with its open port, and what sounds there.

    Attributes:
        name: the port's.
    """

    def __init__(
        self, client: MidiClient, name: str | None, channel: int, bends: Bends
    ) -> None:
        self.name = CLIENT_NAME if name is None else name
        self._client = client
        self._is_virtual = name is None
        # By pitch, the one that began last at the end.
        self._sounding: dict[int, _Sounding] = {}
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
        self.set_up(channel, bends)

    def set_up(self, channel: int, bends: Bends) -> None:
        """Sends on this channel, 1 to 16, or on a zone of all; nothing must sound."""
        self._channel, self._bends = channel - 1, bends
        self._pool = ChannelPool(WHOLE_ZONE)
        # The bend that each channel has.
        self._bent: dict[int, int] = {}
        try:
            if bends == "mpe":
                for at, control, value in WHOLE_ZONE.announced():
                    self._send(_CONTROL_CHANGE, at, control, value)
            elif bends == "channel":
                for control, value in (*registered(RANGE, CHANNEL_RANGE), *no_parameter()):
                    self._send(_CONTROL_CHANGE, self._channel, control, value)
        except MidiError:
            # It is gone already; `hear` will say so.
            return

    def look(self) -> None:
        """Raises MidiError when the port is not there any more."""
        try:
            is_there = self._is_virtual or self.name in self._client.ports()
        except MidiDriverError:
            is_there = False
        if not is_there:
            raise self._lost()

    def begin(self, pitch: int, velocity: int, onset_s: float, cents: float) -> None:
        # Synthesizers differ in what they make of a note that begins twice.
        if pitch in self._sounding:
            self._end(pitch)
        channel = self._pool.take() if self._bends == "mpe" else self._channel
        if channel is None:
            # All are taken: with the one that sounds longest.
            channel = next(iter(self._sounding.values())).channel
        self._sounding[pitch] = _Sounding(onset_s, channel)
        if self._bends != "off":
            self._bend(channel, cents)
        self._send(_NOTE_ON, channel, pitch, velocity)

    def end(self, pitch: int, onset_s: float) -> None:
        # The end of an earlier note must not end the one that sounds now.
        note = self._sounding.get(pitch)
        if note is not None and note.onset_s == onset_s:
            self._end(pitch)

    def bend(self, cents: dict[int, float]) -> None:
        """Bends what sounds as it sounds now, by pitch; a channel as its last note."""
        if self._bends == "off":
            return
        last = {note.channel: pitch for pitch, note in self._sounding.items()}
        for channel, pitch in last.items():
            if pitch in cents:
                self._bend(channel, cents[pitch])

    def silence(self) -> None:
        try:
            for pitch in list(self._sounding):
                self._end(pitch)
            # For a receiver that missed one.
            channels: tuple[int, ...] = (self._channel,)
            if self._bends == "mpe":
                channels = (WHOLE_ZONE.master, *WHOLE_ZONE.members)
            for channel in channels:
                self._send(_CONTROL_CHANGE, channel, _ALL_NOTES_OFF, 0)
            for channel in list(self._bent):
                self._bend(channel, 0.0)
        except MidiError:
            # Whoever could hear is gone with the port; `hear` will say so.
            self._sounding.clear()

    def close(self) -> None:
        self.silence()
        self._client.delete()

    def _end(self, pitch: int) -> None:
        channel = self._sounding.pop(pitch).channel
        if all(note.channel != channel for note in self._sounding.values()):
            self._pool.release(channel)
        self._send(_NOTE_OFF, channel, pitch, _RELEASE_VELOCITY)

    def _bend(self, channel: int, cents: float) -> None:
        semitones = MPE_RANGE if self._bends == "mpe" else CHANNEL_RANGE
        bend = bend_of(cents, semitones)
        if is_other_bend(bend, self._bent.get(channel, 0), semitones):
            self._bent[channel] = bend
            # Fourteen bits, the middle being no bend.
            self._send(_PITCH_BEND, channel, (bend + 8192) & 127, (bend + 8192) >> 7)

    def _send(self, status: int, channel: int, *data: int) -> None:
        try:
            self._client.send([status | channel, *data])
        except MidiDriverError:
            raise self._lost() from None

    def _lost(self) -> MidiError:
        return MidiError(f"The MIDI port {self.name} is lost: no notes are sent to it any more.")


def _checked(channel: int) -> int:
    if 1 <= channel <= N_CHANNELS:
        return channel
    raise ValueError(f"MIDI has the channels 1 to {N_CHANNELS}, not {channel}")


def _cents_now(heard: Heard) -> dict[int, float]:
    """By how many cents each pitch is off that was measured last, by MIDI pitch."""
    rows = heard.probabilities.cents
    if rows is None or not len(rows):
        return {}
    found = np.flatnonzero(np.isfinite(rows[-1]))
    return {int(index) + LOWEST_PITCH: float(rows[-1][index]) for index in found}
