"""What happens to sound between the instrument and the samples: room, tone, noise, level."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from training.corpora.audio import resampled
from training.corpora.recording import CorpusError

Samples = NDArray[np.float32]

_SOFTEST_DB = -40.0


def record(
    samples: Samples, rooms: Sequence[Path], rng: np.random.Generator, sample_rate: int
) -> Samples:
    """What a microphone makes of the sound of instruments; onsets stay where they are.

    Args:
        rooms: impulse responses; without any, rooms are made up.

    Raises:
        CorpusError: an impulse response cannot be read.
    """
    samples = to_level(samples, 0.0)
    if rng.random() < 0.65:
        room = any_room(rooms, rng, sample_rate)
        room = room * np.exp(-np.arange(len(room)) / sample_rate * rng.uniform(0, 6))
        samples = reverberate(
            samples, room.astype(np.float32), rng.uniform(-26, -4), rng.uniform(0, 0.02),
            sample_rate,
        )
    if rng.random() < 0.7:
        samples = equalise(samples, rng, sample_rate)
    if rng.random() < 0.4:
        samples = limit_band(samples, rng, sample_rate)
    loudness = float(np.sqrt(np.mean(samples**2))) + 1e-6

    def add(noise: Samples, softest_db: float, loudest_db: float) -> Samples:
        """With noise at a level relative to the music's."""
        ratio = loudness * 10 ** (rng.uniform(softest_db, loudest_db) / 20)
        return np.asarray(samples + np.float32(ratio) * noise, np.float32)

    n = len(samples)
    if rng.random() < 0.75:
        samples = add(coloured_noise(n, rng.uniform(-0.2, 2), rng, sample_rate), -65, -18)
    if rng.random() < 0.12:
        samples = add(hum(n, rng, sample_rate), -55, -18)
    if rng.random() < 0.25:
        samples = add(thumps(n, rng, sample_rate), -25, 3)
    if rng.random() < 0.1:
        samples = clip(samples, rng)
    return to_level(samples, float(np.clip(-rng.gamma(1.5, 8.0), _SOFTEST_DB, 0.0)))


@lru_cache(maxsize=64)
def load_room(path: Path, sample_rate: int) -> Samples:
    """An impulse response that begins with its direct sound, energy 1, at most 2.5 s long.

    A raw response delays onsets by what lies before the direct sound: it is cut off here.

    Raises:
        CorpusError: the file cannot be read, or is silent.
    """
    mono = _load(path, sample_rate, "impulse response")
    if not np.abs(mono).max(initial=0) > 0:
        raise CorpusError(f"{path}: the impulse response is silent")
    direct = int(np.argmax(np.abs(mono) >= 0.2 * np.abs(mono).max()))
    tail = mono[direct : direct + round(2.5 * sample_rate)]
    return np.asarray(tail / np.sqrt((tail**2).sum()), np.float32)


@lru_cache(maxsize=16)
def load_noise(path: Path, sample_rate: int) -> Samples:
    """A recording that holds no notes. Raises CorpusError when it cannot be read."""
    return _load(path, sample_rate, "recording without notes")


def _load(path: Path, sample_rate: int, what: str) -> Samples:
    """The first channel of a sound file."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise CorpusError(f"{path}: the {what} cannot be read ({error})") from None
    return resampled(samples[:, 0], rate, sample_rate)


def made_up_room(rng: np.random.Generator, sample_rate: int) -> Samples:
    """Noise that dies away within 0.2 to 2 s, the highs sooner; energy 1."""
    dies_in_s = rng.uniform(0.2, 2.0)
    time = np.arange(round(dies_in_s * sample_rate)) / sample_rate
    # 60 dB within its length.
    noise = rng.standard_normal(len(time)) * np.exp(-6.9 * time / dies_in_s)
    soft = scipy.signal.butter(
        1, rng.uniform(1000, min(5000, 0.45 * sample_rate)), fs=sample_rate, output="sos"
    )
    tail = scipy.signal.sosfilt(soft, noise)
    return np.asarray(tail / np.sqrt((tail**2).sum()), np.float32)


def any_room(rooms: Sequence[Path], rng: np.random.Generator, sample_rate: int) -> Samples:
    """One of the impulse responses, or a made-up one where there are none. Raises CorpusError."""
    if not rooms:
        return made_up_room(rng, sample_rate)
    return load_room(rooms[int(rng.integers(len(rooms)))], sample_rate)


def reverberate(
    samples: Samples, room: Samples, wet_db: float, early_s: float, sample_rate: int
) -> Samples:
    """Adds a room: the direct sound stays at time 0, the response follows `wet_db` below it."""
    tail = scipy.signal.oaconvolve(samples, room)[: len(samples)]
    early = round(early_s * sample_rate)
    wet = np.zeros_like(samples)
    wet[early:] = tail[: len(samples) - early]
    return np.asarray(samples + 10 ** (wet_db / 20) * wet, np.float32)


def equalise(samples: Samples, rng: np.random.Generator, sample_rate: int) -> Samples:
    """Some peaks and dips of up to 12 dB (RBJ audio EQ cookbook's peaking filter)."""
    sections = []
    highest_hz = min(8000, 0.45 * sample_rate)
    for _ in range(int(rng.integers(1, 5))):
        hz = float(np.exp(rng.uniform(np.log(80), np.log(highest_hz))))
        gain_db, q = rng.normal(0, 5), rng.uniform(0.4, 2.0)
        sections.append(_peaking(hz, float(np.clip(gain_db, -12, 12)), q, sample_rate))
    return np.asarray(scipy.signal.sosfilt(np.array(sections), samples), np.float32)


def _peaking(hz: float, gain_db: float, q: float, sample_rate: int) -> list[float]:
    amplitude = 10 ** (gain_db / 40)
    omega = 2 * np.pi * hz / sample_rate
    alpha = np.sin(omega) / (2 * q)
    cosine = -2 * np.cos(omega)
    a0 = 1 + alpha / amplitude
    return [
        float(value / a0)
        for value in (
            1 + alpha * amplitude, cosine, 1 - alpha * amplitude,
            a0, cosine, 1 - alpha / amplitude,
        )
    ]


def limit_band(samples: Samples, rng: np.random.Generator, sample_rate: int) -> Samples:
    """What small microphones, telephones and lossy codecs leave of the spectrum."""
    if rng.random() < 0.5:
        high = scipy.signal.butter(
            int(rng.integers(1, 4)), rng.uniform(50, 180), "highpass", fs=sample_rate, output="sos"
        )
        samples = scipy.signal.sosfilt(high, samples)
    if rng.random() < 0.6:
        low = scipy.signal.butter(
            int(rng.integers(2, 9)),
            rng.uniform(min(3000, 0.3 * sample_rate), 0.49 * sample_rate),
            fs=sample_rate, output="sos",
        )
        samples = scipy.signal.sosfilt(low, samples)
    return np.asarray(samples, np.float32)


def coloured_noise(
    length: int, exponent: float, rng: np.random.Generator, sample_rate: int
) -> Samples:
    """Noise of RMS 1 whose power falls with frequency to this power: 0 white, 1 pink, 2 brown."""
    # A loop of some seconds is cheap, and long enough not to be heard as one.
    n = min(length, 4 * sample_rate)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.fft.rfftfreq(n, 1 / sample_rate)
    spectrum[1:] *= (hz[1:] / 100) ** (-exponent / 2)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, n)
    return np.asarray(np.resize(noise / noise.std(), length), np.float32)


def hum(length: int, rng: np.random.Generator, sample_rate: int) -> Samples:
    """Mains hum of RMS about 1: 50 or 60 Hz and its harmonics."""
    time = np.arange(length) / sample_rate
    base = float(rng.choice([50.0, 60.0])) * (1 + rng.normal(0, 2e-4))
    total = np.zeros(length)
    for harmonic in range(1, 9):
        weight = rng.uniform(0.2, 1.0) / harmonic ** rng.uniform(0.3, 1.5)
        total += weight * np.sin(2 * np.pi * base * harmonic * time + rng.uniform(0, 6.28))
    return np.asarray(total / total.std(), np.float32)


def thumps(length: int, rng: np.random.Generator, sample_rate: int) -> Samples:
    """Knocks, key and pedal noise, claps: short bursts without pitch; loudest about 1."""
    total = np.zeros(length, np.float32)
    for _ in range(rng.poisson(length / sample_rate * rng.uniform(0.3, 4.0))):
        n = int(rng.uniform(0.02, 0.2) * sample_rate)
        burst = coloured_noise(n, rng.uniform(-0.5, 2.5), rng, sample_rate) * np.exp(
            -np.arange(n) / (n / rng.uniform(4, 9))
        )
        first = int(rng.integers(0, length))
        part = burst[: length - first]
        total[first : first + len(part)] += part * rng.uniform(0.1, 1.0)
    return total / max(1e-6, float(np.abs(total).max()))


def clip(samples: Samples, rng: np.random.Generator) -> Samples:
    """Overdriven: the loudest share of the samples is flattened, hard or softly."""
    limit = float(np.quantile(np.abs(samples[:: 7]), rng.uniform(0.96, 0.9995))) + 1e-6
    if rng.random() < 0.5:
        return np.clip(samples, -limit, limit)
    return np.asarray(limit * np.tanh(samples / limit), np.float32)


def to_level(samples: Samples, peak_db: float) -> Samples:
    """Scaled so that the loudest sample lies at this level relative to full scale."""
    peak = float(np.abs(samples).max())
    return samples if peak == 0 else np.asarray(samples * (10 ** (peak_db / 20) / peak), np.float32)
