"""What is said of an epoch, in one line."""

from __future__ import annotations

import math

from training.scoring.validate import Scores
from training.trainer.state import Progress

_SHOWN = ("frame_ap", "onset_ap", "note_f1")


def epoch_line(
    progress: Progress, n_epochs: int, loss: float, scores: Scores, left_s: float, *,
    held_out: bool,
) -> str:  # fmt: skip
    """Losses of both sides, scores by corpus, the best so far, and the time that is left.

    Args:
        progress: after the epoch.
        loss: mean over the epoch's steps.
        left_s: seconds to the end of the run, if no early stop ends it before.
    """
    other = "held out" if held_out else "on clips shown"
    said = [
        f"epoch {progress.epoch} of {n_epochs}: loss {loss:.4f} trained on, "
        f"{scores.losses.get('total', math.nan):.4f} {other}"
    ]
    ordered = {"mean": scores.corpora["mean"]} | scores.corpora
    rows = [
        f"{corpus} {' '.join(_short(row.get(key, math.nan)) for key in _SHOWN)}"
        for corpus, row in ordered.items()
    ]
    said.append(f"frame AP, onset AP, note F1: {', '.join(rows)}")
    if held_out:
        said.append(f"best score {progress.best_score:.4f} after {progress.best_epoch}")
    said.append(f"{duration(left_s)} left")
    return "; ".join(said)


def duration(seconds: float) -> str:
    """As a person says it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
