"""Scores engraved page by page: what stands where, drafts, and the process that does it."""

from __future__ import annotations

import multiprocessing

import pytest

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import Paper
from app.exports.score.page_process import (
    PageDesk,
    PageJob,
    PageProcess,
    PagesEnded,
    ProcessDiedError,
    ScorePage,
)
from app.music.fretting import GUITAR
from app.music.instruments import instrument_named
from app.music.rhythm import Rhythm
from model.notes import Note
from tests.exports.score_pages import engraved

STEADY = ExportOptions(rhythm=Rhythm.steady())


def a_line(count: int) -> list[Note]:
    """Quarter notes of a tempo of 120, after a second of silence."""
    return [Note(1 + at / 2, 1.45 + at / 2, 60 + at % 12, 80) for at in range(count)]


def test_every_note_stands_on_a_page_when_it_sounds() -> None:
    notes = a_line(40)
    pages = engraved(notes)
    assert len(pages) > 1
    heads = [head for page in pages for head in page.heads]
    assert [head.index for head in heads] == list(range(40))
    for head in heads:
        assert head.at_s == pytest.approx(notes[head.index].onset_s, abs=0.01)
        assert 0 < head.left < head.left + head.width < 1
        assert 0 < head.top < head.top + head.height < 1
    for page in pages:
        assert all(f'id="{head.id}"'.encode() in page.svg for head in page.heads)


def test_a_tied_note_stands_in_both_bars_and_one_with_tablature_in_both_staves() -> None:
    tied = engraved([Note(1.5, 2.5, 60, 80)])
    assert [(head.index, head.at_s) for head in tied[0].heads] == [(0, 1.5), (0, 2.0)]
    options = ExportOptions(rhythm=Rhythm.steady(), tab=GUITAR)
    tab = engraved([Note(0.0, 0.5, 60, 80)], options=options)
    assert [head.index for head in tab[0].heads] == [0, 0]
    upper, lower = sorted(tab[0].heads, key=lambda head: head.top)
    assert lower.top > upper.top + upper.height


def test_a_transposed_part_says_how_far_and_keeps_its_notes() -> None:
    notes = a_line(4)
    part = instrument_named("Alto saxophone")
    [page] = engraved(notes, options=ExportOptions(rhythm=Rhythm.steady(), part=part))
    [concert] = engraved(notes)
    assert [head.index for head in page.heads] == [head.index for head in concert.heads]
    # A sixth higher on the same staff.
    assert page.heads[0].top < concert.heads[0].top


def test_the_first_page_of_a_longer_piece_comes_as_a_draft() -> None:
    pages = engraved(a_line(300))
    draft, *others = pages
    assert draft.is_draft
    assert not any(page.is_draft for page in others)
    assert [page.index for page in others] == list(range(len(others)))
    first = others[0]
    assert [(head.index, head.at_s) for head in draft.heads] == \
        [(head.index, head.at_s) for head in first.heads]
    assert len(draft.heads) < 300


def test_a_page_on_a_screen_is_as_high_as_its_one_system() -> None:
    notes = [Note(0.0, 0.5, 96, 80), Note(0.5, 1.0, 30, 80), Note(0.5, 1.0, 90, 80)]
    options = ExportOptions(rhythm=Rhythm.steady(), two_hands=True)
    [low] = engraved(notes, Paper(200, 20), options=options)
    [high] = engraved(notes, Paper(200, 100), options=options)
    assert high.aspect == pytest.approx(0.5)
    assert 0.15 < low.aspect < 0.5
    # Nothing is cut off.
    assert all(0 < head.top < head.top + head.height < 1 for head in low.heads)


def test_other_paper_needs_no_other_score() -> None:
    desk = PageDesk(lambda: None)
    notes = tuple(a_line(300))
    wide = list(desk.pages(PageJob(1, notes, STEADY, Paper(200, 60))))
    narrow = list(desk.pages(PageJob(2, notes, STEADY, Paper(120, 60))))
    assert isinstance(wide[0], ScorePage)
    assert wide[0].is_draft
    # What is known needs no draft.
    assert isinstance(narrow[0], ScorePage)
    assert not narrow[0].is_draft
    assert len(narrow) > len(wide)


def test_a_process_engraves_one_job_after_the_other_and_is_started_anew() -> None:
    process = PageProcess()
    try:
        jobs = [PageJob(at, tuple(a_line(4 + at)), STEADY, Paper()) for at in range(3)]
        # Nobody wants the pages of the first.
        assert list(process.pages(jobs[0], lambda: True)) == []
        [page, end] = process.pages(jobs[1], lambda: False)
        assert isinstance(page, ScorePage)
        assert (len(page.heads), end) == (5, PagesEnded(1))
        process.kill()
        [page, _] = process.pages(jobs[2], lambda: False)
        assert isinstance(page, ScorePage)
        assert len(page.heads) == 6
    finally:
        process.kill()


def test_a_process_that_dies_is_told_of() -> None:
    process = PageProcess()
    before = set(multiprocessing.active_children())

    def die() -> bool:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
        return False

    try:
        with pytest.raises(ProcessDiedError):
            list(process.pages(PageJob(1, tuple(a_line(2)), STEADY, Paper()), die))
        # The next job is another one's.
        assert list(process.pages(PageJob(2, tuple(a_line(2)), STEADY, Paper()), lambda: False))
    finally:
        process.kill()
