"""Two lists of notes side by side."""

from __future__ import annotations

from app.practice.comparison import compare
from model.notes import Note

WANTED = [Note(0.5 * beat, 0.5 * beat + 0.4, 60 + beat) for beat in range(8)]


def test_the_same_notes_are_right_also_a_little_beside_and_shifted_as_a_whole() -> None:
    played = [Note(note.onset_s + 2.53, note.offset_s + 2.5, note.pitch) for note in WANTED]
    found = compare(WANTED, played)
    assert len(found.pairs) == 8
    assert abs(found.shift_s - 2.53) < 0.02
    assert not found.missed
    assert not found.extra
    assert len(compare(WANTED, played, align=False).pairs) == 0


def test_missed_and_extra_notes_are_counted_and_found_in_order_of_time() -> None:
    played = [*WANTED[:3], Note(1.5, 1.9, 70), *WANTED[4:], Note(9.0, 9.5, 50)]
    found = compare(WANTED, played)
    assert [WANTED[index].pitch for index in found.missed] == [63]
    assert sorted(found.played[index].pitch for index in found.extra) == [50, 70]
    assert found.differences_s() == [1.5, 9.0]
    report = found.as_json()
    assert (report["right"], report["missed"], report["extra"]) == (7, 1, 2)


def test_a_note_is_found_once() -> None:
    twice = [Note(0.0, 0.2, 60), Note(0.03, 0.2, 60)]
    assert len(compare([twice[0]], twice).pairs) == 1
    assert len(compare(twice, [twice[0]]).pairs) == 1
    assert len(compare([], WANTED).extra) == 8
