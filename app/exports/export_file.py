"""Notes as files of every kind. `export` writes the one that the file's suffix asks for.

All of it is free of Qt and takes from a moment to a minute: a window calls it in a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.exports.export_options import ExportOptions
from app.exports.table_writer import as_text, write_csv, write_json
from app.system.atomic_write import WriteError
from app.system.progress import GoOn, to_the_end
from model.notes import Note

__all__ = [
    "WriteError", "ExportOptions", "FORMATS", "SCORES", "as_text", "export", "is_known", "is_midi",
    "is_score", "is_table", "require_known",
]

# Suffix, and what such a file is, in the order in which a dialogue offers them.
FORMATS: dict[str, str] = {
    ".mid": "MIDI file",
    ".musicxml": "Score (MusicXML)",
    ".pdf": "Score on paper (PDF)",
    ".csv": "Table of notes (CSV)",
    ".json": "Notes (JSON)",
    ".png": "Picture (PNG)",
    ".svg": "Drawing (SVG)",
    ".wav": "Sound of the notes (WAV)",
}
SCORES = (".musicxml", ".pdf")
_ALSO = {".midi": ".mid", ".xml": ".musicxml"}


def export(
    notes: Sequence[Note],
    path: Path,
    options: ExportOptions = ExportOptions(),  # noqa: B008
    go_on: GoOn = to_the_end,
) -> None:
    """Writes the notes in the format of the path's suffix, beside first, then renamed.

    Args:
        go_on: is called before the end, and now and then where it takes seconds. When it raises,
            nothing is written.

    Raises:
        WriteError: there is no such format, or the file cannot be written.
    """
    suffix = require_known(path)
    match suffix:
        # Each with its libraries, some of which take a second to load.
        case ".mid":
            from app.exports.midi_writer import write_midi

            write_midi(notes, path, options, go_on)
        case ".musicxml":
            from app.exports.score.musicxml_writer import write_musicxml

            write_musicxml(notes, path, options, go_on)
        case ".pdf":
            from app.exports.score.pdf_writer import write_pdf

            write_pdf(notes, path, options, go_on)
        case ".csv":
            write_csv(notes, path, go_on)
        case ".json":
            write_json(notes, path, options, go_on)
        case ".png" | ".svg":
            from app.exports.picture_writer import write_picture

            write_picture(notes, path, options.duration_s, go_on)
        case ".wav":
            from app.exports.wav_writer import write_wav

            write_wav(notes, path, options, go_on)


def is_known(path: Path) -> bool:
    """Whether the path's suffix, in whatever case, is that of a format that can be written."""
    return _kind(path) in FORMATS


def is_score(path: Path) -> bool:
    """Whether a score is written to this path."""
    return _kind(path) in SCORES


def is_midi(path: Path) -> bool:
    """Whether a MIDI file is written to this path."""
    return _kind(path) == ".mid"


def is_table(path: Path) -> bool:
    """Whether what is written to this path tells moments in numbers."""
    return _kind(path) in (".csv", ".json")


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return _ALSO.get(suffix, suffix)


def require_known(path: Path) -> str:
    """The suffix of a format that can be written, as `FORMATS` has it.

    Raises:
        WriteError: there is none for the path's suffix.
    """
    suffix = _kind(path)
    if suffix not in FORMATS:
        raise WriteError(
            f"{path}: notes cannot be written as such a file; there are {', '.join(FORMATS)}"
        )
    return suffix
