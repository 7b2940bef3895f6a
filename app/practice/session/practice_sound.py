"""What sounds while somebody practises: a count-in, clicks, the recording, the other parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.playback.player import OpenOutput, Player
from app.audio.playback.time_stretch import Samples
from app.practice.piece import Piece, PieceNote
from app.practice.session.practice_plan import PracticePlan
from model.pitch import STANDARD_A4

# What ears may take the metronome's clicks for, and the octaves beside.
_CLICK_PITCHES = (74, 81, 86, 93, 98, 105)
_CLICK_S = 0.03
_OTHERS_VELOCITY = 70
# After the last note, so that it does not break off.
_AFTER_S = 2.0
# Where nothing is recorded.
_RATE = 44_100


@dataclass(frozen=True)
class _Sounding:
    """A note of the built-in instrument, by the time of what is played."""

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int


class PracticeSound:
    """Plays along on the default output, and knows how far it has come.

    Seconds are those of the ear, from the first moment of the count-in.
    """

    def __init__(
        self, open_output: OpenOutput | None = None, level: Callable[[], float] = lambda: 0.6
    ) -> None:
        """Args: `open_output` takes the place of PortAudio; `level` is the clicks', 0 to 1."""
        self._level = level
        self._player = Player(open_output)
        self._speed = 1.0
        self._is_on = False

    def begin(
        self, plan: PracticePlan, recording: tuple[Samples, int] | None = None,
        a4: float = STANDARD_A4,
    ) -> None:
        """Plays from the count-in on.

        Args:
            recording: the samples that the piece is of, and their rate in Hz.

        Raises:
            AudioDeviceError: there is no output device, or it cannot be opened.
        """
        count_in_s, begin_s = plan.count_in_s(), plan.begin_s
        length_s = count_in_s + plan.end_s - begin_s + _AFTER_S
        player = self._player
        player.tune(a4)
        if recording is not None and plan.recording_from_s is not None:
            samples, rate = recording
            player.load(_after_silence(
                samples, round((plan.recording_from_s + begin_s - count_in_s) * rate),
                round(count_in_s * rate), round(length_s * rate),
            ), rate)  # fmt: skip
        else:
            player.load_silence(length_s)
        first_s = begin_s - count_in_s
        last_s = begin_s if plan.how.sounding in ("recording", "nothing") else plan.end_s + 1e-3
        beats = plan.piece.clicks(first_s, last_s)
        self._click([(at_s - first_s, is_first) for at_s, is_first in beats])
        others = plan.others.notes if plan.how.sounding == "others" else ()
        player.set_notes(_others(others, first_s, begin_s))
        player.set_mix(1.0, 1.0)
        self._speed = 1 / plan.slowness
        player.set_speed(self._speed)
        player.play()
        self._is_on = True

    def begin_clicks(self, interval_s: float, count: int, lead_s: float) -> None:
        """Plays clicks alone, the first after a lead.

        Raises:
            AudioDeviceError: there is no output device, or it cannot be opened.
        """
        self._player.load_silence(lead_s + interval_s * count + _AFTER_S)
        self._player.set_notes(())
        self._click([(lead_s + number * interval_s, number % 4 == 0) for number in range(count)])
        self._player.set_mix(1.0, 1.0)
        self._speed = 1.0
        self._player.set_speed(1.0)
        self._player.play()
        self._is_on = True

    def _click(self, beats: Sequence[tuple[float, bool]]) -> None:
        self._player.clicks.level = self._level()
        self._player.clicks.set_beats([at for at, _ in beats], [first for _, first in beats])

    @property
    def position_s(self) -> float | None:
        """What is heard now; None while nothing is."""
        if not self._is_on or not self._player.is_playing:
            return None
        return self._player.position_s / self._speed

    def end(self) -> None:
        """Falls silent."""
        if self._is_on:
            self._is_on = False
            self._player.close()


def accompaniment(plan: PracticePlan) -> Piece:
    """What a microphone may hear besides the player: no note of it counts as played."""
    sounding = plan.how.sounding
    if plan.how.way != "clock" or sounding == "nothing":
        return dataclasses.replace(plan.piece, notes=())
    notes = list(plan.others.notes) if sounding in ("others", "recording") else []
    if sounding in ("metronome", "others"):
        notes += [
            PieceNote(at, at + _CLICK_S, pitch)
            for at, _ in plan.piece.clicks(plan.begin_s, plan.end_s + 1.0)
            for pitch in _CLICK_PITCHES
        ]
    return dataclasses.replace(plan.piece, notes=tuple(
        sorted(notes, key=lambda note: (note.onset_s, note.pitch))
    ))  # fmt: skip


def _others(notes: Iterable[PieceNote], first_s: float, begin_s: float) -> list[_Sounding]:
    return [
        _Sounding(
            note.onset_s - first_s, note.offset_s - first_s, note.pitch, _OTHERS_VELOCITY
        )
        for note in notes if note.onset_s >= begin_s - 1e-3
    ]


def _after_silence(samples: Samples, first: int, silent: int, length: int) -> Samples:
    """Samples from one on, the first of them silent."""
    found = np.zeros(length, samples.dtype)
    begin = max(first + silent, 0)
    part = samples[begin : max(begin, first + length)]
    place = begin - first
    found[place : place + len(part)] = part
    return found
