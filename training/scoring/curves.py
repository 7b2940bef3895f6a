"""Curves of training runs beside each other, from their logs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.errors import DataError
from training.scoring import score_picture

Points = list[tuple[float, float]]

# What is drawn, a panel each: title, and curves by label.
_PANELS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Loss", (("trained", "trained on"), ("scored", "scored"))),
    ("Score: mean of frame and onset AP", (("score", ""),)),
    ("Note F1, through the decoder", (("note_f1", ""),)),
    ("Frame AP", (("frame_ap", ""),)),
    ("Onset AP", (("onset_ap", ""),)),
    ("Learning rate", (("rate", ""),)),
)
_COLUMNS = 3
_DASHES = ("-", "--")


@dataclass
class Run:
    """One run.

    Attributes:
        name: what tells it from the others.
        curves: (epochs, value) by what is drawn.
    """

    name: str
    curves: dict[str, Points] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Run:
        """Reads a log, or that of the run whose checkpoint is given.

        Raises:
            DataError: there is none, or it holds no scores and no losses.
        """
        log = path if path.name.endswith(".log") else path.with_name(path.name + ".log")
        if not log.is_file():
            raise DataError(f"{log}: there is no such log of a training run")
        rows = []
        try:
            text = log.read_text("utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{log}: this is not the log of a training run") from None
        for line in text.splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                # A kill or a full disk may have cut the last line short.
                continue
            if isinstance(row, dict) and "step" in row and "epoch" in row:
                rows.append(row)
        if not rows:
            raise DataError(f"{log}: this is not the log of a training run, or an empty one")
        run = cls(str(path).removesuffix(".log"))
        run._take(rows)
        return run

    def _take(self, rows: Sequence[dict[str, Any]]) -> None:
        # Epochs need not be whole: steps lie between the scores before and after.
        ends = {row["epoch"]: row["step"] for row in rows}
        for row in rows:
            epoch, step = float(row["epoch"]), float(row["step"])
            if "scores" in row:
                scores = row["scores"].get("mean", {})
                found = {name: scores.get(name) for name in ("note_f1", "frame_ap", "onset_ap")}
                found |= {"score": row.get("score"),
                          "scored": row.get("scored_loss", {}).get("total")}
                self._add(epoch, found)
            else:
                before = float(ends.get(row["epoch"] - 1, 0))
                length = max(1.0, float(ends[row["epoch"]]) - before)
                place = epoch - 1 + (step - before) / length
                self._add(place, {"trained": row.get("loss/total"), "rate": row.get("rate")})

    def _add(self, place: float, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if isinstance(value, (int, float)):
                self.curves.setdefault(name, []).append((place, float(value)))


def draw(runs: Sequence[Run], path: Path) -> None:
    """Writes a picture of all runs, beside and renamed; its suffix says of which kind.

    Raises:
        OSError: it cannot be written.
    """
    panels = [
        (title, curves) for title, curves in _PANELS
        if any(run.curves.get(name) for run in runs for name, _ in curves)
    ]
    n_rows = -(-len(panels) // _COLUMNS)
    n_columns = min(_COLUMNS, len(panels))
    figure = Figure(figsize=(5.2 * n_columns, 3.6 * n_rows + 0.3 * len(runs)),
                    layout="constrained", facecolor=score_picture.PAPER)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for place, (title, curves) in zip(axes, panels, strict=False):
        _panel(place, title, curves, runs)
    for place in axes[len(panels) :]:
        place.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", frameon=False, fontsize=8, ncols=1)
    score_picture.save(figure, path)


def _panel(
    axes: Axes, title: str, curves: Sequence[tuple[str, str]], runs: Sequence[Run]
) -> None:
    for number, run in enumerate(runs):
        colour = score_picture.COLOURS[number % len(score_picture.COLOURS)]
        for (name, said), dash in zip(curves, _DASHES, strict=False):
            points = run.curves.get(name)
            if points:
                epochs, values = zip(*points, strict=True)
                marker = "." if len(points) < 30 else ""
                axes.plot(epochs, values, dash, color=colour, marker=marker, linewidth=1.4,
                          label=f"{run.name}, {said}" if said else run.name)
    axes.set_xlabel("epoch", fontsize=8, color=score_picture.INK)
    axes.grid(color=score_picture.GRID)
    score_picture.tidy(axes, title)
