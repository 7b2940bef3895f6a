"""Curves of several runs in one picture."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from training.__main__ import main
from training.scoring import curves
from training.scoring.curves import Run


def write_log(path: Path, n_epochs: int, shift: float = 0.0) -> Path:
    """Two steps an epoch, and its scores."""
    lines = []
    for epoch in range(1, n_epochs + 1):
        for half in (1, 2):
            step = 2 * (epoch - 1) + half
            lines.append({"epoch": epoch, "step": 10 * step, "seconds": 1.0,
                          "loss/total": 1 / step + shift, "rate": 0.01})  # fmt: skip
        lines.append({
            "epoch": epoch, "step": 20 * epoch, "scores_of": "held out", "score": 0.1 * epoch,
            "scored_loss": {"total": 2 / epoch},
            "scores": {"mean": {"note_f1": 0.05 * epoch, "frame_ap": 0.2, "onset_ap": None}},
        })  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_log_is_read_as_curves_over_epochs(tmp_path: Path) -> None:
    path = write_log(tmp_path / "net.safetensors.log", 3)
    with path.open("a") as file:
        file.write('{"epoch": 4, "st')  # cut short by a kill
    run = Run.read(path)
    assert run.curves["trained"] == [
        (0.5, 1.0), (1.0, 1 / 2), (1.5, 1 / 3), (2.0, 1 / 4), (2.5, 1 / 5), (3.0, 1 / 6)
    ]  # fmt: skip
    assert run.curves["scored"] == [(1.0, 2.0), (2.0, 1.0), (3.0, 2 / 3)]
    assert [value for _, value in run.curves["note_f1"]] == pytest.approx([0.05, 0.1, 0.15])
    # What has no score has no points; a checkpoint stands for its run.
    assert "onset_ap" not in run.curves
    assert Run.read(tmp_path / "net.safetensors") == run


def test_runs_are_drawn_beside_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = write_log(tmp_path / "one.safetensors.log", 3)
    two = write_log(tmp_path / "two.safetensors.log", 5, shift=0.3)
    svg, png = tmp_path / "out" / "curves.svg", tmp_path / "curves.PNG"
    words = ["-a", "plot", "--log", str(one), str(two)]
    assert main([*words, "--out", str(svg)]) == 0
    assert f"{svg}: 2 runs" in capsys.readouterr().out
    text = svg.read_text()
    assert text.lstrip().startswith("<?xml")
    drawn = " ".join(re.findall(r"<!-- (.*?) -->", text))
    for said in ("one.safetensors, trained on", "two.safetensors, scored", "Note F1", "Frame AP",
                 "Learning rate"):  # fmt: skip
        assert said in drawn
    # Nothing was scored by onsets: there is no empty panel.
    assert "Onset AP" not in drawn
    assert main([*words, "--out", str(png)]) == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {
        one.name, two.name, "out", "curves.PNG"
    }  # fmt: skip


def test_a_log_without_scores_is_drawn_too(tmp_path: Path) -> None:
    path = tmp_path / "young.log"
    path.write_text('{"epoch": 1, "step": 5, "loss/total": 1.0, "rate": 0.1}\n')
    curves.draw([Run.read(path)], tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "there is no such log"), (b"", "not the log of a training run"),
     (b"hello\n[1]\n", "not the log of a training run"), (b"\xff\xfe\x00", "not the log")],
)  # fmt: skip
def test_what_is_no_log_is_refused(
    content: bytes | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.log"
    if content is not None:
        path.write_bytes(content)
    assert main(["-a", "plot", "--log", str(path), "--out", str(tmp_path / "x.png")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"training: {path}: ")
    assert sentence in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "x.png"], "plot needs --log FILE.log"),
        (["--log", "x.log"], "plot needs --log FILE.log"),
        (["--log", "x.log", "--out", "x.gif"], "--out x.gif is none of .png, .svg, .pdf"),
        (["--log", "x.png", "--out", "x.png"], "--out x.png is --log x.png, which would be lost"),
    ],
)
def test_a_picture_that_cannot_be_is_refused(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["-a", "plot", *words])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err
