"""Chords of notes: the public door.

A log-linear model says of each step of time how well each chord fits what sounds around it; its
weights are the same for every root. A hidden Markov model joins the steps: which chord follows
which, and how often one changes at a bar, at a beat and between beats. What it was learned from is
in the model card.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from model.beats.note_features import NoteArrays
from model.checkpoint_header import CheckpointError
from model.chords.chord_features import (
    N_CHANNELS,
    N_SCALARS,
    chord_features,
    leaning_on_itself,
)
from model.chords.chord_steps import BAR
from model.chords.chord_vocabulary import N_STATES, NAMES, NO_CHORD, QUALITIES, FoundChord

FORMAT = "noteglow-chords-1"
# The lowest notes of a chord are its bass where they sound for so much of it.
_BASS_SHARE = 0.5


@dataclass(frozen=True)
class ChordWeights:
    """What is learned.

    Attributes:
        chroma: of pitch classes above the root, (qualities, `N_CHANNELS`, 12).
        scalars: (qualities + 1, `N_SCALARS`), the last row of no chord.
        bias: (qualities + 1,).
        change: how probable another chord is at a bar line, a beat, and between, (3,).
        follow: logarithm of how probable a chord is after another, if it is another one: (qualities
            + 1, qualities + 1, 12) by the quality before, the one after, and semitones from root
            to root; of no chord the roots are alike.
        trust: what the logarithms of how well chords fit are multiplied by, (1,).
    """

    chroma: NDArray[np.float32]
    scalars: NDArray[np.float32]
    bias: NDArray[np.float32]
    change: NDArray[np.float32]
    follow: NDArray[np.float32]
    trust: NDArray[np.float32]


def shapes() -> dict[str, tuple[int, ...]]:
    """The shape of each array of `ChordWeights`, by its name."""
    n_qualities = len(NAMES)
    return {
        "chroma": (n_qualities, N_CHANNELS, 12), "scalars": (n_qualities + 1, N_SCALARS),
        "bias": (n_qualities + 1,), "change": (3,),
        "follow": (n_qualities + 1, n_qualities + 1, 12), "trust": (1,),
    }


class ChordFinder:
    """Loaded weights, and the search that makes chords of what they say."""

    def __init__(self, weights: ChordWeights) -> None:
        self._weights = weights
        self._follow = _transitions(weights.follow)

    @classmethod
    def load(cls, path: Path) -> ChordFinder:
        """Opens a file of weights.

        Raises:
            CheckpointError: it is missing, damaged or something else.
        """
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                if (file.metadata() or {}).get("format") != FORMAT:
                    raise CheckpointError(f"{path}: these are no chord weights ({FORMAT})")
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            raise CheckpointError(f"{path}: there is no such file") from None
        except (safetensors.SafetensorError, OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(f"{path}: the chord weights cannot be read ({reason})") from None
        for name, shape in shapes().items():
            if name not in arrays or arrays[name].shape != shape:
                raise CheckpointError(f"{path}: {name} is missing or no array of {shape}")
        return cls(ChordWeights(**{name: arrays[name] for name in shapes()}))

    def find(
        self, notes: NoteArrays, steps_s: NDArray[np.float64],
        places: NDArray[np.intp],
    ) -> list[FoundChord]:
        """The chords of notes, one after the other from the first step to the last.

        Args:
            notes: what is heard.
            steps_s: where steps begin at whose edges chords may change, and where the last one
                ends, in seconds, rising: (steps + 1,).
            places: where each step lies, as `chord_steps` says it: (steps,).
        """
        if len(steps_s) < 2:
            return []
        path, lowest_s = self._path(notes, steps_s, places)
        found: list[FoundChord] = []
        for first, last in _stretches(path, places):
            begin, end = float(steps_s[first]), float(steps_s[last])
            chord = FoundChord(begin, end)
            if path[first] != NO_CHORD:
                quality, root = NAMES[path[first] // 12], int(path[first] % 12)
                bass = _bass(lowest_s[first:last].sum(axis=0), root, quality)
                chord = FoundChord(begin, end, root, quality, bass)
            if found and found[-1][2:] == chord[2:]:
                chord = chord._replace(start_s=found.pop().start_s)
            found.append(chord)
        return found

    def states(
        self, notes: NoteArrays, steps_s: NDArray[np.float64], places: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """The chord of each step by its number; see `find` and `chord_vocabulary.state`."""
        return self._path(notes, steps_s, places)[0]

    def _path(
        self, notes: NoteArrays, steps_s: NDArray[np.float64], places: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The chord of each step, and the lowest notes as `chord_features` has them."""
        chroma, scalars, lowest_s = chord_features(notes, steps_s)
        chroma = leaning_on_itself(chroma)
        return self._best_path(log_fits(self._weights, chroma, scalars), places), lowest_s

    def _best_path(self, fits: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.intp]:
        """The most probable chord of every step (Viterbi)."""
        weights = self._weights
        fits = fits * float(weights.trust[0])
        stay, change = np.log(1 - weights.change), np.log(weights.change)
        score = fits[0].copy()
        came_from = np.zeros(fits.shape, np.intp)
        here = np.arange(N_STATES)
        for step in range(1, len(fits)):
            place = places[step]
            moved = score[:, None] + self._follow
            best = moved.argmax(axis=0)
            moved_score = moved[best, here] + change[place]
            stayed = score + stay[place]
            stays = stayed >= moved_score
            came_from[step] = np.where(stays, here, best)
            score = np.where(stays, stayed, moved_score) + fits[step]
        path = np.zeros(len(fits), np.intp)
        path[-1] = score.argmax()
        for step in range(len(fits) - 1, 0, -1):
            path[step - 1] = came_from[step, path[step]]
        return path


def _stretches(
    path: NDArray[np.intp], places: NDArray[np.intp]
) -> Iterator[tuple[int, int]]:
    """From which step to before which one chord holds within one bar."""
    edges = np.flatnonzero((path[1:] != path[:-1]) | (places[1:] == BAR)) + 1
    yield from itertools.pairwise([0, *edges.tolist(), len(path)])


def log_fits(
    weights: ChordWeights, chroma: NDArray[np.float32], scalars: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The logarithm of how probable each chord is by what sounds around a step: (steps, states)."""
    n_qualities = len(NAMES)
    fits = np.zeros((len(chroma), N_STATES))
    flat = weights.chroma.reshape(n_qualities, -1)
    both = scalars @ weights.scalars.T + weights.bias
    for root in range(12):
        above = np.roll(chroma, -root, axis=2).reshape(len(chroma), -1)
        fits[:, root : 12 * n_qualities : 12] = above @ flat.T + both[:, :-1]
    fits[:, NO_CHORD] = both[:, -1]
    fits -= fits.max(axis=1, keepdims=True)
    return np.asarray(fits - np.log(np.exp(fits).sum(axis=1, keepdims=True)))


def _transitions(follow: NDArray[np.float32]) -> NDArray[np.float64]:
    """The logarithm of how probable each chord is after each other one, (states, states)."""
    roots = np.arange(12)
    away = (roots[None, :] - roots[:, None]) % 12
    logs = np.full((N_STATES, N_STATES), -np.inf)
    for before, after in itertools.product(range(len(NAMES)), repeat=2):
        block = np.asarray(follow[before, after], np.float64)[away]
        logs[12 * before : 12 * before + 12, 12 * after : 12 * after + 12] = block
    for quality in range(len(NAMES)):
        rows = slice(12 * quality, 12 * quality + 12)
        logs[rows, NO_CHORD] = follow[quality, -1, 0]
        logs[NO_CHORD, rows] = follow[-1, quality, 0]
    np.fill_diagonal(logs, -np.inf)
    return logs


def _bass(lowest_s: NDArray[np.float32], root: int, quality: str) -> int:
    """The pitch class that lies lowest for most of a chord, where it is one of its notes."""
    lowest = int(lowest_s.argmax())
    is_note = (lowest - root) % 12 in QUALITIES[quality]
    return lowest if is_note and lowest_s[lowest] > _BASS_SHARE * lowest_s.sum() else root
