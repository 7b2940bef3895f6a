"""The rules of the house that no linter of single files sees."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "model", "training")
MODULES = sorted(
    [
        *ROOT.glob("*.py"),
        *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
    ]
)

WITHOUT_WIDGETS = {
    ("app", name)
    for name in (
        "practice", "live", "song", "settings", "takes", "exports", "midi", "music",
        "transcription", "audio", "system", "terminal",
    )
}


def test_the_model_knows_neither_host_and_the_hosts_not_each_other() -> None:
    run = subprocess.run(
        [sys.executable, "-c",
         "from importlinter.cli import lint_imports_command; lint_imports_command()",
         "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_model_loads_without_the_libraries_of_its_hosts_and_without_torch() -> None:
    forbidden = ("PySide6", "pyqtgraph", "sounddevice", "h5py", "torch", "app", "training")
    code = (
        "import sys; import model.transcriber; "
        f"print([name for name in {forbidden!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(ROOT).parts[:2] in WITHOUT_WIDGETS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_engines_and_command_line_import_no_widgets(path: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else []
        )
    }
    assert not imported & {"PySide6.QtWidgets", "PySide6.QtGui", "PySide6.QtSvg", "pyqtgraph"}


def test_folders_hold_about_fifteen_modules() -> None:
    folders = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    full = {str(folder.relative_to(ROOT)): n for folder, n in folders.items() if n > 16}
    assert not full


def test_no_two_modules_differ_by_their_ending_only() -> None:
    stems = {path.stem for path in MODULES if path.stem != "__init__"}
    twins = {
        (one, other)
        for one in stems
        for other in stems
        if one != other and other.startswith(one) and other[len(one) :] in ("s", "er", "ing", "ed")
    }
    assert not twins


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_hold_one_idea_and_say_which(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 330, "longer than about 300 lines"
    assert not text or text.startswith('"""'), "no docstring says what is in it"


def test_nothing_is_unpickled() -> None:
    """A pickle runs what it names. joblib's processes exchange theirs among themselves alone.

    Networks are read by safetensors and ONNX Runtime, which hold numbers only.
    """
    imports = re.compile(
        r"^\s*(?:import|from) (?:pickle|cPickle|dill|cloudpickle|marshal|shelve)\b", re.M
    )
    calls = re.compile(r"allow_pickle=True|torch\.load\(|joblib\.load\(|weights_only=False")
    found = {
        path.relative_to(ROOT).as_posix() for path in MODULES
        if imports.search(text := path.read_text("utf-8")) or calls.search(text)
    }
    # MusicNet is published as pickles, which this one reads without running them.
    assert found == {"training/corpora/pickled.py"}


def pins() -> dict[str, str]:
    """The exact version of every package, by its normal name."""
    lines = (ROOT / ".ci" / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    assert all(len(pair) == 2 for pair in pairs), "every line is NAME==VERSION"
    versions = {canonicalize_name(name): version for name, version in pairs}
    assert len(versions) == len(pairs), "a package is pinned twice"
    return versions


def lists() -> dict[str, list[Requirement]]:
    """The packages that pyproject.toml names, by who needs them."""
    file = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = {"run": file["project"]["dependencies"], **file["project"]["optional-dependencies"],
             **file["dependency-groups"]}  # fmt: skip
    return {who: [Requirement(line) for line in lines] for who, lines in named.items()}


def test_every_package_has_a_range_and_one_exact_version_in_it() -> None:
    versions, named = pins(), [one for group in lists().values() for one in group]
    assert len({canonicalize_name(one.name) for one in named}) == len(named)
    for one in named:
        pinned = versions[canonicalize_name(one.name)]
        assert one.specifier, f"{one.name} has no range"
        assert one.specifier.contains(pinned, prereleases=True), f"{one} against {pinned}"
    assert versions["torch"] == "2.13.0"


def test_what_listening_brings_with_it_is_pinned_and_holds_no_training_framework() -> None:
    versions, waiting = pins(), list(lists()["run"])
    brought: set[str] = set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        # What another system or an extra asks for is not here.
        if name in brought or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        brought.add(name)
        waiting += map(Requirement, importlib.metadata.requires(name) or [])
    assert len(brought) > 30
    assert brought <= versions.keys()
    assert not brought & {"torch", "onnx", "h5py", "tensorboard", "optuna", "pytest"}


def test_the_top_level_holds_what_it_should() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    shown = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    top = {name.split("/")[0] for name in shown.stdout.splitlines()}
    expected = {
        "main.py", *PACKAGES, "assets", "tests", "pyproject.toml", "Makefile", "docs",
        "README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "distribution",
    }
    assert {name for name in top if not name.startswith(".")} <= expected
