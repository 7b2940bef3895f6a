"""What is passed on: the program as an installed one, and the lists that make wheel and bundle."""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app import __version__
from app.exports.score.engraving import font_files

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as pip fills it from the wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    laid = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in laid.items():
        place = tmp_path / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, place)
    return tmp_path


def run(site: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What the script that pip makes for a program does."""
    module, function = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]["scripts"][program].split(":")
    code = (
        f"import sys; sys.argv[:] = [{program!r}, *sys.argv[1:]]\n"
        f"import {module}; sys.exit({module}.{function}())"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=site, capture_output=True, text=True,
        check=False, env={"HOME": str(site), "PATH": "", "QT_QPA_PLATFORM": "offscreen"},
    )


def test_an_installed_program_calls_itself_by_its_name(site: Path) -> None:
    version = run(site, "noteglow", "--version")
    assert (version.returncode, version.stdout) == (0, f"Noteglow {__version__}\n")
    usage = run(site, "noteglow", "transcribe", "--help").stdout
    assert usage.startswith("usage: noteglow transcribe ")
    assert run(site, "noteglow-train", "--help").stdout.startswith("usage: noteglow-train ")


def test_an_installed_program_lays_nothing_of_ours_beside_other_packages(site: Path) -> None:
    assert [path.name for path in site.iterdir()] == ["noteglow"]


def test_an_installed_program_writes_nothing_into_its_own_folder(site: Path) -> None:
    before = sorted(site.joinpath("noteglow").rglob("[!_]*.*"))
    demo = run(site, "noteglow", "demo")
    assert demo.returncode == 0, demo.stderr
    written = {path.name for path in site.joinpath(".cache").rglob("demo.*")}
    assert written == {"demo.mid", "demo.png"}
    after = sorted(site.joinpath("noteglow").rglob("[!_]*.*"))
    assert [path for path in after if "__pycache__" not in path.parts] == before


def test_the_desktop_file_starts_the_program_with_a_file_and_has_its_icon() -> None:
    file = configparser.ConfigParser(interpolation=None)
    file.read(ROOT / "distribution" / "noteglow.desktop")
    entry = file["Desktop Entry"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert entry["Exec"].split() == ["noteglow", "%f"]
    assert "noteglow" in project["project"]["scripts"]
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    icon = next(source for source, target in shared.items() if target.endswith(
        f"/apps/{entry['Icon']}.svg"
    ))
    assert (ROOT / icon).is_file()


def test_the_bundle_has_all_that_the_window_loads() -> None:
    spec = ast.parse((ROOT / "distribution" / "noteglow.spec").read_text("utf-8"))
    left_out = next(
        node.value for node in spec.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "WINDOW_ONLY"
    )
    names = eval(compile(ast.Expression(left_out), "noteglow.spec", "eval"))
    code = (
        "import importlib, pkgutil, sys\n"
        "sys.modules |= dict.fromkeys(sys.argv[1:])\n"
        "import app\n"
        "for module in pkgutil.walk_packages(app.__path__, 'app.'):\n"
        "    importlib.import_module(module.name)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_beats_are_the_same_without_a_compiler() -> None:
    code = (
        "import sys, numpy, numba\n"
        "from app.music.beat_tracking import find_beats\n"
        "random = numpy.random.default_rng(0)\n"
        "sound = numpy.zeros(10 * 22_050, numpy.float32)\n"
        "for first in range(0, len(sound) - 400, 60 * 22_050 // 97):\n"
        "    sound[first : first + 400] = random.standard_normal(400)\n"
        "print(find_beats([sound], 22_050))\n"
        "print(numba.__file__, file=sys.stderr)\n"
    )
    plain = ROOT / "distribution" / "plain_numba"
    told = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONPATH": path},
        )
        for path in ("", str(plain))
    ]
    assert str(plain) in told[1].stderr
    assert str(plain) not in told[0].stderr
    assert told[0].stdout.count(",") > 10
    assert told[1].stdout == told[0].stdout


def test_the_bundle_has_what_is_loaded_by_name() -> None:
    spec = (ROOT / "distribution" / "noteglow.spec").read_text("utf-8")
    named, imported = set[str](), set[str]()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                named |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    assert named >= {"sounddevice", "supriya_midi"}
    assert all(f'"{name}"' in spec for name in named - imported)


def test_the_bundle_keeps_what_scores_on_paper_need() -> None:
    text = (ROOT / "distribution" / "noteglow.spec").read_text("utf-8")
    found: dict[str, Any] = {"Path": Path}
    tree = ast.parse(text)
    [function] = [part for part in tree.body if getattr(part, "name", "") == "is_needed"]
    exec(compile(ast.Module([function], []), "noteglow.spec", "exec"), found)
    for file in font_files():
        assert found["is_needed"](f"matplotlib/mpl-data/fonts/ttf/{file.name}")
        assert file.is_file()
    assert '"PrintSupport"' not in text
