"""The scores of a network on clips that it is not trained on."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from model.heads import FRAME, ONSET
from training import distributed
from training.datasets.clip_dataset import ClipDataset
from training.distributed import ALONE, Processes
from training.losses import core

# Logits are counted in so many steps up to this size, which is finer than a score can tell.
_STEPS = 1000
_LARGEST_LOGIT = 12.0
# Clips that are kept to be looked at and listened to.
_N_WORST = 4


def _corpus(name: str) -> str:
    return name.partition("/")[0]


class Counts:
    """How often each probability was said where a note was and where none was.

    From these follow average precision (as scikit-learn defines it) and the best F1, in constant
    memory, and those of several processes can be added.
    """

    def __init__(self) -> None:
        self.table = torch.zeros(2, _STEPS, dtype=torch.float64)

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Counts logits against labels of 0 and 1, of one shape."""
        steps = (logits / _LARGEST_LOGIT + 1) * (_STEPS / 2)
        index = steps.long().clamp(0, _STEPS - 1) + _STEPS * (labels > 0.5)
        counts = torch.bincount(index.flatten(), minlength=2 * _STEPS)
        self.table += counts.view(2, _STEPS).cpu()

    def average_precision(self) -> float:
        """Not a number where no note was."""
        _, precision, recall = self._curve()
        return float((np.diff(recall, prepend=0.0) * precision).sum())

    def best_f1(self) -> tuple[float, float]:
        """The highest F1, and the probability from which on a note must be said to reach it."""
        thresholds, precision, recall = self._curve()
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best = int(np.argmax(f1))
        return float(f1[best]), float(thresholds[best])

    def _curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Thresholds from high to low, and precision and recall there."""
        negatives, positives = self.table.flip(1).cumsum(1).numpy()
        precision = positives / np.maximum(positives + negatives, 1)
        recall = positives / positives[-1] if positives[-1] else np.full(_STEPS, np.nan)
        logits = (np.arange(_STEPS)[::-1] * 2 / _STEPS - 1) * _LARGEST_LOGIT
        return 1 / (1 + np.exp(-logits)), precision, recall


@dataclass(frozen=True)
class Clip:
    """A clip's own frames, for the eye and the ear.

    Attributes:
        f1: of its frames, at a probability of 1/2.
        spectrum: (frames, bins).
        onset, frame: what is true, (frames, pitches); heard_onset, heard_frame: probabilities.
    """

    name: str
    f1: float
    spectrum: NDArray[np.float32]
    onset: NDArray[np.float32]
    frame: NDArray[np.float32]
    heard_onset: NDArray[np.float32]
    heard_frame: NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """Scores of a network.

    Attributes:
        corpora: for each corpus, and for their mean as "mean": average precision and best F1 of
            frames and of onsets, over all pairs of frame and pitch.
        worst: the clips that this process found worst, worst first.
    """

    corpora: dict[str, dict[str, float]]
    worst: list[Clip] = field(default_factory=list)

    @property
    def value(self) -> float:
        """What a network is chosen by: mean average precision of frames and onsets."""
        return (self.corpora["mean"]["frame_ap"] + self.corpora["mean"]["onset_ap"]) / 2


@torch.inference_mode()
def score(
    network: nn.Module,
    dataset: ClipDataset,
    *,
    batch_size: int,
    delay_frames: int,
    num_workers: int = 0,
    amp: bool = False,
    processes: Processes = ALONE,
) -> Scores:
    """Scores a network, in evaluation mode, on all clips; of several processes each takes a part.

    Args:
        dataset: clips that are not varied.
    """
    names = [file.names[piece] for file in dataset.files for piece in file.pieces]
    mine = range(processes.rank, len(dataset), processes.size)
    counts = {corpus: (Counts(), Counts()) for corpus in sorted(set(map(_corpus, names)))}
    device = next(network.parameters()).device
    worst: list[tuple[float, int, Clip]] = []
    loader = DataLoader(Subset(dataset, mine), batch_size, num_workers=num_workers)
    index = iter(mine)
    for frames, targets in loader:
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            logits, _ = network(frames.to(device))
        said, true = core(logits.cpu(), targets, dataset.overlap, delay_frames)
        spectra = frames[:, dataset.overlap : frames.shape[1] - dataset.overlap].mean(dim=2)
        for i, number in zip(range(len(said)), index, strict=False):
            frame_counts, onset_counts = counts[_corpus(names[number])]
            onset, frame = true["onset"][i], true["frame"][i]
            frame_counts.add(said[i, ..., FRAME], frame)
            onset_counts.add(said[i, ..., ONSET], onset)
            if frame.any():
                heard = torch.sigmoid(said[i])
                f1 = _f1(heard[..., FRAME] > 0.5, frame > 0.5)
                clip = Clip(
                    names[number], f1, spectra[i].numpy(), onset.numpy(), frame.numpy(),
                    heard[..., ONSET].numpy(), heard[..., FRAME].numpy(),
                )
                # The heap's first is the best of the worst; equal ones are told by their number.
                heapq.heappush(worst, (-f1, number, clip))
                if len(worst) > _N_WORST:
                    heapq.heappop(worst)
    table = {corpus: _scores(*pair) for corpus, pair in counts.items()}
    keys = next(iter(table.values()))
    table["mean"] = {key: _mean([row[key] for row in table.values()]) for key in keys}
    return Scores(table, [clip for *_, clip in sorted(worst, key=lambda w: (-w[0], w[1]))])


def _scores(frame: Counts, onset: Counts) -> dict[str, float]:
    row = {}
    for name, counts in (("frame", frame), ("onset", onset)):
        counts.table = distributed.total(counts.table)
        row[f"{name}_ap"] = counts.average_precision()
        row[f"{name}_f1"], row[f"{name}_threshold"] = counts.best_f1()
    return row


def _mean(values: Sequence[float]) -> float:
    """The mean of those that are numbers: a corpus without a note has no score."""
    numbers = [value for value in values if not np.isnan(value)]
    return float(np.mean(numbers)) if numbers else float("nan")


def _f1(heard: Tensor, true: Tensor) -> float:
    return 2 * float((heard & true).sum()) / max(1.0, float(heard.sum() + true.sum()))
