"""What is held out of training: whole groups, in whatever corpus their pieces lie."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from model import checkpoint as checkpoints
from tests.training.tiny_data import FEATURES, SHAPE, write_clips
from training.datasets.clip_dataset import ClipFile
from training.errors import DataError
from training.splits import held_out_by, hold_out
from training.trainer.plan import TrainOptions
from training.trainer.train import train


def named(
    tmp_path: Path, *names: str, groups: Mapping[str, str] | None = None, validation: str = ""
) -> ClipFile:
    """A data file of these pieces; those whose name begins with `validation` are its authors'."""
    path = write_clips(tmp_path / "named.h5", names, clips_per_piece=1)
    text = h5py.string_dtype()
    with h5py.File(path, "a") as file:
        file.create_dataset("groups", data=[(groups or {}).get(n, "") for n in names], dtype=text)
        splits = ["validation" if validation and n.startswith(validation) else "train"
                  for n in names]
        file.create_dataset("splits", data=splits, dtype=text)
    return ClipFile.open(path)


def corpora(names: list[str]) -> list[str]:
    return [name.partition("/")[0] for name in names]


def test_each_corpus_gives_its_share_and_at_least_one_piece(tmp_path: Path) -> None:
    names = [f"red/{n}" for n in range(20)] + ["blue/50", "blue/51", "green/60"]
    files = [named(tmp_path, *names)]
    held_out = hold_out(files, 0.2, seed=0)
    assert corpora(held_out) == ["blue"] + ["red"] * 4
    assert hold_out(files, 0.2, seed=0) == held_out
    assert hold_out(files * 2, 0.2, seed=0) == held_out
    assert hold_out(files, 0.2, seed=1) != held_out
    # A corpus never goes as a whole.
    assert len(hold_out(files, 0.99, seed=0)) == 20
    with pytest.raises(DataError, match="two pieces or more"):
        hold_out([named(tmp_path, "red/0", "blue/1")], 0.5, seed=0)


def test_variations_of_a_recording_stay_on_one_side(tmp_path: Path) -> None:
    names = [f"red/{n}{variation}" for n in range(4) for variation in ("", "~7", "~19")]
    held_out = hold_out([named(tmp_path, *names)], 0.5, seed=0)
    assert len(held_out) == 6
    assert len({name.partition("~")[0] for name in held_out}) == 2


@pytest.mark.parametrize("seed", range(6))
def test_one_piece_in_two_corpora_is_on_one_side(tmp_path: Path, seed: int) -> None:
    names = [f"{corpus}/{n}" for corpus in ("close", "room", "alone") for n in range(10)]
    names += [f"alone/{n}" for n in range(10, 20)]
    held_out = hold_out([named(tmp_path, *names)], 0.2, seed)
    stems = {name.partition("/")[2] for name in held_out}
    both = [name for name in names if name.partition("/")[2] in stems]
    assert held_out == sorted(both)
    assert corpora(held_out) == ["alone"] * 4 + ["close"] * 2 + ["room"] * 2


@pytest.mark.parametrize("seed", range(6))
def test_players_of_one_composition_are_on_one_side(tmp_path: Path, seed: int) -> None:
    names = [f"maestro/{n:02d}" for n in range(30)]
    # As a corpus writes one title, and another the same.
    titles = ("Chopin: Étude Op. 10, No. {}", "CHOPIN: étude op.10 no.{}")
    groups = {name: titles[i % 2].format(i // 3) for i, name in enumerate(names)}
    held_out = hold_out([named(tmp_path, *names, groups=groups)], 0.2, seed)
    assert len(held_out) == 6
    pieces = {int(name[-2:]) // 3 for name in held_out}
    assert len(pieces) == 2


def test_a_group_larger_than_the_share_is_held_out_where_there_is_no_smaller(
    tmp_path: Path,
) -> None:
    names = [f"maps/{n}" for n in range(8)]
    groups = {name: "small" if i < 3 else "large" for i, name in enumerate(names)}
    assert hold_out([named(tmp_path, *names, groups=groups)], 0.1, 0) == names[:3]


def test_what_the_authors_hold_out_is_held_out_and_nothing_else_of_theirs(tmp_path: Path) -> None:
    names = ["maestro/v1", "maestro/v2", *(f"maestro/t{n}" for n in range(10)), "home/v1"]
    names += [f"home/h{n}" for n in range(9)]
    held_out = hold_out([named(tmp_path, *names, validation="maestro/v")], 0.2, 0)
    assert held_out[-2:] == ["maestro/v1", "maestro/v2"]
    # Another corpus's share begins with what it has of the same pieces.
    assert corpora(held_out) == ["home"] * 2 + ["maestro"] * 2
    assert "home/v1" in held_out


def test_what_was_held_out_before_stays_so(tmp_path: Path) -> None:
    files = [named(tmp_path, "red/0", "red/1", "red/1~4", "red/2", "red/3")]
    assert hold_out(files, 0.5, 0, already=["red/1", "red/gone"]) == ["red/1", "red/1~4"]
    assert hold_out(files, 0.5, 0, already=["other/7"]) == hold_out(files, 0.5, 0)


def test_validation_files_take_what_belongs_to_them_out_of_training(tmp_path: Path) -> None:
    train = named(tmp_path, "red/0", "red/1", "red/2~3", "blue/2")
    other = ClipFile.open(write_clips(tmp_path / "own.h5", ["green/2", "green/8"]))
    assert held_out_by([train], [other]) == ["blue/2", "green/2", "green/8", "red/2~3"]
    strange = replace(FEATURES, bins_per_octave=24)
    other = ClipFile.open(write_clips(tmp_path / "own.h5", ["green/2"], features=strange))
    with pytest.raises(DataError, match=r"own\.h5 differ: bins_per_octave 12 against 24"):
        held_out_by([train], [other])


def test_training_is_scored_on_validation_files(tmp_path: Path) -> None:
    data = write_clips(tmp_path / "train.h5")
    own = write_clips(tmp_path / "own.h5", ["green/e", "green/f", "black/a"], seed=1)
    out = tmp_path / "notes.safetensors"
    options = TrainOptions(
        num_epochs=1, batch_size=4, network=SHAPE, validation=(ClipFile.open(own),)
    )
    train([ClipFile.open(data)], out, options)
    # What belongs to them is not trained on; what is scored is theirs alone.
    held_out = json.loads(checkpoints.load(out).notes["held_out"])
    assert held_out == ["black/a", "blue/a", "green/e", "green/f", "red/a"]
    words = set(re.findall(r"[a-z]+", (tmp_path / "notes.safetensors.log").read_text()))
    assert words & {"green", "black", "red", "blue"} == {"green", "black"}
