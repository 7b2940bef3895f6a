"""The scores of a network on clips that it is not trained on."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from model.config import DecoderConfig
from model.head_order import FRAME, ONSET, VELOCITY
from training.datasets.clip_dataset import ClipDataset
from training.scoring.clip_notes import ClipNotes
from training.scoring.counts import Counts
from training.trainer import distributed
from training.trainer.distributed import ALONE, Processes
from training.trainer.losses import LossWeights, answer_prefix, core, losses_of_answers
from training.trainer.reading import clips
from training.trainer.stop_signals import leave_to_parent

_LOSSES = ("onset", "frame", "offset", "velocity", "total")
# Clips that are kept to be looked at and listened to.
_N_WORST = 4


def _corpus(name: str) -> str:
    return name.partition("/")[0]


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
            frames and of onsets, over all pairs of frame and pitch, and note F1, precision and
            recall as the decoder says the notes. Names of a settled answer's begin with "settled ".
        worst: the clips that this process found worst, worst first, as the early answer has them.
        losses: the parts of the loss on these clips and their sum, by name.
    """

    corpora: dict[str, dict[str, float]]
    worst: list[Clip] = field(default_factory=list)
    losses: dict[str, float] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """What a network is chosen by: mean average precision of frames and onsets, of all answers.

        An answer counts as much as the other.
        """
        mean = self.corpora["mean"]
        return float(np.mean([value for key, value in mean.items() if key.endswith("_ap")]))


@torch.inference_mode()
def score(
    network: nn.Module,
    dataset: ClipDataset,
    *,
    batch_size: int,
    delays: Sequence[int],
    num_workers: int = 0,
    amp: bool = False,
    processes: Processes = ALONE,
    decoder: DecoderConfig | None = None,
    weights: LossWeights | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Scores:
    """Scores a network, in evaluation mode, on all clips; of several processes each takes a part.

    Args:
        dataset: clips that are not varied.
        delays: frames that each of the network's answers waits, the early one first.
        decoder: what notes are said by.
        weights: of the parts of the loss.
        is_stopped: asked after every batch, and at the end.

    Raises:
        KeyboardInterrupt: it was asked to stop.
    """
    names = [file.names[piece] for file in dataset.files for piece in file.pieces]
    places = _places(dataset)
    # A piece is one process's as a whole, so that its notes can be joined.
    pieces = {piece: n for n, piece in enumerate(dict.fromkeys(piece for piece, _ in places))}
    mine = [
        i for i, (piece, _) in enumerate(places)
        if pieces[piece] % processes.size == processes.rank
    ]
    answers = [
        _Answer(sorted(set(map(_corpus, names))), dataset, decoder or DecoderConfig())
        for _ in delays
    ]
    device = next(network.parameters()).device
    worst: list[tuple[float, int, Clip]] = []
    summed: dict[str, float] = {}
    loader = DataLoader(
        Subset(dataset, mine), batch_size, num_workers=num_workers, worker_init_fn=leave_to_parent
    )
    index = iter(mine)
    for frames, targets in clips(loader, is_stopped):
        if is_stopped():
            raise KeyboardInterrupt
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            logits, _ = network(frames.to(device))
        logits = logits.cpu()
        parts = losses_of_answers(
            logits, targets, dataset.overlap, delays, weights or LossWeights(),
            over_processes=False,
        )
        for name, value in parts.items():
            summed[name] = summed.get(name, 0.0) + float(value) * len(frames)
        cores = [
            core(logits[:, :, n], targets, dataset.overlap, delay) for n, delay in enumerate(delays)
        ]
        said, true = cores[0]
        spectra = frames[:, dataset.overlap : frames.shape[1] - dataset.overlap].mean(dim=2)
        for i, number in zip(range(len(said)), index, strict=False):
            onset, frame = true["onset"][i], true["frame"][i]
            labels = {name: value[i] for name, value in true.items()}
            for answer, (logits_of_answer, _) in zip(answers, cores, strict=True):
                answer.add(_corpus(names[number]), places[number], logits_of_answer[i], labels)
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
    if is_stopped():
        raise KeyboardInterrupt
    table: dict[str, dict[str, float]] = {}
    for n, answer in enumerate(answers):
        for corpus, row in answer.scores().items():
            named = {answer_prefix(n) + key: value for key, value in row.items()}
            table[corpus] = table.get(corpus, {}) | named
    keys = next(iter(table.values()))
    table["mean"] = {key: _mean([row[key] for row in table.values()]) for key in keys}
    # The losses of clips, not of processes, count alike.
    losses_of_all = [answer_prefix(n) + name for n in range(len(delays)) for name in _LOSSES]
    total = torch.tensor([*(summed.get(name, 0.0) for name in losses_of_all), float(len(mine))])
    *values, n_clips = distributed.total(total.double()).tolist()
    mean_losses = {
        name: value / max(1.0, n_clips) for name, value in zip(losses_of_all, values, strict=True)
    }
    shown = [clip for *_, clip in sorted(worst, key=lambda w: (-w[0], w[1]))]
    return Scores(table, shown, mean_losses)


class _Answer:
    """What is counted of one answer of the network."""

    def __init__(
        self, corpora: Sequence[str], dataset: ClipDataset, decoder: DecoderConfig
    ) -> None:
        self._counts = {corpus: (Counts(), Counts()) for corpus in corpora}
        self._notes = ClipNotes(
            list(corpora), dataset.features, decoder, only_note_names=dataset.only_note_names
        )

    def add(
        self, corpus: str, place: tuple[int, int], said: Tensor, true: dict[str, Tensor]
    ) -> None:
        """Counts a clip's own frames: logits (frames, pitches, heads), and what is true."""
        frames, onsets = self._counts[corpus]
        frames.add(said[..., FRAME], true["frame"])
        onsets.add(said[..., ONSET], true["onset"])
        heard = torch.sigmoid(said)
        self._notes.add(
            corpus, place,
            heard[..., ONSET].numpy(), heard[..., FRAME].numpy(), heard[..., VELOCITY].numpy(),
            {name: value.numpy() for name, value in true.items()},
        )

    def scores(self) -> dict[str, dict[str, float]]:
        """By corpus; all processes ask at once."""
        by_notes = self._notes.scores()
        return {corpus: _scores(*pair) | by_notes[corpus] for corpus, pair in self._counts.items()}


def _places(dataset: ClipDataset) -> list[tuple[int, int]]:
    """Piece and row of every clip; pieces of several files are told apart."""
    places, first = [], 0
    for file in dataset.files:
        pairs = zip(file.pieces.tolist(), file.rows.tolist(), strict=True)
        places += [(first + piece, row) for piece, row in pairs]
        first += len(file.names)
    return places


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
