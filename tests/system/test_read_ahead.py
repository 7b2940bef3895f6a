"""Compiled libraries are read before they are imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.system.read_ahead import read_ahead


def test_the_large_libraries_of_a_package_are_read_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "read_ahead_sample"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError")
    (package / "inner" / "large.so").write_bytes(bytes(3_000_000))
    (package / "inner" / "small.so").write_bytes(bytes(1000))
    (package / "large.txt").write_bytes(bytes(3_000_000))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert read_ahead("read_ahead_sample") == 3_000_000
    assert "read_ahead_sample" not in sys.modules


def test_of_what_is_not_installed_nothing_is_read() -> None:
    assert read_ahead("no_package_of_this_name") == 0
