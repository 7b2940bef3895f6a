"""Pages of scores, engraved in the process that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import Paper
from app.exports.score.page_process import PageDesk, PageJob, PagesEnded, ScorePage
from app.music.rhythm import Rhythm
from model.notes import Note


def engraved(
    notes: list[Note], paper: Paper = Paper(200, 60), number: int = 1,  # noqa: B008
    options: ExportOptions = ExportOptions(rhythm=Rhythm.steady()),  # noqa: B008
) -> list[ScorePage]:
    """All pages of a job, drafts too."""
    found = PageDesk(lambda: None).pages(PageJob(number, tuple(notes), options, paper))
    return [page for page in found if isinstance(page, ScorePage)]


class SameProcess:
    """In place of a process of its own."""

    def __init__(self) -> None:
        self.jobs: list[PageJob] = []

    def pages(
        self, job: PageJob, is_unwanted: Callable[[], bool]
    ) -> Iterator[ScorePage | PagesEnded]:
        self.jobs.append(job)
        for found in PageDesk(lambda: None).pages(job):
            if is_unwanted():
                return
            yield found

    def kill(self) -> None:
        """There is nothing to be ended."""
