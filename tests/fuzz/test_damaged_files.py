"""Damaged files of every kind are read, or refused in a sentence; `make fuzz` tries many more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.all_readers import READERS
from tests.fuzz.one_case import limited_memory, run
from training.corpora import hdf5

KEPT = sorted(Path(__file__).with_name("kept").iterdir())
CASES = {"midi": 60, "project": 100, "take": 30, "csv": 30, "json": 60, "hdf5": 20}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no end is noticed sooner: the files here are small."""
    monkeypatch.setattr(hdf5, "_LONGEST_S", 0.2)


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reader = READERS[name]

    @settings(
        max_examples=CASES.get(name, 30), derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(reader.cases(tmp_path))
    def read(content: bytes) -> None:
        run(reader, content, tmp_path / "work")

    with limited_memory():
        read()
    told = capfd.readouterr()
    assert told.out == told.err == ""


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_what_was_found_once_stays_mended(
    path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = path.name.partition("-")[0]
    if name == "hdf5" and not hasattr(os, "fork"):
        pytest.skip("here a file without an end is not noticed")
    # What is loaded once is no case's fault.
    READERS[name].cases(tmp_path)
    run(READERS[name], b"", tmp_path / "work")
    with limited_memory():
        run(READERS[name], path.read_bytes(), tmp_path / "work")
    told = capfd.readouterr()
    assert told.out == told.err == ""
