"""Notes as an engraved score on paper: PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import (
    FONT_FAMILY,
    FONT_FILES,
    EngravingError,
    Paper,
    engrave,
    font_files,
)
from app.exports.score.musicxml_writer import musicxml
from app.system.atomic_write import WriteError, written_beside
from app.system.progress import GoOn, to_the_end
from app.system.readable_text import readable
from model.notes import Note

_POINTS_PER_MM = 72 / 25.4
# For what the font of scores has not.
_FALLBACK = "DejaVuSans"


def write_pdf(
    notes: Sequence[Note], path: Path, options: ExportOptions, go_on: GoOn = to_the_end
) -> None:
    """Writes the score that `write_musicxml` would, engraved on pages of A4.

    Raises:
        WriteError: the file cannot be written.
    """
    content = pdf(notes, options, options.title or readable(path.stem), go_on)
    with written_beside(path, go_on) as beside:
        beside.write_bytes(content)


def pdf(
    notes: Sequence[Note], options: ExportOptions, title: str, go_on: GoOn = to_the_end
) -> bytes:
    """The score as a PDF file.

    Raises:
        WriteError: it cannot be engraved.
    """
    paper = Paper()
    try:
        pages = list(engrave(musicxml(notes, options, title, go_on), paper, go_on))
    except EngravingError as error:
        raise WriteError(str(error)) from None
    return pages_as_pdf([page.svg for page in pages], paper, title, go_on)


def pages_as_pdf(
    pages: Sequence[bytes], paper: Paper, title: str, go_on: GoOn = to_the_end
) -> bytes:
    """Engraved pages as a PDF file; `go_on` is called at each."""
    import matplotlib
    from fpdf import FPDF

    size = (paper.width * _POINTS_PER_MM, paper.height * _POINTS_PER_MM)
    document = FPDF(unit="pt", format=size)
    document.set_title(title)
    document.set_creator("Noteglow")
    document.set_auto_page_break(False)
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for style, file in zip(FONT_FILES, font_files(), strict=True):
        document.add_font(FONT_FAMILY, style, file)
    document.add_font(_FALLBACK, "", fonts / "DejaVuSans.ttf")
    document.set_fallback_fonts([_FALLBACK])
    for page in pages:
        go_on()
        document.add_page()
        document.image(io.BytesIO(page), x=0, y=0, w=size[0], h=size[1])
    return bytes(document.output())
