"""The decoder's rules, pitch by pitch and frame by frame: plain, slow, and what is right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities


class PlainDecoder:
    """Probabilities in, note events out, one frame after the other.

    A note begins when its onset probability rises to the threshold and its frame probability
    confirms it. It is struck again when the
    onset probability rises to the threshold after it had fallen below half of it. It ends when the
    frame probability has stayed low for a few frames.
    """

    def __init__(
        self, config: DecoderConfig, features: FeatureConfig, network: NetworkConfig
    ) -> None:
        self.config = config
        self._lowest = network.lowest_pitch
        self._hop_s = features.hop_length / features.sample_rate
        self._rate = features.sample_rate
        # Frame t speaks about the hop that lies delay_frames before its own: take the middle of it.
        self._shift_s = (0.5 - network.delay_frames) * self._hop_s - config.onset_bias_ms / 1000
        # Whole frames, and not one more for the sake of a rounding error.
        self._min_frames = max(1, math.ceil(config.min_note_ms / 1000 / self._hop_s - 1e-6))
        self._frames = 0
        self._sounding = np.zeros(network.n_pitches, bool)
        self._ready = np.ones(network.n_pitches, bool)
        self._onset_frame = np.zeros(network.n_pitches, np.int64)
        self._low_frames = np.zeros(network.n_pitches, np.int64)
        self._begun: dict[int, NoteOn] = {}
        # Onset probabilities one frame before and two, and when each pitch ended last.
        self._now = np.zeros(network.n_pitches)
        self._before = (self._now, self._now)
        self._ended_s = np.zeros(network.n_pitches)
        # Of each sounding note its velocity on up to three frames; of a late one, as it was said.
        self._blows: dict[int, list[float]] = {}
        # Frames in a row that each pitch has been as sure as a late note asks, since when it has
        # not been low, and its last faint onset with the velocity there.
        self._sure_frames = np.zeros(network.n_pitches, np.int64)
        self._rose = np.zeros(network.n_pitches, np.int64)
        self._faint_frame = np.full(network.n_pitches, -1000)
        self._faint = np.zeros((2, network.n_pitches), np.float32)
        # Where they are not known, a probability is taken at its word.
        points = np.array(config.reliability or ((0.0, 0.0), (1.0, 1.0)))
        self._onset_points, self._right_points = points[:, 0], points[:, 1]

    def push(self, frames: Probabilities, heard_s: float) -> list[NoteEvent]:
        """The events of some further frames, known after `heard_s` seconds of sound."""
        events: list[NoteEvent] = []
        for onset, frame, velocity in zip(
            frames.onset, frames.frame, frames.velocity, strict=True
        ):
            self._step(onset, frame, velocity, heard_s, events)
            self._frames += 1
        return events

    def flush(self, heard_s: float) -> list[NoteEvent]:
        """Ends every note that still sounds, at the end of the sound."""
        return [self._end(pitch, heard_s, heard_s) for pitch in sorted(self._begun)]

    def _step(
        self,
        onset: NDArray[np.float32],
        frame: NDArray[np.float32],
        velocity: NDArray[np.float32],
        heard_s: float,
        events: list[NoteEvent],
    ) -> None:
        config, now = self.config, self._frames
        if now * self._hop_s + self._shift_s <= -self._hop_s:
            return  # This frame speaks about a moment before the first sample.
        self._now = onset
        starts = self._ready & (onset >= config.onset_threshold)
        starts &= frame >= config.confirm_threshold
        self._ready |= onset < config.onset_threshold / 2
        self._ready &= ~starts

        self._low_frames = np.where(frame < config.frame_threshold, self._low_frames + 1, 0)
        old_enough = now - self._onset_frame >= self._min_frames
        ends = self._sounding & old_enough & (self._low_frames >= config.release_frames)
        for index in np.flatnonzero(ends | (self._sounding & starts)):
            # The note ended where the probability first fell, not where we made sure of it, but
            # it is never shorter than the shortest note.
            first_low = now - int(self._low_frames[index]) + 1
            shortest = int(self._onset_frame[index]) + self._min_frames
            end_s = self._time(max(first_low, shortest))
            if starts[index]:
                end_s = self._onset(now, int(index))
            events.append(self._end(int(index) + self._lowest, end_s, heard_s))
        late = self._late(now, onset, frame, velocity) & ~starts & (~self._sounding | ends)
        # A note that ends on this frame is not followed by another one before the next.
        late &= ~ends
        for index in np.flatnonzero(starts | late):
            is_faint = now - self._faint_frame[index] <= 2 * config.late_frames
            is_held = not starts[index] and not is_faint
            said = (onset[index], velocity[index])
            if is_faint and not starts[index]:
                said = self._faint[:, index]
            bias_ms = config.late_bias_ms if is_faint else config.held_bias_ms
            onset_s = max(0.0, int(self._rose[index]) * self._hop_s + self._shift_s
                          - bias_ms / 1000)  # fmt: skip
            if starts[index]:
                onset_s = self._onset(now, int(index))
            note = NoteOn(
                pitch=int(index) + self._lowest,
                velocity=int(np.clip(round(float(said[1]) * 127), 1, 127)),
                # Two notes of a pitch never overlap.
                onset_s=max(onset_s, float(self._ended_s[index])),
                heard_s=heard_s,
                confidence=float(np.interp(said[0], self._onset_points, self._right_points)),
            )
            if is_held:
                note = replace(note, confidence=config.held_confidence)
            elif not starts[index] and config.late_confidence:
                note = replace(note, confidence=config.late_confidence)
            self._begun[note.pitch] = note
            self._blows[note.pitch] = [] if starts[index] else 3 * [float(said[1])]
            events.append(note)
        for pitch, blows in self._blows.items():
            if len(blows) < 3:
                blows.append(float(velocity[pitch - self._lowest]))
        starts = starts | late
        self._sounding = (self._sounding & ~ends) | starts
        self._onset_frame[starts] = now
        self._low_frames[starts] = 0
        self._before = (onset, self._before[0])

    def _late(
        self,
        now: int,
        onset: NDArray[np.float32],
        frame: NDArray[np.float32],
        velocity: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        config = self.config
        confirmed = max(config.late_confirm_threshold, config.frame_threshold)
        self._sure_frames = np.where(frame >= confirmed, self._sure_frames + 1, 0)
        self._rose[frame < config.frame_threshold] = now + 1
        faint = (onset >= config.late_threshold) & (config.late_threshold > 0)
        self._faint_frame[faint] = now
        self._faint[:, faint] = onset[faint], velocity[faint]
        is_recent = now - self._faint_frame <= 2 * config.late_frames
        late = (self._sure_frames >= config.late_frames) & is_recent
        if config.held_frames:
            late |= self._sure_frames == config.held_frames
        return np.asarray(late)

    def _onset(self, frame: int, index: int) -> float:
        base, one_before, two_before, own = (*self.config.onset_rise_ms, 0.0)[:4]
        rise_ms = (base + one_before * float(self._before[0][index])
                   + two_before * float(self._before[1][index])
                   + own * float(self._now[index]))  # fmt: skip
        return max(0.0, self._time(frame) - round(rise_ms / 1000 * self._rate) / self._rate)

    def _time(self, frame: int) -> float:
        return max(0.0, frame * self._hop_s + self._shift_s)

    def _end(self, pitch: int, offset_s: float, heard_s: float) -> NoteOff:
        begun = self._begun.pop(pitch)
        blows = self._blows.pop(pitch)
        # The mean of three that are the same need not be the same to the last bit.
        share = blows[0] if len(set(blows)) == 1 else float(np.mean(np.array(blows, np.float32)))
        velocity = int(np.clip(round(share * 127), 1, 127))
        offset_s = max(offset_s, begun.onset_s + self._hop_s)
        self._ended_s[pitch - self._lowest] = offset_s
        return NoteOff(pitch, velocity, begun.onset_s, offset_s, heard_s, begun.confidence)
