from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import torch
from torch import Tensor, nn

import training.trainer.train
from model import checkpoint as checkpoints
from model.network import Network
from tests.training.tiny_data import FEATURES, PIECES, SHAPE, write_clips
from training.__main__ import main
from training.datasets.clip_dataset import ClipFile
from training.errors import DataError, StateError
from training.options import UsageError
from training.scoring.validate import Scores
from training.trainer.plan import TrainOptions, learning_rate
from training.trainer.state import Progress, State
from training.trainer.train import train

ROOT = Path(__file__).resolve().parents[2]
QUICK = TrainOptions(num_epochs=2, batch_size=8, lr=0.01, network=SHAPE, log_steps=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 clips of 8 pieces."""
    return write_clips(tmp_path_factory.mktemp("clips") / "tiny.h5")


def weights(path: Path) -> dict[str, Tensor]:
    return dict(checkpoints.load(path).weights)


def state(out: Path) -> State:
    return State.read(out.with_name(out.name + ".state"))


def log(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.with_name(out.name + ".log").open()]


def steps(out: Path) -> list[dict[str, object]]:
    """The lines of the log that hold losses."""
    return [row for row in log(out) if "loss/total" in row]


def assert_identical(left: Path, right: Path) -> None:
    """The shipped weights and the whole state are the same to the last bit."""
    mine, theirs = state(left), state(right)
    assert mine.progress == theirs.progress
    for one, other in ((weights(left), weights(right)), (mine.tensors, theirs.tensors)):
        assert one.keys() == other.keys()
        assert [name for name in one if not torch.equal(one[name], other[name])] == []


class Killed(Exception):
    """Stands for the end of a process."""


def end_after(monkeypatch: pytest.MonkeyPatch, saves: int) -> None:
    """The run ends right after it has saved its state so many times."""
    real, left = training.trainer.train.save_state, [saves]

    def save_and_end(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        left[0] -= 1
        if not left[0]:
            raise Killed

    monkeypatch.setattr(training.trainer.train, "save_state", save_and_end)


def test_training_lowers_the_loss_and_writes_a_checkpoint(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "folder" / "net.safetensors"
    progress = train([ClipFile.open(data)], out, replace(QUICK, num_epochs=6))
    assert (progress.epoch, progress.step) == (6, 18)
    checkpoint = checkpoints.load(out)
    assert (checkpoint.features, checkpoint.network) == (FEATURES, SHAPE)
    notes = checkpoint.notes
    assert (notes["steps"], notes["labels"], "held_out" in notes) == ("18", "hop", False)
    assert json.loads(notes["corpora"]) == ["blue", "red"]
    rows = steps(out)
    assert [row["step"] for row in rows] == list(range(1, 19))
    assert 0 < float(notes["frame_threshold"]) < 1
    assert rows[-1]["loss/total"] < rows[0]["loss/total"] / 2  # type: ignore[operator]
    assert {"rate", "loss/onset", "gradient norm/all", "gradient norm/stem"} <= rows[0].keys()
    left = {path.name for path in out.parent.iterdir()}
    assert left == {out.name, f"{out.name}.state", f"{out.name}.log"}


def test_the_seed_decides(data: Path, tmp_path: Path) -> None:
    files = [ClipFile.open(data)]
    once = replace(QUICK, num_epochs=1)
    train(files, tmp_path / "a", once)
    # A process that reads clips ahead changes nothing.
    train(files, tmp_path / "b", replace(once, num_workers=1))
    assert_identical(tmp_path / "a", tmp_path / "b")
    train(files, tmp_path / "c", replace(once, seed=1))
    assert not torch.equal(weights(tmp_path / "a")["heads.weight"],
                           weights(tmp_path / "c")["heads.weight"])


@pytest.mark.parametrize("saves", [1, 3])
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    files = [ClipFile.open(data)]
    # Held-out pieces, their best score, and a rate that changes with every batch.
    options = replace(QUICK, save_minutes=0.0, validation_share=0.2, schedule="cosine",
                      batch_size=6)  # fmt: skip
    train(files, tmp_path / "whole", options)
    out = tmp_path / "parts"
    with monkeypatch.context() as patched:
        end_after(patched, saves)
        with pytest.raises(Killed):
            train(files, out, options)
    assert state(out).progress.step == saves
    assert state(out).progress.batch == {1: 1, 3: 0}[saves]
    train(files, out, replace(options, resume=True))
    assert_identical(tmp_path / "whole", out)
    steps = [row["step"] for row in log(out) if "rate" in row]
    assert steps == sorted(set(steps))


def test_clips_follow_each_other_as_in_a_stream(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins: list[bool] = []
    forward = Network.forward

    def spy(
        self: Network, x: Tensor, states: list[Tensor] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        if self.training:
            begins.append(states is None)
            assert states is None or not any(state.requires_grad for state in states)
        return forward(self, x, states)

    monkeypatch.setattr(Network, "forward", spy)
    options = replace(QUICK, num_epochs=1, batch_size=4, log_steps=4)
    train([ClipFile.open(data)], tmp_path / "net.safetensors", options)
    # Anew where a state could be saved, and after that every batch goes on from the one before.
    assert begins == [True, False, False, False, True, False]


def test_a_killed_process_loses_what_it_had_not_saved_and_no_more(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole command line, killed with SIGKILL in the middle of an epoch."""
    arguments = ["-a", "train", "--data", str(data), "--num-epochs", "1", "--batch-size", "4",
                 "--channels", "4", "--blocks", "1", "--delay-frames", "1"]  # fmt: skip
    out = tmp_path / "net.safetensors"
    code = (
        "import os, signal, sys; from dataclasses import replace\n"
        "import training.trainer.train as t, training.actions.train_action as a\n"
        "from training.trainer.state import Average\n"
        "from training.__main__ import main\n"
        "a.train = lambda f, o, p, q: t.train(f, o, replace(p, save_minutes=0.0, log_steps=2), q)\n"
        "average = Average.update\n"
        "def update(self, network, step):\n"
        "    average(self, network, step)\n"
        "    if step == 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Average.update = update\n"
        "main(sys.argv[1:])\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert state(out).progress.batch == 4
    monkeypatch.setattr(
        "training.actions.train_action.train",
        lambda files, out, options, processes: train(
            files, out, replace(options, log_steps=2), processes
        ),
    )
    assert main([*arguments, "--out", str(out), "--resume"]) == 0
    undisturbed = tmp_path / "undisturbed.safetensors"
    assert main([*arguments, "--out", str(undisturbed)]) == 0
    assert_identical(undisturbed, out)


def test_two_processes_train_the_same_network_as_one(
    network: None, data: Path, tmp_path: Path
) -> None:
    """Each with half of every batch, as `torchrun` starts them.

    None may leave threads of the process group behind: they abort the interpreter at its end when
    they drop a tensor too late.
    """
    arguments = ["-a", "train-val", "--data", str(data), "--num-epochs", "2", "--batch-size", "6",
                 "--channels", "4", "--blocks", "1", "--delay-frames", "1",
                 "--validation-share", "0.2", "--lr", "0.005"]  # fmt: skip
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    assert main([*arguments, "--out", str(one)]) == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
                "OMP_NUM_THREADS": "1"}  # fmt: skip
    code = (
        "import sys; from pathlib import Path; from training.__main__ import main\n"
        "failed = main(sys.argv[1:])\n"
        "print(*(task.read_text().strip() for task in Path('/proc/self/task').glob('*/comm')))\n"
        "sys.exit(failed)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *arguments, "--out", str(two)],
            cwd=ROOT, env=os.environ | together | {"RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        threads, said = zip(
            *(process.communicate(timeout=110) for process in running), strict=True
        )
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0], said
    assert "gloo" not in " ".join(threads)
    # Only the first one speaks.
    assert "steps" in said[0]
    assert "steps" not in said[1]
    mine, theirs = state(one), state(two)
    assert mine.progress.best_score == pytest.approx(theirs.progress.best_score, abs=1e-4)
    assert mine.held_out == theirs.held_out
    for ours, others in ((mine.tensors, theirs.tensors), (weights(one), weights(two))):
        for name, value in ours.items():
            torch.testing.assert_close(value, others[name], atol=1e-5, rtol=1e-5, msg=name)
    assert log(two)[0]["loss/total"] == pytest.approx(log(one)[0]["loss/total"], rel=1e-5)


def test_more_data_may_come_between_epochs_but_not_within_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = [ClipFile.open(data)], [ClipFile.open(data)] * 2
    out = tmp_path / "net"
    train(small, out, replace(QUICK, num_epochs=1))
    train(large, out, replace(QUICK, resume=True))
    assert state(out).progress == Progress(epoch=2, step=9)

    with monkeypatch.context() as patched:
        end_after(patched, 1)
        with pytest.raises(Killed):
            train(small, out, replace(QUICK, save_minutes=0.0, anew=True))
    for files, options, message in (
        (large, QUICK, r"--data 24 clips \(\w+\), not 48 clips \(\w+\), which may change between"),
        (small, replace(QUICK, batch_size=4), r"--batch-size 8, not 4, which may change between"),
        (small, replace(QUICK, lr=0.1), r"--lr 0\.01, not 0\.1, which may change between"),
        (small, replace(QUICK, validation_share=0.5), r"--validation-share 0\.0, not 0\.5$"),
        (small, replace(QUICK, network=replace(SHAPE, channels=5)), "network channels 4, not 5$"),
    ):
        with pytest.raises(UsageError, match=message):
            train(files, out, replace(options, resume=True))


def test_a_run_is_never_begun_over_another(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, once = tmp_path / "net.safetensors", replace(QUICK, num_epochs=1, keep_epochs=1)
    files = [ClipFile.open(data)]

    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    train(files, out, once)
    first = content()
    assert first.keys() == {
        "net.safetensors", "net.safetensors.state", "net.safetensors.log",
        "net.epoch-1.safetensors",
    }  # fmt: skip
    with pytest.raises(UsageError, match=r"a run lies there already \(net.safetensors, .*--anew"):
        train(files, out, replace(once, seed=7))
    assert content() == first
    # Begun anew, twice: both runs before are kept, and named.
    capsys.readouterr()
    train(files, out, replace(once, seed=7, anew=True))
    second = {name: value for name, value in content().items() if name in first}
    train(files, out, replace(once, seed=8, anew=True))
    last = content()
    assert len(last) == 12
    for name, value in first.items():
        assert last[name.replace("net.", "net.1.", 1)] == value
        assert last[name.replace("net.", "net.2.", 1)] == second[name]
    said = capsys.readouterr().err
    assert f"{out} is kept as {tmp_path / 'net.1.safetensors'}\n" in said
    assert f"{out}.state is kept as {tmp_path / 'net.2.safetensors.state'}\n" in said
    # And each of them can go on.
    train(files, tmp_path / "net.1.safetensors", replace(once, num_epochs=2, resume=True))
    with pytest.raises(StateError, match="no training state to resume"):
        train([ClipFile.open(data)], tmp_path / "other", replace(once, resume=True))


def test_the_best_epoch_is_shipped_and_training_stops_when_it_gets_no_better(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [0.3, 0.5, 0.4, 0.5, 0.9]
    shown: list[dict[str, Tensor]] = []

    def score(network: nn.Module, *_: object, **__: object) -> Scores:
        shown.append({name: value.clone() for name, value in network.state_dict().items()})
        value = values[len(shown) - 1]
        return Scores(
            {"mean": {"frame_ap": value, "onset_ap": value, "frame_threshold": 1 - value}}
        )

    monkeypatch.setattr(training.trainer.train, "score", score)
    out = tmp_path / "net"
    options = replace(QUICK, num_epochs=9, patience=2, validation_share=0.2)
    progress = train([ClipFile.open(data)], out, options)
    assert (progress.epoch, progress.best_epoch, progress.best_score) == (4, 2, 0.5)
    shipped = checkpoints.load(out)
    assert all(torch.equal(value, shown[1][name]) for name, value in shipped.weights.items())
    assert (shipped.notes["epochs"], shipped.notes["score"]) == ("2", "0.5000")
    # What `test` reports precision and recall at.
    assert shipped.notes["frame_threshold"] == "0.5000"
    held_out = json.loads(shipped.notes["held_out"])
    assert {name.partition("/")[0] for name in held_out} == {"red", "blue"}
    # A run that has stopped stays so, with more epochs or with the same.
    assert train([ClipFile.open(data)], out, replace(options, resume=True)) == progress
    assert len(shown) == 4


def test_held_out_pieces_are_never_trained_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[bool, int]] = []
    epochs: set[int] = set()
    real = training.trainer.train.ClipDataset.__getitem__

    def get(self: training.trainer.train.ClipDataset, index: int) -> object:
        rows = [file.names[piece] for file in self.files for piece in file.pieces]
        read.append((self.seed is not None, PIECES.index(rows[index])))
        epochs.add(self.epoch)
        return real(self, index)

    monkeypatch.setattr(training.trainer.train.ClipDataset, "__getitem__", get)
    out = tmp_path / "net"
    train([ClipFile.open(data)] * 2, out, replace(QUICK, validation_share=0.25))
    held_out = {PIECES.index(name) for name in state(out).held_out}
    trained_on = {piece for varied, piece in read if varied}
    scored = [piece for varied, piece in read if not varied]
    assert len(held_out) == 2
    assert trained_on == set(range(8)) - held_out
    # And each of their clips is scored once after each epoch, though the file counts twice.
    assert sorted(scored) == sorted(list(held_out) * 3 * 2)
    # Clips are varied otherwise in each epoch.
    assert epochs == {0, 1}


def test_learning_rates() -> None:
    steps = TrainOptions(lr=1.0, num_epochs=10, milestones=(2, 4), gamma=0.5)
    rates = [learning_rate(steps, Progress(epoch, 0, 1000), 200) for epoch in range(6)]
    assert rates == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    warm = [learning_rate(steps, Progress(0, step, step), 200) for step in (0, 49, 99, 100)]
    assert warm == pytest.approx([0.01, 0.5, 1.0, 1.0])
    # A short epoch is not spent on warming up alone.
    assert learning_rate(steps, Progress(0, 3, 3), 4) == 1.0

    cosine = replace(steps, schedule="cosine")
    rates = [learning_rate(cosine, Progress(step // 20, step % 20, step + 1000), 20)
             for step in range(200)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1.0
    assert rates[100] == pytest.approx(0.505)
    assert 0.01 < rates[-1] < 0.011


def test_a_loss_that_is_no_number_ends_the_run(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "net"
    with pytest.raises(StateError, match=r"no longer a number by step \d: .* a lower --lr"):
        train([ClipFile.open(data)], out, replace(QUICK, lr=1e30))
    assert not out.exists()


def test_held_out_pieces_without_a_note_are_refused(tmp_path: Path) -> None:
    data = write_clips(tmp_path / "silent.h5", ("red/a", "red/b"))
    with h5py.File(data, "r+") as file:
        for name in ("onset", "frame"):
            file[name][:] = 0
    with pytest.raises(DataError, match="held-out pieces bear no notes: red/"):
        train([ClipFile.open(data)], tmp_path / "net",
              replace(QUICK, batch_size=2, validation_share=0.5))  # fmt: skip


def test_half_precision_trains_too(data: Path, tmp_path: Path) -> None:
    files = [ClipFile.open(data)]
    train(files, tmp_path / "half", replace(QUICK, amp=True))
    train(files, tmp_path / "full", QUICK)
    half, full = steps(tmp_path / "half")[-1], steps(tmp_path / "full")[-1]
    assert half["loss/total"] != full["loss/total"]
    assert half["loss/total"] == pytest.approx(full["loss/total"], rel=0.1)
    assert {value.dtype for value in weights(tmp_path / "half").values()} == {
        torch.float32, torch.int64
    }  # fmt: skip


def test_on_a_processor_channels_are_not_laid_last(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So laid out, PyTorch's compiled batch norms of 64 channels had gradients that were no numbers
    in bfloat16. Narrow ones have right ones, and wide ones take half a minute to compile."""
    asked: list[dict[str, bool]] = []

    def compiled(model: nn.Module, *, options: dict[str, bool]) -> nn.Module:
        asked.append(options)
        return model

    monkeypatch.setattr(torch, "compile", compiled)
    train([ClipFile.open(data)], tmp_path / "net.safetensors",
          replace(QUICK, num_epochs=1, amp=True, compile=True))
    assert asked == [{"layout_optimization": False}]


def test_without_held_out_pieces_the_board_shows_some_of_the_training(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "net"
    train([ClipFile.open(data)], out,
          replace(QUICK, num_epochs=1, tensorboard=tmp_path / "board"))  # fmt: skip
    scores = log(out)[-1]
    assert scores["scores_of"] == "trained on"
    assert scores["scores"].keys() == {"red", "blue", "mean"}  # type: ignore[attr-defined]
    assert any((tmp_path / "board").iterdir())
