"""A picture of scores: bars for every corpus, and precision against recall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.files.whole_file import whole_file
from training.scoring.frame_scores import ALL, FrameReport
from training.scoring.tables import Table

INK, GRID, PAPER = "#2b2f36", "#d9dce1", "#ffffff"
COLOURS = ("#4269d0", "#efb118", "#3ca951", "#ff725c", "#a463f2", "#97bbf5", "#9c6b4e")
SUFFIXES = (".png", ".svg", ".pdf")
_FRAME_BARS = (("ap", "average precision"), ("f1", "F1"), ("accuracy", "accuracy"))
_NOTE_BARS = (("note", "note F1"), ("note+off", "note F1 with ends"), ("frame", "frame F1"))
# More points of a curve than this cannot be seen.
_POINTS = 2000


def draw(path: Path, frames: FrameReport | None, notes: Table | None) -> None:
    """Writes a picture of the scores that there are, beside and renamed.

    Args:
        frames: of `training.scoring.frame_scores.score`.
        notes: of `training.scoring.evaluate.summary`.

    Raises:
        OSError: it cannot be written.
    """
    figure = Figure(figsize=(6.5 * (2 * (frames is not None) + (notes is not None)), 4.5),
                    layout="constrained", facecolor=PAPER)
    panels = iter(figure.subplots(1, 2 * (frames is not None) + (notes is not None),
                                  squeeze=False)[0])
    if frames is not None:
        title = f"Frames, at a threshold of {frames.threshold:g}"
        _bars(next(panels), frames.corpora, _FRAME_BARS, title)
        _curves(next(panels), frames)
    if notes is not None:
        _bars(next(panels), notes, _NOTE_BARS, "Notes, as a stream")
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Writes a picture beside and renames. Raises an OSError that names the file."""
    with whole_file(path) as beside:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(beside, format=path.suffix[1:].lower() or "png", dpi=130)


def _bars(axes: Axes, table: Table, columns: Sequence[tuple[str, str]], title: str) -> None:
    places = np.arange(len(table))
    width = 0.8 / len(columns)
    for number, (key, label) in enumerate(columns):
        # What has no score has no bar.
        values = [0.0 if math.isnan(row[key]) else row[key] for row in table.values()]
        where = places + (number - (len(columns) - 1) / 2) * width
        bars = axes.bar(where, values, width * 0.92, color=COLOURS[number], label=label)
        labels = ["–" if math.isnan(row[key]) else f"{row[key]:.2f}" for row in table.values()]
        axes.bar_label(bars, labels, fontsize=7, color=INK,
                       rotation=90 if len(table) > 4 else 0, padding=2)
    leaning = len(table) > 4
    axes.set_xticks(places, list(table), rotation=35 if leaning else 0,
                    ha="right" if leaning else "center")
    axes.set_ylim(0, 1.12)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.grid(axis="y", color=GRID)
    tidy(axes, title)
    axes.legend(frameon=False, fontsize=8, ncols=len(columns), loc="lower center",
                bbox_to_anchor=(0.5, -0.34 if leaning else -0.2))


def _curves(axes: Axes, frames: FrameReport) -> None:
    for number, (corpus, curve) in enumerate(frames.curves.items()):
        if corpus == ALL and len(frames.curves) == 2:
            continue
        kept = np.unique(np.linspace(0, len(curve.recall) - 1, _POINTS).astype(int))
        kept = kept[kept < len(curve.recall)]
        axes.plot(
            curve.recall[kept], curve.precision[kept],
            color=INK if corpus == ALL else COLOURS[number % len(COLOURS)],
            linewidth=1.8 if corpus == ALL else 1.2,
            label=f"{corpus} ({curve.average_precision:.3f})",
        )
        row = frames.corpora[corpus]
        axes.plot(row["recall"], row["precision"], "o", color=axes.lines[-1].get_color(),
                  markersize=5)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=9)
    axes.grid(color=GRID)
    tidy(axes, "Precision against recall (average precision)")
    axes.legend(frameon=False, fontsize=8, loc="lower left")


def tidy(axes: Axes, title: str) -> None:
    """Gives a panel its title and the look of all of them."""
    axes.set_title(title, color=INK, fontsize=11, loc="left")
    axes.set_axisbelow(True)
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=8, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(GRID)
