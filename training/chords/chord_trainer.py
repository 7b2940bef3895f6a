"""Learns the chord finder's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from model.chords.chord_features import N_CHANNELS, N_SCALARS, chord_features
from model.chords.chord_finder import ChordFinder, ChordWeights
from model.chords.chord_vocabulary import NAMES, NO_CHORD
from training.beats.heard_notes import heard
from training.chords.chord_pieces import ChordPiece, quality_of

_BATCH, _RATE, _DECAY = 2048, 0.01, 1e-5
# What the counts of chords that follow each other begin with: anything may.
_UNSEEN = 0.05
# Chords are listed on beats; those that are found may be twice as long.
_LEAST_CHANGE = 0.05
# What the fits may be multiplied by, and every how manieth piece it is chosen on.
_TRUSTS, _CHOOSE_ON = (0.6, 1.0, 1.6, 2.5), 40


def train(
    pieces: Sequence[ChordPiece], steps: int, seed: int, told: Callable[[str], object]
) -> ChordWeights:
    """Weights for these pieces as the ear would hear them, some well, some badly.

    Args:
        steps: batches of the descent.
        told: gets a line about how it goes, now and then.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    chroma, scalars, states = _examples(pieces, rng)
    told(f"{len(states)} steps of {len(pieces)} pieces")
    fits = _Fits()
    optimiser = torch.optim.Adam(fits.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(1, steps + 1):
        chosen = rng.integers(0, len(states), _BATCH)
        logits = fits(torch.from_numpy(chroma[chosen].astype(np.float32)),
                      torch.from_numpy(scalars[chosen]))
        wanted = torch.from_numpy(states[chosen].astype(np.int64))
        loss = nn.functional.cross_entropy(logits, wanted)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            right = float((logits.argmax(1) == wanted).float().mean())
            told(f"step {step}: loss {float(loss.detach()):.3f}, {right:.1%} of the steps right")
    change, follow = _counts(pieces)
    made = [
        ChordWeights(*fits.arrays(), change, follow, np.array([trust], np.float32))
        for trust in _TRUSTS
    ]
    scores = [_right(ChordFinder(weights), pieces[::_CHOOSE_ON]) for weights in made]
    for trust, score in zip(_TRUSTS, scores, strict=True):
        told(f"trust {trust}: {score:.1%} of the steps right")
    return made[int(np.argmax(scores))]


class _Fits(nn.Module):
    """How well every chord fits a step; weights are shared by the roots."""

    def __init__(self) -> None:
        super().__init__()
        self.chroma = nn.Parameter(torch.zeros(len(NAMES), N_CHANNELS, 12))
        self.scalars = nn.Parameter(torch.zeros(len(NAMES) + 1, N_SCALARS))
        self.bias = nn.Parameter(torch.zeros(len(NAMES) + 1))

    def forward(self, chroma: torch.Tensor, scalars: torch.Tensor) -> torch.Tensor:
        """Logits, (steps, chords), of the features."""
        both = scalars @ self.scalars.T + self.bias
        flat = self.chroma.flatten(1).T
        # By steps, roots and qualities.
        above = torch.stack(
            [chroma.roll(-root, dims=2).flatten(1) @ flat for root in range(12)], dim=1
        )
        chords = (above + both[:, None, :-1]).transpose(1, 2).flatten(1)
        return torch.cat([chords, both[:, -1:]], dim=1)

    def arrays(self) -> tuple[NDArray[np.float32], ...]:
        return tuple(
            parameter.detach().numpy() for parameter in (self.chroma, self.scalars, self.bias)
        )


def _examples(
    pieces: Sequence[ChordPiece], rng: np.random.Generator
) -> tuple[NDArray[np.float16], NDArray[np.float32], NDArray[np.intp]]:
    chroma, scalars, states = [], [], []
    for piece in pieces:
        one, other, _ = chord_features(heard(piece.notes, rng), piece.steps_s)
        chroma.append(one.astype(np.float16))
        scalars.append(other)
        states.append(piece.states)
    return np.concatenate(chroma), np.concatenate(scalars), np.concatenate(states)


def _counts(pieces: Sequence[ChordPiece]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How often a chord changes, by place, and the logarithm of how often which follows which."""
    n_qualities = len(NAMES)
    changed, steps = np.ones(3), np.full(3, 2.0)
    follow = np.full((n_qualities + 1, n_qualities + 1, 12), _UNSEEN)
    for piece in pieces:
        before, after = piece.states[:-1], piece.states[1:]
        changes, places = before != after, piece.places[1:]
        steps += np.bincount(places, minlength=3)
        changed += np.bincount(places[changes], minlength=3)
        quality = quality_of(piece.states)
        away = (after - before) % 12
        away[(before == NO_CHORD) | (after == NO_CHORD)] = 0
        np.add.at(
            follow, (quality[:-1][changes], quality[1:][changes], away[changes]), 1
        )
    # From a chord to itself is no change; from none and to none there are no roots to choose from.
    for quality in range(n_qualities + 1):
        follow[quality, quality, 0] = 0
    follow[:, -1, 1:] = follow[-1, -1] = 0
    totals = follow.sum(axis=(1, 2), keepdims=True)
    # After no chord every root is as likely: what was counted at one place holds for all twelve.
    follow[-1, :, 0] /= 12
    follow[-1, :, 1:] = follow[-1, :, :1]
    with np.errstate(divide="ignore"):
        logs = np.log(follow / totals)
    change = np.maximum(changed / steps, _LEAST_CHANGE)
    return change.astype(np.float32), np.maximum(logs, -1e4).astype(np.float32)


def _right(finder: ChordFinder, pieces: Sequence[ChordPiece]) -> float:
    """The share of the steps whose chord is found, of heard notes."""
    right = count = 0
    for index, piece in enumerate(pieces):
        notes = heard(piece.notes, np.random.default_rng(index))
        found = finder.states(notes, piece.steps_s, piece.places)
        right += int((found == piece.states).sum())
        count += len(found)
    return right / max(1, count)
