"""The shipped checkpoint on the shipped demo recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.transcription.transcribe_file import load_transcriber, transcribe_file
from model.notes import Note
from training.corpora import midi
from training.corpora.label_files import read_csv
from training.scoring.metrics import note_scores

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "assets" / "demo.flac"
# Written by: main.py transcribe assets/demo.flac -o build/demo.mid --csv tests/golden/demo.csv
GOLDEN = ROOT / "tests" / "golden" / "demo.csv"


@pytest.fixture(scope="module")
def found() -> list[Note]:
    return transcribe_file(load_transcriber(ROOT / "assets" / "noteglow.safetensors"), DEMO).notes


def test_the_demo_gives_its_golden_notes(found: list[Note]) -> None:
    golden = read_csv(GOLDEN)
    assert len(golden) > 150
    # Another processor rounds otherwise: a note in fifty may fall on the other side of a threshold.
    assert abs(len(found) - len(golden)) <= len(golden) / 50
    missed = [
        note
        for note in golden
        # Within 5 ms: nearer than another frame, farther than the digits of the file.
        if not any(
            other.pitch == note.pitch and abs(other.onset_s - note.onset_s) < 0.005
            for other in found
        )
    ]
    assert len(missed) <= len(golden) / 50


def test_the_demos_notes_are_those_that_were_played(found: list[Note]) -> None:
    played = midi.read_notes(DEMO.with_suffix(".mid"), sustain_pedal=False)
    assert note_scores(played, found).f1 > 0.75
