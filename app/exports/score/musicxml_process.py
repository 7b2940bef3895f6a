"""Long scores, written in a process of their own, so that a window beside it does not stand still.

The library of scores makes millions of objects of a long one. Python's garbage collector goes
through them again and again, half a second each time, and every thread of the process waits.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.exports.export_options import ExportOptions
from app.system.atomic_write import WriteError, written_beside
from app.system.progress import GoOn, to_the_end
from app.system.readable_text import readable
from model.notes import Note

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# Fewer notes are written sooner than a process has begun.
LONG_SCORE = 3000
# How often it is asked whether the score is still wanted.
_ASKING_S = 0.05

# Onset, offset, pitch and velocity: many notes travel faster as plain numbers.
_Row = tuple[float, float, int, int]


def write_long_score(
    notes: Sequence[Note], path: Path, options: ExportOptions, go_on: GoOn = to_the_end
) -> None:
    """Writes what `export` writes to a score's path; the process is gone as soon as `go_on` raises.

    Raises:
        WriteError: the file cannot be written, or the process died.
    """
    import multiprocessing

    rows = [(note.onset_s, note.offset_s, note.pitch, note.velocity) for note in notes]
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    title = options.title or readable(path.stem)
    is_paper = path.suffix.lower() == ".pdf"
    process = context.Process(
        target=_write, args=(theirs, rows, options, title, is_paper), daemon=True
    )
    process.start()
    theirs.close()
    try:
        while not ours.poll(_ASKING_S):
            go_on()
        content = ours.recv_bytes()
    except (EOFError, ConnectionError):
        raise WriteError(f"{path}: the process that wrote the score ended unexpectedly") from None
    finally:
        # It has nothing on the disk that could be left half-written.
        process.kill()
        process.join()
        ours.close()
    with written_beside(path, go_on) as beside:
        beside.write_bytes(content)


def _write(
    connection: Connection, rows: Sequence[_Row], options: ExportOptions, title: str,
    is_paper: bool,
) -> None:
    """What runs in the process."""
    # A terminal sends Ctrl-C to all processes; the other side decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    notes = [Note(*row) for row in rows]
    if is_paper:
        from app.exports.score.pdf_writer import pdf

        connection.send_bytes(pdf(notes, options, title))
    else:
        from app.exports.score.musicxml_writer import musicxml

        connection.send_bytes(musicxml(notes, options, title))
