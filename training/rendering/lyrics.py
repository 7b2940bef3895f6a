"""Words for the made-up singer, taken from a recording of speech.

Vowels alone do not tell a singer from a speaker: syllables do not either, only what the pitch does
on them. So the mouth of a speaker (spectral envelope, loudness, voicing) is moved along the
melody: syllables begin with the notes and are held for as long as the notes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.signal
from numpy.typing import NDArray

from training.rendering import room_and_noise, sound
from training.rendering.music import Voice
from training.rendering.performance import Curve
from training.rendering.sound import CONTROL, ENVELOPE_POINTS

_WINDOW_S = 0.03
# Cepstral coefficients below this quefrency are the mouth, those above it are the pitch.
_MOUTH_S = 0.0022
# Fundamental frequencies of speakers, in Hz.
_LOWEST_HZ, _HIGHEST_HZ = 75, 350
# Syllables follow each other no faster than this.
_SYLLABLE_S = 0.11
# At most so much of what stands before a vowel is sung.
_LEAD_S = 0.2
# Voicing that a vowel needs in its middle.
_VOICED = 0.6
# A vowel has begun when the voice has this share of its loudness in the middle of the syllable.
_BEGUN = 0.5


@dataclass(frozen=True)
class Speech:
    """A speaker's mouth every `sound.CONTROL` samples.

    Attributes:
        envelope: (points, 64) amplitudes over frequency, of energy 1.
        loudness: (points,) root mean square.
        voiced: (points,) 0 where there is only breath, 1 where there is a tone.
        begins, middles: points at which the vowel of each syllable begins, and is loudest.
    """

    envelope: NDArray[np.float32]
    loudness: Curve
    voiced: Curve
    begins: NDArray[np.intp]
    middles: NDArray[np.intp]


@lru_cache(maxsize=24)
def analysed(path: Path, sample_rate: int) -> Speech:
    """The speech in a recording. Raises CorpusError when it cannot be read."""
    samples = room_and_noise.load_noise(path, sample_rate)[: 60 * sample_rate]
    size = round(_WINDOW_S * sample_rate)
    n_fft = 1 << (2 * size - 1).bit_length()
    padded = np.pad(samples, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::CONTROL]
    window = np.hanning(size).astype(np.float32)
    spectra = np.abs(np.fft.rfft(frames * window, n_fft))
    loudness = np.sqrt(np.mean(frames**2, axis=1, dtype=np.float64))
    voiced = np.clip((_periodicity(spectra, window, sample_rate) - 0.5) / 0.25, 0, 1)
    cepstra = np.fft.irfft(np.log(spectra + 1e-5))
    mouth = round(_MOUTH_S * sample_rate)
    cepstra[:, mouth : n_fft - mouth + 1] = 0
    smooth = np.exp(np.fft.rfft(cepstra).real)
    places = sound.envelope_hz(sample_rate) / sample_rate * n_fft
    low = np.minimum(places.astype(int), smooth.shape[1] - 2)
    envelope = smooth[:, low] + (places - low) * (smooth[:, low + 1] - smooth[:, low])
    envelope /= np.sqrt((envelope**2).sum(axis=1, keepdims=True)) + 1e-9
    begins, middles = _syllables(loudness, voiced, sample_rate)
    return Speech(envelope.astype(np.float32), loudness, voiced, begins, middles)


def _periodicity(
    spectra: NDArray[np.floating], window: NDArray[np.float32], sample_rate: int
) -> Curve:
    """Height of the autocorrelation's peak at the lags of a voice, against that at lag 0.

    The window's own is divided out (Boersma 1993).
    """
    n_fft = 2 * (spectra.shape[1] - 1)
    lags = slice(sample_rate // _HIGHEST_HZ, sample_rate // _LOWEST_HZ)
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, n_fft)) ** 2)
    correlation = np.fft.irfft(spectra.astype(np.float64) ** 2)
    peaks = (correlation[:, lags] / of_window[lags]).max(axis=1)
    return np.asarray(peaks / (correlation[:, 0] / of_window[0] + 1e-9))


def _syllables(
    loudness: Curve, voiced: Curve, sample_rate: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    per_second = sample_rate / CONTROL
    tone = loudness * voiced
    smooth = scipy.ndimage.gaussian_filter1d(tone, 0.02 * per_second)
    middles, _ = scipy.signal.find_peaks(
        smooth, height=0.15 * smooth.max(), distance=max(1, _SYLLABLE_S * per_second),
        prominence=0.05 * smooth.max(),
    )
    # A vowel that creaks in its middle cannot be held.
    middles = middles[voiced[middles] > _VOICED]
    begins = []
    for before, middle in zip([0, *middles][:-1], middles, strict=True):
        low = np.flatnonzero(tone[before:middle] < _BEGUN * tone[middle])
        begins.append(before + (int(low[-1]) + 1 if len(low) else (middle - before) // 2))
    return np.asarray(begins, np.intp), np.asarray(middles, np.intp)


def sing_words(
    out: NDArray[np.float32],
    time: Curve,
    hz: Curve,
    voice: Voice,
    joined: Sequence[bool],
    speech: Speech,
    rng: np.random.Generator,
    *,
    release_s: float,
    breath: float,
    sample_rate: int,
) -> None:
    """Adds a line with the mouth of a speaker, one syllable a note or for several joined ones.

    Args:
        time, hz: moments in seconds, every `sound.CONTROL` samples of `out`, and the fundamental.
        joined: of each note, whether it goes on from the one before.
        speech: in which there are syllables.
        release_s: how long the tone dies away after a note.
        breath: noise against the tone.
    """
    step_s = CONTROL / sample_rate
    spans: list[tuple[float, float]] = []
    for note, is_joined in zip(voice, joined, strict=True):
        if is_joined and spans and rng.random() < 0.6:
            spans[-1] = spans[-1][0], note.offset_s
        else:
            spans.append((note.onset_s, note.offset_s))
    first = int(rng.integers(len(speech.begins)))
    points = _spoken_times(time, spans, speech, first, step_s)
    index = np.clip(np.rint(points).astype(int), 0, len(speech.loudness) - 1)
    tone = speech.loudness * speech.voiced
    velocity = [(note.velocity / 90) ** 1.3 for note in voice]
    gain = np.interp(time, [note.onset_s for note in voice], velocity)
    gain *= 0.12 * _gate(time, spans, release_s) / np.median(tone[speech.middles])
    hiss = rng.uniform(0.3, 1.5) * speech.loudness * (1 - speech.voiced) ** 2 + breath * tone
    # Another mouth: larger or smaller than the speaker's.
    size = rng.uniform(0.85, 1.2)
    places = np.clip(np.arange(ENVELOPE_POINTS) / size, 0, ENVELOPE_POINTS - 1.001)
    low = places.astype(int)
    envelope = speech.envelope[:, low]
    envelope = envelope + (places - low) * (speech.envelope[:, low + 1] - envelope)
    sound.add_voice(
        out, 0, hz.astype(np.float32), (gain * tone[index]).astype(np.float32),
        envelope[index].astype(np.float32), 1.0, (gain * hiss[index]).astype(np.float32),
        sample_rate, 0.0,
    )


def _gate(time: Curve, spans: list[tuple[float, float]], release_s: float) -> Curve:
    """1 while a syllable is sung and shortly before; after it the tone dies away."""
    begins, ends = np.array(spans).T
    last = np.searchsorted(begins, time, side="right") - 1
    over_s = np.where(last >= 0, time - ends[last], np.inf)
    until_s = np.append(begins, np.inf)[last + 1] - time
    over_s = np.where(until_s < _LEAD_S, np.minimum(over_s, until_s), over_s)
    return np.asarray(np.exp(-np.maximum(over_s, 0) / (release_s / 4)))


def _spoken_times(
    time: Curve,
    spans: list[tuple[float, float]],
    speech: Speech,
    first: int,
    step_s: float,
) -> Curve:
    """Which point of the speech is sung when, as fractional points of its curves.

    Args:
        spans: onset and offset in seconds of each syllable that is sung, in order.
        first: the syllable to begin with.
        step_s: seconds between the points of the speech.
    """
    sung: list[float] = []
    spoken: list[int] = []
    free_s = 0.0
    for index, (onset_s, offset_s) in enumerate(spans):
        syllable = (first + index) % len(speech.begins)
        begin, middle = int(speech.begins[syllable]), int(speech.middles[syllable])
        # What stands before the vowel is spoken at its own speed; the vowel before makes room.
        before = int(speech.middles[syllable - 1]) + 1 if syllable else 0
        lead = min(begin - before, round(min(_LEAD_S, 0.8 * (onset_s - free_s)) / step_s))
        lead = max(lead, 0)
        if sung:
            sung[-1] = min(sung[-1], onset_s - lead * step_s)
        sung += [onset_s - lead * step_s, onset_s]
        spoken += [begin - lead, begin]
        # The vowel, held from its middle on for as long as the note.
        rise_s = min((middle - begin) * step_s, 0.4 * (offset_s - onset_s))
        sung += [onset_s + rise_s, offset_s]
        spoken += [middle, middle + 1]
        free_s = 0.4 * (onset_s + rise_s) + 0.6 * offset_s
    return np.asarray(np.interp(time, sung, np.asarray(spoken, float)))
