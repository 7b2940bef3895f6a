"""Processes that are killed lose nothing and leave nothing; `make soak` kills many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.deed import kill
from tests.soak.deeds import deed_of

# Deeds, and before which of their file operations they are killed: between two renames, mostly.
KILLS = {"recording": 17, "recovering": 12, "keeping": 9, "projects": 10, "autosaves": 14}


@pytest.mark.parametrize("name", KILLS)
def test_nothing_is_lost_half_or_left(name: str, tmp_path: Path) -> None:
    kill(name, deed_of(name), tmp_path, at=KILLS[name])
