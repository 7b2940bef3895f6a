"""Whole files with the shipped network: recordings that are tuned beside the keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.music.tuning.a4_estimation import recording_a4
from app.system.paths import DEFAULT_CHECKPOINT
from app.transcription.transcribe_file import load_transcriber, transcribe_file
from model.notes import Note
from model.pitch import hz_from_pitch
from model.transcriber import Transcriber

RATE = 22_050
# A melody over a bass, as MIDI pitches one after the other.
MELODY = (67, 69, 71, 72, 74, 76, 77, 79, 78, 76, 75, 73, 70, 68, 66, 64)


@pytest.fixture(scope="module")
def shipped() -> Transcriber:
    return load_transcriber(DEFAULT_CHECKPOINT)


def write_music(path: Path, a4: float) -> list[Note]:
    """Struck and fading tones with partials, tuned to this A4 in Hz; their notes."""
    sound = np.zeros(round((0.3 + 0.4 * len(MELODY) + 1.0) * RATE))
    notes = []
    for number, top in enumerate(MELODY):
        onset_s = 0.3 + 0.4 * number
        for pitch in (top, 48 + number % 7) if number % 2 == 0 else (top,):
            time = np.arange(round(0.7 * RATE)) / RATE
            hz = hz_from_pitch(float(pitch), a4)
            tone = sum(np.sin(2 * np.pi * hz * k * time) / k**1.2 for k in range(1, 9))
            shape = np.minimum(1, time / 0.004) * np.exp(-4 * time)
            first = round(onset_s * RATE)
            sound[first : first + len(time)] += 0.12 * shape * tone
            notes.append(Note(onset_s, onset_s + 0.5, pitch, 80))
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return notes


def share_found(played: list[Note], found: list[Note]) -> float:
    """How many of the notes are there, under their own names or all of them a semitone off."""
    return max(
        sum(
            any(note.pitch + by == other.pitch and abs(note.onset_s - other.onset_s) <= 0.05
                for other in found)
            for note in played
        ) / len(played)
        for by in (-1, 0, 1)
    )  # fmt: skip


@pytest.mark.parametrize("a4", [427.0, 453.0])
def test_half_a_semitone_beside_the_keys_all_notes_come_named_by_one_neighbour(
    shipped: Transcriber, tmp_path: Path, a4: float
) -> None:
    path = tmp_path / "music.wav"
    played = write_music(path, a4)
    assert share_found(played, transcribe_file(shipped, path, a4=440.0).notes) < 0.9
    result = transcribe_file(shipped, path, a4=recording_a4(path))
    assert share_found(played, result.notes) == 1.0
    # As it is, or as the neighbour that is as near.
    cents = 1200 * np.log2(result.a4 / a4)
    assert min(abs(cents), abs(abs(cents) - 100)) < 2


def test_what_lies_near_440_is_heard_at_440(shipped: Transcriber, tmp_path: Path) -> None:
    path = tmp_path / "music.wav"
    played = write_music(path, 443.0)
    result = transcribe_file(shipped, path, a4=recording_a4(path))
    assert (result.a4, share_found(played, result.notes)) == (440.0, 1.0)
