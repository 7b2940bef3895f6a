"""The piano roll as a picture: the same colours as in the window, without a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import NDArray

from app.music import pitch_colours as palette
from app.system.clock_text import clock_text
from model.notes import Note
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, is_black_key, note_name

_DPI = 120
_HEIGHT_IN = 7.5
_INCHES_PER_SECOND = 0.45
_WIDTH_IN = (13.0, 60.0)
# Names are written on no more notes than this: text is slow, and in a long piece nobody reads it.
_MOST_NAMES = 1500
_CHARACTER_IN = 0.07
# Distances in seconds that a time axis is divided by, and how far apart labels stand at least.
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_LABEL_IN = 0.8
_STRIKE_IN = 0.025


def draw_roll(notes: Sequence[Note], duration_s: float) -> Figure:
    """A figure with a keyboard at the left and the notes as bars over seconds.

    The range of pitches follows the notes, at least two octaves; the figure widens with the
    duration, up to a limit. Bars are coloured by pitch class and brighter when louder.
    """
    duration_s = max([duration_s, 1.0, *(note.offset_s for note in notes)])
    low, high = _pitch_range(notes)
    width_in = float(np.clip(duration_s * _INCHES_PER_SECOND, *_WIDTH_IN))
    figure = Figure(figsize=(width_in, _HEIGHT_IN), dpi=_DPI, facecolor=palette.BACKGROUND)
    FigureCanvasAgg(figure)
    keys_in, left_in, right_in, bottom_in, top_in = 0.55, 0.15, 0.25, 0.5, 0.45
    bottom, height = bottom_in / _HEIGHT_IN, 1 - (bottom_in + top_in) / _HEIGHT_IN
    keys = figure.add_axes((left_in / width_in, bottom, keys_in / width_in, height))
    roll_left_in = left_in + keys_in
    roll_in = width_in - roll_left_in - right_in
    roll = figure.add_axes((roll_left_in / width_in, bottom, roll_in / width_in, height))
    _draw_keys(keys, low, high)
    inches_per_second = roll_in / duration_s
    _draw_rows(roll, low, high, duration_s)
    _draw_seconds(roll, duration_s, _LABEL_IN / inches_per_second)
    _draw_notes(roll, notes, _STRIKE_IN / inches_per_second)
    # A name must fit into its bar, in length and in height.
    if height * _HEIGHT_IN / (high - low + 1) > 0.09:
        _draw_names(roll, notes, inches_per_second)
    figure.text(
        1 - right_in / width_in, 1 - 0.5 * top_in / _HEIGHT_IN, _summary(notes, duration_s),
        color=palette.FAINT_TEXT, fontsize=9, ha="right", va="center",
    )
    return figure


def _pitch_range(notes: Sequence[Note]) -> tuple[int, int]:
    """Lowest and highest pitch of the picture: the notes' with a margin, two octaves or more."""
    if not notes:
        return 48, 72
    low = min(note.pitch for note in notes) - 2
    high = max(note.pitch for note in notes) + 2
    missing = max(0, 24 - (high - low))
    return max(LOWEST_PITCH, low - missing // 2), min(HIGHEST_PITCH, high + (missing + 1) // 2)


def _rectangles(
    left: NDArray[np.float64], right: NDArray[np.float64],
    bottom: NDArray[np.float64], top: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Corners of rectangles, shape (rectangles, 4, 2), from arrays of shape (rectangles,)."""
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    return np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)


def _draw_keys(axes: Axes, low: int, high: int) -> None:
    axes.set(xlim=(0, 1), ylim=(low - 0.5, high + 0.5), facecolor=palette.WHITE_KEY)
    axes.set_axis_off()
    axes.axhspan(low - 0.5, high + 0.5, color=palette.WHITE_KEY, lw=0)
    for pitch in range(low, high + 1):
        if is_black_key(pitch):
            axes.axhspan(pitch - 0.42, pitch + 0.42, 0, 0.62, color=palette.BLACK_KEY, lw=0)
            axes.plot([0.62, 1], [pitch, pitch], color="#a5abba", lw=0.7)
        elif not is_black_key(pitch - 1):
            # E and F, and B and C, meet without a black key between them.
            axes.plot([0, 1], [pitch - 0.5, pitch - 0.5], color="#a5abba", lw=0.7)
        if pitch % 12 == 0:
            axes.text(
                0.95, pitch - 0.05, note_name(pitch), color="#3b4152", fontsize=7.5,
                fontweight="bold", ha="right", va="center",
            )


def _draw_rows(axes: Axes, low: int, high: int, duration_s: float) -> None:
    axes.set(
        xlim=(0, duration_s), ylim=(low - 0.5, high + 0.5), facecolor=palette.BACKGROUND,
        axisbelow=True,
    )
    for pitch in range(low, high + 1):
        if is_black_key(pitch):
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=palette.BLACK_KEY_ROW, lw=0, zorder=0)
        if pitch % 12 == 0:
            axes.axhline(pitch - 0.5, color=palette.OCTAVE_LINE, lw=1)
        elif pitch % 12 == 5:
            axes.axhline(pitch - 0.5, color=palette.GRID, lw=0.6)
    axes.yaxis.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_seconds(axes: Axes, duration_s: float, least_step_s: float) -> None:
    step_s = next((step for step in _STEPS_S if step >= least_step_s), _STEPS_S[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(
        FuncFormatter(
            lambda seconds, _: clock_text(seconds) if duration_s > 60 else f"{seconds:g} s"
        )
    )
    axes.xaxis.grid(True, color=palette.GRID, lw=0.6)
    axes.tick_params(colors=palette.FAINT_TEXT, length=0, pad=7, labelsize=9)


def _draw_notes(axes: Axes, notes: Sequence[Note], strike_s: float) -> None:
    if not notes:
        return
    onset = np.array([note.onset_s for note in notes])
    offset = np.array([note.offset_s for note in notes])
    pitch = np.array([note.pitch for note in notes], float)
    loudness = np.clip([note.velocity / 127 for note in notes], 0, 1)
    colour = np.array([to_rgb(palette.pitch_colour(note.pitch)) for note in notes])
    background = np.array(to_rgb(palette.BACKGROUND))
    strength = (0.5 + 0.5 * loudness)[:, None]
    # However short, a bar shows; where there is room, a bright edge tells repeated notes apart.
    shown = np.maximum(offset, onset + strike_s)
    long = offset - onset > 3 * strike_s
    low, high = pitch - 0.42, pitch + 0.42
    bars = _rectangles(onset, shown, low, high)
    edges = _rectangles(onset[long], onset[long] + strike_s, low[long], high[long])
    for shapes, colours in (
        (bars, strength * colour + (1 - strength) * background),
        (edges, 0.45 * colour[long] + 0.55),
    ):
        axes.add_collection(
            PolyCollection(list(shapes), facecolors=colours, linewidths=0), autolim=False
        )


def _draw_names(axes: Axes, notes: Sequence[Note], inches_per_second: float) -> None:
    fitting = []
    for note in notes:
        name = note_name(note.pitch)
        room_in = (note.offset_s - note.onset_s) * inches_per_second
        if room_in > _CHARACTER_IN * (len(name) + 1):
            fitting.append((note, name))
    if len(fitting) > _MOST_NAMES:
        return
    for note, name in fitting:
        axes.annotate(
            name, (note.onset_s, note.pitch), xytext=(4, -0.4), textcoords="offset points",
            color=palette.BACKGROUND, fontsize=6.5, fontweight="bold", va="center_baseline",
            clip_on=True,
        )


def _summary(notes: Sequence[Note], duration_s: float) -> str:
    count = "1 note" if len(notes) == 1 else f"{len(notes)} notes"
    return f"{count}  ·  {clock_text(duration_s)}"
