"""A process that engraves scores page by page, so that a window beside it does not stand still.

Neither the library of scores nor the engraver lets other threads of its process go on meanwhile.
"""

from __future__ import annotations

import dataclasses
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import EngravingError, Paper, engrave
from model.notes import Note

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from app.exports.score.musicxml_writer import WrittenScore

# The beginning of a longer piece is engraved alone first, for it to be seen at once.
_DRAFT_NOTES = 250
# How often it is asked whether the pages are still wanted.
_ASKING_S = 0.05


@dataclass(frozen=True)
class PageJob:
    """What is to be engraved.

    Attributes:
        number: of the job; later ones have higher numbers.
        notes: in order of onset.
        options: without a rhythm, it is found in the notes.
        paper: the size of the pages.
        title: stands over the first page.
    """

    number: int
    notes: Sequence[Note]
    options: ExportOptions
    paper: Paper
    title: str = ""


@dataclass(frozen=True)
class NoteHead:
    """A note on a page.

    Attributes:
        id: of the note in the page's drawing.
        index: which of the job's notes it is; a tied one stands on pages more than once.
        at_s: the moment in seconds at which the music is there.
        left, top, width, height: where its head is, in shares of the page.
    """

    id: str
    index: int
    at_s: float
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class ScorePage:
    """An engraved page.

    Attributes:
        job: the number of its job.
        index: 0 for the first page.
        svg: an SVG document of black ink.
        heads: the notes on it.
        aspect: its height by its width.
        is_draft: whether it comes once more, when the whole piece is known.
    """

    job: int
    index: int
    svg: bytes
    heads: tuple[NoteHead, ...]
    aspect: float
    is_draft: bool = False


@dataclass(frozen=True)
class PagesEnded:
    """All pages of a job have come, or none more will: `error` says why."""

    job: int
    error: str | None = None


class ProcessDiedError(Exception):
    """The process is not there any more."""


class PageProcess:
    """Started when it is first needed; one job at a time, and a later one ends what runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], None] | None = None
        self._connection: Connection | None = None

    def pages(
        self, job: PageJob, is_unwanted: Callable[[], bool]
    ) -> Iterator[ScorePage | PagesEnded]:
        """The pages of a job, and last their end; nothing more once they are unwanted.

        Raises:
            ProcessDiedError: it ended unexpectedly; the next job starts another one.
        """
        # Whoever waited before notices soon that nobody wants his pages.
        with self._lock:
            try:
                if self._connection is None:
                    self._start()
                assert self._connection is not None
                self._connection.send(job)
                while not is_unwanted():
                    if not self._connection.poll(_ASKING_S):
                        continue
                    found = self._connection.recv()
                    if found.job == job.number:
                        yield found
                        if isinstance(found, PagesEnded):
                            return
            except (EOFError, OSError):
                self.kill()
                raise ProcessDiedError from None

    def kill(self) -> None:
        """Ends the process; for when nobody waits for pages."""
        if self._end is not None:
            self._end()
            self._end = self._connection = None

    def _start(self) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()

        def end() -> None:
            # It has nothing on the disk that could be left half-written.
            process.kill()
            process.join()
            ours.close()

        self._end, self._connection = end, ours


class _SupersededError(Exception):
    """There is a later job."""


def _serve(connection: Connection) -> None:
    """What runs in the process."""
    # A terminal sends Ctrl-C to all processes; the other side decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        # What plays meanwhile comes first.
        os.nice(5)
    jobs: queue.SimpleQueue[PageJob | None] = queue.SimpleQueue()

    def receive() -> None:
        try:
            while True:
                jobs.put(connection.recv())
        except (EOFError, OSError):
            jobs.put(None)

    def go_on() -> None:
        if not jobs.empty():
            raise _SupersededError

    threading.Thread(target=receive, daemon=True).start()
    desk = PageDesk(go_on)
    while (job := jobs.get()) is not None:
        try:
            for found in desk.pages(job):
                connection.send(found)
        except _SupersededError:
            continue
        except BrokenPipeError:
            return


class PageDesk:
    """Engraves, and keeps the last score for when it is wanted on other paper."""

    def __init__(self, go_on: Callable[[], None]) -> None:
        self._go_on = go_on
        self._job: PageJob | None = None
        self._score: WrittenScore | None = None
        self._options = ExportOptions()

    def pages(self, job: PageJob) -> Iterator[ScorePage | PagesEnded]:
        from app.exports.score.musicxml_writer import write_score

        try:
            if not self._has_score_of(job):
                if len(job.notes) > _DRAFT_NOTES:
                    yield from self._draft(job)
                self._options = _with_rhythm(job.options, job.notes, self._go_on)
                self._score = write_score(job.notes, self._options, job.title, self._go_on)
                self._job = job
            assert self._score is not None
            yield from _pages(job, self._score, self._options, self._go_on)
        except EngravingError as error:
            yield PagesEnded(job.number, str(error))
        else:
            yield PagesEnded(job.number)

    def _has_score_of(self, job: PageJob) -> bool:
        last = self._job
        return last is not None and (last.options, last.notes, last.title) == (
            job.options, job.notes, job.title
        )

    def _draft(self, job: PageJob) -> Iterator[ScorePage]:
        """The first page, as the whole piece will most likely have it."""
        from app.exports.score.musicxml_writer import write_score
        from app.exports.score.score_layout import reaches_both_sides
        from app.music.key_finding import estimate_key

        options, notes = job.options, job.notes[:_DRAFT_NOTES]
        if options.split is None and options.tab is None and not options.one_hand:
            by = options.part.transposition
            has_two = options.two_hands or reaches_both_sides(
                [note.pitch + by for note in job.notes]
            )
            options = dataclasses.replace(options, two_hands=has_two, one_hand=not has_two)
        options = dataclasses.replace(options, key=options.key or estimate_key(job.notes))
        options = _with_rhythm(options, notes, self._go_on)
        score = write_score(notes, options, job.title, self._go_on)
        for page in _pages(job, score, options, self._go_on):
            yield dataclasses.replace(page, is_draft=True)
            return


def _with_rhythm(
    options: ExportOptions, notes: Sequence[Note], go_on: Callable[[], None]
) -> ExportOptions:
    if options.rhythm is not None:
        return options
    from app.music.heard_rhythm import rhythm_of_notes

    return dataclasses.replace(options, rhythm=rhythm_of_notes(notes, go_on=go_on))


def _pages(
    job: PageJob, score: WrittenScore, options: ExportOptions, go_on: Callable[[], None]
) -> Iterator[ScorePage]:
    rhythm = options.rhythm
    assert rhythm is not None
    written = {note.id: note for note in score.notes}
    pages = engrave(score.content, job.paper, go_on, has_title=bool(job.title))
    for index, page in enumerate(pages):
        heads = tuple(
            NoteHead(
                head.id, written[head.id].index, rhythm.seconds_at(float(written[head.id].at)),
                head.left, head.top, head.width, head.height,
            )
            for head in page.heads if head.id in written
        )
        yield ScorePage(job.number, index, page.svg, heads, page.height / job.paper.width)
