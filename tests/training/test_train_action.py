"""`train` and `train-val` from the command line: what they make, and what they refuse."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model import checkpoint as checkpoints
from model.baselines import network_of
from model.checkpoint import Checkpoint
from model.config import DecoderConfig, FeatureConfig
from tests.training.tiny_data import FEATURES, SHAPE, write_clips
from training.__main__ import main
from training.actions.train_action import plan_of
from training.command.parse import parse
from training.datasets.clip_dataset import ClipFile
from training.trainer.plan import TrainOptions
from training.trainer.train import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 clips of 8 pieces."""
    return write_clips(tmp_path_factory.mktemp("clips") / "tiny.h5")


def test_training_starts_from_a_checkpoint(data: Path, tmp_path: Path) -> None:
    files, start, out = [ClipFile.open(data)], tmp_path / "start", tmp_path / "net"
    train(files, start, TrainOptions(num_epochs=1, network=SHAPE, validation_share=0.2))
    tuned = replace(checkpoints.load(start), decoder=DecoderConfig(onset_threshold=0.37))
    checkpoints.save(tuned, start)
    held_out = json.loads(tuned.notes["held_out"])
    assert main(["-a", "train-val", "--data", str(data), "--checkpoint", str(start), "--out",
                 str(out), "--lr", "1e-9", "--num-epochs", "1", "--seed", "8"]) == 0  # fmt: skip
    trained = checkpoints.load(out)
    assert (trained.network, trained.decoder) == (SHAPE, tuned.decoder)
    for name in ("stem.conv.weight", "heads.weight", "memory.weight_hh_l0"):
        torch.testing.assert_close(trained.weights[name], tuned.weights[name], atol=1e-6, rtol=0)
    # What it was not trained on before still judges it, whatever the seed.
    assert json.loads(trained.notes["held_out"]) == held_out


def test_other_weights_may_be_taught_to_speak_sooner(data: Path, tmp_path: Path) -> None:
    start, out = tmp_path / "start.safetensors", tmp_path / "net.safetensors"
    network = network_of(FEATURES, SHAPE)
    checkpoints.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), network.state_dict()), start)
    assert SHAPE.delay_frames == 1
    for options, delay_frames in (([], 1), (["--delay-frames", "0", "--anew"], 0)):
        assert main(["-a", "train", "--data", str(data), "--checkpoint", str(start), "--out",
                     str(out), "--num-epochs", "1", *options]) == 0  # fmt: skip
        assert checkpoints.load(out).network == replace(SHAPE, delay_frames=delay_frames)


def test_weights_of_one_answer_are_taught_a_second_one(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start, out = tmp_path / "start.safetensors", tmp_path / "net.safetensors"
    network = network_of(FEATURES, SHAPE)
    checkpoints.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), network.state_dict()), start)
    command = ["-a", "train-val", "--data", str(data), "--num-epochs", "1"]
    assert main([*command, "--checkpoint", str(start), "--out", str(out),
                 "--delay-frames", "1", "2"]) == 0  # fmt: skip
    trained = checkpoints.load(out)
    assert trained.network == replace(SHAPE, settled_delay_frames=2)
    log = [json.loads(line) for line in (tmp_path / "net.safetensors.log").read_text().splitlines()]
    steps, scores = log[0], log[-1]
    assert steps["loss/total"] > steps["loss/settled total"] > 0
    assert scores["scored_loss"].keys() >= {"onset", "settled onset"}
    assert scores["scores"]["mean"].keys() >= {"onset_ap", "settled onset_ap", "settled note_f1"}
    capsys.readouterr()
    more = tmp_path / "more.safetensors"
    command += ["--checkpoint", str(out), "--out", str(more)]
    for delays, said in (
        (["1"], "has two: say both delays"), (["2", "1"], "the second, must be the later one"),
        (["1", "2", "3"], "two answers at most"), (["1", "99"], "99 is more than the"),
    ):  # fmt: skip
        with pytest.raises(SystemExit, match="2"):
            main([*command, "--delay-frames", *delays])
        assert said in capsys.readouterr().err
    # Without the option it goes on with both; and one alone may learn, also from where it was.
    command = ["-a", "train", *command[2:], "--only-settled"]
    assert main([*command, "--anew"]) == 0
    assert main([*command, "--num-epochs", "2", "--resume"]) == 0
    learned = checkpoints.load(more)
    assert learned.network == trained.network
    for name, weight in learned.weights.items():
        same = torch.equal(weight, trained.weights[name])
        assert same != name.startswith("settled."), name


def test_batch_norms_may_keep_what_they_know_while_the_weights_learn(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start, out = tmp_path / "start.safetensors", tmp_path / "net.safetensors"
    network = network_of(FEATURES, SHAPE)
    checkpoints.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), network.state_dict()), start)
    command = ["-a", "train", "--data", str(data), "--out", str(out), "--num-epochs", "1",
               "--frozen-norms"]  # fmt: skip
    with pytest.raises(SystemExit, match="2"):
        main(command)
    assert "--frozen-norms keeps the statistics of the network" in capsys.readouterr().err
    assert main([*command, "--checkpoint", str(start)]) == 0
    before, after = checkpoints.load(start).weights, checkpoints.load(out).weights
    statistics = [name for name in before if "running" in name]
    assert statistics
    assert all(torch.equal(before[name], after[name]) for name in statistics)
    learned = [name for name in before if name.endswith((".norm.weight", ".norm.bias"))]
    assert not any(torch.equal(before[name], after[name]) for name in learned)


def test_files_are_drawn_from_by_shares_and_their_ends_weighed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["-a", "train", "--data", str(data), "--data", str(data), "--num-epochs", "1",
               "--channels", "4", "--blocks", "1", "--delay-frames", "1"]  # fmt: skip

    def losses(name: str, *options: str) -> list[float]:
        out = tmp_path / name
        assert main([*command, "--out", str(out), *options]) == 0
        rows = map(json.loads, out.with_name(f"{name}.log").read_text().splitlines())
        return [row["loss/offset"] for row in rows if "loss/offset" in row]

    plain = losses("plain")
    assert losses("weighed", "--end-weights", "0.1", "0.1")[0] < 0.5 * plain[0]
    assert losses("shared", "--data-shares", "1", "3") != plain
    for option in ("--data-shares", "--end-weights"):
        with pytest.raises(SystemExit, match="2"):
            main([*command, "--out", str(tmp_path / "bad"), option, "0.5"])
        assert f"{option} gives 1 numbers for 2 --data files" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["linear", "mlp", "cnn"])
def test_baselines_train_like_the_network_itself(kind: str, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.safetensors"
    width = ["--channels", "2"] if kind == "cnn" else []
    assert main(["-a", "train-val", "--data", str(data), "--out", str(out), "--network", kind,
                 *width, "--num-epochs", "1", "--delay-frames", "1", "--lr", "0.003",
                 "--schedule", "cosine"]) == 0  # fmt: skip
    checkpoint = checkpoints.load(out)
    assert checkpoint.network.kind == kind
    checkpoint.build()


def test_note_names_are_trained_on_their_own_labels(tmp_path: Path) -> None:
    data = write_clips(tmp_path / "names.h5", only_note_names=True)
    out = tmp_path / "net.safetensors"
    assert main(["-a", "train", "--data", str(data), "--out", str(out), "--channels", "4",
                 "--blocks", "1", "--delay-frames", "1", "--num-epochs", "1"]) == 0  # fmt: skip
    assert checkpoints.load(out).network.n_pitches == 12
    # What it was given repeats it, though it was not told of the names.
    again = tmp_path / "again.safetensors"
    assert main(["--config", f"{out}.toml", "--out", str(again)]) == 0
    assert again.read_bytes() == out.read_bytes()


def shape(path: Path) -> tuple[int, int, int, int]:
    made = checkpoints.load(path).network
    return made.stem_channels, made.channels, made.harmonic_channels, made.memory_units


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        ([], (16, 48, 12, 48)),
        (["--c", "1"], (16, 48, 12, 48)),
        (["--c", "0.25"], (4, 12, 3, 12)),
        (["--c", "2"], (32, 96, 24, 96)),
        (["--c", "3"], (48, 144, 36, 144)),
        (["--channels", "12"], (16, 12, 3, 12)),
    ],
)
def test_c_multiplies_the_channels(
    width: list[str], wanted: tuple[int, ...], data: Path, tmp_path: Path
) -> None:
    files = [ClipFile.open(data)]
    options = parse(["-a", "train", "--data", str(data), "--blocks", "1", *width])
    made = plan_of(options, files).network
    found = (made.stem_channels, made.channels, made.harmonic_channels, made.memory_units)
    assert found == wanted
    if wanted[1] < 20:
        out = tmp_path / "net.safetensors"
        assert main(["-a", "train", "--data", str(data), "--out", str(out), "--blocks", "1",
                     "--delay-frames", "1", "--num-epochs", "1", *width]) == 0  # fmt: skip
        assert shape(out) == wanted
        checkpoints.load(out).build()


def test_c_is_for_networks_with_channels(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-a", "train", "--data", str(data), "--delay-frames", "1", "--num-epochs", "1"]
    out = tmp_path / "cnn.safetensors"
    assert main([*words, "--network", "cnn", "--c", "0.05", "--out", str(out)]) == 0
    assert checkpoints.load(out).network.channels == 2
    capsys.readouterr()
    for kind in ("linear", "mlp"):
        for option in (["--c", "2"], ["--channels", "9"]):
            said = refused(capsys, *words, "--network", kind, *option, "--out", str(out) + "x")
            assert f"{' '.join(option)} has nothing to widen: --network {kind} has no channels" in (
                said
            )
    said = refused(capsys, *words, "--c", "2", "--channels", "9", "--out", str(out) + "x")
    assert "--c 2 multiplies the channels and --channels 9 gives their number: only one" in said
    said = refused(capsys, *words, "--c", "1e6", "--out", str(out) + "x")
    assert "--c 1e+06 would be 48000000 channels" in said


def test_weights_to_start_from_only_become_wider(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-a", "train", "--data", str(data), "--num-epochs", "1", "--lr", "1e-9"]
    start = tmp_path / "start.safetensors"
    assert main([*words, "--c", "0.25", "--blocks", "1", "--delay-frames", "1",
                 "--out", str(start)]) == 0  # fmt: skip
    capsys.readouterr()
    from_it = [*words, "--checkpoint", str(start)]
    for number, (option, wanted) in enumerate((
        ([], (4, 12, 3, 12)), (["--c", "0.25"], (4, 12, 3, 12)),
        (["--c", "0.5"], (8, 24, 6, 24)), (["--channels", "16"], (4, 16, 4, 16)),
    )):
        # It says the same as before: what is new has no influence yet.
        begun = plan_of(parse([*from_it, *option]), [ClipFile.open(data)]).start
        assert begun is not None
        frames = torch.rand(1, 20, 1, FEATURES.n_bins)
        before, after = checkpoints.load(start).build()(frames)[0], begun.build()(frames)[0]
        torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)
        out = tmp_path / f"{number}.safetensors"
        assert main([*from_it, *option, "--out", str(out)]) == 0
        assert shape(out) == wanted
    capsys.readouterr()
    out = tmp_path / "narrow.safetensors"
    said = refused(capsys, *from_it, "--c", "0.2", "--out", str(out))
    assert "--c 0.2 (10 channels) contradicts --checkpoint" in said
    assert "was trained with 12: a network can only become wider" in said
    said = refused(capsys, *from_it, "--channels", "11", "--out", str(out))
    assert "--channels 11 contradicts --checkpoint" in said


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence with which the command line refuses, exit status 2."""
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("training: ")
    assert said.count("\n") == 1
    return said


def test_contradictions_are_refused_with_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "net.safetensors"
    other = tmp_path / "other.safetensors"
    slow = FeatureConfig(windows=(1024,), bins_per_octave=12, hop_length=512)
    network = network_of(slow, SHAPE)
    checkpoints.save(Checkpoint(slow, SHAPE, DecoderConfig(), network.state_dict()), other)
    same = tmp_path / "same.safetensors"
    checkpoints.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), network.state_dict()), same)
    for arguments, message in (
        (["--checkpoint", str(other)], f"{other} and --data {data} differ: hop_length 512 "),
        (["--checkpoint", str(same), "--channels", "1"], "--channels 1 contradicts --checkpoint"),
        (["--checkpoint", str(same), "--network", "cnn"], "was trained with noteglow"),
        (["--hop-length", "256"], "--hop-length 256 contradicts"),
        (["--hop-length", "256"], "which was made with 441"),
        (["--windows", "2048"], f"--windows 2048 contradicts {data}, which was made with 1024"),
        (["--batch-seconds", "4"], "made with clips of 24 frames, not 200"),
        (["--bins-per-octave", "24"], f"{data}, which was made with 12"),
        (["--only-note-names"], "--only-note-names True contradicts"),
        (["--labels", "window"], "which was made with hop"),
        (["--schedule", "cosine", "--milestones", "3"], "--milestones belongs to"),
        (["--delay-frames", "4"], "more than the 3 frames by which the clips of"),
        (["--device", "toaster"], "--device toaster is none of cpu, cuda and mps"),
        (["--device", "meta"], "--device meta is none of cpu, cuda and mps"),
    ):
        said = refused(
            capsys, "-a", "train", "--data", str(data), "--out", str(out), *arguments
        )
        assert message in said
    if not torch.cuda.is_available():
        assert "no such device" in refused(
            capsys, "-a", "train", "--data", str(data), "--out", str(out), "--device", "cuda"
        )
    assert "needs --data" in refused(capsys, "-a", "train-val", "--out", str(out))
    assert "is a folder" in refused(capsys, "-a", "train", "--data", str(data), "--out",
                                    str(tmp_path))  # fmt: skip
    assert not out.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--lr", "0"), ("--lr", "nan"), ("--batch-size", "0"), ("--num-epochs", "-1"), ("--c", "0"),
     ("--onset-alpha", "1.5"),
     ("--validation-share", "1"), ("--patience", "0"), ("--schedule", "linear"),
     ("--network", "transformer"), ("--temporal-kernel", "4"), ("--frame-weight", "-1"),
     ("--milestones", "two"), ("--milestones", "3,x"), ("--channels", "1000000"),
     ("--average-decay", "1"), ("--no-such-option", "1"), ("--learning-rate", "1")],
)  # fmt: skip
def test_impossible_values_and_unknown_options_are_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "-a", "train", "--data", "x.h5", "--out", "x", option, value)
    assert option in said


def test_data_that_does_not_fill_a_batch_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["-a", "train", "--out", str(tmp_path / "net"), "--delay-frames", "1"]
    assert main([*arguments, "--data", str(data), "--batch-size", "25"]) == 1
    assert "24 clips to train on do not fill one batch of 25" in capsys.readouterr().err
    assert main([*arguments, "--data", str(tmp_path / "none.h5")]) == 1
    assert "none.h5: there is no such data file" in capsys.readouterr().err


def test_a_board_without_tensorboard_is_refused(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    said = refused(capsys, "-a", "train", "--data", str(data), "--out", str(tmp_path / "net"),
                   "--tensorboard", str(tmp_path / "board"))  # fmt: skip
    assert "needs the package tensorboard, which is not installed" in said
