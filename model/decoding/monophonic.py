"""One note at a time: what singers, winds and solo strings play, found as the best path.

A Viterbi search over the pitches and silence, decided a few frames later (fixed-lag decoding): a
path earns what the frames say of its pitch, and pays for every new note what its onset does not
earn.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.config import DecoderConfig
from model.decoding.confidence import Calibration
from model.decoding.frame_times import FrameTimes
from model.decoding.pitch_curves import PitchCurves
from model.decoding.velocity import BLOW_FRAMES, midi_velocity
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities

# What frame and onset probabilities count, each as a logit above its threshold; and what a note
# costs, and one more where a voice may only have wavered: the best of a few, on singers in training
# recordings (note F1).
_FRAME_WEIGHT, _ONSET_WEIGHT = 0.5, 0.7
_NOTE_COST, _NEIGHBOUR_COST = 1.23, 2.0
# Probabilities count as no further from 0 and 1.
_SUREST = 1e-3
# Less than so much counts as so much, and no note begins there. Paths so far behind never win.
_FAINTEST, _BEHIND = 0.05, 10.0
# A note's onset lies so near to where the path comes to it.
_ONSET_REACH = 3
_FAINT_ONSET = 0.3
# A path may have come to its pitch some time before it is the best: so many frames count, and so
# many are kept besides those that are not decided.
_MOST_BACK, _RECENT = 12, 24
_SILENCE = -1
# Paths as good as each other but for the last digits, which depend on the length of the blocks.
_TIE = 1e-3


class _Stretch:
    """A pitch, or silence, on a path: from a frame on, after another stretch."""

    __slots__ = ("before", "pitch", "since")

    def __init__(self, pitch: int, since: int, before: _Stretch | None) -> None:
        self.pitch, self.since, self.before = pitch, since, before


@dataclass
class _Sounding:
    """The note that sounds: the frame on which it began, what was said, and what it will be."""

    frame: int
    note: NoteOn
    velocity: int
    is_ready: bool = False


class MonophonicDecoder:
    """Probabilities in, events of one voice out, in blocks of any length with the same result."""

    def __init__(
        self,
        config: DecoderConfig,
        times: FrameTimes,
        curves: PitchCurves,
        lowest_pitch: int,
        n_pitches: int,
        lag_frames: int,
        first_frame: int,
    ) -> None:
        """Args: what sounds on a frame is decided `lag_frames` later."""
        self._config, self._times, self._curves = config, times, curves
        self._lowest = lowest_pitch
        self._lag = lag_frames
        self._confidence = Calibration(config.reliability).confidence
        self._frame_level = _logit(config.frame_threshold)
        self._onset_level = _logit(config.onset_threshold)
        self._frames = first_frame
        # The best path to every pitch, or silence, on the last frame: what it earned, its end.
        silence = _Stretch(_SILENCE, first_frame, None)
        self._paths: dict[int, tuple[float, _Stretch]] = {_SILENCE: (0.0, silence)}
        self._leader = _SILENCE
        self._sounding: _Sounding | None = None
        self._ended_s = 0.0
        # The last frames: those that are not decided, and those around an onset on them.
        nothing = np.zeros((0, n_pitches), np.float32)
        self._recent = Probabilities(nothing, nothing, nothing)

    def push(self, frames: Probabilities, first: int, heard_s: float) -> list[NoteEvent]:
        """The events that further frames decide, which are these and those after them."""
        self._frames = first + len(frames)
        kept = self._recent.part(max(0, len(self._recent) - self._lag - _RECENT))
        self._recent = Probabilities.join([kept, frames])
        rows, pitches = np.nonzero(frames.frame >= _FAINTEST)
        earned = _FRAME_WEIGHT * (_logits(frames.frame[rows, pitches]) - self._frame_level)
        entered = _ONSET_WEIGHT * (_logits(frames.onset[rows, pitches]) - self._onset_level)
        candidates = list(
            zip(pitches.tolist(), earned.tolist(), (entered - _NOTE_COST).tolist(), strict=True)
        )
        ends = np.searchsorted(rows, np.arange(1, len(frames) + 1)).tolist()
        events: list[NoteEvent] = []
        for row, (begin, end) in enumerate(itertools.pairwise([0, *ends])):
            self._go_on(first + row, candidates[begin:end])
            self._decide(first + row - self._lag, self._best(), first + row, heard_s, events)
        return events

    def flush(self, heard_s: float) -> list[NoteEvent]:
        """Decides on the last frames, and ends the note that sounds, at the end of the sound."""
        events: list[NoteEvent] = []
        best, last = self._best(), self._frames - 1
        for frame in range(self._frames - self._lag, self._frames):
            self._decide(frame, best, last, heard_s, events)
        if self._sounding is not None:
            self._end(heard_s, last, heard_s, events)
        return events

    def _go_on(self, frame: int, candidates: Sequence[tuple[int, float, float]]) -> None:
        """One frame more on every path.

        Args: `candidates` are pitches, what they earn, and what it earns to begin them.
        """
        paths = self._paths
        stretch = self._best()
        before, best = stretch.pitch, paths[stretch.pitch][0]
        # Those that are not among the candidates.
        faint = _FRAME_WEIGHT * (_logit(_FAINTEST) - self._frame_level)
        further = {pitch: (earned + faint, at) for pitch, (earned, at) in paths.items()}
        further[_SILENCE] = paths.get(_SILENCE, (-math.inf, stretch))
        if best > further[_SILENCE][0]:
            further[_SILENCE] = best, _Stretch(_SILENCE, frame, stretch)
        for pitch, earns, entering in candidates:
            earned, at = paths.get(pitch, (-math.inf, stretch))
            entered = best + entering
            if before != _SILENCE and abs(pitch - before) == 1:
                entered -= _NEIGHBOUR_COST
            if pitch != before and entered > earned + _TIE:
                earned, at = entered, _Stretch(pitch, frame, stretch)
            further[pitch] = earned + earns, at
        leader = max(further, key=lambda pitch: further[pitch][0])
        best = further[leader][0]
        if further.get(self._leader, (-math.inf,))[0] < best - _TIE:
            self._leader = leader
        self._paths = {
            pitch: (earned - best, at)
            for pitch, (earned, at) in further.items() if earned >= best - _BEHIND
        }  # fmt: skip

    def _best(self) -> _Stretch:
        """Where the best path is by now."""
        return self._paths[self._leader][1]

    def _decide(
        self, frame: int, path: _Stretch, known: int, heard_s: float, events: list[NoteEvent]
    ) -> None:
        """What sounds on a frame, by the path that is the best on the last known one."""
        while path.since > frame and path.before is not None:
            path = path.before
        # Nobody asks any more what was before.
        path.before = None
        sounding = self._sounding
        pitch = _SILENCE if sounding is None else sounding.note.pitch - self._lowest
        if path.pitch == pitch:
            if sounding is not None and self._is_struck_again(sounding, frame):
                self._begin(pitch, frame, known, heard_s, events)
            return
        if path.pitch == _SILENCE:
            shortest_s = self._config.min_note_ms / 1000
            assert sounding is not None
            end_s = max(self._times.frame_s(frame), sounding.note.onset_s + shortest_s)
            self._end(end_s, known, heard_s, events)
        else:
            # The path may have come to it on a frame that was decided otherwise.
            since = max(path.since, frame - _MOST_BACK)
            self._begin(path.pitch, since, known, heard_s, events)

    def _is_struck_again(self, sounding: _Sounding, frame: int) -> bool:
        onset = self._value(self._recent.onset, frame, sounding.note.pitch - self._lowest)
        sounding.is_ready |= onset < self._config.onset_threshold / 2
        is_late_enough = frame - sounding.frame >= _ONSET_REACH
        return sounding.is_ready and is_late_enough and onset >= self._config.onset_threshold

    def _begin(
        self, pitch: int, frame: int, known: int, heard_s: float, events: list[NoteEvent]
    ) -> None:
        """A note begins with this frame; the one that sounds ends there."""
        config, onsets = self._config, self._recent.onset
        around = range(frame - _ONSET_REACH, min(frame + _ONSET_REACH, known + 1))
        # Where it first rises to the threshold, as everywhere: times were measured so.
        sure = (i for i in around if self._value(onsets, i, pitch) >= config.onset_threshold)
        risen = next(sure, max(around, key=lambda index: self._value(onsets, index, pitch)))
        onset = self._value(onsets, risen, pitch)
        if onset >= _FAINT_ONSET:
            onset_s = self._times.sure_onset_s(
                risen, self._value(onsets, risen - 2, pitch),
                self._value(onsets, risen - 1, pitch), onset,
            )  # fmt: skip
            confidence = float(self._confidence(np.array([onset], np.float32))[0])
            if onset < config.onset_threshold:
                confidence = config.late_confidence or confidence
        else:
            risen = frame
            bias = np.array([config.held_bias_ms])
            onset_s = float(self._times.rose_s(np.array([frame], np.int32), bias)[0])
            confidence = config.held_confidence
        if self._sounding is not None:
            self._end(onset_s, known, heard_s, events)
        onset_s = max(onset_s, self._ended_s)
        blow = [
            self._value(self._recent.velocity, index, pitch)
            for index in range(risen, min(risen + BLOW_FRAMES, known + 1))
        ]
        velocity = midi_velocity(np.array(blow, np.float32))
        note = NoteOn(pitch + self._lowest, velocity, onset_s, heard_s, confidence)
        self._sounding = _Sounding(frame, note, velocity)
        self._curves.begin(pitch, onset_s)
        events.append(note)

    def _end(
        self, offset_s: float, known: int, heard_s: float, events: list[NoteEvent]
    ) -> None:
        sounding = self._sounding
        assert sounding is not None
        self._sounding, note = None, sounding.note
        offset_s = max(offset_s, note.onset_s + self._times.hop_s)
        self._ended_s = offset_s
        cents = self._curves.end(note.pitch - self._lowest, note.onset_s, offset_s, known)
        events.append(NoteOff(
            note.pitch, sounding.velocity, note.onset_s, offset_s, heard_s, note.confidence, cents
        ))  # fmt: skip

    def _value(self, values: NDArray[np.float32], frame: int, pitch: int) -> float:
        """What is said of a pitch on a recent frame; 0 before all of them."""
        row = frame - (self._frames - len(values))
        return float(values[row, pitch]) if row >= 0 else 0.0


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    inside = np.clip(probabilities, _SUREST, 1 - _SUREST)
    return np.asarray(np.log(inside / (1 - inside)))


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
