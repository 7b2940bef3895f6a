"""Trains the beat network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.swa_utils import AveragedModel

from model.beats import beat_checkpoint
from model.beats.beat_config import BeatNetworkConfig
from model.beats.beat_network import BeatNetwork
from training.beats.beat_examples import BeatExample, batches
from training.beats.beat_losses import beat_loss
from training.beats.printed_music import PrintedPiece

# How often each collection is played, by the name of its archive; others as often as one of these.
_SHARES = {"openscore_lieder": 0.65, "openscore_quartets": 0.2, "pop909": 0.15}
_USUAL_SHARE = 0.2
_AVERAGED = 0.997
_REPORT_EVERY, _SAVE_EVERY = 50, 300


@dataclass(frozen=True)
class BeatTraining:
    """How a beat network is trained.

    Attributes:
        steps: how many batches.
        batch_size, seconds: examples in a batch, and how long each is.
        lr: the highest learning rate, which is reached after a tenth of the steps and falls to 0.
        seed: of first weights and of what is played.
    """

    steps: int = 1800
    batch_size: int = 12
    seconds: float = 40.0
    lr: float = 2e-3
    seed: int = 0


def is_held_out(name: str) -> bool:
    """Whether a piece is kept out of the training, to measure on.

    POP909's last fifty, and every seventy-seventh of the others by the number in their names.
    """
    collection, _, file = name.partition("/")
    number = int("".join(letter for letter in file if letter.isdigit()) or 0)
    return number >= 860 if collection == "pop909" else number % 77 == 0


def train(
    pieces: Sequence[PrintedPiece], training: BeatTraining, out: Path,
    begun: BeatNetwork | None = None,
    told: Callable[[str], object] = print,
) -> BeatNetwork:
    """Trains a network on pieces that are not held out, and writes it now and then.

    Args:
        begun: the network to start from; None is a new one.
        told: is given a line of the losses now and then.

    Returns:
        The running average of its weights, which is also what is written to `out`.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    kept = [piece for piece in pieces if not is_held_out(piece.name)]
    network = (begun or BeatNetwork(BeatNetworkConfig())).train()
    average = AveragedModel(network, multi_avg_fn=_averaged)
    optimiser = torch.optim.AdamW(network.parameters(), training.lr, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, training.lr, total_steps=training.steps + 1, pct_start=0.1
    )
    began = time.monotonic()
    recent: dict[str, float] = {}
    played = batches(kept, _odds(kept), training.seconds, training.batch_size, rng)
    for step, batch in zip(range(1, training.steps + 1), played, strict=False):
        loss, parts = _loss(network, batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        rate.step()
        average.update_parameters(network)
        for name, value in parts.items():
            recent[name] = 0.97 * recent.get(name, value) + 0.03 * value
        if step % _REPORT_EVERY == 0:
            said = "  ".join(f"{name} {value:.3f}" for name, value in recent.items())
            told(f"step {step}  {said}  {time.monotonic() - began:.0f} s")
        if step % _SAVE_EVERY == 0 or step == training.steps:
            beat_checkpoint.save(average.module, out, _notes(kept, training, step))
    averaged: BeatNetwork = average.module.eval()
    return averaged


@torch.no_grad()
def _averaged(
    average: Sequence[torch.Tensor], now: Sequence[torch.Tensor], count: torch.Tensor
) -> None:
    """A running average that forgets the first steps, when nothing was known yet."""
    share = min(_AVERAGED, (1 + float(count)) / (10 + float(count)))
    torch._foreach_lerp_(list(average), list(now), 1 - share)


def _loss(network: BeatNetwork, batch: BeatExample) -> tuple[torch.Tensor, dict[str, float]]:
    features, beats, is_known, periods, meters = (torch.from_numpy(array) for array in batch)
    return beat_loss(network(features), beats, is_known, periods, meters)


def _odds(pieces: Sequence[PrintedPiece]) -> NDArray[np.float64]:
    """How often each piece is played: collections by their shares, within them by length."""
    lengths = np.array([float(piece.beat[-1]) for piece in pieces]) ** 0.5
    names = np.array([piece.name.partition("/")[0] for piece in pieces])
    for name in set(names):
        lengths[names == name] *= _SHARES.get(name, _USUAL_SHARE) / lengths[names == name].sum()
    return np.asarray(lengths / lengths.sum())


def _notes(
    pieces: Sequence[PrintedPiece], training: BeatTraining, step: int
) -> dict[str, str]:
    return {"training": f"{step} steps of {training.batch_size} x {training.seconds:g} s, seed "
                        f"{training.seed}, {len(pieces)} pieces"}
