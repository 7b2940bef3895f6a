"""What the pitch bends of a MIDI file make of its notes: MPE's too."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from app.midi.pitch_bend import (
    CHANNEL_RANGE,
    MPE_RANGE,
    PARAMETER_HIGH,
    PARAMETER_LOW,
    RANGE,
    VALUE_HIGH,
    VALUE_LOW,
    ZONE,
    Zone,
    cents_of,
)

if TYPE_CHECKING:
    import mido

_N_CHANNELS = 16
_LAST = _N_CHANNELS - 1
_NO_PARAMETER = (127, 127)
# Parameters that are registered by nobody: they make what follows none of ours.
_UNREGISTERED = (98, 99)
# A note's curve has a value for so long a part of it, fewer where it is endless, and those of all
# notes together are no more than these.
_PART_S, _MOST_PARTS, _MOST_VALUES = 0.02, 3000, 2_000_000


class FileBends:
    """How far each channel is bent from when on. Messages in, in order of time; curves out."""

    def __init__(self) -> None:
        self._bend = [0] * _N_CHANNELS
        self._range = [float(CHANNEL_RANGE)] * _N_CHANNELS
        self._parameter = [_NO_PARAMETER] * _N_CHANNELS
        self._master: dict[int, int] = {}
        # By channel: since when it is bent, and by how many cents.
        self._since_s: list[list[float]] = [[] for _ in range(_N_CHANNELS)]
        self._cents: list[list[float]] = [[] for _ in range(_N_CHANNELS)]
        self._n_values = 0

    def hear(self, message: mido.Message, now_s: float) -> None:
        """Takes a message of a channel; those that bend nothing as well."""
        channel = message.channel
        if message.type == "pitchwheel":
            self._bend[channel] = message.pitch
        elif message.type != "control_change" or not self._control(message):
            return
        # A master bends all members of its zone.
        for member in range(_N_CHANNELS):
            if channel in (member, self._master.get(member)):
                self._note(member, now_s)

    def is_member(self, channel: int) -> bool:
        """Whether a channel has notes of a zone now: on that of drums they are none then."""
        return channel in self._master

    def curve(self, channel: int, onset_s: float, offset_s: float) -> tuple[float, ...]:
        """The pitch curve of a note, as `Note.cents`; none where it is never bent."""
        since_s, cents = self._since_s[channel], self._cents[channel]
        first = max(0, bisect.bisect_right(since_s, onset_s) - 1)
        last = bisect.bisect_left(since_s, offset_s)
        if not any(cents[first:last]) or offset_s <= onset_s:
            return ()
        count = min(max(1, round((offset_s - onset_s) / _PART_S)), _MOST_PARTS)
        self._n_values += count
        if self._n_values > _MOST_VALUES:
            return ()
        part_s = (offset_s - onset_s) / count
        found = []
        for part in range(count):
            index = bisect.bisect_right(since_s, onset_s + (part + 0.5) * part_s) - 1
            found.append(0.0 if index < 0 else round(cents[index], 1))
        return tuple(found)

    def _note(self, channel: int, now_s: float) -> None:
        """Remembers how far a channel is bent now."""
        cents = cents_of(self._bend[channel], self._range[channel])
        master = self._master.get(channel)
        if master is not None:
            cents += cents_of(self._bend[master], self._range[master])
        self._since_s[channel].append(now_s)
        self._cents[channel].append(cents)

    def _control(self, message: mido.Message) -> bool:
        """Takes a controller; whether it sets what bends depend on."""
        channel, control, value = message.channel, message.control, message.value
        high, low = self._parameter[channel]
        if control == PARAMETER_HIGH:
            self._parameter[channel] = value, low
        elif control == PARAMETER_LOW:
            self._parameter[channel] = high, value
        elif control in _UNREGISTERED:
            self._parameter[channel] = _NO_PARAMETER
        elif (high, low) == (0, RANGE) and control in (VALUE_HIGH, VALUE_LOW):
            semitones = int(self._range[channel])
            self._range[channel] = (
                value if control == VALUE_HIGH else semitones + value / 100
            )
            return True
        elif (high, low) == (0, ZONE) and control == VALUE_HIGH and channel in (0, _LAST):
            self._make_zone(Zone(channel, min(value, _LAST)))
            return True
        return False

    def _make_zone(self, zone: Zone) -> None:
        """A zone of no members is none any more; what another one had of these is its now."""
        self._master = {
            member: master for member, master in self._master.items()
            if master != zone.master and member not in zone.members
        }
        if zone.n_members:
            self._range[zone.master] = CHANNEL_RANGE
        for member in zone.members:
            self._master[member] = zone.master
            self._range[member] = MPE_RANGE
