from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, f1_score
from torch import Tensor, nn

from model.head_order import FRAME, N_HEADS, ONSET
from tests.training.tiny_data import FEATURES, LENGTH, write_clips
from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.scoring.counts import Counts
from training.scoring.validate import Clip, Scores, score
from training.trainer.board import Board, piano_roll, spectrum, tones
from training.trainer.distributed import Processes
from training.trainer.log import Log
from training.trainer.state import Progress


class Oracle(nn.Module):
    """Says of each pitch what the bins of it show: bright ones are taken for notes."""

    def __init__(self, delay_frames: int) -> None:
        super().__init__()
        self.delay_frames = delay_frames
        self.sharpness = nn.Parameter(torch.tensor(20.0))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        bright = x[:, :, 0, :88]
        bright = torch.roll(bright, self.delay_frames, dims=1)
        logits = torch.zeros(*bright.shape, N_HEADS)
        logits[..., FRAME] = self.sharpness * (bright - 0.6)
        rises = bright - torch.roll(bright, 2, dims=1)
        logits[..., ONSET] = self.sharpness * (rises - 0.5)
        return logits[:, :, None], []


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ClipFile:
    return ClipFile.open(write_clips(tmp_path_factory.mktemp("clips") / "tiny.h5"))


def test_counts_give_the_scores_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random((50, 40)) < 0.1
    logits = rng.normal(-3, 2, labels.shape) + 3 * labels
    counts = Counts()
    for half in (slice(0, 20), slice(20, 50)):
        counts.add(torch.from_numpy(logits[half]), torch.from_numpy(labels[half].astype(float)))
    probabilities = 1 / (1 + np.exp(-logits))
    expected = average_precision_score(labels.ravel(), probabilities.ravel())
    assert counts.average_precision() == pytest.approx(expected, abs=2e-3)
    f1, threshold = counts.best_f1()
    there = f1_score(labels.ravel(), probabilities.ravel() >= threshold)
    assert f1 == pytest.approx(there, abs=2e-3)
    others = [f1_score(labels.ravel(), probabilities.ravel() >= t)
              for t in np.linspace(0.01, 0.99, 60)]
    assert f1 >= max(others) - 2e-3


def test_without_a_note_there_is_no_precision() -> None:
    counts = Counts()
    counts.add(torch.zeros(3), torch.zeros(3))
    assert np.isnan(counts.average_precision())


@pytest.mark.parametrize("delay_frames", [0, 2])
def test_a_network_that_hears_everything_scores_best(data: ClipFile, delay_frames: int) -> None:
    dataset = ClipDataset([data])
    right = score(Oracle(delay_frames), dataset, batch_size=5, delays=(delay_frames,))
    assert right.corpora.keys() == {"red", "blue", "mean"}
    assert right.corpora["mean"]["frame_ap"] == pytest.approx(1, abs=1e-6)
    assert right.corpora["mean"]["frame_f1"] == pytest.approx(1, abs=1e-6)
    assert right.value > 0.95
    late = score(Oracle(delay_frames + 1), dataset, batch_size=5, delays=(delay_frames,))
    assert late.value < right.value - 0.1


def test_processes_share_the_clips(data: ClipFile) -> None:
    dataset, heard = ClipDataset([data]), []
    oracle = Oracle(0)
    oracle.register_forward_hook(lambda _, inputs, __: heard.append(len(inputs[0])))
    for rank in range(3):
        score(oracle, dataset, batch_size=5, delays=(0,), processes=Processes(rank, 3))
    # Of the eight pieces of three clips, each has whole ones.
    assert heard == [5, 4, 5, 4, 5, 1]


def test_the_worst_clips_are_shown_worst_first(data: ClipFile) -> None:
    class Deaf(Oracle):
        """Hears nothing of the first of all pitches that sound."""

        def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
            logits, states = super().forward(x)
            logits[..., :40, FRAME] = -9.0
            return logits, states

    worst = score(Deaf(0), ClipDataset([data]), batch_size=4, delays=(0,)).worst
    assert len(worst) == 4
    assert [clip.f1 for clip in worst] == sorted(clip.f1 for clip in worst)
    every = score(Deaf(0), ClipDataset([data.only([worst[0].name])]), batch_size=4, delays=(0,))
    assert every.worst[0].f1 == worst[0].f1
    clip = worst[0]
    assert clip.spectrum.shape == (LENGTH.core, FEATURES.n_bins)
    assert clip.frame.shape == clip.heard_frame.shape == (LENGTH.core, 88)
    assert not (clip.heard_frame[:, :40] > 0.5).any()


def note_clip() -> Clip:
    """A4 for a second, struck again in its middle; heard is C5, and the first half of the A."""
    n_frames = 50
    onset, frame = np.zeros((2, n_frames, 88), np.float32)
    frame[:, 48] = 1
    onset[[0, 1, 25, 26], 48] = 1
    heard_onset, heard = np.zeros((2, n_frames, 88), np.float32)
    heard[:25, 48] = 0.9
    heard[:, 51] = 0.8
    spectrum_ = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (n_frames, 1))
    return Clip("red/a", 0.5, spectrum_, onset, frame, heard_onset, heard)


def test_the_sound_of_a_clip_is_its_notes_as_sines() -> None:
    clip = note_clip()
    sound = tones(clip.onset, clip.frame, FEATURES, 21)
    assert len(sound) == 16_000
    assert 0.3 < np.abs(sound).max() <= 0.5
    strongest = np.argmax(np.abs(np.fft.rfft(sound)))
    assert strongest == 440
    # It dips where the note is struck again.
    loudness = np.abs(sound).reshape(50, -1).max(axis=1)
    assert loudness[24] < 0.7 * loudness[20]
    assert loudness[30] > 0.9 * loudness[20]
    assert not tones(clip.heard_onset, 0 * clip.frame, FEATURES, 21).any()
    both = np.abs(np.fft.rfft(tones(clip.heard_onset, clip.heard_frame, FEATURES, 21)))
    assert both[523] > 50 * both[600]


def test_a_picture_tells_right_from_wrong_and_missed() -> None:
    picture = piano_roll(note_clip())
    height, width, _ = picture.shape
    assert (height, width) == (88 * 4, 50 * 4)

    def colour(pitch: int, frame: int) -> list[bool]:
        return (picture[height - 1 - 4 * pitch, 4 * frame] > 150).tolist()

    assert colour(48, 10) == [True, True, True]  # right
    assert colour(51, 10) == [True, False, False]  # wrong
    assert colour(48, 40) == [False, False, True]  # missed
    assert colour(0, 0) == [False, False, False]
    grey = spectrum(note_clip())
    assert grey.shape == (96, 200, 3)
    assert grey[0].min() == 255
    assert grey[-1].max() == 0


def test_tensorboard_shows_what_the_log_says(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    row = {"frame_ap": 0.5, "frame_f1": 0.4, "frame_threshold": 0.3,
           "onset_ap": 0.25, "onset_f1": 0.2, "onset_threshold": 0.1}  # fmt: skip
    scores = Scores({"red": row, "mean": row}, [note_clip()])
    board = Board(tmp_path / "board", FEATURES, 21, step=0)
    log = Log(tmp_path / "net.log", 0, board)
    log.numbers(1, 20, 3.21, {"loss/total": 0.123456789, "rate": float("nan")})
    progress = Progress(epoch=1, step=24, best_score=0.375, best_epoch=1)
    log.scores(progress, scores, held_out=True, loss=0.25, seconds=60.04, left_s=540.4)
    log.close()
    first, second = [json.loads(line) for line in (tmp_path / "net.log").open()]
    assert first == {"epoch": 1, "step": 20, "seconds": 3.2, "loss/total": 0.123457, "rate": None}
    assert second["scores_of"] == "held out"
    assert (second["epoch"], second["score"], second["best_score"]) == (1, 0.375, 0.375)
    assert (second["mean_loss"], second["seconds"], second["left_s"]) == (0.25, 60.0, 540)
    assert second["scores"]["red"] == row

    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    tags = events.Tags()
    assert {"loss/total", "held out/red/frame_ap", "held out/mean/onset_f1"} <= set(tags["scalars"])
    [scalar] = events.Scalars("loss/total")
    assert (scalar.step, scalar.value) == (20, pytest.approx(0.123457, rel=1e-5))
    assert len(tags["images"]) == 2
    assert sorted(tags["audio"]) == ["worst held out/1/heard, played by sine tones",
                                     "worst held out/1/labels, played by sine tones"]  # fmt: skip


def test_a_log_that_goes_on_forgets_what_its_run_has_lost(tmp_path: Path) -> None:
    path = tmp_path / "net.log"
    log = Log(path, 0)
    for step in (10, 20, 30):
        log.numbers(1, step, 0.0, {"loss/total": 1.0})
    with path.open("a") as file:
        file.write('{"epoch": 1, "st')
    Log(path, 20).numbers(1, 25, 0.0, {"loss/total": 2.0})
    assert [json.loads(line)["step"] for line in path.open()] == [10, 20, 25]
    Log(path, 0)
    assert path.read_text() == ""
