"""Which frame tells what sounds at a moment, and by how much that is off."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from model import checkpoint as checkpoints
from model.config import DecoderConfig, FeatureConfig, NetworkConfig, from_json, to_json
from model.decoding.decoder import Decoder
from model.notes import Note, Probabilities, notes_from_events
from tests.conftest import tones
from tests.training.tiny_data import write_clips
from training.__main__ import main
from training.datasets.labels import RULES, targets
from training.scoring import moments

AT_ONCE = NetworkConfig(delay_frames=0)


def centre_s(frame: int, features: FeatureConfig) -> float:
    """The middle of the shortest window of a frame, from the definition."""
    last_sample = (frame + 1) * features.hop_length
    return (last_sample - min(features.windows) / 2) / features.sample_rate


@pytest.mark.parametrize("windows", [(2048,), (4096,), (1024, 4096), (441,), (1000, 1323)])
@pytest.mark.parametrize("hop_length", [256, 441])
def test_the_window_whose_centre_is_nearest_answers(
    windows: tuple[int, ...], hop_length: int
) -> None:
    features = FeatureConfig(windows=windows, hop_length=hop_length)
    times = np.random.default_rng(0).uniform(0.2, 3, 300)
    frames = moments.frame_at(times, features, "nearest-window")
    centres = np.array([centre_s(frame, features) for frame in range(300)])
    assert frames.tolist() == np.abs(times[:, None] - centres).argmin(axis=1).tolist()
    # By hop it is the one that the moment lies in.
    hops = moments.frame_at(times, features, "hop")
    assert hops.tolist() == (times * features.sample_rate // hop_length).astype(int).tolist()
    # The answer is there when its window has ended, on average; never more than half a hop later.
    hop_s = hop_length / features.sample_rate
    for read_out, chosen in (("nearest-window", frames), ("hop", hops)):
        waits = (chosen + 1 + 3) * hop_s - times
        said = moments.delay_s(features, NetworkConfig(delay_frames=3), read_out)
        assert waits.mean() == pytest.approx(said, abs=hop_s / 10)
        assert waits.max() <= said + hop_s / 2 + 1e-6


def read_error(
    window: int, rule: str, read_out: str, sample_rate: int = 22_050
) -> tuple[float, float, float]:
    """Of a network that says what is labelled: medians of both edges, and the worst, in ms."""
    features = FeatureConfig(windows=(window,), sample_rate=sample_rate)
    rng = np.random.default_rng(1)
    onsets = 1.0 + 2.0 * np.arange(150) + rng.uniform(0, 1, 150)
    notes = [Note(t, t + float(rng.uniform(0.3, 0.6)), 60, 80) for t in onsets]
    n_frames = int(305 * features.frames_per_second)
    frame = targets(notes, n_frames, features, rule).frame.astype(np.float32)
    scored = moments.score(
        notes, frame, features, AT_ONCE, read_out=read_out, threshold=0.5, length_s=303.0
    )
    assert len(scored.begins_s) == len(notes)
    begins, ends = 1000 * np.array(scored.begins_s), 1000 * np.array(scored.ends_s)
    worst = float(np.abs([*begins, *ends]).max())
    return float(np.median(begins)), float(np.median(ends)), worst


@pytest.mark.parametrize(
    ("window", "sample_rate"), [(2048, 22_050), (4096, 22_050), (2048, 44_100), (4096, 44_100)]
)
def test_labels_in_window_time_are_read_half_a_window_too_wide(
    window: int, sample_rate: int
) -> None:
    half_ms = 1000 * window / 2 / sample_rate
    hop_ms = 1000 * 441 / sample_rate
    begin, end, worst = read_error(window, "window", "nearest-window", sample_rate)
    # The grid of moments adds up to 10 ms.
    assert begin == pytest.approx(-half_ms, abs=10)
    assert end == pytest.approx(half_ms, abs=hop_ms + 10)
    assert worst < half_ms + hop_ms + 10


@pytest.mark.parametrize("window", [2048, 4096])
def test_labels_at_the_window_centre_are_read_true_to_a_hop(window: int) -> None:
    begin, end, worst = read_error(window, "centre", "nearest-window")
    assert (abs(begin) < 10, abs(end) < 10, worst < 20) == (True, True, True)
    # Read by hop, they are half a window late.
    late, *_ = read_error(window, "centre", "hop")
    assert late == pytest.approx(1000 * window / 2 / 22_050, abs=20)
    _, _, by_hop = read_error(window, "hop", "hop")
    assert by_hop < 20


def test_an_unknown_rule_is_refused_and_old_checkpoints_read_by_hop() -> None:
    assert "nearest-window" not in RULES
    with pytest.raises(ValueError, match="read_out must be one of hop, nearest-window"):
        DecoderConfig(read_out="middle")
    stored = json.loads(to_json(DecoderConfig()))
    del stored["read_out"]
    assert from_json(DecoderConfig, json.dumps(stored)).read_out == "hop"


def test_the_decoder_ends_notes_by_the_read_out() -> None:
    features = FeatureConfig(windows=(4096,))
    note = Note(1.0, 2.0, 60, 64)
    made = targets([note], 200, features, "centre")
    said = Probabilities(*(
        0.95 * array.astype(np.float32) for array in (made.onset, made.frame, made.onset)
    ))
    ends = {}
    for read_out in ("hop", "nearest-window"):
        decoder = Decoder(DecoderConfig(read_out=read_out), features, AT_ONCE)
        [found] = notes_from_events([*decoder.push(said, 4.0), *decoder.flush(4.0)])
        # Onsets are labelled in their hops, whatever frames are.
        assert found.onset_s == pytest.approx(1.0, abs=0.011)
        ends[read_out] = found.offset_s
    assert ends["nearest-window"] == pytest.approx(2.0, abs=0.02)
    # Read by hop, the frames after the onset tell that nothing sounds yet.
    assert ends["hop"] < 1.1


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs" / "flute"
    folder.mkdir(parents=True)
    soundfile.write(folder / "one.wav", tones(2.0), 44_100)
    rows = [f"{0.25 * i},{0.25 * i + 0.2},{60 + 4 * i},80" for i in range(4)]
    (folder / "one.csv").write_text("\n".join(["start_s,end_s,midi_pitch,velocity", *rows, ""]))
    return folder.parent


def test_training_writes_the_read_out_and_test_reads_by_it(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = write_clips(tmp_path / "tiny.h5"), tmp_path / "net.safetensors"
    small = ["--channels", "4", "--blocks", "1", "--delay-frames", "1", "--num-epochs", "1"]
    assert main(["-a", "train", "--data", str(data), "--out", str(out), *small,
                 "--read-out", "nearest-window"]) == 0  # fmt: skip
    assert checkpoints.load(out).decoder.read_out == "nearest-window"
    # Weights that start from it keep it, unless they are told otherwise.
    for more, wanted in (([], "nearest-window"), (["--read-out", "hop"], "hop")):
        other = tmp_path / f"{wanted}.safetensors"
        assert main(["-a", "train", "--data", str(data), "--out", str(other), "--checkpoint",
                     str(out), "--num-epochs", "1", *more]) == 0  # fmt: skip
        assert checkpoints.load(other).decoder.read_out == wanted

    def told(*words: str) -> tuple[str, dict]:
        capsys.readouterr()
        scores = tmp_path / "scores.json"
        assert main(["-a", "test", "--recordings", str(songs), "--json", str(scores),
                     "--allowed-errors", "1", *words]) == 0  # fmt: skip
        return capsys.readouterr().out, json.loads(scores.read_text())

    said, written = told("--checkpoint", str(out))
    # Half a window of 1024 samples, and the frame that the network waits.
    wait_ms = 1000 * (512 + 441) / 22_050
    assert f"Moments, read out by nearest-window, {wait_ms:.0f} ms after them" in said
    assert written["read_out"] == "nearest-window"
    assert written["moments"]["delay_s"] == pytest.approx(wait_ms / 1000)
    assert {"accuracy", "begin_ms", "end_ms", "passed"} <= written["moments"]["corpora"][
        "flute"
    ].keys()
    said, written = told("--checkpoint", str(out), "--read-out", "hop")
    assert "Moments, read out by hop, 30 ms after them" in said
    said, written = told("--checkpoint", str(tmp_path / "hop.safetensors"))
    assert "Moments" not in said
    assert "moments" not in written


def test_data_that_tells_the_time_is_read_out_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = write_clips(tmp_path / "tiny.h5"), tmp_path / "net.safetensors"
    assert main(["-a", "train", "--data", str(data), "--out", str(out), "--channels", "4",
                 "--blocks", "1", "--delay-frames", "0", "--num-epochs", "4", "--lr", "0.01",
                 "--augment-share", "0"]) == 0  # fmt: skip

    def ap(*words: str) -> float:
        scores = tmp_path / "scores.json"
        assert main(["-a", "test", "--data", str(data), "--checkpoint", str(out), "--json",
                     str(scores), *words]) == 0  # fmt: skip
        pieces = json.loads(scores.read_text())["frames"]["pieces"]
        assert len(pieces) == 8
        return sum(row["ap"] for row in pieces.values())

    # A network of these labels answers at once: a later frame knows less of the moment.
    assert ap("--read-out", "nearest-window") < ap() == ap("--read-out", "hop")

    # Labels of windows are scored frame by frame, which is said; so is another rule in training.
    with h5py.File(data, "r+") as file:
        file.attrs["labels"] = "window"
    capsys.readouterr()
    plain = ap()
    assert "was trained with --labels hop" in capsys.readouterr().err
    trained = checkpoints.load(out)
    checkpoints.save(replace(trained, notes={**trained.notes, "labels": "window"}), out)
    assert ap("--read-out", "nearest-window") == plain
    assert "scored frame by frame; moments are read out of --recordings" in capsys.readouterr().err
    ap()
    assert "labels" not in capsys.readouterr().err


@pytest.mark.parametrize(("window", "kernel"), [("2048", "3"), ("4096", "5")])
def test_names_windows_and_the_nearest_window_go_together(
    window: str, kernel: str, songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The commands of docs/training.md that reproduce the set-up first asked for."""
    monkeypatch.chdir(tmp_path)
    for suffix in (".wav", ".csv"):
        content = (songs / "flute" / f"one{suffix}").read_bytes()
        (songs / "flute" / f"two{suffix}").write_bytes(content)
    assert main(["-a", "process-train", "--corpus", f"folder:{songs}", "--out", "names.h5",
                 "--only-note-names", "--labels", "window", "--windows", window,
                 "--batch-seconds", "1"]) == 0  # fmt: skip
    with h5py.File("names.h5") as file:
        assert file["frame"].shape[2] == 12
        assert from_json(FeatureConfig, file.attrs["features"]).windows == (int(window),)
        assert file.attrs["overlap"] / file["features"].shape[1] == pytest.approx(0.07, abs=0.011)
    assert main(["-a", "train-val", "--data", "names.h5", "--temporal-kernel", kernel, "--c", "0.1",
                 "--milestones", "10,20", "--num-epochs", "1", "--batch-size", "1",
                 "--read-out", "nearest-window"]) == 0  # fmt: skip
    made = checkpoints.load(Path("dev.safetensors"))
    assert (made.network.n_pitches, made.network.temporal_kernel) == (12, int(kernel))
    assert (made.notes["labels"], made.decoder.read_out) == ("window", "nearest-window")
    capsys.readouterr()
    assert main(["-a", "test", "--test-dev", "--recordings", str(songs), "--allowed-errors", "1",
                 "--data", "names.h5", "--thresholds", "0.3", "0.5", "0.7"]) == 0  # fmt: skip
    said = capsys.readouterr().out
    wait_ms = {"2048": 86, "4096": 133}[window]
    assert f"Moments, read out by nearest-window, {wait_ms} ms after them" in said
    assert "Accuracy at each threshold; passed: at most 1 wrong notes" in said
