"""The licences of what the bundle holds, as their packages bring them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def licence_texts(left_out: Iterable[str]) -> list[tuple[str, str]]:
    """Each licence file of each package that listening needs, and the folder it goes into.

    Args:
        left_out: packages that the bundle does without.
    """
    found = []
    for name in sorted(_needed() - set(left_out)):
        for file in metadata.files(name) or []:
            if _is_licence(Path(str(file))):
                found.append((str(file.locate()), f"licences/{name}"))
    return found


def _is_licence(file: Path) -> bool:
    in_metadata = any(part.endswith(".dist-info") for part in file.parts)
    words = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
    return in_metadata and file.name.upper().startswith(words)


def _needed() -> set[str]:
    """The names of all packages that the program asks for, and of what those ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    left, needed = list(project["dependencies"]), set()
    while left:
        asked = Requirement(left.pop())
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        name = asked.name.lower()
        if name in needed:
            continue
        try:
            left += metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        needed.add(name)
    return needed
