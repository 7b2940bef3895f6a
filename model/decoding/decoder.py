"""The decoder: probabilities become notes, forward in time only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.config import ANSWERS, Answer, DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.confidence import Calibration
from model.decoding.frame_times import FrameTimes
from model.decoding.last_frames import frame_indices, last_frames
from model.decoding.monophonic import MonophonicDecoder
from model.decoding.pitch_curves import PitchCurves
from model.decoding.velocity import BLOW_FRAMES, midi_velocity
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities

# The faint onset of a late note lies at most so many times `late_frames` before it is said.
_LATE_REACH = 2

# Where one note sounds at a time, that is decided so much later.
VOICE_LAG_S: dict[Answer, float] = {"early": 0.04, "settled": 0.16}

# Rows in which a late note may be said; for each the time of its onset, the onset probability and
# velocity (rows, 2) of its faint onset, and its confidence.
_Late = tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float32], NDArray[np.float64]]
_NEVER_LATE: _Late = (
    np.zeros(0, np.intp), np.zeros(0), np.zeros((0, 2), np.float32), np.zeros(0),
)  # fmt: skip


@dataclass
class _Begun:
    """A sounding note.

    Attributes:
        frame: on which it was said.
        note: what was said.
        velocity: what is known of it by now; None until all frames that tell of it are heard.
    """

    frame: int
    note: NoteOn
    velocity: int | None = None


class Decoder:
    """Probabilities in, note events out, in blocks of any length with the same result.

    A note begins when its onset probability rises to the threshold and its frame probability
    confirms it. It is struck again when the onset probability rises to the threshold after it had
    fallen below half of it. It ends when the frame probability has stayed low for a few frames.

    A note whose onset was faint is said late, once it has sounded surely for some frames, with the
    time at which its frame probability rose: a swelling note has no other onset. This needs a pitch
    that does not sound already. One without any onset is said likewise, once it has been held for
    longer: it was slid into, or its onset was missed.

    Each kind of onset is heard so much after it began as validation data showed. A sure one was
    often half heard on the frames before, and then it began there.

    The velocity that is said with the end of a note is surer than that at its beginning, because
    two more frames have told of the blow.

    The rules are applied to all frames of a block at once, and only then to single notes: one
    hop of live sound costs little, and an hour is decoded anew within a second.
    """

    def __init__(
        self,
        config: DecoderConfig,
        features: FeatureConfig,
        network: NetworkConfig,
        first_frame: int = 0,
        *,
        answer: Answer = "early",
    ) -> None:
        """Args: `first_frame` is the index of the first frame that will be pushed, `answer` the one
        of the network's that they are of."""
        self.config = config
        self._lowest = network.lowest_pitch
        delay_frames = network.delays[ANSWERS.index(answer)]
        self._times = times = FrameTimes(config, features, delay_frames)
        self._hop_s = times.hop_s
        # So many frames after an onset, frame probabilities speak about what was before it.
        self._lag_frames = max(0, math.ceil(times.lag_frames - 1e-6))
        # Whole frames, and not one more for the sake of a rounding error.
        self._min_frames = max(1, math.ceil(config.min_note_ms / 1000 / self._hop_s - 1e-6))
        self._confidence = Calibration(config.reliability).confidence
        self._frames = first_frame
        self._ready = np.ones(network.n_pitches, bool)
        # By pitch index: the last frame on which it was above or below what a rule asks for.
        before = np.full(network.n_pitches, first_frame - 1, np.int32)
        self._last_high, self._last_low, self._last_unsure = before, before.copy(), before.copy()
        self._last_faint = before - np.int32(_LATE_REACH * config.late_frames)
        # Onset probability and velocity there.
        self._faint = np.zeros((2, network.n_pitches), np.float32)
        # Onset probabilities on the last frames: a sure onset may have been half heard before.
        self._onsets = np.zeros((2, network.n_pitches), np.float32)
        # Velocities on the last frames: some notes that began there are not settled yet.
        self._velocities = np.zeros((BLOW_FRAMES - 1, network.n_pitches), np.float32)
        self._begun: dict[int, _Begun] = {}
        self._curves = PitchCurves(features, network.n_pitches, first_frame)
        self._voice = (
            MonophonicDecoder(
                config, times, self._curves, self._lowest, network.n_pitches,
                round(VOICE_LAG_S[answer] / self._hop_s), first_frame,
            )
            if config.monophonic
            else None
        )  # fmt: skip
        # When each pitch ended last: the next note of it begins no earlier.
        self._ended_s = np.zeros(network.n_pitches)

    def push(self, frames: Probabilities, heard_s: float) -> list[NoteEvent]:
        """The events of some further frames, known after `heard_s` seconds of sound."""
        self._curves.push(frames.cents, len(frames))
        skipped = self._times.n_before_sound(self._frames, len(frames))
        first, self._frames = self._frames + skipped, self._frames + len(frames)
        onset, frame = frames.onset[skipped:], frames.frame[skipped:]
        velocity = frames.velocity[skipped:]
        if skipped:
            # What lies before the first sample confirms nothing.
            self._last_unsure[:] = first - 1
        if self._voice is not None:
            return self._voice.push(frames.part(skipped), first, heard_s)
        if not len(onset):
            return []
        n_rows = len(onset)
        starts = self._starts(onset, frame)
        high_since, has_fallen = self._falls(frame, first)
        late = self._late(onset, frame, velocity, first)
        onsets = np.concatenate([self._onsets, onset])
        self._onsets = onsets[len(onset) :].copy()
        self._velocities = np.concatenate([self._velocities, velocity])
        found: list[tuple[int, bool, int, NoteEvent]] = []

        def begin(
            pitch: int, row: int, onset_s: float, velocity: float, confidence: float, is_late: bool
        ) -> None:
            note = NoteOn(
                pitch=pitch + self._lowest,
                velocity=midi_velocity(velocity),
                onset_s=max(onset_s, float(self._ended_s[pitch])),
                heard_s=heard_s,
                confidence=confidence,
            )
            self._curves.begin(pitch, note.onset_s)
            # What follows a late note's faint onset tells nothing more of it.
            self._begun[pitch] = _Begun(first + row, note, note.velocity if is_late else None)
            found.append((first + row, True, pitch, note))

        for pitch in sorted(self._begun.keys() | starts.keys() | late.keys()):
            fallen = has_fallen[:, pitch].nonzero()[0]
            late_rows, late_onsets, late_values, late_confidences = late.get(pitch, _NEVER_LATE)
            next_row = 0
            for start in [*starts.get(pitch, ()), n_rows]:
                # What happens before the next sure start, or the end of the block.
                while True:
                    if (begun := self._begun.get(pitch)) is not None:
                        # The earliest frame of this block in which the note can end.
                        begins = begun.frame + self._lag_frames
                        earliest = begins + max(self._min_frames, self.config.release_frames)
                        place = int(fallen.searchsorted(max(earliest - first, 0)))
                        ends = int(fallen[place]) if place < len(fallen) else n_rows
                        if ends >= start:
                            break
                        # It ended where the probability first fell, not where that was sure.
                        first_low = max(int(high_since[ends, pitch]), begins) + 1
                        end = max(first_low, begins + self._min_frames)
                        off = self._off(pitch, first + ends, self._times.frame_s(end), heard_s)
                        found.append((first + ends, False, pitch, off))
                        next_row = ends + 1
                    place = int(late_rows.searchsorted(next_row))
                    if place >= len(late_rows) or late_rows[place] >= start:
                        break
                    row = int(late_rows[place])
                    begin(
                        pitch, row, float(late_onsets[place]),
                        float(late_values[place, 1]), float(late_confidences[place]), True,
                    )
                    next_row = row + 1
                if start < n_rows:
                    now = first + start
                    onset_s = self._times.sure_onset_s(
                        now, *onsets[start : start + 3, pitch].tolist()
                    )
                    if pitch in self._begun:
                        off = self._off(pitch, now, onset_s, heard_s)
                        found.append((now, False, pitch, off))
                    begin(
                        pitch, start, onset_s, float(velocity[start, pitch]),
                        float(self._confidence(onset[start, pitch])), False,
                    )
                    next_row = start + 1
        for pitch, begun in self._begun.items():
            if begun.velocity is None and begun.frame + BLOW_FRAMES <= self._frames:
                begun.velocity = self._velocity(begun, pitch, self._frames)
        self._velocities = self._velocities[1 - BLOW_FRAMES :].copy()
        found.sort(key=lambda event: event[:3])
        return [event for *_, event in found]

    def flush(self, heard_s: float) -> list[NoteEvent]:
        """Ends every note that still sounds, at the end of the sound."""
        if self._voice is not None:
            return self._voice.flush(heard_s)
        return [self._off(p, self._frames, heard_s, heard_s) for p in sorted(self._begun)]

    def time(self, frame: int) -> float:
        """The moment in seconds that a frame speaks about."""
        return self._times.onset_s(frame)

    def _starts(
        self, onset: NDArray[np.float32], frame: NDArray[np.float32]
    ) -> dict[int, list[int]]:
        """The rows in which notes begin, by pitch index."""
        config = self.config
        above = onset >= config.onset_threshold
        if config.confirm_threshold > 0:
            above &= frame >= config.confirm_threshold
        below = onset < config.onset_threshold / 2
        starts: dict[int, list[int]] = {}
        if not above.any():
            self._ready |= below.any(axis=0)
            return starts
        # A note begins where a pitch is above that has been below since it was above last.
        below_at = np.where(below, np.arange(len(onset), dtype=np.int32)[:, None], np.int32(-1))
        np.maximum.accumulate(below_at, axis=0, out=below_at)
        was_ready, self._ready = self._ready, self._ready | (below_at[-1] >= 0)
        for pitch in np.nonzero(above.any(axis=0))[0].tolist():
            rows = above[:, pitch].nonzero()[0]
            begins = below_at[rows, pitch] > np.concatenate([[-1], rows[:-1]])
            begins[0] |= was_ready[pitch]
            starts[pitch] = rows[begins].tolist()
            self._ready[pitch] = below_at[-1, pitch] > rows[-1]
        return starts

    def _falls(
        self, frame: NDArray[np.float32], first: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """For each frame and pitch: the last frame that was not low, and whether enough are."""
        now = frame_indices(first, len(frame))
        last_high = last_frames(frame >= self.config.frame_threshold, now, self._last_high)
        self._last_high = last_high[-1].copy()
        return last_high, now - last_high >= self.config.release_frames

    def _late(
        self,
        onset: NDArray[np.float32],
        frame: NDArray[np.float32],
        velocity: NDArray[np.float32],
        first: int,
    ) -> dict[int, _Late]:
        """When late notes may be said, by pitch index."""
        config = self.config
        if not (config.late_threshold or config.held_frames):
            return {}
        now = frame_indices(first, len(frame))
        low = last_frames(frame < config.frame_threshold, now, self._last_low)
        # What would end a note confirms none.
        confirmed = max(config.late_confirm_threshold, config.frame_threshold)
        unsure = last_frames(frame < confirmed, now, self._last_unsure)
        faint = last_frames(onset >= config.late_threshold, now, self._last_faint)
        is_faint = now - faint <= _LATE_REACH * config.late_frames
        is_faint &= config.late_threshold > 0
        n_sure = now - unsure
        is_late = (n_sure >= config.late_frames) & is_faint
        if config.held_frames:
            is_late |= n_sure == config.held_frames

        def at_faint(rows: NDArray[np.intp], pitch: int) -> NDArray[np.float32]:
            """Onset probability and velocity (rows, 2) at the last faint onset before each row."""
            there = faint[rows, pitch] - first
            inside = np.maximum(there, 0)
            values = np.stack([onset[inside, pitch], velocity[inside, pitch]], axis=1)
            return np.where((there >= 0)[:, None], values, self._faint[:, pitch].T)

        found = {}
        for pitch in np.nonzero(is_late.any(axis=0))[0].tolist():
            rows = is_late[:, pitch].nonzero()[0]
            values = np.where(
                is_faint[rows, pitch][:, None],
                at_faint(rows, pitch),
                np.stack([onset[rows, pitch], velocity[rows, pitch]], axis=1),
            )
            confidence = np.where(
                is_faint[rows, pitch],
                config.late_confidence or self._confidence(values[:, 0]),
                config.held_confidence,
            )
            bias_ms = np.where(is_faint[rows, pitch], config.late_bias_ms, config.held_bias_ms)
            rose_s = self._times.rose_s(low[rows, pitch] + 1, bias_ms)
            found[pitch] = rows, rose_s, values, confidence
        pitches = (faint[-1] >= first).nonzero()[0]
        if len(pitches):
            there = faint[-1, pitches] - first
            self._faint[:, pitches] = onset[there, pitches], velocity[there, pitches]
        self._last_low, self._last_unsure, self._last_faint = low[-1], unsure[-1], faint[-1]
        return found

    def _off(self, pitch: int, frame: int, offset_s: float, heard_s: float) -> NoteOff:
        """Ends a note; that is known on this frame."""
        begun = self._begun.pop(pitch)
        note, velocity = begun.note, begun.velocity
        offset_s = max(offset_s, note.onset_s + self._hop_s)
        self._ended_s[pitch] = offset_s
        return NoteOff(
            note.pitch, self._velocity(begun, pitch, frame) if velocity is None else velocity,
            note.onset_s, offset_s, heard_s, note.confidence,
            self._curves.end(pitch, note.onset_s, offset_s, frame),
        )  # fmt: skip

    def _velocity(self, begun: _Begun, pitch: int, frame: int) -> int:
        """The velocity of a note by what was heard before this frame."""
        first = begun.frame - (self._frames - len(self._velocities))
        n_frames = min(BLOW_FRAMES, frame - begun.frame)
        return midi_velocity(self._velocities[first : first + n_frames, pitch])
