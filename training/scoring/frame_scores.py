"""Scores what a network says of every frame of data files, piece by piece and by corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from model.head_order import FRAME
from training.datasets.clip_dataset import ClipFile
from training.datasets.clips import SCALE
from training.datasets.labels import fold
from training.errors import DataError
from training.scoring.metrics import Curve, FrameCounts
from training.scoring.tables import by_name
from training.trainer.losses import core

# The last row of a table of corpora.
ALL = "all pieces"


@dataclass(frozen=True, eq=False)
class Piece:
    """What the network says of one piece, each of its frames once.

    Attributes:
        corpus, name: where it is from.
        probabilities: of sounding notes, (frames, pitches) float32.
        labels: which notes sound, of the same shape.
    """

    corpus: str
    name: str
    probabilities: NDArray[np.float32]
    labels: NDArray[np.bool_]


@dataclass(frozen=True)
class FrameReport:
    """Scores by name; every row holds "ap" and those of `FrameCounts.scores`.

    Attributes:
        threshold: at which a note counts as sounding.
        pieces: by "corpus/name".
        corpora: by corpus, its pieces pooled, and all of them as `ALL`.
        thresholds: of all pieces, at each of the further thresholds.
        curves: precision against recall, with the keys of `corpora`.
    """

    threshold: float
    pieces: dict[str, dict[str, float]]
    corpora: dict[str, dict[str, float]]
    thresholds: dict[float, dict[str, float]]
    curves: dict[str, Curve]


def pieces(
    network: nn.Module,
    file: ClipFile,
    *,
    delay_frames: int,
    answer: int = 0,
    device: str = "cpu",
    batch_size: int = 8,
    only_note_names: bool = False,
    lag_frames: int = 0,
) -> Iterator[Piece]:
    """Runs the network over clips as in training and joins what belongs together.

    Each clip is a stream of its own; only the frames that it does not share with its neighbours
    are taken, and the silence that fills up a piece's last clip is left out.

    Args:
        delay_frames: of that answer of the network.
        answer: 0 for the early one, 1 for the settled one.
        only_note_names: fold pitches to the 12 note names.
        lag_frames: what is labelled of a frame is answered by one so much later.

    Raises:
        DataError: the clips overlap by less than the network's delay, the network and the file
            know different pitches, or the file is damaged.
    """
    if delay_frames > file.overlap:
        raise DataError(
            f"{file.path}: the network's delay of {delay_frames} frames is more than the "
            f"{file.overlap} frames by which the clips overlap"
        )
    network = network.to(device).eval()
    with h5py.File(file.path) as opened:
        for index in tqdm(np.unique(file.pieces), desc=file.path.name, disable=None):
            rows = file.rows[file.pieces == index]
            found, true = [], []
            for first in range(0, len(rows), batch_size):
                batch = rows[first : first + batch_size].tolist()
                try:
                    stored, true_frames = opened["features"][batch], opened["frame"][batch]
                except (OSError, KeyError, RuntimeError, ValueError) as error:
                    raise DataError(
                        f"{file.path}: the data file is damaged, clip {batch[0]} or one of the "
                        f"{len(batch) - 1} after it cannot be read ({error})"
                    ) from None
                frames = torch.from_numpy(stored.astype(np.float32) / SCALE)
                labels = {"frame": torch.from_numpy(true_frames > 0)}
                with torch.inference_mode():
                    logits, _ = network(frames.to(device))
                said, labels = core(logits[:, :, answer], labels, file.overlap, delay_frames)
                found.append(torch.sigmoid(said[..., FRAME]).flatten(0, 1).cpu().numpy())
                true.append(labels["frame"].flatten(0, 1).numpy())
            n_frames = int(file.lengths[index])
            corpus, _, name = file.names[index].partition("/")
            yield _piece(
                corpus, name, np.concatenate(found)[lag_frames:n_frames],
                np.concatenate(true)[: max(0, n_frames - lag_frames)], only_note_names,
            )


def _piece(
    corpus: str,
    name: str,
    probabilities: NDArray[np.float32],
    labels: NDArray[np.bool_],
    only_note_names: bool,
) -> Piece:
    if only_note_names:
        probabilities, labels = fold(probabilities), fold(labels)
    if probabilities.shape != labels.shape:
        raise DataError(
            f"the network's {probabilities.shape[1]} outputs do not fit the data's "
            f"{labels.shape[1]} pitches: --only-note-names compares them by note name"
        )
    return Piece(corpus, name, probabilities, labels)


def score(
    scored: Sequence[Piece],
    threshold: float,
    *,
    thresholds: Sequence[float] = (),
    allowed_errors: int = 0,
) -> FrameReport:
    """Scores pieces at one threshold, and all of them together at further ones.

    Args:
        allowed_errors: wrong notes, missed or added, with which a frame still counts as "passed".
    """

    def counts(piece: Piece, at: float) -> FrameCounts:
        return FrameCounts.of(piece.labels, piece.probabilities >= at, allowed_errors)

    rows: list[tuple[str, dict[str, float]]] = []
    by_corpus: dict[str, list[tuple[Piece, FrameCounts]]] = {}
    for piece in scored:
        counted = counts(piece, threshold)
        curve = _curve([piece])
        rows.append((f"{piece.corpus}/{piece.name}", _row(curve, counted)))
        by_corpus.setdefault(piece.corpus, []).append((piece, counted))
    curves = {
        corpus: _curve([piece for piece, _ in members])
        for corpus, members in sorted(by_corpus.items())
    }
    curves[ALL] = _curve(scored) if len(curves) > 1 else next(iter(curves.values()), _curve([]))
    totals = {
        corpus: FrameCounts.sum(counted for _, counted in members)
        for corpus, members in by_corpus.items()
    }
    totals[ALL] = FrameCounts.sum(totals.values())
    return FrameReport(
        threshold,
        by_name(rows),
        {corpus: _row(curve, totals[corpus]) for corpus, curve in curves.items()},
        {at: FrameCounts.sum(counts(piece, at) for piece in scored).scores() for at in thresholds},
        curves,
    )


def _row(curve: Curve, counted: FrameCounts) -> dict[str, float]:
    return {"ap": curve.average_precision} | counted.scores()


def _curve(scored: Sequence[Piece]) -> Curve:
    if not scored:
        return Curve.of(np.zeros(0, np.float32), np.zeros(0, bool))
    return Curve.of(
        np.concatenate([piece.probabilities.ravel() for piece in scored]),
        np.concatenate([piece.labels.ravel() for piece in scored]),
    )
