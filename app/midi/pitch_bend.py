"""Pitch bends in MIDI: numbers, the messages that announce them, and MPE's zones of channels.

MPE is "MIDI Polyphonic Expression" (MIDI Association, M1-100-UM): every note has a channel of its
own within a zone, so that each can be bent for itself. Channels are counted from 0 here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

Bends = Literal["off", "channel", "mpe"]
BENDS: tuple[Bends, ...] = get_args(Bends)

# How far a bend reaches either way, in semitones: what MIDI assumes, and what MPE does.
CHANNEL_RANGE, MPE_RANGE = 2, 48
# The channel of drums (General MIDI), which is a member of a zone that has all channels, but gets
# no notes: a reader that knows nothing of zones would take them for drums.
DRUMS = 9
# Registered parameters: the range of bends, fine and coarse tuning, and the message that configures
# a zone.
RANGE, FINE_TUNING, COARSE_TUNING, ZONE = 0, 1, 2, 6
# Controllers that choose a registered parameter and give it a value.
PARAMETER_HIGH, PARAMETER_LOW, VALUE_HIGH, VALUE_LOW = 101, 100, 6, 38
_NO_PARAMETER = 127
_MOST = 8192
# A bend that changes by less is not sent: it would not be heard.
_FINEST_CENTS = 1.0


def bend_of(cents: float, semitones: float) -> int:
    """A bend as mido has it, -8192 to 8191, of a channel whose bends reach so many semitones."""
    return max(-_MOST, min(round(cents / 100 / semitones * _MOST), _MOST - 1))


def cents_of(bend: int, semitones: float) -> float:
    """By how many cents a bend of -8192 to 8191 moves a note."""
    return bend / _MOST * semitones * 100


def is_other_bend(bend: int, before: int, semitones: float) -> bool:
    """Whether a bend differs so much from the one before that it is to be sent."""
    return abs(cents_of(bend - before, semitones)) >= _FINEST_CENTS


def registered(parameter: int, high: int, low: int = 0) -> Iterator[tuple[int, int]]:
    """The controllers, with their values, that set a registered parameter."""
    yield PARAMETER_HIGH, 0
    yield PARAMETER_LOW, parameter
    yield VALUE_HIGH, high
    yield VALUE_LOW, low


def no_parameter() -> Iterator[tuple[int, int]]:
    """None is chosen any more, so that nothing after this changes one by accident."""
    yield PARAMETER_HIGH, _NO_PARAMETER
    yield PARAMETER_LOW, _NO_PARAMETER


@dataclass(frozen=True)
class Zone:
    """Channels that MPE plays notes on.

    Attributes:
        master: the channel of what concerns all notes, such as a pedal: 0, or 15 of an upper zone.
        n_members: how many channels beside it have a note each, 0 to 15.
    """

    master: int = 0
    n_members: int = 15

    @property
    def members(self) -> tuple[int, ...]:
        if self.master == 0:
            return tuple(range(1, self.n_members + 1))
        return tuple(range(self.master - 1, self.master - 1 - self.n_members, -1))

    @property
    def playable(self) -> tuple[int, ...]:
        """The members that notes are played on."""
        return tuple(member for member in self.members if member != DRUMS)

    def announced(self) -> Iterator[tuple[int, int, int]]:
        """Channel, controller and value of what makes the zone, and sets how far bends reach.

        Nothing of one without members, which is a plain channel.
        """
        if not self.n_members:
            return
        for control, value in (*registered(ZONE, self.n_members), *no_parameter()):
            yield self.master, control, value
        for member in self.members:
            for control, value in (*registered(RANGE, MPE_RANGE), *no_parameter()):
                yield member, control, value


# Both hands of a piece, each in a zone of its own.
WHOLE_ZONE, HAND_ZONES = Zone(), (Zone(0, 7), Zone(15, 7))


class ChannelPool:
    """The channels of a zone that are free; one that was let go of last is taken last."""

    def __init__(self, zone: Zone) -> None:
        self._free = deque(zone.playable)

    def take(self) -> int | None:
        """A free channel; None where there is none."""
        return self._free.popleft() if self._free else None

    def release(self, channel: int) -> None:
        self._free.append(channel)
