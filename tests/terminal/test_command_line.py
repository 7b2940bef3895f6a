"""The command line as a user meets it: files in, MIDI, CSV and JSON lines out."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from app.system import display_server as display
from app.terminal import demo_command as demo
from app.terminal.command_line import main
from model.transcriber import Stream
from tests.conftest import TONE_RATE, tones

HERE = Path(__file__).resolve().parents[2]


@pytest.fixture
def transcribe(tiny_checkpoint: Path) -> list[str]:
    return ["transcribe", "--checkpoint", str(tiny_checkpoint)]


@pytest.fixture
def stream(tiny_checkpoint: Path) -> list[str]:
    return ["stream", "--checkpoint", str(tiny_checkpoint)]


def midi_notes(path: Path) -> list[tuple[float, float, int, int]]:
    """Onset, offset, pitch and velocity of every note, in order."""
    now_s, sounding, notes = 0.0, {}, []
    for message in mido.MidiFile(path):
        now_s += message.time
        if message.type == "note_on":
            sounding[message.note] = (now_s, message.velocity)
        elif message.type == "note_off":
            onset_s, velocity = sounding.pop(message.note)
            notes.append((onset_s, now_s, message.note, velocity))
    return sorted(notes)


def csv_notes(path: Path) -> list[tuple[float, float, int, int]]:
    with path.open(newline="") as file:
        return sorted(
            (float(row["start_s"]), float(row["end_s"]), int(row["midi_pitch"]),
             int(row["velocity"]))
            for row in csv.DictReader(file)
        )


def test_transcribe_writes_midi_and_csv_of_the_same_notes(
    transcribe: list[str], tone_wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    midi, table = tmp_path / "new" / "a.mid", tmp_path / "a.csv"
    assert main([*transcribe, str(tone_wav), "-o", str(midi), "--csv", str(table)]) == 0
    output = capsys.readouterr()
    assert output.err == ""  # No progress bar where no terminal is.
    from_midi, from_csv = midi_notes(midi), csv_notes(table)
    assert len(from_midi) >= 10
    assert output.out == f"{tone_wav}: {len(from_midi)} notes in 0:02, A4 440 Hz -> {midi}\n"
    np.testing.assert_allclose(from_midi, from_csv, atol=1e-3)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.csv", "a.mid", "new"]


@pytest.mark.parametrize("block", ["1", "100", "256", "4410", "999999"])
def test_stream_gives_the_notes_of_transcribe(
    transcribe: list[str], stream: list[str], tmp_path: Path, block: str
) -> None:
    # A rate that has to be converted, and a length that no block divides.
    sound = tmp_path / "sound.wav"
    soundfile.write(sound, tones(0.4 if block == "1" else 1.2345, 16_000), 16_000)
    common = [str(sound), "--threshold", "0.3", "--min-note-ms", "60"]
    assert main([*transcribe, *common, "-o", str(tmp_path / "a.mid")]) == 0
    lines = tmp_path / "a.jsonl"
    assert main([*stream, *common, "--jsonl", str(lines), "--block", block]) == 0
    notes = sorted(
        (event["onset_s"], event["offset_s"], event["pitch"], event["velocity"])
        for event in map(json.loads, lines.read_text().splitlines())
        if event["event"] == "off"
    )
    assert len(notes) >= 10
    np.testing.assert_allclose(notes, midi_notes(tmp_path / "a.mid"), atol=1e-3)


def test_stream_tells_each_beginning_before_its_end_and_when_it_was_heard(
    stream: list[str], tone_wav: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*stream, str(tone_wav), "--jsonl", "-", "--block", "441"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(events) >= 20
    sounding: dict[int, dict[str, object]] = {}
    heard_s = 0.0
    for event in events:
        assert set(event) == {
            "event", "pitch", "velocity", "onset_s", "offset_s", "heard_s", "confidence"
        }
        assert event["heard_s"] >= max(heard_s, event["onset_s"])
        heard_s = event["heard_s"]
        # Blocks of 441 samples at 44.1 kHz: events come every 10 ms.
        assert heard_s * 100 == pytest.approx(round(heard_s * 100), abs=1e-3)
        assert 1 <= event["velocity"] <= 127
        assert 0 < event["confidence"] <= 1
        if event["event"] == "on":
            assert event["pitch"] not in sounding
            assert event["offset_s"] is None
            sounding[event["pitch"]] = event
        else:
            begun = sounding.pop(event["pitch"])
            assert event["offset_s"] > event["onset_s"] == begun["onset_s"]
    assert not sounding
    assert heard_s == 2.0


def test_settings_take_the_place_of_the_checkpoints_own(
    transcribe: list[str], tone_wav: Path, tmp_path: Path
) -> None:
    def notes(*settings: str) -> list[tuple[float, float, int, int]]:
        assert main([*transcribe, str(tone_wav), "-o", str(tmp_path / "a.mid"), *settings]) == 0
        return midi_notes(tmp_path / "a.mid")

    own = notes()
    assert notes("--threshold", "0.5") == own  # What the checkpoint holds.
    assert 0 < len(notes("--threshold", "0.6")) < len(own)
    assert notes("--threshold", "0.4") != own
    # What is struck again, or still sounds at the end, may be shorter.
    lengths = [round(end - start, 3) for start, end, _, _ in notes("--min-note-ms", "200")]
    assert np.median(lengths) >= 0.2 > np.median([end - start for start, end, _, _ in own])
    assert notes("--a4", "415") != own


def test_transcribe_says_the_tuning_and_stream_repeats_it(
    transcribe: list[str], stream: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sharp, midi, lines = tmp_path / "sharp.wav", tmp_path / "a.mid", tmp_path / "a.jsonl"
    # Forty cents higher.
    soundfile.write(sharp, tones(4.0), round(TONE_RATE * 2 ** (0.4 / 12)))
    assert main([*transcribe, str(sharp), "-o", str(midi), "--csv"]) == 0
    [a4] = re.findall(r", A4 ([0-9.]+) Hz -> ", capsys.readouterr().out)
    assert float(a4) == pytest.approx(440 * 2 ** (0.4 / 12), abs=0.5)

    def streamed(*settings: str) -> list[tuple[float, float, int, int]]:
        assert main([*stream, str(sharp), "--jsonl", str(lines), *settings]) == 0
        events = map(json.loads, lines.read_text().splitlines())
        return sorted(
            (round(event["onset_s"], 4), round(event["offset_s"], 4), event["pitch"],
             event["velocity"])
            for event in events if event["event"] == "off"
        )

    written = csv_notes(tmp_path / "a.csv")
    assert len(written) > 10
    assert streamed("--a4", a4) == written
    assert streamed() != written


def test_interrupted_work_leaves_nothing(
    transcribe: list[str], stream: list[str], tone_wav: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(_: Stream) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stream, "finish", interrupt)
    old = tmp_path / "old.jsonl"
    old.write_text("old")
    for arguments in (
        [*transcribe, str(tone_wav), "-o", str(tmp_path / "a.mid")],
        [*stream, str(tone_wav), "--jsonl", str(tmp_path / "a.jsonl")],
        [*stream, str(tone_wav), "--jsonl", str(old)],
    ):
        assert main(arguments) == 130
    assert capsys.readouterr().err == ""
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "old"


def test_a_reader_that_leaves_early_is_no_error(exported_checkpoint: Path, tone_wav: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    run = subprocess.run(
        [sys.executable, "main.py", "stream", "--checkpoint", str(exported_checkpoint),
         str(tone_wav), "--jsonl", "-"],
        cwd=HERE, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False,
    )
    os.close(write_end)
    assert (run.returncode, run.stderr) == (141, "")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom app.terminal.command_line import main\n"
        "commands = [], ['transcribe'], ['stream'], ['listen'], ['devices'], ['demo']\n"
        "assert [main([*c, '--help']) for c in commands] == [0] * 6\n"
        "heavy = {'torch', 'PySide6', 'numpy', 'scipy', 'av', 'matplotlib', 'sounddevice'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("usage:") == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["transcribe"], "IN, -o/--output"),
        (["transcribe", "a.wav", "-o", "b.mid", "--threshold", "1"], "between 0 and 1"),
        (["transcribe", "a.wav", "-o", "b.mid", "--threshold", "nan"], "'nan' is not a number"),
        (["transcribe", "a.wav", "-o", "b.mid", "--min-note-ms", "-1"], "from 0 to 10000"),
        (["transcribe", "a.wav", "-o", "b.mid", "--min-note-ms", "inf"], "from 0 to 10000"),
        (["transcribe", "a.wav", "-o", "b.mid", "--jobs", "0"], "whole number from 1 to 64"),
        (["transcribe", "a.wav", "-o", "b.mid", "--quantise", "1/5"], "'1/5' is not a grid"),
        (["transcribe", "a.wav", "-o", "b.mid", "--meter", "4"], "is not a time signature"),
        (["transcribe", "a.wav", "-o", "b.mid", "--key", "H"], "'H' is not a key"),
        (["transcribe", "a.wav", "-o", "b.mid", "--split", "60"], "'60' is not a note name"),
        # A recording after the option is not taken for the option's file.
        (["transcribe", "--csv", "a.wav", "-o", "b.mid"], "'a.wav' does not end in .csv"),
        (["stream", "a.wav", "--jsonl", "-", "--a4", "44"], "from 400 to 480"),
        (["stream", "a.wav", "--jsonl", "-", "--block", "0"], "from 1 to 1000000"),
        (["stream", "a.wav", "--jsonl", "-", "--block", "2.5"], "whole number"),
        (["listen", "--channel", "0"], "whole number from 1 to 256"),
        (["listen", "--midi-channel", "17"], "whole number from 1 to 16"),
        (["listen", "--seconds", "-1"], "from 0 to"),
        (["--loud"], "--loud"),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_display")
def test_without_a_display_the_demo_runs_in_the_terminal(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "demo.ogg", tones(), TONE_RATE)
    build = tmp_path / "build"
    assert demo.run(tiny_checkpoint, assets=tmp_path, build=build) == 0
    said = capsys.readouterr().out
    notes = midi_notes(build / "demo.mid")
    assert (build / "demo.png").stat().st_size > 5000
    assert "there is no display" in said
    assert f"notes      {len(notes)}, {len(notes) / 2:.1f} a second" in said
    assert "A0 to" in said
    assert str(build / "demo.mid") in said
    assert str(build / "demo.png") in said


@pytest.mark.usefixtures("no_display")
def test_without_a_display_the_window_is_refused(
    tone_wav: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tone_wav)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "there is no display" in error


def test_where_a_window_can_be_seen(
    no_display: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.missing() is None
    assert "offscreen" in str(display.unseen())
    # A display that nobody serves: Qt itself would end the program.
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":987")
    assert "Qt cannot start" in str(display.missing())
    monkeypatch.setattr(sys, "platform", "darwin")
    assert display.missing() is None
