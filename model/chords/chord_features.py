"""What notes tell of chords in each step of time: which pitch classes sound, begin and lie low."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.beats.note_features import NoteArrays

# Channels of pitch classes: what sounds, what begins, what is lowest; of this step, and of those
# before and after it.
_CHANNELS, CONTEXT = 3, 2
N_CHANNELS = _CHANNELS * (2 * CONTEXT + 1)
# Beside them: how much of the step is silent, and how many pitch classes share its sound.
N_SCALARS = 2
# How much of what is told of the steps around one is taken from itself. The music that was learned
# from changes its chords bar by bar; where they change with every beat, neighbours mislead.
_OWN_SHARE = 0.5
# A note that lasts counts less the longer it does, for it was struck once.
_FADES_S = 2.0


def chord_features(
    notes: NoteArrays, steps_s: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The features of every step.

    Args:
        steps_s: where the steps begin, and where the last one ends, in seconds, rising: (steps
            + 1,).

    Returns:
        Shares of the pitch classes, C first, (steps, `N_CHANNELS`, 12); the scalars, (steps,
        `N_SCALARS`); and the lowest notes alone, seconds of each pitch class, (steps, 12).
    """
    n_steps = len(steps_s) - 1
    sums = np.zeros((n_steps, _CHANNELS, 12))
    silent = np.ones(n_steps)
    lowest_s = np.zeros((n_steps, 12))
    for step, within in _by_step(notes, steps_s):
        begin, end = steps_s[step], steps_s[step + 1]
        onset, offset = notes.onset_s[within], notes.offset_s[within]
        pitch, loud = notes.pitch[within], notes.velocity[within] / 127 + 0.2
        first, last = np.maximum(onset, begin), np.minimum(offset, end)
        ages_s = np.maximum(first - onset, 0)
        weight = (last - first) * loud * np.exp(-ages_s / _FADES_S)
        np.add.at(sums[step, 0], pitch % 12, weight)
        begins = onset >= begin - 0.05
        np.add.at(sums[step, 1], pitch[begins] % 12, loud[begins])
        # Between any two edges, the lowest note that sounds.
        edges = np.unique(np.concatenate([first, last]))
        middles = (edges[1:] + edges[:-1]) / 2
        sounds = (first <= middles[:, None]) & (middles[:, None] < last)
        low = np.where(sounds, pitch, 1000).min(axis=1, initial=1000)
        is_any = low < 1000
        lengths = np.diff(edges)
        np.add.at(lowest_s[step], low[is_any] % 12, lengths[is_any])
        silent[step] = 1 - lengths[is_any].sum() / (end - begin)
    sums[:, 2] = lowest_s
    shares = sums / np.maximum(sums.sum(axis=2, keepdims=True), 1e-9)
    crowd = (shares[:, 0] ** 2).sum(axis=1)
    scalars = np.stack([silent, crowd], axis=1).astype(np.float32)
    # The root of a share: what is faint counts too.
    shares = np.sqrt(shares).astype(np.float32)
    padded = np.pad(shares, ((CONTEXT, CONTEXT), (0, 0), (0, 0)))
    around = [padded[first : first + n_steps] for first in range(2 * CONTEXT + 1)]
    return np.concatenate(around, axis=1), scalars, lowest_s.astype(np.float32)


def leaning_on_itself(chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pitch classes as `chord_features` has them, the steps around each one half as it is itself.
    """
    own = chroma[:, _CHANNELS * CONTEXT : _CHANNELS * (CONTEXT + 1)]
    lasting = np.tile(own, (1, 2 * CONTEXT + 1, 1))
    return np.asarray(_OWN_SHARE * lasting + (1 - _OWN_SHARE) * chroma, np.float32)


def _by_step(
    notes: NoteArrays, steps_s: NDArray[np.float64]
) -> list[tuple[int, NDArray[np.intp]]]:
    """For every step in which something sounds, which notes do."""
    first = np.maximum(np.searchsorted(steps_s, notes.onset_s + 1e-6, side="right") - 1, 0)
    last = np.minimum(np.searchsorted(steps_s, notes.offset_s - 1e-6), len(steps_s) - 1)
    found: dict[int, list[int]] = {}
    for note, (begin, end) in enumerate(zip(first, last, strict=True)):
        for step in range(begin, end):
            found.setdefault(step, []).append(note)
    return [(step, np.array(found[step])) for step in sorted(found)]
