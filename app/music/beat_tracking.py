"""The beats of sound in which no notes are heard, such as drums."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
import soxr
from numpy.typing import NDArray

from app.system.librosa_loading import load_librosa
from app.system.progress import GoOn, to_the_end

_RATE = 22_050
_HOP = 256
_WINDOW = 2048
_MELS = 128
# Hops between two levels that are compared. As many come an attack's frames before it, so that
# clicks are found where they are, within a hop.
_EARLY = 2
# Sound that is looked at once: an hour's spectrogram in one piece would take gigabytes.
_FRAMES = 2048
# The tempo is estimated in parts of so many seconds, for the same reason.
_PART_S = 90
# How far the tempo may stray from the recording's usual one, in octaves (standard deviation): far
# enough for a ritardando, too little for twice or half as many beats.
_STRAY = 0.3
# What lies so far below the loudest counts as silent.
_DEEPEST_DB = 80.0
# Beats are not halved up to this tempo, where so large a share of a beat's onset strength lies
# between two of them as well.
_FASTEST_BPM, _EQUAL = 245.0, 0.7
# Weaker than this share of full scale is silence, which has no beats.
_SILENCE = 1e-4


def find_beats(
    blocks: Iterable[NDArray[np.float32]], sample_rate: float, go_on: GoOn = to_the_end,
    bpm: float | None = None,
) -> list[float]:
    """Seconds of the beats, rising; none in silence or in less than a few seconds of sound.

    librosa's beat tracker (Ellis, "Beat tracking by dynamic programming", 2007) with a tempo that
    may change over time.

    Args:
        blocks: mono sound, any number of samples each.
        go_on: is called between the steps once all of the sound is read; an hour takes ten seconds
            more.
        bpm: the usual tempo; None is estimated.
    """
    librosa = load_librosa()
    strength = _onset_strength(blocks, sample_rate)
    part = _PART_S * _RATE // _HOP
    parts = [strength[first : first + part] for first in range(0, len(strength), part)]
    # The rest of a recording is too short to have a tempo of its own.
    if len(parts) > 1 and len(parts[-1]) < part // 4:
        parts[-2:] = [np.concatenate(parts[-2:])]
    if not strength.any() or len(strength) < 2 * _RATE // _HOP:
        return []
    tempo_of = functools.partial(librosa.feature.tempo, sr=_RATE, hop_length=_HOP)
    tempos = []
    for piece in parts:
        go_on()
        if piece.any():
            tempos.append(tempo_of(onset_envelope=piece)[0])
    usual = np.median(tempos) if bpm is None else bpm
    moving = []
    for piece in parts:
        go_on()
        moving.append(
            tempo_of(onset_envelope=piece, start_bpm=usual, std_bpm=_STRAY, aggregate=None)
        )
    go_on()
    # Untrimmed: the quiet beats at both ends are beats as well.
    _, frames = librosa.beat.beat_track(
        onset_envelope=strength, bpm=np.concatenate(moving), sr=_RATE, hop_length=_HOP, trim=False
    )
    if bpm is None:
        frames = _all_equal_ones(frames, strength)
    return [int(frame) * _HOP / _RATE for frame in frames]


def _all_equal_ones(
    frames: NDArray[np.int64], strength: NDArray[np.float32]
) -> NDArray[np.int64]:
    """The beats, and those between them where as much begins: the tracker halves fast tempi."""
    if len(frames) < 2 or 2 * 60 * _RATE / _HOP / np.median(np.diff(frames)) > _FASTEST_BPM:
        return frames
    shifts = np.arange(-2, 3)

    def peaks(at: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
        near = np.clip(at[:, None] + shifts, 0, len(strength) - 1)
        heard = strength[near]
        return near[np.arange(len(at)), heard.argmax(axis=1)], float(np.median(heard.max(axis=1)))

    _, usual = peaks(frames)
    between, as_much = peaks((frames[:-1] + frames[1:]) // 2)
    if as_much < _EQUAL * usual:
        return frames
    return np.unique(np.concatenate([frames, between]))


def _onset_strength(
    blocks: Iterable[NDArray[np.float32]], sample_rate: float
) -> NDArray[np.float32]:
    """How strongly something begins, shape (frames,), every `_HOP` samples at `_RATE`.

    Frame t is centred on sample t x `_HOP`, as librosa counts.
    """
    librosa = load_librosa()
    weights = librosa.filters.mel(sr=_RATE, n_fft=_WINDOW, n_mels=_MELS)
    taper = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    held = np.zeros(_WINDOW // 2, np.float32)
    # Half the precision is a tenth of a decibel, and half of what is most of the memory.
    levels: list[NDArray[np.float16]] = []
    peak = 0.0
    for block in _resampled(blocks, sample_rate):
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
        held = np.concatenate([held, block])
        while (count := min((len(held) - _WINDOW) // _HOP + 1, _FRAMES)) > 0:
            frames = np.lib.stride_tricks.sliding_window_view(held, _WINDOW)[::_HOP][:count]
            power = np.abs(np.fft.rfft(frames * taper, axis=1)).astype(np.float32) ** 2
            levels.append(librosa.power_to_db(power @ weights.T, top_db=None).astype(np.float16))
            held = held[count * _HOP :]
    if peak < _SILENCE or not levels:
        return np.zeros(0, np.float32)
    floor = max(float(part.max()) for part in levels) - _DEEPEST_DB
    strength = [np.zeros(_EARLY, np.float32)]
    before = levels[0][:1].repeat(_EARLY, axis=0)
    for part in levels:
        # Each part is compared with the frames before it, and gives as many as it has.
        joined = np.concatenate([before, part])
        risen = librosa.onset.onset_strength(
            S=np.maximum(joined.astype(np.float32), floor).T, sr=_RATE, hop_length=_HOP,
            center=False, lag=_EARLY,
        )
        strength.append(risen[_EARLY:].astype(np.float32))
        before = joined[-_EARLY:]
    # An attack shows as soon as a window's newer half reaches it.
    return np.concatenate(strength)


def _resampled(
    blocks: Iterable[NDArray[np.float32]], sample_rate: float
) -> Iterable[NDArray[np.float32]]:
    if sample_rate == _RATE:
        yield from blocks
        return
    stream = soxr.ResampleStream(sample_rate, _RATE, 1, dtype="float32", quality="MQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
