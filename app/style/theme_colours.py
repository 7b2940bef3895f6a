"""Every colour of the window, in one place for each theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from app.music import pitch_colours


@dataclass(frozen=True)
class Theme:
    """One set of colours, as "#rrggbb".

    Attributes:
        window, panel, raised: from the furthest back to the nearest surface.
        line: borders and separators.
        text, faint: what is read, and what is read only when looked for.
        accent: what is chosen or moves; `on_accent` is text upon it.
        live, warn, good: recording and clipping, high level, level in the good range.
        stage, black_row, grid, octave: the stage and the lines upon it.
        white_key, black_key, key_line, key_text: the keyboard.
        spectrogram: stops (share of full scale, colour) of the spectrogram's colours.
        note_value, note_saturation: of the notes' colours, relative to the palette's.
        name_value: of the large names' colours, which stand on the window alone.
        shine, shine_share: what is mixed into the played part of a sounding bar, and how much.
        bar_text: names upon the bars.
        cursor: the line at the moment that is played.
        paper, ink: of scores on the screen.
    """

    is_dark: bool
    window: str
    panel: str
    raised: str
    line: str
    text: str
    faint: str
    accent: str
    on_accent: str
    live: str
    warn: str
    good: str
    stage: str
    black_row: str
    grid: str
    octave: str
    white_key: str
    black_key: str
    key_line: str
    key_text: str
    spectrogram: tuple[tuple[float, str], ...]
    note_value: float
    note_saturation: float
    name_value: float
    shine: str
    shine_share: float
    bar_text: str
    cursor: str
    paper: str
    ink: str

    def pitch_colour(self, pitch: int) -> QColor:
        """The colour of a pitch class on this theme's surfaces."""
        return QColor(self._note_colours[pitch % 12])

    def name_colour(self, pitch: int) -> QColor:
        """The colour of a large name: against the window 3 to 1, as WCAG 2.2 asks of large text."""
        return QColor(self._name_colours[pitch % 12])

    # Asked for some fifty times in each picture.

    @cached_property
    def _note_colours(self) -> tuple[QColor, ...]:
        return self._in_value(self.note_value)

    @cached_property
    def _name_colours(self) -> tuple[QColor, ...]:
        return self._in_value(self.name_value)

    def _in_value(self, value: float) -> tuple[QColor, ...]:
        colours = [QColor(name) for name in pitch_colours.PITCH_CLASS_COLOURS]
        return tuple(
            QColor.fromHsvF(
                colour.hsvHueF(),
                min(1.0, colour.hsvSaturationF() * self.note_saturation),
                min(1.0, colour.valueF() * value),
            )
            for colour in colours
        )

    def spectrogram_table(self) -> NDArray[np.uint8]:
        """Colours of the spectrogram's 256 values, shape (256, 3)."""
        positions = [position * 255 for position, _ in self.spectrogram]
        colours = [QColor(colour) for _, colour in self.spectrogram]
        stops = np.array([(colour.red(), colour.green(), colour.blue()) for colour in colours])
        values = np.arange(256)
        channels = [np.interp(values, positions, stops[:, channel]) for channel in range(3)]
        return np.stack(channels, axis=1).round().astype(np.uint8)


DARK = Theme(
    is_dark=True,
    window="#12141b",
    panel="#171a22",
    raised="#222632",
    line="#2a2f3c",
    text=pitch_colours.TEXT,
    faint=pitch_colours.FAINT_TEXT,
    accent="#5cc8bd",
    on_accent="#08211e",
    live="#ff5d5d",
    warn="#e8b04a",
    good="#57c78f",
    stage="#0a0c12",
    black_row="#07080d",
    grid="#1b1f2a",
    octave="#343a4b",
    white_key="#c9cdd8",
    black_key="#1a1d26",
    key_line="#7d8496",
    key_text="#4a5062",
    spectrogram=(
        (0.0, "#0a0c12"),
        (0.36, "#0b0d16"),
        (0.52, "#15163a"),
        (0.66, "#252a63"),
        (0.78, "#2c5580"),
        (0.88, "#448d96"),
        (0.95, "#93bfae"),
        (1.0, "#ece5cf"),
    ),
    note_value=1.0,
    note_saturation=1.0,
    name_value=1.0,
    shine="#ffffff",
    shine_share=0.35,
    bar_text="#0c0e14",
    cursor="#f4f6fb",
    paper="#1a1d26",
    ink="#d6d9e2",
)

LIGHT = Theme(
    is_dark=False,
    window="#eceef2",
    panel="#f7f8fa",
    raised="#ffffff",
    line="#d3d7e0",
    text="#1d212b",
    faint="#646c7d",
    accent="#0f8378",
    on_accent="#ffffff",
    live="#d43434",
    warn="#b87a0c",
    good="#23925a",
    stage="#fbfbfd",
    black_row="#f1f2f6",
    grid="#e3e6ed",
    octave="#b9bfcc",
    white_key="#ffffff",
    black_key="#3a3f4c",
    key_line="#b4bac7",
    key_text="#7b8292",
    spectrogram=(
        (0.0, "#fbfbfd"),
        (0.40, "#f8f9fb"),
        (0.60, "#e6e9f3"),
        (0.76, "#c5cee3"),
        (0.88, "#97abcb"),
        (1.0, "#54709c"),
    ),
    note_value=0.86,
    note_saturation=1.3,
    name_value=0.62,
    shine="#ffffff",
    shine_share=0.3,
    bar_text="#15171e",
    cursor="#1d212b",
    paper="#fdfcf8",
    ink="#16181f",
)
