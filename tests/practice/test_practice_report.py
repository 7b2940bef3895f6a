"""What is told afterwards, and kept."""

from __future__ import annotations

import json
from pathlib import Path

from app.practice.marks import Extra, Mark
from app.practice.practice_history import HistoryEntry, PracticeHistory
from app.practice.practice_report import PracticeResult, cents_of
from model.notes import Note
from tests.practice.small_pieces import scale_piece

PIECE = scale_piece(60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79)


def result() -> PracticeResult:
    """A first bar on time, a second that is dragged, and mistakes in the third."""
    marks = [Mark("right", note.onset_s, 0.0) for note in PIECE.notes[:4]]
    marks += [Mark("late", note.onset_s + 0.1, 100.0) for note in PIECE.notes[4:8]]
    marks += [
        Mark("wrong", 4.0, heard_pitch=75), Mark("missed", 4.5), Mark("unsure", 5.0),
        Mark("right", 5.5, 0.0),
    ]  # fmt: skip
    return PracticeResult(PIECE, marks, [Extra(50, 4.2, 0.9)], {0: 14.0, 1: 10.0})


def test_the_report_lists_every_note_and_counts() -> None:
    report = json.loads(json.dumps(result().as_json(), allow_nan=False))
    assert [note["mark"] for note in report["notes"]] == [
        *["right"] * 4, *["late"] * 4, "wrong", "missed", "unsure", "right"
    ]  # fmt: skip
    assert report["notes"][8]["heard_pitch"] == 75
    totals = report["totals"]
    assert (totals["notes"], totals["late"], totals["extra"]) == (12, 4, 1)
    # What the ear is unsure of counts neither way.
    assert totals["share_played"] == round(9 / 11, 4)
    assert report["extra"] == [{"pitch": 50, "name": "D3", "time_s": 4.2, "bar": 3}]
    assert [bar["off_ms_mean"] for bar in report["bars"]] == [0.0, 100.0, None]
    assert report["worst_bars"][0] == 3


def test_it_is_said_in_words() -> None:
    text = " ".join(result().summary())
    assert "9 of 12 notes played, 1 wrong, 1 missed, 1 extra" in text
    assert "Dragging in bar 2." in text
    assert "12 cents too high on average." in text
    assert "Worth another try: bars 3 and 2." in text


def test_intonation_is_that_of_the_notes_that_were_played() -> None:
    heard = [Note(0.02, 0.4, 60, cents=(10.0, 20.0, 30.0)), Note(0.9, 1.0, 62, cents=(5.0,)),
             Note(1.0, 1.4, 64)]  # fmt: skip
    marks = [Mark("right", note.onset_s) for note in PIECE.notes]
    assert cents_of(marks, PIECE, heard) == {0: 20.0}


def test_histories_are_kept_for_each_piece(tmp_path: Path) -> None:
    history = PracticeHistory(tmp_path)
    assert history.entries(PIECE) == []
    history.add(PIECE, HistoryEntry.of(result(), 1.8e9))
    history.add(PIECE, HistoryEntry.of(result(), 1.9e9, waited=True))
    found = history.entries(PIECE)
    assert [entry.waited for entry in found] == [False, True]
    assert found[0].share_played == 9 / 11
    assert history.entries(PIECE.transposed(1)) == []
    history.forget(PIECE)
    assert history.entries(PIECE) == []


def test_a_damaged_history_is_passed_over_and_written_anew(tmp_path: Path) -> None:
    history = PracticeHistory(tmp_path)
    history.add(PIECE, HistoryEntry.of(result(), 1e9))
    (path,) = tmp_path.iterdir()
    document = json.loads(path.read_text())
    document["entries"] += [{"when": "yesterday"}, 7, {**document["entries"][0], "notes": -3}]
    path.write_text(json.dumps(document))
    assert len(history.entries(PIECE)) == 1
    for damage in ("[]", "{", '{"entries": 3}'):
        path.write_text(damage)
        assert history.entries(PIECE) == []
    history.add(PIECE, HistoryEntry.of(result(), 1e9))
    assert len(history.entries(PIECE)) == 1
