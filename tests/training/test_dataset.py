"""Reading clips: in any number of processes, varied repeatably, of files that go together."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from model.config import FeatureConfig
from model.notes import Note
from training.corpora.recording import Labelled, Recording
from training.datasets.build import build
from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.datasets.clips import SCALE
from training.errors import DataError
from training.trainer.epoch_order import EpochOrder
from training.trainer.reading import clips as read_clips

FEATURES = FeatureConfig(windows=(512, 1024))


def noise(seed: int, sample_rate: int) -> Labelled:
    samples = np.random.default_rng(seed).standard_normal(2 * sample_rate) * 0.1
    return Labelled(samples.astype(np.float32), [Note(0.1 * seed, 1.5, 50 + seed, 64)])


def _file(path: Path, features: FeatureConfig = FEATURES, **options: object) -> ClipFile:
    recordings = [Recording("disc", f"{i}", "train", "CC0", (i,), noise) for i in range(3)]
    build(recordings, path, features,
          **{"clip_seconds": 0.8, "num_workers": 0} | options)  # type: ignore[arg-type]
    return ClipFile.open(path)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipFile:
    return _file(tmp_path_factory.mktemp("data") / "clips.h5")


def _same(left: tuple, right: tuple) -> bool:
    return torch.equal(left[0], right[0]) and all(
        torch.equal(left[1][name], right[1][name]) for name in left[1]
    )


def test_items_are_what_the_file_holds(clips: ClipFile) -> None:
    dataset = ClipDataset([clips])
    assert len(dataset) == clips.n_clips == 9
    assert (dataset.labels, dataset.only_note_names, dataset.overlap) == ("hop", False, 3)
    with h5py.File(clips.path) as file:
        for index in (0, 4, 8):
            frames, targets = dataset[index]
            assert frames.dtype == torch.float32
            assert (frames.numpy() * SCALE == pytest.approx(file["features"][index]))
            assert set(targets) == {"onset", "frame", "offset", "velocity"}
            for name, target in targets.items():
                assert (target.numpy() == file[name][index]).all()


def test_several_files_follow_each_other_and_may_be_named_twice(clips: ClipFile) -> None:
    one, three = ClipDataset([clips]), ClipDataset([clips, clips, clips])
    assert len(three) == 27
    assert all(_same(three[i], one[i % 9]) for i in (0, 8, 9, 17, 18, 26))


# A process that is spawned loads PyTorch anew, which takes seconds: one at a time.
@pytest.mark.parametrize(("start", "n_workers"), [("fork", 2), ("spawn", 1)])
def test_loader_processes_read_what_this_one_does(
    clips: ClipFile, start: str, n_workers: int
) -> None:
    dataset = ClipDataset([clips], seed=7)
    # Opened and read here before the loaders are made: a forked one must not use the open file.
    expected = [dataset[index] for index in range(len(dataset))]
    loader = DataLoader(
        dataset, batch_size=None, num_workers=n_workers, multiprocessing_context=start,
        shuffle=False,
    )
    for _ in range(2):
        assert all(map(_same, loader, expected))


def test_a_new_dataset_opens_nothing(clips: ClipFile, tmp_path: Path) -> None:
    copy = tmp_path / "copy.h5"
    copy.write_bytes(clips.path.read_bytes())
    dataset = ClipDataset([ClipFile.open(copy)])
    copy.unlink()
    with pytest.raises(DataError, match="copy"):
        dataset[0]


def test_variations_follow_from_seed_epoch_and_clip(clips: ClipFile) -> None:
    first, second = ClipDataset([clips], seed=1), ClipDataset([clips], seed=1)
    second.epoch = 1
    plain = ClipDataset([clips])
    assert all(_same(first[i], ClipDataset([clips], seed=1)[i]) for i in range(9))
    assert not all(_same(first[i], second[i]) for i in range(9))
    assert not all(_same(first[i], plain[i]) for i in range(9))


def test_pieces_can_be_chosen_and_left_out(clips: ClipFile) -> None:
    held_out = ["disc/1", "other/5"]
    only, without = clips.only(held_out), clips.without(held_out)
    assert only.rows.tolist() == [3, 4, 5]
    assert without.rows.tolist() == [0, 1, 2, 6, 7, 8]
    whole, part = ClipDataset([clips]), ClipDataset([only, without])
    assert [_same(part[i], whole[row]) for i, row in enumerate([3, 4, 5, 0, 1, 2, 6, 7, 8])] == (
        [True] * 9
    )
    assert {without.names[piece] for piece in without.pieces} == {"disc/0", "disc/2"}


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ({"labels": "window"}, "labels hop against window"),
        ({"only_note_names": True}, "only_note_names False against True"),
        ({"clip_seconds": 1.0}, "frames in a clip 40 against 50, overlap 3 against 4"),
        ({"features": FeatureConfig(windows=(512, 1024), hop_length=256)},
         "hop_length 441 against 256, frames in a clip 40 against 69, overlap 3 against 5"),
    ],
)  # fmt: skip
def test_files_of_different_making_are_refused_naming_both_values(
    clips: ClipFile, tmp_path: Path, other: dict[str, object], differs: str
) -> None:
    file = _file(tmp_path / "other.h5", **other)  # type: ignore[arg-type]
    with pytest.raises(DataError) as refused:
        ClipDataset([clips, file])
    assert str(refused.value) == f"{clips.path} and {file.path} differ: {differs}"


def test_note_names_go_round_when_transposed(tmp_path: Path) -> None:
    file = _file(tmp_path / "names.h5", only_note_names=True)
    dataset = ClipDataset([file], seed=0)
    assert dataset.only_note_names
    plain = ClipDataset([file])
    assert dataset[0][1]["frame"].shape == (40, 12)
    assert all(dataset[i][1]["frame"].sum() == plain[i][1]["frame"].sum() for i in range(9))


def test_a_file_that_is_no_data_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with pytest.raises(DataError, match="there is no such data file"):
        ClipFile.open(path)
    path.write_bytes(b"no HDF5 at all")
    with pytest.raises(DataError, match="the data file is damaged"):
        ClipFile.open(path)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "another"
    with pytest.raises(DataError, match="this is not a Noteglow data file"):
        ClipFile.open(path)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "noteglow-clips-1"
        file.attrs["features"] = "{}"
    with pytest.raises(DataError, match="the data file is damaged"):
        ClipFile.open(path)


def test_a_file_that_does_not_name_its_labels_has_the_first_rule(
    clips: ClipFile, tmp_path: Path
) -> None:
    path = tmp_path / "old.h5"
    path.write_bytes(clips.path.read_bytes())
    with h5py.File(path, "a") as file:
        del file.attrs["labels"], file.attrs["only_note_names"], file["lengths"]
    old = ClipFile.open(path)
    assert old.format == clips.format
    assert old.lengths.tolist() == [3 * 34] * 3
    assert clips.lengths.tolist() == [100] * 3


def test_an_epoch_that_starts_in_the_middle_is_the_rest_of_the_whole() -> None:
    order = EpochOrder(10, 3, seed=5)
    whole = list(order)
    assert len(whole) == len(order) == 3
    assert len({index for batch in whole for index in batch}) == 9
    order.skip = 2
    assert list(order) == whole[2:]
    order.skip, order.epoch = 0, 1
    assert list(order) != whole


def test_files_give_their_shares_of_every_epoch_and_all_of_their_clips_equally_often() -> None:
    # Files of 2, 0, 7 and 3 clips; the second has nothing to give.
    sizes = [2, 0, 7, 3]
    order = EpochOrder(sizes, 4, seed=3, shares=[3, 5, 2, 1])
    file_of = np.repeat(np.arange(4), sizes)
    taken = []
    for epoch in range(14):
        order.epoch, order.skip = epoch, 0
        batches = list(order)
        assert [len(batch) for batch in batches] == [4, 4, 4]
        clips = [index for batch in batches for index in batch]
        # Of twelve clips 6, 4 and 2 are as near to 3 : 2 : 1 as can be.
        assert np.bincount(file_of[clips], minlength=4).tolist() == [6, 0, 4, 2]
        taken += clips
        order.skip = 1
        assert list(order) == batches[1:]
    often = np.bincount(taken, minlength=12)
    assert often[:2].tolist() == [42, 42]
    assert often[2:9].tolist() == [8] * 7
    assert sorted(often[9:]) == [9, 9, 10]


def test_the_ends_of_a_file_may_count_less(clips: ClipFile) -> None:
    sure, doubtful = clips, replace(clips, end_weight=0.25)
    assert "end weight" not in ClipDataset([sure])[0][1]
    both = ClipDataset([sure, doubtful])
    assert both[0][1]["end weight"].tolist() == [[1.0]]
    assert both[clips.n_clips][1]["end weight"].tolist() == [[0.25]]


@pytest.mark.skipif(os.name != "posix", reason="wants signals")
def test_a_reader_that_dies_is_told_where_its_batch_is_asked_for(
    clips: ClipFile,
) -> None:
    """And not in the midst of the step before, which would be half done."""
    batches = read_clips(DataLoader(ClipDataset([clips]), batch_size=1, num_workers=1))
    next(batches)
    assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
    reader, = multiprocessing.active_children()
    reader.kill()
    with pytest.raises(DataError, match="a process that read clips died"):
        list(batches)
