"""`stream`, `transcribe` and takes with a network that speaks twice about each moment."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.terminal.command_line import main
from tests.conftest import tones
from tests.terminal.test_command_line import csv_notes

Event = dict[str, Any]


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.wav"
    soundfile.write(path, tones(1.2345, 16_000), 16_000)
    return path


def stream(checkpoint: Path, sound: Path, *options: str) -> list[Event]:
    lines = sound.with_suffix(".jsonl")
    command = ["stream", "--checkpoint", str(checkpoint), str(sound), "--jsonl", str(lines)]
    assert main([*command, *options]) == 0
    return [json.loads(line) for line in lines.read_text().splitlines()]


def transcribed(checkpoint: Path, sound: Path, *options: str) -> list[tuple[float, ...]]:
    table, midi = sound.with_suffix(".csv"), sound.with_suffix(".mid")
    command = ["transcribe", "--checkpoint", str(checkpoint), str(sound), "-o", str(midi)]
    assert main([*command, "--csv", str(table), *options]) == 0
    return csv_notes(table)


def notes(events: list[Event]) -> list[tuple[float, ...]]:
    return sorted(
        (event["onset_s"], event["offset_s"], event["pitch"], event["velocity"])
        for event in events if event["event"] == "off"
    )  # fmt: skip


@pytest.mark.parametrize("block", ["100", "999999"])
@pytest.mark.parametrize("options", [[], ["--monophonic"], ["--threshold", "0.2"]])
def test_transcribe_gives_the_settled_notes_of_the_stream(
    two_answer_checkpoint: Path, sound: Path, block: str, options: list[str]
) -> None:
    whole = transcribed(two_answer_checkpoint, sound, *options)
    settled = stream(two_answer_checkpoint, sound, "--settled", "--block", block, *options)
    assert len(whole) >= (1 if options == ["--monophonic"] else 4)
    np.testing.assert_allclose(notes(settled), whole, atol=1e-4)


def test_early_events_are_as_they_were_and_both_are_told_apart(
    two_answer_checkpoint: Path, sound: Path
) -> None:
    early = stream(two_answer_checkpoint, sound)
    settled = stream(two_answer_checkpoint, sound, "--settled")
    both = stream(two_answer_checkpoint, sound, "--both")
    assert notes(early) != notes(settled)
    for name, alone in (("early", early), ("settled", settled)):
        assert [
            {key: value for key, value in event.items() if key != "answer"}
            for event in both if event["answer"] == name
        ] == alone  # fmt: skip
    keys = {"event", "pitch", "velocity", "onset_s", "offset_s", "heard_s", "confidence"}
    assert {frozenset(event) for event in [*early, *settled]} == {frozenset(keys)}
    heard_s = [event["heard_s"] for event in both]
    assert heard_s == sorted(heard_s)


def test_a_settled_note_is_said_before_it_ends(two_answer_checkpoint: Path, sound: Path) -> None:
    events = stream(two_answer_checkpoint, sound, "--settled")
    ends = {(event["pitch"], event["onset_s"]): event for event in events if event["offset_s"]}
    begins = [event for event in events if event["event"] == "on"]
    assert any(event["heard_s"] < ends[event["pitch"], event["onset_s"]]["heard_s"]
               for event in begins)  # fmt: skip
    # Twelve frames of 20 ms after it began.
    assert min(event["heard_s"] - event["onset_s"] for event in begins) > 0.2


def test_a_network_with_one_answer_gives_it_twice(tiny_checkpoint: Path, sound: Path) -> None:
    assert stream(tiny_checkpoint, sound) == stream(tiny_checkpoint, sound, "--settled")


def test_one_note_at_a_time(tiny_checkpoint: Path, sound: Path) -> None:
    many = transcribed(tiny_checkpoint, sound)
    one = transcribed(tiny_checkpoint, sound, "--monophonic")
    assert any(later[0] < earlier[1] for earlier, later in itertools.pairwise(many))
    assert one
    assert all(later[0] >= earlier[1] - 1e-4 for earlier, later in itertools.pairwise(one))


def test_pitch_curves_are_written_on_demand(two_answer_checkpoint: Path, sound: Path) -> None:
    for options in ([], ["--settled"]):
        events = stream(two_answer_checkpoint, sound, "--cents", *options)
        curves = [event["cents"] for event in events if "cents" in event]
        assert curves
        assert all(event["event"] == "off" for event in events if "cents" in event)


def test_both_and_settled_are_not_asked_for_at_once(
    two_answer_checkpoint: Path, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stream", str(sound), "--jsonl", "-", "--settled", "--both"]) == 2
    assert "not allowed with" in capsys.readouterr().err
