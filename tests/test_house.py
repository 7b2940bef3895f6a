"""The rules of the house that no linter of single files sees."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "model", "training")
MODULES = sorted(
    [
        *ROOT.glob("*.py"),
        *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
    ]
)


def test_the_model_knows_neither_host_and_the_hosts_not_each_other() -> None:
    run = subprocess.run(
        [sys.executable, "-c",
         "from importlinter.cli import lint_imports_command; lint_imports_command()",
         "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_model_loads_without_the_libraries_of_its_hosts() -> None:
    forbidden = ("PySide6", "pyqtgraph", "sounddevice", "h5py", "app", "training")
    code = (
        "import sys; import model.transcriber; "
        f"print([name for name in {forbidden!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_hold_one_idea_and_say_which(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 330, "longer than about 300 lines"
    assert not text or text.startswith('"""'), "no docstring says what is in it"


def test_every_package_is_pinned_exactly_and_once() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    pins = [pin for group in groups.values() for pin in group]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9.a-z]*", pin) for pin in pins), pins
    names = [re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins]
    assert sorted(names) == sorted(set(names))
    assert "torch==2.13.0" in pins


def test_the_top_level_holds_what_it_should() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    shown = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    top = {name.split("/")[0] for name in shown.stdout.splitlines()}
    expected = {"main.py", *PACKAGES, "assets", "tests", "pyproject.toml",
                "README.md", "LICENSE", "Makefile", "docs"}  # fmt: skip
    assert {name for name in top if not name.startswith(".")} <= expected
