"""What a training run says of itself: a line of JSON for every entry, and TensorBoard if asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from training.scoring.validate import Scores
from training.trainer.run_files import write_text
from training.trainer.state import Progress

if TYPE_CHECKING:
    from training.trainer.board import Board


class Log:
    """Writes to one file, and shows the same on a board."""

    def __init__(self, path: Path, step: int, board: Board | None = None) -> None:
        """A run that goes on from `step` keeps what was written up to there; a new one, nothing."""
        self._path = path
        self._board = board
        kept = ""
        if step and path.is_file():
            # A run that was killed may have written more lines than its state knows of.
            lines = path.read_text("utf-8").splitlines(keepends=True)
            kept = "".join(line for line in lines if _step(line) <= step)
        write_text(path, kept)

    def numbers(self, epoch: int, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Losses, learning rate, gradient norms; names are grouped by what stands before a "/"."""
        self._write({"epoch": epoch, "step": step, "seconds": round(seconds, 1)}, values)
        if self._board is not None:
            self._board.numbers(step, values)

    def scores(
        self,
        progress: Progress,
        scores: Scores,
        *,
        held_out: bool,
        loss: float,
        seconds: float,
        left_s: float,
    ) -> None:
        """Scores after an epoch, on held-out clips or on some of those that were trained on.

        Args:
            loss: mean over the steps of the epoch.
            seconds, left_s: since this run began or went on, and to the end of its last epoch.
        """
        name = "held out" if held_out else "trained on"
        row: dict[str, object] = {
            "epoch": progress.epoch, "step": progress.step, "seconds": round(seconds, 1),
            "left_s": round(left_s), "scores_of": name, "score": _short(scores.value),
            "mean_loss": _short(loss),
            "scored_loss": {key: _short(value) for key, value in scores.losses.items()},
        }  # fmt: skip
        if held_out:
            row |= {"best_score": _short(progress.best_score), "best_epoch": progress.best_epoch}
        self._write(row, {"scores": {
            corpus: {key: _short(value) for key, value in values.items()}
            for corpus, values in scores.corpora.items()
        }})
        if self._board is not None:
            self._board.scores(progress.step, name, scores)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()

    def _write(self, row: Mapping[str, object], values: Mapping[str, object]) -> None:
        rounded = {k: _short(v) if isinstance(v, float) else v for k, v in values.items()}
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**row, **rounded}) + "\n")
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from None


def _short(value: float) -> float | None:
    """Six digits; what is not a number is null, as JSON has it."""
    return float(f"{value:.6g}") if abs(value) < float("inf") else None


def _step(line: str) -> int:
    """The step of a line; one that a full disk or a kill cut short is left out."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return 2**62
