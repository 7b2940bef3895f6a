"""From recordings to a program that hears them, through the command lines alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.terminal.command_line import main as noteglow
from model import checkpoint as checkpoints
from model.notes import Note
from model.pitch import hz_from_pitch
from model.transcriber import Transcriber
from training.__main__ import main as training
from training.scoring.metrics import note_scores

RATE = 22_050
SECONDS = 8.0


def write_music(folder: Path, name: str, seed: int) -> list[Note]:
    """Struck and fading tones with some harmonics, one in 0.3 s, with their notes beside them."""
    rng = np.random.default_rng(seed)
    samples = 0.001 * rng.standard_normal(round(SECONDS * RATE))
    notes = []
    for onset_s in np.arange(0.2, SECONDS - 0.6, 0.3):
        pitch = int(rng.integers(60, 72))
        notes.append(Note(float(onset_s), float(onset_s) + 0.28, pitch, 80))
        time = np.arange(round(0.28 * RATE)) / RATE
        tone = sum(
            np.sin(2 * np.pi * hz_from_pitch(float(pitch)) * k * time) / k for k in range(1, 5)
        )
        first = round(float(onset_s) * RATE)
        samples[first : first + len(time)] += 0.25 * tone * np.exp(-5 * time)
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{name}.wav", samples, RATE)
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["start_s", "end_s", "midi_pitch", "velocity"])
        writer.writerows([note.onset_s, note.offset_s, note.pitch, 80] for note in notes)
    return notes


def test_recordings_become_a_checkpoint_that_the_program_hears_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    music, unseen = tmp_path / "music", tmp_path / "unseen"
    for seed in range(6):
        write_music(music / "tones", f"piece{seed}", seed)
    labelled = write_music(unseen / "tones", "new", 99)

    data = tmp_path / "train.h5"
    assert training([
        "-a", "process-train", "--corpus", f"folder:{music}", "--out", str(data),
        "--batch-seconds", "2", "--bins-per-octave", "12",
    ]) == 0

    out, scores, midi, table = (tmp_path / name for name in
                                ("net.safetensors", "scores.json", "new.mid", "new.csv"))
    arguments = [
        "-a", "train-val", "--data", str(data), "--out", str(out), "--network", "mlp",
        "--batch-size", "4", "--lr", "0.003", "--delay-frames", "1", "--validation-share", "0.2",
        "--patience", "20",
    ]
    assert training([*arguments, "--num-epochs", "10"]) == 0
    assert training([*arguments, "--num-epochs", "20", "--resume"]) == 0
    notes = checkpoints.load(out).notes
    [held_out] = json.loads(notes["held_out"])
    assert float(notes["score"]) > 0.5

    assert training(["-a", "tune", "--corpus", f"folder:{music}", "--checkpoint", str(out)]) == 0
    assert training([
        "-a", "test", "--data", str(data), "--held-out", "--checkpoint", str(out),
        "--recordings", str(unseen), "--json", str(scores),
    ]) == 0
    written = json.loads(scores.read_text())
    assert next(iter(written["frames"]["pieces"])) == held_out
    assert written["notes"]["corpora"]["tones"]["note"] > 0.8

    # What the program writes of a recording that no network has seen is what was played.
    Transcriber.load(out)
    capsys.readouterr()
    assert noteglow(["transcribe", "--checkpoint", str(out), str(unseen / "tones" / "new.wav"),
                     "-o", str(midi), "--csv", str(table)]) == 0
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = [Note(float(row["start_s"]), float(row["end_s"]), int(row["midi_pitch"]))
             for row in rows]
    assert note_scores(labelled, found).f1 == pytest.approx(
        written["notes"]["corpora"]["tones"]["note"], abs=0.05
    )
    assert midi.stat().st_size > 100
