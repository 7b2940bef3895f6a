"""Files that are whole or not there, also when who wrote them was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.files import whole_file as module
from model.files.whole_file import own_name, remove_left, whole_file


def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux")
def test_who_is_dead_and_not_waited_for_lives_no_more(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    # Its end of the pipe is closed when it ends.
    process.stdout.read()
    left = left_by(tmp_path, process.pid)
    while left.exists():
        remove_left(tmp_path)
    process.communicate()


def left_by(folder: Path, pid: int, name: str = "song.mid") -> Path:
    path = folder / own_name(name).replace(f"-{os.getpid()}-", f"-{pid}-")
    path.write_bytes(b"half")
    return path


def test_what_the_dead_left_goes_with_the_next_file(tmp_path: Path) -> None:
    gone, lives = left_by(tmp_path, dead()), left_by(tmp_path, os.getppid())
    folder = tmp_path / left_by(tmp_path, dead()).name
    folder.unlink()
    folder.mkdir()
    (folder / "song.mid").write_bytes(b"half")
    others = [tmp_path / name for name in ("song.part", ".song.part", ".song.0-1-2.part")]
    for other in others:
        other.write_bytes(b"somebody's")
    with whole_file(tmp_path / "song.mid") as beside:
        beside.write_bytes(b"whole")
        assert not gone.exists()
        # One that is being written is let be.
        remove_left(tmp_path)
        assert beside.exists()
    assert sorted(tmp_path.iterdir()) == sorted([*others, lives, tmp_path / "song.mid"])


def test_of_another_machine_only_what_is_old_goes(tmp_path: Path) -> None:
    names = [".song.00000000-1-0000.part", ".song.00000000-1-0001.part"]
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    os.utime(tmp_path / names[0], (1e9, 1e9))
    remove_left(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == names[1:]


def test_two_that_write_the_same_file_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    with whole_file(path) as first, whole_file(path) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a" * 251 + ".mid", "é" * 120 + ".mid", ".hidden", "x\udcff.mid"])
def test_every_name_that_a_file_may_have(tmp_path: Path, name: str) -> None:
    with whole_file(tmp_path / name) as beside:
        beside.write_bytes(b"")
        assert module._LEFT.fullmatch(beside.name)
    assert os.listdir(tmp_path) == [name]


def test_the_error_names_the_file_that_it_is_about(tmp_path: Path) -> None:
    path, other = tmp_path / "song.mid", tmp_path / "sound.wav"
    with pytest.raises(FileNotFoundError) as told, whole_file(path):
        other.open()
    assert told.value.filename == str(other)
    path = tmp_path / "no" / "song.mid"
    with pytest.raises(FileNotFoundError) as told, whole_file(path) as beside:
        beside.write_bytes(b"")
    assert told.value.filename == str(path)
