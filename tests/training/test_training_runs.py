"""A training run and its files: nothing is lost, and all is said."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import torch

import training.trainer.train
from model import checkpoint as checkpoints
from model.baselines import network_of
from model.checkpoint import Checkpoint
from model.config import DecoderConfig
from tests.training.tiny_data import FEATURES, SHAPE, write_clips
from training.__main__ import main
from training.datasets.clip_dataset import ClipFile
from training.options import UsageError
from training.scoring.validate import Scores
from training.trainer.losses import LossWeights, losses
from training.trainer.plan import TrainOptions, settings
from training.trainer.state import State
from training.trainer.stop_signals import Stopped, StopRequest
from training.trainer.train import train

ROOT = Path(__file__).resolve().parents[2]
QUICK = TrainOptions(num_epochs=2, batch_size=8, lr=0.01, network=SHAPE, log_steps=1)
# What makes the network of a command line small.
SMALL = ["--channels", "4", "--blocks", "1", "--delay-frames", "1", "--num-epochs", "1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 clips of 8 pieces."""
    return write_clips(tmp_path_factory.mktemp("clips") / "tiny.h5")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence with which the command line refuses, exit status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("training: ")
    assert said.count("\n") == 1
    return said


def log(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.with_name(path.name + ".log").open()]


# ---- files ----


def test_what_is_read_is_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_clips(tmp_path / "x.h5")
    start = tmp_path / "start.safetensors"
    network = network_of(FEATURES, SHAPE)
    checkpoints.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), network.state_dict()), start)
    before = data.read_bytes(), start.read_bytes()
    link = tmp_path / "link.h5"
    link.symlink_to(data)
    train = ["-a", "train", "--data", str(data), "--anew", *SMALL]
    assert f"--out {data} is --data {data}" in refused(capsys, *train, "--out", str(data))
    assert f"--out {link} is --data {data}" in refused(capsys, *train, "--out", str(link))
    said = refused(capsys, *train, "--checkpoint", str(start), "--out", str(start))
    assert f"--out {start} is --checkpoint {start}, which would be lost" in said
    # Nor what lies beside --out.
    log_of = tmp_path / "net.log"
    log_of.write_bytes(before[0])
    said = refused(capsys, "-a", "train", "--data", str(log_of), "--out", str(tmp_path / "net"))
    assert f"--out {log_of} is --data {log_of}" in said
    said = refused(capsys, "-a", "test", "--data", str(data), "--checkpoint", str(start),
                   "--json", str(start))  # fmt: skip
    assert f"--json {start} is the checkpoint {start}" in said
    assert (data.read_bytes(), start.read_bytes()) == before


def test_without_out_the_action_names_the_checkpoint(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    words = ["--data", str(data), *SMALL]
    assert main(["-a", "train", *words]) == 0
    assert main(["-a", "train-val", *words]) == 0
    assert {path.name for path in tmp_path.glob("*.safetensors")} == {
        "final.safetensors", "dev.safetensors"
    }  # fmt: skip
    assert "held_out" in checkpoints.load(Path("dev.safetensors")).notes
    assert "--resume goes on with it, --anew" in refused(capsys, "-a", "train", *words)

    # And `test` scores what was written.
    def scored(*more: str) -> str:
        assert main(["-a", "test", "--data", str(data), "--json", "s.json", *more]) == 0
        return json.loads(Path("s.json").read_text())["checkpoint"]

    assert scored() == "final.safetensors"
    assert scored("--test-dev") == "dev.safetensors"
    assert scored("--test-dev", "--checkpoint", "final.safetensors") == "final.safetensors"
    assert scored("--test-dev", "--held-out") == "dev.safetensors"
    capsys.readouterr()
    Path("dev.safetensors").unlink()
    # The program's own has other features than this data.
    assert main(["-a", "test", "--data", str(data), "--test-dev"]) == 1
    said = capsys.readouterr().err
    assert "there is no dev.safetensors here: the program's own checkpoint is scored" in said
    assert "noteglow.safetensors" in said


def test_a_run_can_be_repeated_from_the_options_beside_it(data: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "net.safetensors", tmp_path / "again.safetensors"
    assert main(["-a", "train", "--data", str(data), "--out", str(out), *SMALL, "--lr", "0.01",
                 "--seed", "5", "--weight-decay", "0.1"]) == 0  # fmt: skip
    assert main(["--config", f"{out}.toml", "--out", str(again)]) == 0
    # Equal checkpoints and states have equal bytes.
    assert again.read_bytes() == out.read_bytes()
    for name in (out, again):
        assert name.with_name(name.name + ".state").is_file()
    assert State.read(tmp_path / "again.safetensors.state").settings["--weight-decay"] == "0.1"


def test_equal_checkpoints_give_equal_bytes(tmp_path: Path) -> None:
    weights = {f"w{number}": torch.full((3,), float(number)) for number in range(40)}
    notes = {f"n{number}": "ü" for number in range(40)}
    checkpoint = Checkpoint(FEATURES, SHAPE, DecoderConfig(), weights, notes)
    paths = [tmp_path / f"{number}.safetensors" for number in range(4)]
    # The library writes the names of every file in another order.
    for path in paths:
        checkpoints.save(checkpoint, path)
    assert len({path.read_bytes() for path in paths}) == 1
    read = checkpoints.load(paths[0])
    assert torch.equal(read.weights["w7"], torch.full((3,), 7.0))
    assert read.notes == notes


def test_the_last_epochs_are_kept_when_asked(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.safetensors"
    train([ClipFile.open(data)], out, replace(QUICK, num_epochs=4, keep_epochs=2))
    kept = sorted(path.name for path in tmp_path.glob("net.epoch*"))
    assert kept == ["net.epoch-3.safetensors", "net.epoch-4.safetensors"]
    # The last is what is shipped; the one before is another.
    assert (tmp_path / kept[1]).read_bytes() == out.read_bytes()
    assert checkpoints.load(tmp_path / kept[0]).notes["epochs"] == "3"


def test_the_state_holds_the_best_weights(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.5, 0.4, 0.3, 0.2])

    def score(*_: object, **__: object) -> Scores:
        value = next(values)
        return Scores({"mean": {"frame_ap": value, "onset_ap": value, "frame_threshold": 0.3}})

    monkeypatch.setattr(training.trainer.train, "score", score)
    out = tmp_path / "net.safetensors"
    options = replace(QUICK, validation_share=0.2)
    train([ClipFile.open(data)], out, options)
    best = out.read_bytes()
    assert checkpoints.load(out).notes["epochs"] == "1"
    # The checkpoint is lost: the run that goes on brings the best one back.
    out.unlink()
    train([ClipFile.open(data)], out, replace(options, num_epochs=3, resume=True))
    assert out.read_bytes() == best


# ---- going on ----


def test_data_that_was_built_anew_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_clips(tmp_path / "tiny.h5"), tmp_path / "net"
    train([ClipFile.open(data)], out, replace(QUICK, num_epochs=1))
    resumed = replace(QUICK, resume=True)
    before = settings([ClipFile.open(data)], QUICK)
    # The same clips of the same pieces; one label was corrected.
    with h5py.File(data, "r+") as file:
        file["onset"][3, 4, 5] = 1
    after = settings([ClipFile.open(data)], QUICK)
    assert [name for name in before if before[name] != after[name]] == ["contents of --data"]
    capsys.readouterr()
    train([ClipFile.open(data)], out, resumed)
    assert "goes on with contents of --data" in capsys.readouterr().err

    # A builder's own checksum is taken at its word, wherever the file lies.
    found = []
    for checksum in ("aa", "aa", "bb"):
        with h5py.File(data, "r+") as file:
            file.attrs["content_sha256"] = checksum
            file["onset"][3, 4, 5] = len(found)
        found.append(settings([ClipFile.open(data)], QUICK)["contents of --data"])
    assert found[0] == found[1] != found[2]

    # Inside an epoch it is refused.
    real = training.trainer.train.save_state

    def save_and_end(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(training.trainer.train, "save_state", save_and_end)
    with pytest.raises(KeyboardInterrupt):
        train([ClipFile.open(data)], tmp_path / "other", replace(QUICK, save_minutes=0.0))
    with h5py.File(data, "r+") as file:
        file.attrs["content_sha256"] = "cc"
    with pytest.raises(UsageError, match=r"contents of --data .* between epochs only"):
        train([ClipFile.open(data)], tmp_path / "other", resumed)


def ask_to_stop(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Sends this process a Ctrl-C when so many steps of the network are done."""
    real, left = training.trainer.train.learning_rate, [after]

    def rate(*args: object) -> float:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(training.trainer.train, "learning_rate", rate)


@pytest.mark.parametrize("after", [2, 3, 4])
@pytest.mark.parametrize("n_workers", [0, 1])
def test_a_run_that_is_stopped_goes_on_to_the_same_end(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, n_workers: int
) -> None:
    # No line of the log, where streams begin anew, lies near: what was heard must be kept.
    options = replace(
        QUICK, log_steps=1000, validation_share=0.2, batch_size=6, accumulate=2,
        num_workers=n_workers,
    )
    files = [ClipFile.open(data)]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(files, whole, options)
    with monkeypatch.context() as patched:
        ask_to_stop(patched, after)
        with pytest.raises(Stopped):
            train(files, parts, options)
    saved = State.read(tmp_path / "parts.state")
    # It ends the step, or what is scored after the last one of an epoch.
    assert saved.progress.step == after
    train(files, parts, replace(options, resume=True))
    assert parts.read_bytes() == whole.read_bytes()
    state = tmp_path / "whole.state", tmp_path / "parts.state"
    assert state[0].read_bytes() == state[1].read_bytes()
    # Whoever listened for Ctrl-C before does so again.
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_asks_twice_is_obeyed_at_once() -> None:
    request = StopRequest()
    request.make()
    assert request.is_made
    with pytest.raises(KeyboardInterrupt):
        request.make()


@pytest.mark.parametrize(("asked", "n_workers"), [(signal.SIGINT, 0), (signal.SIGTERM, 1)])
def test_who_asks_it_to_stop_loses_nothing(
    data: Path, tmp_path: Path, asked: signal.Signals, n_workers: int
) -> None:
    """Ctrl-C and a friendly kill reach the whole group, the processes that read clips as well."""
    out = tmp_path / "net.safetensors"
    words = ["-a", "train", "--data", str(data), "--out", str(out), "--channels", "4",
             "--blocks", "1", "--delay-frames", "1",
             *(["--num-workers", str(n_workers)] if n_workers else [])]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "training", *words, "--num-epochs", "100000"],
        cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        while not out.exists() and process.poll() is None:
            time.sleep(0.1)
        os.killpg(process.pid, asked)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 130, said
    first, command = said.splitlines()[-2:]
    assert first == "stopped and saved; this goes on:"
    assert command == f"python -m training {' '.join(words)} --num-epochs 100000 --resume"
    state = State.read(tmp_path / "net.safetensors.state")
    assert state.progress.step > 0
    assert main([*words, "--num-epochs", str(state.progress.epoch + 1), "--resume"]) == 0


# ---- what cannot be read or written ----


def test_a_full_disk_names_the_file(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "net.safetensors"

    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["-a", "train", "--data", str(data), "--out", str(out), *SMALL]) == 1
    assert capsys.readouterr().err.endswith(f"training: {out}: the disk is full\n")
    assert not list(tmp_path.glob("*.part"))
    # What was there before is there still: the state, of which only a part could be written.
    monkeypatch.undo()
    train([ClipFile.open(data)], tmp_path / "net", replace(QUICK, num_epochs=1))
    before = (tmp_path / "net.state").read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"net") as failed:
        train([ClipFile.open(data)], tmp_path / "net",
              replace(QUICK, resume=True, save_minutes=0.0))  # fmt: skip
    assert failed.value.filename == str(tmp_path / "net.state")
    assert (tmp_path / "net.state").read_bytes() == before


@pytest.mark.parametrize("n_workers", [0, 1])
def test_a_damaged_data_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n_workers: int
) -> None:
    data, out = write_clips(tmp_path / "tiny.h5"), tmp_path / "net.safetensors"
    network = network_of(FEATURES, SHAPE)
    start = tmp_path / "start.safetensors"
    checkpoints.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), network.state_dict()), start)
    with h5py.File(data) as file:
        place = file["frame"].id.get_chunk_info(5)
    with data.open("r+b") as raw:
        raw.seek(place.byte_offset)
        raw.write(b"\xff" * place.size)
    assert main(["-a", "train", "--data", str(data), "--out", str(out), *SMALL,
                 "--num-workers", str(n_workers)]) == 1  # fmt: skip
    said = capsys.readouterr().err
    assert said.startswith(f"training: {data}: the data file is damaged, clip 5 cannot be read (")
    assert said.count("\n") == 1
    assert main(["-a", "test", "--data", str(data), "--checkpoint", str(start)]) == 1
    assert f"training: {data}: the data file is damaged, clip 3 or" in capsys.readouterr().err


# ---- what a run is told, and says ----


def test_every_epoch_has_a_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a terminal, too."""
    out = tmp_path / "net.safetensors"
    assert main(["-a", "train-val", "--data", str(data), "--out", str(out), *SMALL,
                 "--num-epochs", "3", "--lr", "0.01"]) == 0  # fmt: skip
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == [f"epoch {n} of 3" for n in (1, 2, 3)]
    rows = [row for row in log(out) if "scores" in row]
    for line, row in zip(lines, rows, strict=False):
        losses = re.search(r"loss ([0-9.]+) trained on, ([0-9.]+) held out", line)
        assert losses is not None
        written = row["mean_loss"], row["scored_loss"]["total"]
        assert tuple(map(float, losses.groups())) == pytest.approx(written, abs=1e-4)
        for corpus in ("mean", "blue", "red"):
            scores = row["scores"][corpus]
            three = [scores[key] for key in ("frame_ap", "onset_ap", "note_f1")]
            assert f"{corpus} " + " ".join(f"{value:.3f}" for value in three) in line
        assert f"best score {row['best_score']:.4f} after {row['best_epoch']}" in line
        assert line.endswith(" left")
    assert lines[2].endswith("; 0 s left")
    # The mean over the steps, and nothing else.
    steps = [row["loss/total"] for row in log(out) if row["epoch"] == 1 and "loss/total" in row]
    assert rows[0]["mean_loss"] == pytest.approx(sum(steps) / len(steps), rel=1e-4)


def test_options_reach_the_training(data: Path, tmp_path: Path) -> None:
    def state(name: str, *more: str) -> State:
        out = tmp_path / name
        assert main(["-a", "train", "--data", str(data), "--out", str(out), *SMALL, *more]) == 0
        return State.read(tmp_path / f"{name}.state")

    plain = state("plain").tensors["network.heads.weight"]
    changed = {
        "--weight-decay": "0.5", "--clip-gradient": "0.001", "--onset-frames": "1",
        "--augment-share": "0", "--augment-semitones": "9", "--augment-tilt-db": "20",
        "--onset-alpha": "0.5", "--accumulate": "2",
    }  # fmt: skip
    for option, value in changed.items():
        other = state(option.strip("-"), option, value)
        assert not torch.equal(other.tensors["network.heads.weight"], plain), option
    # Without an average the last weights are shipped.
    last = state("last", "--average-decay", "0")
    shipped = checkpoints.load(tmp_path / "last").weights
    assert torch.equal(shipped["heads.weight"], last.tensors["network.heads.weight"])
    averaged = checkpoints.load(tmp_path / "plain").weights
    assert not torch.equal(averaged["heads.weight"], plain)


def test_a_step_in_parts_learns_what_a_whole_one_learns(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A network without batch statistics, which are of a part.
    linear = ["-a", "train", "--data", str(data), "--network", "linear", "--delay-frames", "1",
              "--num-epochs", "1", "--velocity-weight", "1e-9"]  # fmt: skip
    found = {}
    for parts in ("1", "4"):
        out = tmp_path / parts
        assert main([*linear, "--out", str(out), "--accumulate", parts]) == 0
        found[parts] = checkpoints.load(out).weights
    for name, value in found["1"].items():
        torch.testing.assert_close(found["4"][name], value, atol=1e-5, rtol=1e-4)
    said = refused(capsys, *linear, "--out", str(tmp_path / "x"), "--accumulate", "3")
    assert "--batch-size 8 cannot be computed in --accumulate 3 equal parts" in said


def test_onsets_are_asked_for_on_as_many_frames_as_are_said() -> None:
    onset = torch.zeros(1, 12, 1)
    onset[0, 4:6] = 1  # labelled on two frames
    targets = {name: torch.zeros(1, 12, 1) for name in ("frame", "offset", "velocity")}
    for n_frames, wanted in ((1, [4]), (2, [4, 5]), (3, [4, 5, 6]), (5, [4, 5, 6, 7, 8])):
        weights = LossWeights(onset_frames=n_frames, focus=0.0)
        logits = torch.zeros(1, 12, 1, 4, requires_grad=True)
        losses(logits, targets | {"onset": onset}, 1, 0, weights)["onset"].backward()
        assert torch.nonzero(logits.grad[0, :, 0, 0] < 0).ravel().tolist() == wanted
