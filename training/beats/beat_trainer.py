"""Trains the beat network, and the bar network that reads the beats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from model.beats import beat_checkpoint
from model.beats.bar_network import BarNetwork, BarNetworkConfig
from model.beats.beat_config import METERS, BeatNetworkConfig
from model.beats.beat_network import BeatNetwork
from training.beats.bar_examples import BarExample, bar_examples
from training.beats.beat_examples import BeatExample, beat_example
from training.beats.beat_losses import bar_loss, beat_loss
from training.beats.example_pool import pooled_batches
from training.beats.fitting import fit
from training.beats.printed_music import PrintedPiece

# How often each collection is played, by the name of its archive; others as often as one of these.
_SHARES = {"openscore_lieder": 0.65, "openscore_quartets": 0.2, "pop909": 0.15}
_USUAL_SHARE = 0.2
# Rare time signatures are played more often: so much of the way to this share for each, and no
# more than so many times as often.
_METER_SHARE, _EVENED, _LEAST, _MOST = 0.12, 0.4, 0.6, 3.0


@dataclass(frozen=True)
class BeatTraining:
    """How the two networks are trained.

    Attributes:
        steps, bar_steps: how many batches for the beat network, and for the bar network.
        batch_size, seconds: examples in a batch of the beat network, and how long each is.
        bar_batch_size, n_beats: the same of the bar network, in beats.
        lr, bar_lr: the highest learning rates.
        seed: of first weights and of what is played.
    """

    steps: int = 4000
    bar_steps: int = 3000
    batch_size: int = 10
    seconds: float = 40.0
    bar_batch_size: int = 32
    n_beats: int = 96
    lr: float = 4e-3
    bar_lr: float = 3e-3
    seed: int = 0


def is_held_out(name: str) -> bool:
    """Whether a piece is kept out of the training, to measure on.

    POP909's last fifty, and every seventy-seventh of the others by the number in their names.
    """
    collection, _, file = name.partition("/")
    number = int("".join(letter for letter in file if letter.isdigit()) or 0)
    return number >= 860 if collection == "pop909" else number % 77 == 0


def train_beats(
    pieces: Sequence[PrintedPiece], training: BeatTraining, out: Path,
    begun: BeatNetwork | None = None,
    told: Callable[[str], object] = print,
) -> BeatNetwork:
    """Trains a beat network on pieces that are not held out, and writes it now and then.

    Args:
        begun: the network to start from; None is a new one.
        told: is given a line of the losses now and then.

    Returns:
        The running average of its weights, which is also what is written to `out`.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    kept = [piece for piece in pieces if not is_held_out(piece.name)]
    odds = _odds(kept)

    def fresh() -> list[BeatExample]:
        return [beat_example(kept, odds, training.seconds, rng)]

    def saved(network: BeatNetwork, step: int) -> None:
        said = f"{step} steps of {training.batch_size} x {training.seconds:g} s"
        beat_checkpoint.save(network, out, _notes(said, kept, training.seed))

    network = begun or BeatNetwork(BeatNetworkConfig())
    # A third of each batch is new.
    batches = pooled_batches(fresh, training.batch_size, -(-training.batch_size // 3), rng)
    averaged: BeatNetwork = fit(
        network, batches, _beat_loss, training.steps, training.lr, saved, told
    )
    return averaged


def train_bars(
    pieces: Sequence[PrintedPiece], training: BeatTraining, out: Path,
    told: Callable[[str], object] = print,
) -> BarNetwork:
    """Trains a bar network on pieces that are not held out and whose bars can be believed; see
    `train_beats`."""
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    kept = [piece for piece in pieces if not is_held_out(piece.name) and piece.has_bars]
    odds = _odds(kept)

    def fresh() -> list[BarExample]:
        return bar_examples(kept, odds, training.n_beats, rng)

    def saved(network: BarNetwork, step: int) -> None:
        said = f"{step} steps of {training.bar_batch_size} x {training.n_beats} beats"
        beat_checkpoint.save(network, out, _notes(said, kept, training.seed))

    batches = pooled_batches(
        fresh, training.bar_batch_size, -(-training.bar_batch_size // 3), rng
    )
    averaged: BarNetwork = fit(
        BarNetwork(BarNetworkConfig()), batches, _bar_loss, training.bar_steps, training.bar_lr,
        saved, told,
    )
    return averaged


def _beat_loss(network: BeatNetwork, batch: BeatExample) -> tuple[torch.Tensor, dict[str, float]]:
    features, beats, is_known, periods, meters = (torch.from_numpy(array) for array in batch)
    return beat_loss(network(features), beats, is_known, periods, meters)


def _bar_loss(network: BarNetwork, batch: BarExample) -> tuple[torch.Tensor, dict[str, float]]:
    features, level, meter, is_downbeat = (torch.from_numpy(array) for array in batch)
    return bar_loss(network(features), level, meter, is_downbeat)


def _odds(pieces: Sequence[PrintedPiece]) -> NDArray[np.float64]:
    """How often each piece is played: collections by their shares, within them by length, and
    rare time signatures more often than they are printed."""
    lengths = np.array([float(piece.beat[-1]) for piece in pieces]) ** 0.5
    names = np.array([piece.name.partition("/")[0] for piece in pieces])
    for name in set(names):
        lengths[names == name] *= _SHARES.get(name, _USUAL_SHARE) / lengths[names == name].sum()
    odds = lengths / lengths.sum()
    usual = np.array([
        np.bincount(piece.meter, minlength=len(METERS)).argmax() for piece in pieces
    ])  # fmt: skip
    share = np.bincount(usual, weights=odds, minlength=len(METERS))
    more = np.clip((_METER_SHARE / np.maximum(share, 1e-6)) ** _EVENED, _LEAST, _MOST)
    odds = odds * more[usual]
    return np.asarray(odds / odds.sum())


def _notes(said: str, pieces: Sequence[PrintedPiece], seed: int) -> dict[str, str]:
    return {"training": f"{said}, seed {seed}, {len(pieces)} pieces"}
