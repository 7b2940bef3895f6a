"""Data files of recordings that change, that are added, that other machines made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from model.config import FeatureConfig, to_json
from tests.training.test_process import main
from training.corpora import folder
from training.corpora.recording import Labelled, Recording
from training.datasets import build as building
from training.datasets import fingerprint, piece, writing
from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.datasets.clips import TARGET_NAMES
from training.datasets.joining import join
from training.datasets.sink import Sink
from training.errors import DataError
from training.rendering.material import Material

RATE = 22_050


def _song(folder: Path, name: str, pitch: int = 60) -> None:
    """A second of noise of its own, with one note."""
    folder.mkdir(exist_ok=True)
    samples = np.random.default_rng(list(name.encode())).normal(0, 0.1, RATE)
    soundfile.write(folder / f"{name}.wav", samples, RATE)
    _label(folder, name, pitch)


def _label(folder: Path, name: str, pitch: int) -> None:
    (folder / f"{name}.csv").write_text(f"start_s,end_s,midi_pitch\n0.1,0.6,{pitch}\n")


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        _song(tmp_path / "songs", name)
    return tmp_path / "songs"


def _build(songs: Path, out: Path, *words: str) -> int:
    return main(["-a", "process-train", "--corpus", f"folder:{songs}", "--out", str(out),
                 "--batch-seconds", "0.8", *words])  # fmt: skip


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The recordings that were made, in order."""
    names: list[str] = []
    make = piece.make

    def noted(recording: Recording, *how: object) -> piece.Piece:
        names.append(recording.name)
        return make(recording, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(piece, "make", noted)
    return names


def _interrupt(
    songs: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build that ends with all its parts made."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building, "_assemble", interrupted)
        assert _build(songs, out) == 130
    assert f"{out}: stopped; the same command goes on" in capsys.readouterr().err


def _pitches(path: Path) -> dict[str, list[int]]:
    """The labelled pitches of each recording."""
    with h5py.File(path) as file:
        pieces = file["piece"][:]
        return {
            name.decode(): (21 + np.flatnonzero(
                file["frame"][:][pieces == number].any(axis=(0, 1))
            )).tolist()
            for number, name in enumerate(file["names"][:])
        }  # fmt: skip


def _content(path: Path) -> str:
    with h5py.File(path) as file:
        return str(file.attrs["content_sha256"])


# ---- between an interruption and the next start ----


def test_only_what_was_changed_is_made_again(
    songs: Path, tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "songs.h5"
    _interrupt(songs, out, monkeypatch, capsys)
    made.clear()
    _label(songs, "b", 72)
    # As long as before, so that only time and content tell.
    samples = np.random.default_rng(9).normal(0, 0.1, RATE)
    soundfile.write(songs / "c.wav", samples, RATE)
    # Touched, and the same.
    os.utime(songs / "a.wav", (1e9, 1e9))
    assert _build(songs, out) == 0
    assert made == ["b", "c"]
    assert _pitches(out) == {"songs/a": [60], "songs/b": [72], "songs/c": [60]}
    fresh = tmp_path / "fresh.h5"
    _build(songs, fresh)
    assert out.read_bytes() == fresh.read_bytes()


def test_sources_of_every_kind_are_known(tmp_path: Path) -> None:
    folder, sound, missing = tmp_path / "sounds", tmp_path / "a.wav", tmp_path / "a.mid"
    folder.mkdir()
    (folder / "bank.json").write_text("{}")
    sound.write_text("sound")
    material = Material(tmp_path / "sounds", (), tmp_path, 0.0)
    plain = Recording("disc", "a", "train", "CC0", (sound, missing, True), _strange)
    for recording in (
        plain, replace(plain, source=(plain, 7, ())), replace(plain, source=(material, 7)),
    ):
        before = fingerprint.sources(recording)
        assert [source.name for source in before][-1] in ("a.mid", "sounds")
        assert not fingerprint.changed(recording, before)
    before = fingerprint.sources(plain)
    missing.write_text("labels")
    assert fingerprint.changed(plain, before)
    # Of a very large file, the time tells; a finished data file does not know it.
    missing.unlink()
    large = [replace(before[0], sha256=""), before[1]]
    os.utime(sound, (1e9, 1e9))
    assert not fingerprint.changed(plain, before)
    assert fingerprint.changed(plain, large)
    assert not fingerprint.changed(plain, [replace(large[0], time_ns=0), large[1]])


def test_a_group_is_changed_without_making_anything_again(
    songs: Path, tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "songs.h5"
    _interrupt(songs, out, monkeypatch, capsys)
    made.clear()
    (songs / "groups.csv").write_text("name,group\na,Waltz No. 1\n")
    assert _build(songs, out) == 0
    assert made == []
    file = ClipFile.open(out)
    assert dict(zip(file.names, file.groups, strict=True)) == {
        "songs/a": "waltzno1", "songs/b": "b", "songs/c": "c"
    }  # fmt: skip


def test_the_content_hash_tells_other_labels_and_nothing_else(songs: Path, tmp_path: Path) -> None:
    first, again, other = (tmp_path / f"{name}.h5" for name in ("first", "again", "other"))
    _build(songs, first)
    moved = tmp_path / "moved" / "songs"
    shutil.copytree(songs, moved)
    _build(moved, again)
    assert first.read_bytes() == again.read_bytes()
    _label(songs, "b", 61)
    _build(songs, other)
    assert _content(other) != _content(first)


# ---- recordings that fail ----


def _strange(kind: type[Exception], sample_rate: int) -> Labelled:
    raise kind("of all things")


@pytest.mark.parametrize(
    ("kind", "num_workers"),
    [(OverflowError, 1), (MemoryError, 0), (RuntimeError, 0), (KeyError, 0), (OSError, 0)],
)
def test_no_exception_of_one_recording_ends_a_build(
    songs: Path, tmp_path: Path, kind: type[Exception], num_workers: int
) -> None:
    found = [*folder.recordings(songs),
             Recording("songs", "d", "train", "unknown", (kind,), _strange)]  # fmt: skip
    built = building.build(
        found, tmp_path / "songs.h5", FeatureConfig(windows=(512, 1024)), clip_seconds=0.8,
        num_workers=num_workers,
    )
    assert len(built.report.pieces) == 3
    assert built.n_failures == 1
    (told,) = built.report.failures
    assert told.startswith("songs/d: ")
    assert "of all things" in told


def test_an_impossible_clip_is_refused_before_anything_is_read(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        _build(songs, tmp_path / "songs.h5", "--batch-seconds", "1e9")
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert "a clip of 1e+09 s is too long to be held in memory" in told


# ---- adding ----


def test_recordings_are_added_to_a_built_file(
    songs: Path, tmp_path: Path, made: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, at_once = tmp_path / "songs.h5", tmp_path / "at-once.h5"
    _build(songs, out)
    made.clear()
    _song(songs, "d", 64)
    capsys.readouterr()
    assert _build(songs, out, "--add") == 0
    assert made == ["d"]
    assert f"{out}: 4 recordings in 8 clips" in capsys.readouterr().out
    _build(songs, at_once)
    assert out.read_bytes() == at_once.read_bytes()
    # What was changed takes the place of what it was, and a folder of others keeps all.
    _label(songs, "a", 80)
    made.clear()
    assert _build(songs, out, "--add") == 0
    assert made == ["a"]
    _song(tmp_path / "more", "a", 30)
    assert _build(tmp_path / "more", out, "--add") == 0
    assert _pitches(out) == {
        "songs/a": [80], "songs/b": [60], "songs/c": [60], "songs/d": [64], "more/a": [30]
    }  # fmt: skip
    assert not out.with_name("songs.h5.parts").exists()


def test_what_cannot_be_added_to_stays_as_it_is(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "songs.h5"
    _build(songs, out)
    before = out.read_bytes()
    assert _build(songs, out, "--add", "--labels", "centre") == 1
    assert "songs.h5 and what is added to it differ: labels hop against centre" in (
        capsys.readouterr().err
    )
    assert out.read_bytes() == before
    out.write_bytes(before[:-1000])
    assert _build(songs, out, "--add") == 1
    assert "songs.h5: the data file is damaged (" in capsys.readouterr().err


# ---- joining ----


def test_parts_of_several_machines_make_one_file(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = [tmp_path / f"{number}.h5" for number in (1, 2)]
    for number, share in enumerate(shares, 1):
        assert _build(songs, share, "--share", f"{number}/2") == 0
    assert [list(_pitches(share)) for share in shares] == [["songs/a", "songs/c"], ["songs/b"]]
    out, whole = tmp_path / "all.h5", tmp_path / "whole.h5"
    words = ["-a", "process-train", "--out", str(out), "--join", *map(str, shares)]
    assert main(words) == 0
    assert f"{out}: 3 recordings in 6 clips" in capsys.readouterr().out
    _build(songs, whole)
    joined, built = ClipDataset([ClipFile.open(out)]), ClipDataset([ClipFile.open(whole)])
    rows = {name: [i for i, p in enumerate(file.files[0].pieces)
                   if file.files[0].names[p] == name]
            for file in (joined,) for name in file.files[0].names}  # fmt: skip
    for name, mine in rows.items():
        number = built.files[0].names.index(name)
        theirs = np.flatnonzero(built.files[0].pieces == number)
        for one, other in zip(mine, theirs, strict=True):
            assert np.array_equal(joined[one][0], built[int(other)][0])
            for key in TARGET_NAMES:
                assert np.array_equal(joined[one][1][key], built[int(other)][1][key])
    # One that is in two files is there once.
    assert main([*words, str(whole)]) == 0
    assert "3 recordings in 6 clips" in capsys.readouterr().out


def test_files_that_do_not_go_together_are_not_joined(songs: Path, tmp_path: Path) -> None:
    first, second, out = (tmp_path / f"{name}.h5" for name in ("first", "second", "out"))
    _build(songs, first)
    _label(songs, "b", 61)
    _build(songs, second)
    with pytest.raises(DataError, match=r"first\.h5 and .*second\.h5 both hold songs/b, and not"):
        join([first, second], out)
    _build(songs, second, "--only-note-names")
    with pytest.raises(DataError, match="differ: only_note_names True against False"):
        join([first, second], out)
    with pytest.raises(DataError, match=r"none\.h5: there is no such data file"):
        join([first, tmp_path / "none.h5"], out)
    assert not out.exists()


def test_compressed_features_are_the_same_and_join_with_others(songs: Path, tmp_path: Path) -> None:
    plain, small, out = (tmp_path / f"{name}.h5" for name in ("plain", "small", "out"))
    _build(songs, plain)
    _build(songs, small, "--compress")
    with h5py.File(plain) as one, h5py.File(small) as other:
        assert (one["features"].compression, other["features"].compression) == (None, "gzip")
        assert np.array_equal(one["features"][:], other["features"][:])
        assert other["features"].id.get_storage_size() < one["features"].id.get_storage_size()
    assert _content(plain) == _content(small)
    join([small, plain], out)
    with h5py.File(plain) as one, h5py.File(out) as other:
        assert other["features"].compression is None
        assert np.array_equal(one["features"][:], other["features"][:])


def test_a_file_of_ones_own_pipeline_needs_only_the_first_data_sets(
    songs: Path, tmp_path: Path
) -> None:
    own, out = tmp_path / "own.h5", tmp_path / "out.h5"
    _build(songs, own)
    with h5py.File(own, "a") as file:
        for name in ("licences", "groups", "splits", "facts", "sources", "piece_sha256", "lengths"):
            del file[name]
        del file.attrs["content_sha256"], file.attrs["labels"]
    assert ClipFile.open(own).groups == ["a", "b", "c"]
    _song(tmp_path / "more", "z")
    _build(tmp_path / "more", tmp_path / "more.h5")
    n_recordings, n_clips, report = join([own, tmp_path / "more.h5"], out)
    assert (n_recordings, n_clips) == (4, 8)
    assert list(report.pieces) == ["more/z"]
    assert list(_pitches(out)) == ["songs/a", "songs/b", "songs/c", "more/z"]


def test_what_the_guide_asks_of_a_data_file_is_enough(tmp_path: Path) -> None:
    path, rng = tmp_path / "own.h5", np.random.default_rng(0)
    features = FeatureConfig(windows=(1024,), bins_per_octave=12)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "noteglow-clips-1"
        file.attrs["features"] = to_json(features)
        file.attrs["overlap"] = 3
        file["features"] = rng.integers(0, 255, (5, 24, 1, features.n_bins), np.uint8)
        for name in TARGET_NAMES:
            file[name] = rng.integers(0, 2, (5, 24, 88), np.uint8)
        file["piece"] = np.array([0, 0, 0, 1, 1], np.int32)
        file["names"] = ["home/a", "home/b"]
    opened = ClipFile.open(path)
    assert (opened.lengths.tolist(), opened.groups) == ([54, 36], ["a", "b"])
    join([path], tmp_path / "again.h5")
    for one, other in zip(
        ClipDataset([opened]), ClipDataset([ClipFile.open(tmp_path / "again.h5")]), strict=True
    ):
        assert np.array_equal(one[0], other[0])
        assert all(np.array_equal(one[1][name], other[1][name]) for name in TARGET_NAMES)


def test_no_input_is_written_over(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.h5", tmp_path / "second.h5"
    _build(songs, first)
    before = first.read_bytes()
    second.symlink_to(first)
    corpus = tmp_path / "musicnet.h5"
    with h5py.File(corpus, "w") as file:
        file["id_1788/data"] = np.zeros(10, np.float32)
    for words, out in (
        (["--join", str(first), str(first)], second),
        (["--corpus", f"musicnet:{tmp_path}"], corpus),
    ):
        with pytest.raises(SystemExit):
            main(["-a", "process-train", *words, "--out", str(out)])
        assert "which would be lost" in capsys.readouterr().err
    # Nor is a report written over what is read, or over the file itself.
    for words in (
        ["--join", str(first), "--out", str(tmp_path / "new.h5"), "--report", str(first)],
        ["--join", str(first), "--out", str(second.with_name("b.h5")),
         "--report", str(tmp_path / "x" / ".." / "b.h5")],
        ["--corpus", f"musicnet:{tmp_path}", "--check", "--report", str(corpus)],
    ):  # fmt: skip
        with pytest.raises(SystemExit):
            main(["-a", "process-train", *words])
        assert "which would be lost" in capsys.readouterr().err
    assert first.read_bytes() == before


# ---- damage ----


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_is_full_is_named_when_joining(
    songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _build(songs, tmp_path / "songs.h5")
    monkeypatch.setattr(writing, "Sink", lambda _: Sink(Path("/dev/full")))
    with pytest.raises(DataError, match=r"out\.h5: the disk is full; make room"):
        join([tmp_path / "songs.h5"], tmp_path / "out.h5")
    assert not list(tmp_path.glob("out.h5*"))


def test_damage_is_found_by_a_checksum(songs: Path, tmp_path: Path) -> None:
    out = tmp_path / "songs.h5"
    _build(songs, out)
    with h5py.File(out) as file:
        for name in ("features", *TARGET_NAMES):
            assert file[name].fletcher32, name
        where = file["features"].id.get_chunk_info(3).byte_offset
    data = bytearray(out.read_bytes())
    data[where + 1000] ^= 0xFF
    out.write_bytes(data)
    with h5py.File(out) as file:
        assert file["features"][2].any()
        with pytest.raises(OSError, match="filter returned failure"):
            file["features"][3]
    # It is not handed on.
    with pytest.raises(DataError, match=r"songs\.h5: the data file is damaged \("):
        join([out], tmp_path / "other.h5")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--share", "3/2"], "'3/2' is not K/N with K from 1 to N"),
        (["--share", "half"], "'half' is not K/N"),
        (["--join", "a.h5"], "either --corpus KIND:FOLDER or --join FILE.h5"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: Sequence[str],
    sentence: str,
) -> None:  # fmt: skip
    with pytest.raises(SystemExit):
        _build(songs, tmp_path / "songs.h5", *words)
    assert sentence in capsys.readouterr().err


def test_a_share_of_nothing_is_refused(songs: Path, tmp_path: Path) -> None:
    assert _build(songs, tmp_path / "songs.h5", "--share", "4/4") == 1
