"""Colours that every picture of notes shares: the window's and the exported ones."""

from __future__ import annotations

# One colour for each pitch class, C first. Hues go round the wheel by fifths, so that notes a
# semitone apart differ most; lightness is the same for all (OKLCH lightness .78, chroma .14 or as
# far as sRGB goes, hue 25 degrees at C).
PITCH_CLASS_COLOURS: tuple[str, ...] = (
    "#ff958e",  # C
    "#54c4ff",  # C sharp
    "#e0af3b",  # D
    "#bda7ff",  # D sharp
    "#7acf7e",  # E
    "#fc90bc",  # F
    "#02cfe0",  # F sharp
    "#fb9d59",  # G
    "#95b6ff",  # G sharp
    "#b5c24e",  # A
    "#e497e8",  # A sharp
    "#28d4b2",  # B
)

BACKGROUND = "#0f1117"
# Rows of black keys, a little darker than those of white keys.
BLACK_KEY_ROW = "#0b0d12"
GRID = "#232733"
OCTAVE_LINE = "#3a4052"
TEXT = "#d7dbe6"
FAINT_TEXT = "#8b93a7"
WHITE_KEY = "#e8eaf0"
BLACK_KEY = "#20242e"


def pitch_colour(pitch: int) -> str:
    """The colour of a MIDI pitch, as "#rrggbb"."""
    return PITCH_CLASS_COLOURS[pitch % 12]
