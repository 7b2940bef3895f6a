"""Where the notes of a score's pages are, in space and in time."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from app.exports.score.page_process import NoteHead, ScorePage
from model.notes import Note

# A note that is tied is lit in each place once the music is there, give or take what a hand is
# beside the beat.
_TOLERANCE_S = 0.1


class PageNotes:
    """The notes of pages that were engraved together.

    Attributes:
        notes: what was engraved, in order of onset.
    """

    def __init__(self, notes: Sequence[Note] = (), pages: Sequence[ScorePage] = ()) -> None:
        self.notes = notes
        self._heads: list[tuple[NoteHead, ...]] = []
        self._aspects: list[float] = []
        # When the music of each page begins, and each note's first head.
        self._starts_s: list[float] = []
        self._first_s: dict[int, float] = {}
        self._onsets = np.array([note.onset_s for note in notes])
        self._offsets = np.array([note.offset_s for note in notes])
        for page in pages:
            self.add(page)

    def add(self, page: ScorePage) -> None:
        """Takes the next page."""
        self._heads.append(page.heads)
        self._aspects.append(page.aspect)
        before = self._starts_s[-1] if self._starts_s else 0.0
        start = min((head.at_s for head in page.heads), default=before)
        self._starts_s.append(max(start, before))
        for head in page.heads:
            if head.at_s < self._first_s.get(head.index, np.inf):
                self._first_s[head.index] = head.at_s

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._heads)

    def aspect(self, page: int) -> float:
        """The height of a page by its width."""
        return self._aspects[page]

    def page_at(self, seconds: float) -> int:
        """The page on which the music of a moment stands; 0 before the first."""
        return max(0, bisect.bisect_right(self._starts_s, seconds) - 1)

    def start_s(self, page: int) -> float:
        """When the music of a page begins."""
        return self._starts_s[page]

    def sounding(self, page: int, seconds: float) -> Iterator[NoteHead]:
        """The heads on a page whose notes sound at a moment."""
        sounding = set(np.flatnonzero((self._onsets <= seconds) & (self._offsets > seconds)))
        if sounding:
            for head in self._heads[page]:
                is_first = head.at_s <= self._first_s[head.index]
                if head.index in sounding and (is_first or head.at_s <= seconds + _TOLERANCE_S):
                    yield head

    def of_notes(self, page: int, notes: Iterable[Note]) -> Iterator[tuple[NoteHead, Note]]:
        """The heads of these notes on a page."""
        wanted = set(notes)
        for head in self._heads[page] if wanted else ():
            note = self.notes[head.index]
            if note in wanted:
                yield head, note

    def nearest(
        self, page: int, place: QPointF, box: QRectF, within: float
    ) -> NoteHead | None:
        """The head at a place, or the one nearest to it.

        Args:
            box: the page, in the units of `place`.
            within: how far beside it may be.
        """
        found, least = None, within
        for head in self._heads[page]:
            middle = head_box(head, box).center()
            far = ((middle.x() - place.x()) ** 2 + (middle.y() - place.y()) ** 2) ** 0.5
            if far <= least:
                found, least = head, far
        return found


def head_box(head: NoteHead, page: QRectF) -> QRectF:
    """Where a head is on a page that lies here."""
    return QRectF(
        page.left() + head.left * page.width(), page.top() + head.top * page.height(),
        head.width * page.width(), head.height * page.height(),
    )
