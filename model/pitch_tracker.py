"""Pitch between the keys: by how many cents each sounding pitch is off, hop by hop.

A partial's frequency is how fast the phase of its bin turns from one frame to the next (the
instantaneous frequency of Flanagan and Golden, "Phase vocoder", 1966). Nothing looks ahead, and
blocks of any length give the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch import LOWEST_PITCH, N_PITCHES, hz_from_pitch

# The partials of a pitch that are asked, and those of others that may lie beside them.
_PARTIALS = np.arange(1, 5)
_OTHERS = np.arange(1, 11)
# A partial is looked for so many semitones around its place.
_REACH_SEMITONES = 2 / 3
# It is measured in the shortest window that tells it from its neighbours, for that one follows a
# vibrato best: those that are further away than so many times one over the window's length.
_APART = 4.6
# What is told apart but trembles is surer in the next shorter one, though only so much as sure.
_SHORTER_SURENESS = 0.1
# No window tells partials apart that coincide but for so much of their frequency: so much as sure.
_COINCIDENT, _COINCIDENT_SURENESS = 0.02, 0.3
# What a row speaks about lies so long ago at most; in a window that looks further back it is late.
_MOST_LAG_S = 0.08
# The bins beside a partial turn as it does; by so many cents otherwise, and it is half as sure.
_MIXED_CENTS = 1.0
# Partials that are off by other amounts than the surest one belong to something else.
_AGREED_CENTS = 20.0
# Full scale is 1: no partial is so faint.
_SILENCE = np.float32(1e-6)
_CENTS_PER_OCTAVE = 1200.0
_AROUND = np.arange(-1, 2)


@dataclass(frozen=True)
class _Plan:
    """Where the partials of some pitches are measured while these sound, (places, pitches) each.

    Every partial has two places: in one window and in the next shorter one.

    Attributes:
        wait: how many frames the window waits, so that all speak about one moment.
        bins: the bins around the place, (places, pitches, bins), windows after each other.
        hz: the frequency of the pitch's partial.
        sureness: how much it is worth, 0 to 1.
    """

    wait: NDArray[np.intp]
    bins: NDArray[np.intp]
    hz: NDArray[np.float64]
    sureness: NDArray[np.float64]


class PitchTracker:
    """Spectra in, cents out, as they come; one object for each stream."""

    def __init__(self, features: FeatureConfig) -> None:
        self._rate = features.frames_per_second
        self._n_bins = features.n_bins
        self._bins_per_octave = features.bins_per_octave
        bins = np.array([features.bin_pitch(index) for index in range(features.n_bins)])
        self._bin_hz = np.tile(hz_from_pitch(bins, features.a4), len(features.windows))
        # From the shortest window on.
        lengths = sorted(features.windows)
        self._windows = np.array([features.windows.index(length) for length in lengths])
        self._waits = np.array(_waits(features))
        self._apart_hz = _APART * features.sample_rate / np.array(lengths)
        self._held = int(self._waits.max()) + 1
        self._before = np.zeros((self._held, len(lengths) * features.n_bins), np.complex64)
        # One bin more at either side than the partial is looked for in.
        reach = max(1, round(_REACH_SEMITONES * features.bins_per_semitone)) + 1
        self._reach = np.arange(-reach, reach + 1)
        self._pitch_hz = hz_from_pitch(
            np.arange(N_PITCHES, dtype=np.float64) + LOWEST_PITCH, features.a4
        )
        self._away_hz = _distances_hz(self._pitch_hz)
        self._plan = self._plan_for(np.zeros(0, np.intp))
        self._planned = np.zeros(N_PITCHES, bool)

    def push(
        self, spectra: NDArray[np.complex64], sounds: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """By how much the sounding pitches are off on further frames.

        Args:
            spectra: of `Spectrogram.spectra`, (frames, windows, bins).
            sounds: which pitches sound, (frames, pitches).

        Returns:
            Cents above the pitch, (frames, pitches), about the moment `row_lag_s` before the end of
            their frame; nan where nothing sounds or can be measured.
        """
        held = np.concatenate([self._before, spectra.reshape(len(spectra), -1)])
        self._before = held[len(spectra) :]
        cents = np.full(sounds.shape, np.nan, np.float32)
        # Runs of frames on which the same pitches sound.
        changes = (sounds[1:] != sounds[:-1]).any(axis=1).nonzero()[0] + 1
        for first, last in zip([0, *changes], [*changes, len(sounds)], strict=True):
            asked = sounds[first]
            if (asked != self._planned).any():
                self._plan, self._planned = self._plan_for(asked.nonzero()[0]), asked.copy()
            if len(self._plan.wait[0]):
                cents[first:last, asked] = self._measured(held, np.arange(first, last))
        return cents

    def _plan_for(self, pitches: NDArray[np.intp]) -> _Plan:
        hz = _PARTIALS[:, None] * self._pitch_hz[pitches]
        away = self._away_hz[:, pitches[:, None], pitches]
        coincides = away < _COINCIDENT * hz[..., None]
        nearest = np.where(coincides, np.inf, away).min(axis=2, initial=np.inf)
        chosen = (nearest[..., None] < self._apart_hz).sum(axis=2)
        chosen = np.minimum(chosen, len(self._windows) - 1)
        bins_above_a0 = self._bins_per_octave * np.log2(hz / self._pitch_hz[0])
        place = np.rint(bins_above_a0).astype(np.intp) + self._bins_per_octave // 24
        reach = self._reach[-1]
        has_place = (place >= reach) & (place + reach < self._n_bins)
        place = np.clip(place, reach, self._n_bins - 1 - reach)
        sureness = np.where(coincides.any(axis=2), _COINCIDENT_SURENESS, 1.0) * has_place
        sureness /= _PARTIALS[:, None]
        shorter = np.maximum(chosen - 1, 0)
        windows = np.concatenate([chosen, shorter])
        places = np.tile(place, (2, 1)) + self._windows[windows] * self._n_bins
        return _Plan(
            self._waits[windows],
            places[..., None] + self._reach,
            np.tile(hz, (2, 1)),
            np.concatenate([sureness, _SHORTER_SURENESS * (shorter < chosen) * sureness]),
        )

    def _measured(
        self, held: NDArray[np.complex64], frames: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """The mean of the partials that agree with the surest one, (frames, pitches)."""
        plan = self._plan
        rows = (frames + self._held)[:, None, None] - plan.wait
        around = np.abs(held[rows[..., None], plan.bins])
        # The loudest of the bins, with its neighbours: (frames, partials, pitches, 3).
        loudest = plan.bins[..., 1] + around[..., 1:-1].argmax(axis=3)
        bins, rows = loudest[..., None] + _AROUND, rows[..., None]
        now = held[rows, bins]
        heights = np.abs(now)
        turned = np.angle(now * np.conj(held[rows - 1, bins])) * (self._rate / (2 * np.pi))
        peak_hz = self._bin_hz[loudest] * 2 ** (_top(heights) / self._bins_per_octave)
        # Phases turn by whole turns more: as many as the place of the peak asks for.
        hz = turned + np.rint((peak_hz[..., None] - turned) / self._rate) * self._rate
        middle = hz[..., 1]
        mixed = np.abs(hz - middle[..., None]).max(axis=3)
        mixed *= _CENTS_PER_OCTAVE / np.log(2) / _MIXED_CENTS / peak_hz
        cents = _CENTS_PER_OCTAVE * np.log2(np.maximum(middle, 1.0) / plan.hz)
        strength = heights[..., 1]
        sureness = strength * (strength > _SILENCE) * plan.sureness / (1 + mixed * mixed)
        surest = sureness.max(axis=1, keepdims=True)
        its_cents = np.where(sureness == surest, cents, -np.inf).max(axis=1, keepdims=True)
        weights = sureness * (np.abs(cents - its_cents) < _AGREED_CENTS)
        total = weights.sum(axis=1)
        found = np.full(total.shape, np.nan)
        np.divide((weights * cents).sum(axis=1), total, out=found, where=total > 0)
        return found


def row_lag_s(features: FeatureConfig) -> float:
    """What is said with a frame is about the moment so many seconds before its newest sample."""
    return _lags_s(features)[0] + _waits(features)[0] / features.frames_per_second


def _distances_hz(pitch_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """From each partial to the nearest of each pitch, (partials, pitches, other pitches).

    The others of a pitch's own lie as far away as the pitch is high.
    """
    hz = _PARTIALS[:, None] * pitch_hz
    others = pitch_hz[:, None] * _OTHERS
    distances: NDArray[np.float64] = np.abs(hz[..., None, None] - others).min(axis=3)
    same = np.arange(len(pitch_hz))
    distances[:, same, same] = pitch_hz
    return distances


def _waits(features: FeatureConfig) -> list[int]:
    """How many frames each window waits for longer ones, from the shortest on.

    So all speak about one moment, but for those that look back too far.
    """
    lags_s = _lags_s(features)
    latest_s = max((lag_s for lag_s in lags_s if lag_s <= _MOST_LAG_S), default=lags_s[0])
    rate = features.frames_per_second
    return [max(0, round((latest_s - lag_s) * rate)) for lag_s in lags_s]


def _lags_s(features: FeatureConfig) -> list[float]:
    """What each window speaks about lies so many seconds before its end; the shortest first.

    A phase has turned since the frame before: that is half a hop before the window's centre.
    """
    # scipy comes with it; who only asks for the decoder, as a window does at its start, waits less.
    from model.spectrogram import analysis_window

    lags_s = []
    for length in sorted(features.windows):
        centre = float((analysis_window(length) * np.arange(length)).sum())
        samples = length - 0.5 - centre + features.hop_length / 2
        lags_s.append(samples / features.sample_rate)
    return lags_s


def _top(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the parabola through the logarithms of three magnitudes has its top: bins from the
    middle."""
    levels = np.log(heights + _SILENCE)
    left, right = levels[..., 0], levels[..., 2]
    bend = np.maximum(2 * levels[..., 1] - left - right, 1e-6)
    return np.asarray(np.clip((right - left) / (2 * bend), -0.5, 0.5))
