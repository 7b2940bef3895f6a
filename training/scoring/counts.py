"""Average precision and best F1 in constant memory, for the scores after every epoch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Logits are counted in so many steps up to this size, which is finer than a score can tell.
_STEPS = 1000
_LARGEST_LOGIT = 12.0


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
