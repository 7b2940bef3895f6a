"""Sections in exported files: rehearsal marks in a score, `markers` in JSON."""

from __future__ import annotations

import json
from pathlib import Path

from music21 import converter, expressions

from app.exports.export_file import ExportOptions, export
from app.music.rhythm import Rhythm
from app.music.sections import Marker
from model.notes import Note

# Quarter notes of half a second, so bars of two.
NOTES = [Note(0.5 * number, 0.5 * number + 0.4, 60 + number % 5, 80) for number in range(16)]
MARKERS = (Marker(0.0, "Intro"), Marker(2.1, "Vers – 1"), Marker(5.8, "B"), Marker(900.0, "End"))


def test_a_score_has_rehearsal_marks_on_the_nearest_bar_lines(tmp_path: Path) -> None:
    options = ExportOptions(rhythm=Rhythm.steady(120), markers=MARKERS)
    export(NOTES, tmp_path / "a.musicxml", options)
    score = converter.parse(tmp_path / "a.musicxml")
    assert [
        (mark.getContextByClass("Measure").number, float(mark.offset), mark.content)
        for mark in score.recurse().getElementsByClass(expressions.RehearsalMark)
    ] == [(1, 0.0, "Intro"), (2, 0.0, "Vers – 1"), (4, 0.0, "B")]


def test_json_has_where_sections_begin(tmp_path: Path) -> None:
    export(NOTES, tmp_path / "a.json", ExportOptions(markers=MARKERS[:2]))
    content = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert content["markers"] == [
        {"time_s": 0.0, "name": "Intro"}, {"time_s": 2.1, "name": "Vers – 1"},
    ]  # fmt: skip
    export(NOTES, tmp_path / "b.json", ExportOptions())
    assert "markers" not in json.loads((tmp_path / "b.json").read_text("utf-8"))
