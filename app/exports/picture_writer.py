"""Notes as a picture of the piano roll, in dots (PNG) or lines (SVG)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.system.atomic_write import written_beside
from app.system.progress import GoOn, to_the_end
from model.notes import Note


def write_picture(
    notes: Sequence[Note], path: Path, duration_s: float, go_on: GoOn = to_the_end
) -> None:
    """Writes a picture of `duration_s` seconds, longer when the notes are; an SVG if so named.

    Raises:
        WriteError: the file cannot be written.
    """
    # Drawing is slow to load, and the other exports do not need it.
    from app.exports.roll_drawing import draw_roll

    figure = draw_roll(notes, duration_s)
    form = "svg" if path.suffix.lower() == ".svg" else "png"
    with written_beside(path, go_on) as beside, beside.open("wb") as file:
        figure.savefig(file, format=form, facecolor=figure.get_facecolor())
