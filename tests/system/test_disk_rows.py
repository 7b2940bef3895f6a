"""What is spooled to the disk, what of it is held, and what a full disk leaves."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
import pytest

from app.system.disk_rows import DiskRows, temporary_file
from app.views.stage.feed.spectrogram_pyramid import STEP, Pyramid


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], BinaryIO]:
    """Opens temporary files on a disk that has room for so many bytes."""
    real = os.pwrite
    rooms: dict[int, int] = {}

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        room = rooms[descriptor] - offset
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data[:room], offset)

    def open_file(room: int) -> BinaryIO:
        file = temporary_file()
        rooms[file.fileno()] = room
        return file

    monkeypatch.setattr(os, "pwrite", pwrite)
    return open_file


def held_bytes(spool: DiskRows) -> int:
    """Bytes of arrays that a spool holds in memory."""
    return sum(value.nbytes for value in vars(spool).values() if isinstance(value, np.ndarray))


def test_rows_come_back_and_few_are_held() -> None:
    rows = np.random.default_rng(0).random((5000, 7)).astype(np.float16)
    spool = DiskRows(7, np.float16, 100)
    for first in range(0, 5000, 37):
        spool.append(rows[first : first + 37])
    assert len(spool) == 5000
    assert np.array_equal(spool.read(0, 5000), rows)
    assert np.array_equal(spool.read(1234, 1300), rows[1234:1300])
    assert np.array_equal(spool.read(-5, 3), rows[:3])
    assert np.array_equal(spool.read(4990, 9000), rows[4990:])
    assert len(spool.read(6000, 7000)) == 0
    assert held_bytes(spool) <= 150 * 7 * 2
    assert spool.kept_from == 0
    assert spool.failure is None
    spool.close()
    assert len(spool.read(0, 10)) == 0


def test_a_full_disk_keeps_what_it_has_and_the_last_rows(
    small_disk: Callable[[int], BinaryIO],
) -> None:
    rows = np.random.default_rng(1).integers(1, 255, (3000, 4), np.uint8)
    spool = DiskRows(4, np.uint8, 200, lambda: small_disk(4 * 1000 + 2))
    for first in range(0, 3000, 9):
        spool.append(rows[first : first + 9])
        assert held_bytes(spool) <= 2 * 200 * 4 + 9 * 4
    assert spool.failure == os.strerror(errno.ENOSPC)
    assert len(spool) == 3000
    assert 999 <= spool.kept_from <= 2800
    assert np.array_equal(spool.read(0, 990), rows[:990])
    assert np.array_equal(spool.read(2700, 3000), rows[2700:])
    assert not spool.read(1500, 1600).any()
    # A piece that lies on both sides of what was lost.
    across = spool.read(900, 3000)
    assert np.array_equal(across[:90], rows[900:990])
    assert np.array_equal(across[-200:], rows[-200:])


def test_without_any_temporary_file_the_last_rows_are_kept() -> None:
    def refuse() -> BinaryIO:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    spool = DiskRows(2, np.uint8, 50, refuse)
    spool.append(np.full((500, 2), 9, np.uint8))
    assert spool.failure == os.strerror(errno.EROFS)
    assert spool.read(450, 500).min() == 9
    spool.close()


def test_pyramid_holds_the_same_however_the_columns_come() -> None:
    generator = np.random.default_rng(1)
    columns = generator.integers(0, 256, (1700, 5), dtype=np.uint8)
    whole, ragged = Pyramid(5, 100), Pyramid(5, 100)
    whole.append(columns)
    first = 0
    while first < len(columns):
        size = int(generator.integers(1, 90))
        ragged.append(columns[first : first + size])
        first += size
    assert [whole.columns(level) for level in range(whole.n_levels)] == [1700, 425, 106, 26, 6, 1]
    assert ragged.n_levels == whole.n_levels
    for level in range(whole.n_levels):
        assert np.array_equal(whole.read(level, 0, 2000), ragged.read(level, 0, 2000))
    assert np.array_equal(whole.read(0, 0, 2000), columns)
    width = STEP**2
    expected = columns[7 * width : 8 * width].max(axis=0)
    assert np.array_equal(whole.read(2, 7, 8)[0], expected)


def test_pyramid_takes_the_finest_level_that_is_cheap() -> None:
    pyramid = Pyramid(2, 100)
    pyramid.append(np.zeros((8000, 2), np.uint8))
    levels = [pyramid.level_for(columns) for columns in (0.1, 1.5, 1.6, 6.0, 7.0, 1e9)]
    assert levels == [0, 0, 1, 1, 2, pyramid.n_levels - 1]
