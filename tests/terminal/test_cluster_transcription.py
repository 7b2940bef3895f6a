"""Recordings that are transcribed on a Dask cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from app.terminal.command_line import main
from tests.conftest import tones
from tests.dask_cluster import Cluster, cluster  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_a_cluster_writes_what_this_computer_writes(
    cluster: Cluster, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    music = Path("music", "deep")
    music.mkdir(parents=True)
    for name in ("a.wav", "b.flac", "deep/c.wav"):
        soundfile.write(music.parent / name, tones(0.4, 16_000), 16_000)
    (music / "bad.wav").write_bytes(b"RIFF and no more")
    command = ["transcribe", "music", "--checkpoint", str(tiny_checkpoint), "--json", "--csv"]
    cluster.add_workers(1)
    told = {}
    for place, further in (("here", []), ("there", ["--scheduler", cluster.address])):
        assert main([*command, "-o", place, *further]) == 1
        told[place] = capsys.readouterr()
    written = {
        place: {
            path.relative_to(place): path.read_bytes()
            for path in Path(place).rglob("*") if path.is_file()
        }
        for place in told
    }
    assert len(written["here"]) == 9
    assert written["there"] == written["here"]
    # The same table, but for the order and the seconds that it took.
    tables = {place: sorted(line.split()[0] for line in one.out.splitlines())
              for place, one in told.items()}
    assert tables["there"] == tables["here"]
    assert told["there"].err == told["here"].err
    assert "bad.wav: the file is damaged" in told["there"].err


@pytest.mark.parametrize(("words", "reason"), [
    (["--scheduler", "node:8786"], "'node:8786' is not tcp://HOST:PORT"),
    (["--scheduler", "tcp://node:8786", "--jobs", "2"], "not allowed with argument"),
])
def test_what_names_no_scheduler_is_refused(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["transcribe", "a.wav", "-o", "a.mid", *words]) == 2
    assert reason in capsys.readouterr().err
