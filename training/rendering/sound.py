"""Compiled loops that turn control curves into samples: a sample player and a singer."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

# Samples between the points of a control curve (3 ms at 22,050 Hz).
CONTROL = 64
# Points of a spectral envelope from 0 Hz to half the rate.
ENVELOPE_POINTS = 64


def envelope_hz(sample_rate: int) -> NDArray[np.float64]:
    """Frequencies in Hz at which a spectral envelope holds its amplitudes, shape (64,)."""
    return np.linspace(0, sample_rate / 2, ENVELOPE_POINTS)
# Harmonics beyond this one are not worth their time.
_MOST_HARMONICS = 60


@numba.njit(cache=True, fastmath=True)
def _read(source: NDArray[np.int16], position: float) -> float:
    """Cubic (Catmull-Rom) interpolation; 0 outside of the source."""
    index = int(position)
    if index < 1 or index + 2 >= len(source):
        return 0.0
    t = np.float32(position - index)
    a, b = np.float32(source[index - 1]), np.float32(source[index])
    c, d = np.float32(source[index + 1]), np.float32(source[index + 2])
    return float(
        b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
    )


@numba.njit(cache=True, fastmath=True)
def add_sample(
    out: NDArray[np.float32],
    start: int,
    source: NDArray[np.int16],
    position: float,
    rate: NDArray[np.float32],
    gain: NDArray[np.float32],
    loop_start: float,
    loop_end: float,
    fade: float,
) -> None:
    """Adds a recorded note to `out` from sample `start` on, as long as the curves last.

    Args:
        position: where in the source it begins.
        rate, gain: playing speed and amplitude every CONTROL samples, interpolated between.
        loop_start, loop_end, fade: in source samples; with loop_end 0 it is played once. The last
            `fade` samples before the loop's end are blended into those before its start.
    """
    scale = 1.0 / 32768.0
    for i in range((len(gain) - 1) * CONTROL):
        at = start + i
        if at >= len(out):
            return
        k = i // CONTROL
        t = (i - k * CONTROL) / CONTROL
        value = _read(source, position)
        if loop_end > 0.0:
            before_end = loop_end - position
            if before_end < fade:
                mix = before_end / fade
                value = value * mix + _read(source, position - (loop_end - loop_start)) * (1 - mix)
        if at >= 0:
            out[at] += value * scale * (gain[k] + t * (gain[k + 1] - gain[k]))
        position += rate[k] + t * (rate[k + 1] - rate[k])
        if loop_end > 0.0 and position >= loop_end:
            position -= loop_end - loop_start


@numba.njit(cache=True, fastmath=True)
def add_voice(
    out: NDArray[np.float32],
    start: int,
    hz: NDArray[np.float32],
    gain: NDArray[np.float32],
    envelope: NDArray[np.float32],
    even: float,
    noise: NDArray[np.float32],
    sample_rate: int,
    phase: float,
) -> float:
    """Adds a sum of harmonics under a spectral envelope; returns the phase at its end.

    Args:
        hz, gain, noise: fundamental, amplitude and breath noise every CONTROL samples.
        envelope: (points, ENVELOPE_POINTS) amplitude over frequency, one row for each point of the
            curves.
        even: weight of the even harmonics (a clarinet's are weak).
    """
    low = 0.0
    for i in range((len(gain) - 1) * CONTROL):
        at = start + i
        if at >= len(out):
            break
        k = i // CONTROL
        t = (i - k * CONTROL) / CONTROL
        f = hz[k] + t * (hz[k + 1] - hz[k])
        phase += 2.0 * np.pi * f / sample_rate
        if phase > 2.0 * np.pi:
            phase -= 2.0 * np.pi
        # sin(n x) = 2 cos x sin((n-1) x) - sin((n-2) x)
        twice_cos = 2.0 * np.cos(phase)
        before, now = 0.0, np.sin(phase)
        total = 0.0
        step = f / (0.5 * sample_rate) * (ENVELOPE_POINTS - 1)
        place = step
        n = 1
        # The last points are left out, so that nothing folds back at half the rate.
        while place < ENVELOPE_POINTS - 4 and n <= _MOST_HARMONICS:
            index = int(place)
            part = place - index
            amplitude = envelope[k, index] * (1 - part) + envelope[k, index + 1] * part
            total += now * amplitude * (even if n % 2 == 0 else 1.0)
            before, now = now, twice_cos * now - before
            place += step
            n += 1
        if at >= 0:
            g = gain[k] + t * (gain[k + 1] - gain[k])
            hiss = noise[k] + t * (noise[k + 1] - noise[k])
            white = np.random.random() * 2.0 - 1.0
            low += 0.5 * (white - low)
            out[at] += g * total + hiss * (white - 0.7 * low)
    return phase


@numba.njit(cache=True)
def seed_noise(seed: int) -> None:
    """Seeds the compiled loops' own random numbers, so that rendering can be repeated."""
    np.random.seed(seed)
