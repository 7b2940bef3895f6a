"""`main.py practise` and `main.py compare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.exports.export_options import ExportOptions
from app.exports.midi_writer import write_midi
from app.terminal.command_line import main
from model.notes import Note


@pytest.fixture
def piece_mid(tmp_path: Path) -> Path:
    path = tmp_path / "piece.mid"
    notes = [Note(0.25 * beat, 0.25 * beat + 0.2, 60 + 4 * (beat % 5)) for beat in range(8)]
    write_midi(notes, path, ExportOptions(duration_s=2.0))
    return path


@pytest.mark.parametrize("more", [[], ["--wait", "--keep"], ["--bars", "1", "--hand", "right"]])
def test_a_recording_is_judged_and_reported(
    piece_mid: Path, tone_wav: Path, two_answer_checkpoint: Path, tmp_path: Path,
    more: list[str], capsys: pytest.CaptureFixture[str],
) -> None:
    report = tmp_path / "report.json"
    assert main([
        "practise", str(piece_mid), "--input", str(tone_wav), "--json", str(report),
        "--checkpoint", str(two_answer_checkpoint), "--a4", "440", *more,
    ]) == 0  # fmt: skip
    content = json.loads(report.read_text("utf-8"))
    assert content["way"] == ("waiting" if "--wait" in more else "clock")
    assert [note["pitch"] for note in content["notes"]] == [60 + 4 * (n % 5) for n in range(8)]
    kinds = {"right", "early", "late", "wrong", "missed", "unsure"}
    assert {note["mark"] for note in content["notes"]} <= kinds
    assert sum(content["totals"][kind] for kind in kinds) == 8
    assert "of 8 notes played" in capsys.readouterr().out


def test_two_files_are_compared(
    piece_mid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.mid"
    notes = [Note(0.25 * beat, 0.25 * beat + 0.2, 60 + 4 * (beat % 5)) for beat in range(7)]
    write_midi([*notes, Note(1.9, 2.0, 90)], other, ExportOptions(duration_s=2.0))
    report = tmp_path / "report.json"
    assert main(["compare", str(piece_mid), str(other), "--json", str(report)]) == 0
    content = json.loads(report.read_text("utf-8"))
    assert (content["right"], content["missed"], content["extra"]) == (7, 1, 1)
    assert "7 notes right, 1 missed, 1 extra" in capsys.readouterr().out


def test_what_cannot_be_done_is_said_in_a_line_and_nothing_is_written(
    piece_mid: Path, tone_wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    sound = ["--input", str(tone_wav), "--json", str(report)]
    for arguments, said in (
        (["practise", str(tmp_path / "no.mid"), *sound], "there is no such file"),
        (["practise", str(piece_mid), "--input", str(piece_mid), "--json", str(report)], "audio"),
        (["practise", str(piece_mid), *sound, "--part", "7"], "there is no part 7"),
        (["practise", str(piece_mid), *sound, "--bars", "40-50"], "no note of it in these bars"),
        (["practise", str(piece_mid), *sound, "--instrument", "Tuba", "--transpose", "48"],
         "no note of it in this range"),
        (["practise", str(piece_mid), "--input", str(tone_wav), "--json", str(tone_wav)],
         "would replace"),
        (["compare", str(piece_mid), str(tmp_path / "no.xml"), "--json", str(report)],
         "there is no such file"),
    ):  # fmt: skip
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert said in error, error
        assert error.count("\n") == 1
    assert main(["practise", str(piece_mid), *sound, "--bars", "8-5"]) == 2
    assert "ends before it begins" in capsys.readouterr().err
    assert not report.exists()
