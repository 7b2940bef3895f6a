"""MusicNet in its three published forms, written here as its authors publish it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model.notes import Note
from tests.training.tiny_corpora import RATE, begins_s, melody, options
from training.corpora import musicnet
from training.corpora.pickled import PickledError, read_object_array
from training.corpora.recording import CorpusError

# First sample, sample after the last, instrument, note, and what the score says of it.
ROWS = [
    (9182, 30_078, 43, 53, 4.0, 1.5, "Dotted Quarter"),
    (9182, 20_678, 42, 65, 4.0, 0.5, "Eighth"),
    (33_000, 50_590, 1, 98, 5.0, 0.25, "Sixteenth"),
]
EXPECTED = sorted(Note(row[0] / RATE, row[1] / RATE, row[3], velocity=0) for row in ROWS)
SAMPLES = melody([(row[0] / RATE, row[1] / RATE, row[3]) for row in ROWS], 1.3)
# Of the ten test pieces one that is among the three as well, and one that is not; and another.
PIECES = ("2303", "1759", "1788")


def write_folders(folder: Path) -> Path:
    for name in PIECES:
        part = "train" if name == "1788" else "test"
        for kind in ("data", "labels"):
            (folder / f"{part}_{kind}").mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{part}_data/{name}.wav", SAMPLES, RATE, subtype="FLOAT")
        lines = ["start_time,end_time,instrument,note,start_beat,end_beat,note_value"]
        lines += [",".join(map(str, row)) for row in ROWS]
        (folder / f"{part}_labels/{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def write_hdf5(folder: Path) -> Path:
    columns = np.dtype(
        [
            ("beat", "f8"), ("end_time", "i8"), ("instrument", "i8"), ("measure", "i8"),
            ("note", "i8"), ("note_value", "S30"), ("start_time", "i8"),
        ]
    )  # fmt: skip
    rows = [(b, end, i, m, n, value.encode(), first) for first, end, i, n, m, b, value in ROWS]
    with h5py.File(folder / "musicnet.h5", "w") as file:
        for name in PIECES:
            file[f"id_{name}/data"] = SAMPLES
            file[f"id_{name}/labels"] = np.array(rows, columns)
    return folder


def write_npz(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "musicnet.npz", "w", zipfile.ZIP_STORED) as archive:
        for name in PIECES:
            archive.writestr(f"{name}.npy", npy(PythonTwo().piece(SAMPLES, ROWS)))
    return folder


def npy(pickled: bytes) -> bytes:
    """A .npy file of two objects."""
    file = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": (2,)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + pickled


class PythonTwo:
    """Pickles as Python 2 wrote them: protocol 2, bytes as texts, numpy of those days."""

    def piece(self, samples: NDArray[np.float32], rows: Sequence[tuple[object, ...]]) -> bytes:
        intervals = b"".join(
            self.call(
                "intervaltree.interval Interval",
                self.value(row[0]) + self.value(row[1]) + self.value(tuple(row[2:])),
            )
            for row in rows
        )
        tree = self.call("intervaltree.intervaltree IntervalTree", b"](" + intervals + b"e")
        content = b"](" + self.array(samples) + tree + b"e"
        return b"\x80\x02" + self.ndarray((2,), "O8", "|", content) + b"."

    def array(self, samples: NDArray[np.float32]) -> bytes:
        raw = samples.astype("<f4").tobytes()
        return self.ndarray(samples.shape, "f4", "<", b"T" + struct.pack("<i", len(raw)) + raw)

    def ndarray(self, shape: tuple[int, ...], code: str, order: str, content: bytes) -> bytes:
        empty = self.call(
            "numpy.core.multiarray _reconstruct",
            b"cnumpy\nndarray\n" + self.value((0,)) + self.value("b"),
        )
        kind = self.call("numpy dtype", self.value(code) + self.value(0) + self.value(1))
        state = b"".join(map(self.value, (3, order))) + b"NNN"
        state += b"".join(map(self.value, (-1, -1, 63 if code == "O8" else 0)))
        kind += b"(" + state + b"tb"
        return empty + b"(" + self.value(1) + self.value(shape) + kind + b"\x89" + content + b"tb"

    def call(self, name: str, arguments: bytes) -> bytes:
        module, _, function = name.partition(" ")
        return f"c{module}\n{function}\n".encode() + b"(" + arguments + b"tR"

    def value(self, value: object) -> bytes:
        if isinstance(value, int):
            return b"J" + struct.pack("<i", value)
        if isinstance(value, float):
            return b"G" + struct.pack(">d", value)
        if isinstance(value, str):
            return b"U" + bytes([len(value)]) + value.encode()
        assert isinstance(value, tuple)
        return b"(" + b"".join(map(self.value, value)) + b"t"


FORMS = [write_folders, write_hdf5, write_npz]


@pytest.mark.parametrize("write", FORMS)
def test_every_form_gives_the_same_sound_and_notes(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    (recording,) = musicnet.recordings(write(tmp_path), "train", options())
    assert (recording.corpus, recording.name, recording.split) == ("musicnet", "1788", "train")
    assert "CC BY" in recording.licence
    loaded = recording.load(RATE)
    assert np.array_equal(loaded.samples, SAMPLES)
    assert loaded.notes == EXPECTED
    slower = recording.load(22_050).samples
    assert begins_s(slower, 98, 22_050) == pytest.approx(33_000 / RATE, abs=0.005)


@pytest.mark.parametrize("write", FORMS)
@pytest.mark.parametrize(
    ("pieces", "split", "names"),
    [
        ("3", "test", ["2303"]),
        ("3", "train", ["1759", "1788"]),
        ("10", "test", ["1759", "2303"]),
        ("10", "train", ["1788"]),
    ],
)
def test_the_option_draws_the_splits_whatever_folder_a_piece_is_in(
    tmp_path: Path, write: Callable[[Path], Path], pieces: str, split: str, names: list[str]
) -> None:
    chosen = options("--musicnet-test", pieces)
    found = musicnet.recordings(write(tmp_path), split, chosen)
    assert [recording.name for recording in found] == names


def test_the_form_may_be_named_itself_or_lie_in_the_unpacked_folder(tmp_path: Path) -> None:
    write_hdf5(tmp_path)
    write_npz(tmp_path)
    for path in (tmp_path / "musicnet.h5", tmp_path / "musicnet.npz"):
        (recording,) = musicnet.recordings(path, "train", options())
        assert path in recording.source
    write_folders(tmp_path / "musicnet")
    (recording,) = musicnet.recordings(tmp_path, "train", options())
    assert tmp_path / "musicnet/train_data/1788.wav" in recording.source


def test_the_test_sets_are_those_of_the_papers(tmp_path: Path) -> None:
    ten = ["1759", "1819", "2106", "2191", "2298", "2303", "2382", "2416", "2556", "2628"]
    (tmp_path / "train_data").mkdir()
    for name in (*ten, "1727", "2677"):
        (tmp_path / f"train_data/{name}.wav").touch()
    for pieces, expected in (("3", ["1819", "2303", "2382"]), ("10", ten)):
        found = musicnet.recordings(tmp_path, "test", options("--musicnet-test", pieces))
        assert [recording.name for recording in found] == expected


def test_a_missing_corpus_says_where_it_is_published(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"zenodo.*train_labels.*musicnet\.npz"):
        musicnet.recordings(tmp_path, "train", options())


def test_damaged_pieces_are_reported_by_name(tmp_path: Path) -> None:
    write_folders(tmp_path)
    labels = tmp_path / "train_labels/1788.csv"
    (recording,) = musicnet.recordings(tmp_path, "train", options())
    labels.write_text(labels.read_text().replace("9182", "soon", 1))
    with pytest.raises(CorpusError, match=r"1788\.csv"):
        recording.load(RATE)
    labels.unlink()
    with pytest.raises(CorpusError, match=r"1788\.csv"):
        recording.load(RATE)

    path = write_npz(tmp_path) / "musicnet.npz"
    (recording,) = musicnet.recordings(path, "train", options())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1788.npy", npy(PythonTwo().piece(SAMPLES, ROWS))[:-200])
    with pytest.raises(CorpusError, match=r"1788\.npy"):
        recording.load(RATE)
    path.write_bytes(b"no archive")
    with pytest.raises(CorpusError, match=r"musicnet\.npz"):
        musicnet.recordings(path, "train", options())

    path = write_hdf5(tmp_path) / "musicnet.h5"
    (recording,) = musicnet.recordings(path, "train", options())
    with h5py.File(path, "a") as file:
        del file["id_1788/labels"]
    with pytest.raises(CorpusError, match="id_1788"):
        recording.load(RATE)


def test_an_archive_cannot_run_anything(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    for name, argument in (
        ("posix system", f"touch {trace}"),
        ("builtins eval", f"open({str(trace)!r}, 'w')"),
        ("numpy.lib._npyio_impl load", str(trace)),
        ("intervaltree.interval Interval.__init__.__globals__", "x"),
    ):
        program = b"\x80\x02" + PythonTwo().call(name, PythonTwo().value(argument)) + b"."
        with pytest.raises(PickledError, match="not read"):
            read_object_array(io.BytesIO(npy(program)))
    assert not trace.exists()


def test_what_numpy_pickles_today_is_read_too(tmp_path: Path) -> None:
    pair = np.empty(2, object)
    pair[:] = [SAMPLES, [(np.int64(5), np.float64(7.5), None)]]
    np.save(tmp_path / "pair.npy", pair, allow_pickle=True)
    with (tmp_path / "pair.npy").open("rb") as file:
        samples, intervals = read_object_array(file)
    assert np.array_equal(samples, SAMPLES)
    assert intervals == [(5, 7.5, None)]


def test_arrays_of_numbers_alone_are_not_what_is_looked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", np.zeros(5))
    with (tmp_path / "plain.npy").open("rb") as file, pytest.raises(PickledError, match="objects"):
        read_object_array(file)


def test_recordings_of_one_movement_are_a_group(tmp_path: Path) -> None:
    write_folders(tmp_path)
    assert {r.group for r in musicnet.recordings(tmp_path, "test", options())} == {""}
    table = tmp_path / "musicnet_metadata.csv"
    table.write_text(
        "id,composer,composition,movement,ensemble\n2303,Bach,WTK I,Prelude 1,Solo Piano\n"
        "1759,Schubert,Sonata,2. Andantino,Solo Piano\n"
    )
    found = musicnet.recordings(tmp_path, "test", options())
    assert {r.name: r.group for r in found} == {
        "2303": "Bach: WTK I, Prelude 1", "1759": "Schubert: Sonata, 2. Andantino"
    }  # fmt: skip
    table.write_text("name\n2303\n")
    with pytest.raises(CorpusError, match=r"musicnet_metadata\.csv: this is no list"):
        musicnet.recordings(tmp_path, "test", options())
