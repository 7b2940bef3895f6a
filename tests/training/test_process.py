"""Building data files: what is in them, and going on after every kind of interruption."""

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from model.config import FeatureConfig, from_json
from model.notes import Note
from model.spectrogram import Spectrogram
from tests.dask_cluster import Cluster, cluster  # noqa: F401
from training.corpora.recording import CorpusError, Labelled, Recording
from training.datasets import build as building
from training.datasets import piece, writing
from training.datasets.build import build
from training.datasets.clips import SCALE, TARGET_NAMES
from training.datasets.labels import targets
from training.datasets.sink import Sink
from training.errors import DataError

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

FEATURES = FeatureConfig(windows=(512, 1024))
SECONDS = 2.3
NOTES = [Note(0.2, 0.9, 60, 70), Note(0.5, 2.0, 64, 90), Note(1.2, 1.9, 48, 50)]


def noise(seed: int, sample_rate: int) -> Labelled:
    """A read function for recordings: noise of a seed, and always the same notes."""
    samples = np.random.default_rng(seed).standard_normal(round(SECONDS * sample_rate)) * 0.1
    return Labelled(samples.astype(np.float32), NOTES)


def damaged(seed: int, sample_rate: int) -> Labelled:
    raise CorpusError(f"disc/{seed:02d}.wav: the audio cannot be read")


def _recordings(n: int = 4, broken: tuple[int, ...] = ()) -> list[Recording]:
    return [
        Recording("disc", f"{i:02d}", "train", "CC0", (i,), damaged if i in broken else noise)
        for i in range(n)
    ]


def _build(out: Path, recordings: list[Recording] | None = None, **options: object) -> object:
    return build(
        _recordings() if recordings is None else recordings, out, FEATURES,
        **{"clip_seconds": 0.8, "num_workers": 0} | options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of the file of `_recordings()`."""
    out = tmp_path_factory.mktemp("undisturbed") / "clips.h5"
    _build(out)
    return out.read_bytes()


def _parts(out: Path) -> list[Path]:
    return sorted(out.parent.glob(f"{out.name}.parts/*/*.h5"))


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_clips_hold_the_spectrogram_and_the_labels(tmp_path: Path) -> None:
    out = tmp_path / "clips.h5"
    _build(out, labels="window")
    frames = Spectrogram(FEATURES).push(noise(2, FEATURES.sample_rate).samples)
    labels = targets(NOTES, len(frames), FEATURES, "window")
    with h5py.File(out) as file:
        assert from_json(FeatureConfig, file.attrs["features"]) == FEATURES
        assert (file.attrs["labels"], file.attrs["only_note_names"]) == ("window", False)
        assert file["names"][:].tolist() == [b"disc/00", b"disc/01", b"disc/02", b"disc/03"]
        assert file["licences"][:].tolist() == [b"CC0"] * 4
        assert file["lengths"][:].tolist() == [len(frames)] * 4
        clip_frames, overlap = file["features"].shape[1], int(file.attrs["overlap"])
        assert overlap == round(0.07 * clip_frames)
        assert file["features"].chunks == (1, clip_frames, 2, FEATURES.n_bins)
        assert file["frame"].chunks == (1, clip_frames, 88)
        # Compression by lzf gives other bytes in every process.
        assert [file[name].compression for name in TARGET_NAMES] == ["gzip"] * 4
        rows = file["piece"][:] == 2
        core = clip_frames - 2 * overlap
        assert rows.sum() == -(-len(frames) // core)
        for name, expected in {
            "features": np.rint(np.clip(frames, 0, 1) * SCALE),
            **{name: getattr(labels, name) for name in TARGET_NAMES},
        }.items():
            clips = file[name][rows]
            own = clips[:, overlap:-overlap].reshape(-1, *clips.shape[2:])
            assert (own[: len(expected)] == expected).all(), name
            assert not own[len(expected) :].any(), name
            # A clip begins and ends with what its neighbours have for themselves.
            assert (clips[1:, :overlap] == clips[:-1, core : core + overlap]).all(), name
            assert (clips[:-1, -overlap:] == clips[1:, overlap : 2 * overlap]).all(), name


def test_a_long_recording_is_transformed_in_parts_that_fit(
    tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piece, "_BLOCK", 5000)
    _build(tmp_path / "clips.h5")
    assert (tmp_path / "clips.h5").read_bytes() == undisturbed


def test_workers_make_the_same_file(tmp_path: Path, undisturbed: bytes) -> None:
    _build(tmp_path / "clips.h5", num_workers=2)
    assert (tmp_path / "clips.h5").read_bytes() == undisturbed
    assert _left(tmp_path) == ["clips.h5"]


def test_a_cluster_makes_the_same_file(
    cluster: Cluster, tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By a name that its workers find.
    from tests.training.test_process import noise as found

    cluster.add_workers(1)
    monkeypatch.chdir(tmp_path)
    recordings = [dataclasses.replace(one, read=found) for one in _recordings()]
    _build(Path("clips.h5"), recordings, scheduler=cluster.address)
    assert (tmp_path / "clips.h5").read_bytes() == undisturbed
    assert _left(tmp_path) == ["clips.h5"]


# Kills itself at a place that is named on the command line, and does its work otherwise.
_SCRIPT = """
import os, signal, sys, time
from pathlib import Path
import numpy as np
sys.path[:0] = {paths!r}
from tests.training import test_process
from training.corpora.recording import Recording
from training.datasets import build, parts, writing

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def fatal(seed, sample_rate):
    if sys.argv[2] == "loading" and seed == 2:
        die()
    if sys.argv[2] == "waiting" and seed == 3:
        Path(sys.argv[1] + ".waits").touch()
        time.sleep(1000)
    if sys.argv[2] == "working":
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
    return test_process.noise(seed, sample_rate)

if __name__ == "__main__":
    out, place, workers = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if place == "writing a part":
        add, calls = writing.ClipWriter.add, []
        def half(self, *arguments):
            calls.append(0)
            add(self, *arguments)
            if len(calls) == 1:
                die()
        writing.ClipWriter.add = half
    if place == "assembling":
        copy, calls = writing.ClipWriter.copy, []
        def counted(self, *arguments):
            calls.append(0)
            if len(calls) == 3:
                die()
            copy(self, *arguments)
        writing.ClipWriter.copy = counted
    if place == "renaming":
        replace = os.replace
        os.replace = lambda *paths: die() if paths[1] == out else replace(*paths)
    if place == "clearing up":
        parts.shutil.rmtree = die
    recordings = [
        Recording("disc", f"{{i:02d}}", "train", "CC0", (i,), fatal) for i in range(4)
    ]
    build.build(recordings, out, test_process.FEATURES, clip_seconds=0.8, num_workers=workers)
"""


def _run(folder: Path, out: Path, place: str, workers: int = 0) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    script = folder / "script.py"
    script.write_text(_SCRIPT.format(paths=[str(root)]))
    return subprocess.run(
        [sys.executable, str(script), str(out), place, str(workers)],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_killed_again_and_again_the_file_is_the_same(tmp_path: Path, undisturbed: bytes) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    out = folder / "clips.h5"
    for place, parts in (
        ("loading", 2), ("writing a part", 2), ("assembling", 4), ("renaming", 4),
    ):  # fmt: skip
        run = _run(tmp_path, out, place)
        assert run.returncode == -signal.SIGKILL, (place, run.stderr)
        assert not out.exists()
        assert len(_parts(out)) == parts
    assert _run(tmp_path, out, "clearing up").returncode == -signal.SIGKILL
    assert out.read_bytes() == undisturbed
    out.unlink()
    run = _run(tmp_path, out, "nowhere")
    assert run.returncode == 0, run.stderr
    assert out.read_bytes() == undisturbed
    assert _left(folder) == ["clips.h5"]


def test_workers_end_with_a_killed_builder(tmp_path: Path) -> None:
    # The workers hold the pipe that this waits on: it ends when the last of them has.
    run = _run(tmp_path, tmp_path / "clips.h5", "working", workers=2)
    assert run.returncode == -signal.SIGKILL, run.stderr


def test_ctrl_c_ends_all_at_once_and_the_build_can_go_on(
    tmp_path: Path, undisturbed: bytes
) -> None:
    root, script = Path(__file__).resolve().parents[2], tmp_path / "script.py"
    out = tmp_path / "clips.h5"
    script.write_text(_SCRIPT.format(paths=[str(root)]))
    with subprocess.Popen(
        [sys.executable, str(script), str(out), "waiting", "2"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as running:  # fmt: skip
        while not Path(f"{out}.waits").exists() or len(_parts(out)) < 3:
            assert running.poll() is None
            time.sleep(0.05)
        # As a terminal does it: to the builder and to its workers.
        os.killpg(running.pid, signal.SIGINT)
        # The workers hold the pipe that this waits on.
        _, told = running.communicate(timeout=60)
    assert running.returncode == -signal.SIGINT
    assert told.count("Traceback") == 1, told
    assert not out.exists()
    _build(out, [dataclasses.replace(r, read=noise) for r in _recordings()])
    assert out.read_bytes() == undisturbed


def test_a_worker_that_dies_is_told_of_and_its_build_can_go_on(
    tmp_path: Path, undisturbed: bytes
) -> None:
    out = tmp_path / "clips.h5"
    deadly = [dataclasses.replace(r, read=deadly_read) for r in _recordings()]
    with pytest.raises(DataError, match=r"clips\.h5: a worker process died, perhaps for lack of"):
        _build(out, deadly, num_workers=1)
    _build(out)
    assert out.read_bytes() == undisturbed


def deadly_read(seed: int, sample_rate: int) -> Labelled:
    if seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return noise(seed, sample_rate)


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a build was interrupted that had made all parts."""
    out = tmp_path / "clips.h5"
    with monkeypatch.context() as patch:
        patch.setattr(building, "_assemble", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            _build(out)
    assert len(_parts(out)) == 4
    return out


def _interrupted(*_: object) -> int:
    raise KeyboardInterrupt


def test_a_part_that_a_power_failure_damaged_is_made_again(
    interrupted: Path, undisturbed: bytes
) -> None:
    part = _parts(interrupted)[1]
    part.write_bytes(part.read_bytes()[:1000])
    _build(interrupted)
    assert interrupted.read_bytes() == undisturbed


def test_parts_of_another_build_neither_mix_nor_block(interrupted: Path) -> None:
    for other, differs in (
        ({"labels": "centre"}, "4 recordings of an unfinished build with labels hop in place of "
         "centre kept for it, and may be removed"),
        ({"clip_seconds": 2.0}, "with clips of 40 frames that overlap by 3 in place of 100 frames "
         "that overlap by 7 kept for it"),
        ({"recordings": _recordings(3)}, "1 recording of an unfinished build that holds others "
         "than this one kept for it"),
    ):
        told: list[str] = []
        _build(interrupted, tell=told.append, **other)  # type: ignore[arg-type]
        assert any(differs in sentence for sentence in told), told
        with h5py.File(interrupted) as file:
            assert len(file["names"]) == (3 if "recordings" in other else 4)
            assert file.attrs["labels"] == other.get("labels", "hop")
        # What is left serves its own build.
        assert len(_parts(interrupted)) == (1 if "recordings" in other else 4)


def test_where_there_is_little_room_parts_go_as_they_are_written(
    interrupted: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = []
    copy = writing.ClipWriter.copy

    def counted(*arguments: object) -> None:
        left.append(len(_parts(interrupted)))
        copy(*arguments)  # type: ignore[arg-type]

    size = sum(path.stat().st_size for path in _parts(interrupted))
    usage = building.shutil.disk_usage(interrupted.parent)
    monkeypatch.setattr(writing.ClipWriter, "copy", counted)
    monkeypatch.setattr(building.shutil, "disk_usage", lambda _: usage._replace(free=size // 2))
    _build(interrupted)
    assert left == [4, 3, 2, 1]
    assert interrupted.read_bytes() == undisturbed


def test_a_full_disk_keeps_the_parts(
    tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "clips.h5"
    add, calls = writing.ClipWriter.add, []

    def third_is_full(self: writing.ClipWriter, *arguments: object) -> None:
        calls.append(0)
        if len(calls) == 3:
            self._sink.error = OSError(errno.ENOSPC, "No space left on device")
        add(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(writing.ClipWriter, "add", third_is_full)
        with pytest.raises(DataError, match=r"clips.h5: the disk is full; make room and give"):
            _build(out)
    assert _left(tmp_path) == ["clips.h5.parts"]
    (place,) = (tmp_path / "clips.h5.parts").iterdir()
    assert len(_left(place)) == 3
    assert "plan.json" in _left(place)
    _build(out)
    assert out.read_bytes() == undisturbed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_is_full_at_the_end_keeps_the_parts(
    tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "clips.h5"
    with monkeypatch.context() as patch:
        patch.setattr(
            writing, "Sink",
            lambda path: Sink(Path("/dev/full") if path.parent == tmp_path else path),
        )
        with pytest.raises(DataError, match=r"clips\.h5: the disk is full"):
            _build(out)
    assert _left(tmp_path) == ["clips.h5.parts"]
    _build(out)
    assert out.read_bytes() == undisturbed


class _NarrowSink(Sink):
    """A disk that has room for so many bytes."""

    room = 0

    def _attempt(self, act: object) -> None:
        if self.error is None and self.tell() > self.room:
            self.error = OSError(errno.ENOSPC, "No space left on device")
        super()._attempt(act)  # type: ignore[arg-type]


def test_wherever_the_disk_fills_up_hdf5_takes_it_quietly(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 255, (20, 500), np.uint8)
    sizes = []
    for room in (*range(0, 20_000, 500), 1 << 40):
        with _NarrowSink(tmp_path / "rows.h5") as sink:
            sink.room = room
            with sink.hdf5() as file:
                made = file.create_dataset("rows", (0, 500), np.uint8, maxshape=(None, 500))
                for count in range(1, len(rows) + 1):
                    made.resize(count, axis=0)
                    made[count - 1] = rows[count - 1]
            sizes.append(None if sink.error else sink.tell())
    assert sizes.count(None) > 10
    with h5py.File(tmp_path / "rows.h5") as file:
        assert (file["rows"][:] == rows).all()


def test_without_one_usable_recording_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"could be used: disc/00\.wav: the audio"):
        _build(tmp_path / "clips.h5", _recordings(2, broken=(0, 1)))
    assert _left(tmp_path) == []


def main(words: list[str]) -> int:
    """The command line, imported here because worker processes import this module as well."""
    from training.__main__ import main

    return main(words)


def _corpus(folder: Path) -> Path:
    """Three recordings of one second as wav with csv, the second of them damaged."""
    folder.mkdir()
    for name in ("a", "b", "c"):
        samples = noise(ord(name), 22_050).samples[:22_050]
        soundfile.write(folder / f"{name}.wav", samples, 22_050)
        (folder / f"{name}.csv").write_text(
            "start_s,end_s,midi_pitch,velocity\n0.1,0.6,60,80\n0.3,0.9,76,70\n"
        )
    (folder / "b.wav").write_bytes(b"RIFF, but not music")
    return folder


def test_the_command_leaves_out_a_damaged_recording_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = _corpus(tmp_path / "songs"), tmp_path / "made" / "clips.h5"
    words = [
        "-a", "process-train", "--corpus", f"folder:{folder}", "--out", str(out),
        "--batch-seconds", "1", "--labels", "centre", "--only-note-names",
        "--bins-per-octave", "24", "--hop-length", "512",
    ]  # fmt: skip
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"left out: {folder / 'b.wav'}: ")
    assert told.err.count("\n") == 1, "a progress bar belongs on a terminal only"
    assert told.out.startswith(f"{out}: 2 recordings in ")
    with h5py.File(out) as file:
        assert file["names"][:].tolist() == [b"songs/a", b"songs/c"]
        assert file.attrs["labels"] == "centre"
        assert file["frame"].shape[2] == 12
        assert file["features"].shape[2:] == (3, 24 * 8)
        assert set(np.flatnonzero(file["frame"][:].any(axis=(0, 1)))) == {0, 4}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--bins-per-octave", "25"], "bins_per_octave must be a positive multiple of 12, not 25"),
        (["--batch-seconds", "0.1"], "a clip of 0.1 s is shorter than ten frames"),
        (["--hop-length", "2000"], "windows must be at least the hop length, 2000 samples"),
        (["--out", "."], "--out . is a folder"),
    ],
)
def test_impossible_values_are_refused_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    given = ["-a", "process-test", "--corpus", f"folder:{tmp_path}", "--out", str(tmp_path / "x")]
    with pytest.raises(SystemExit) as refused:
        main([*given, *words])
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
