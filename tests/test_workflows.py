"""What runs at GitHub: nothing here can start it, so that it is read instead."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SYSTEMS = {"ubuntu", "macos", "windows"}

yaml = pytest.importorskip("yaml")


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def jobs(request: pytest.FixtureRequest) -> dict[str, Any]:
    content = yaml.safe_load(request.param.read_text("utf-8"))
    # YAML takes the key `on` for true.
    assert {"name", True, "permissions", "jobs"} <= content.keys()
    assert content["permissions"] == {"contents": "read"}
    return dict(content["jobs"])


def steps(jobs: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in jobs.values() for step in job["steps"]]


def test_there_are_tests_and_bundles() -> None:
    assert [path.stem for path in WORKFLOWS] == ["bundle", "tests"]


def test_every_system_is_there_and_no_job_runs_for_ever(jobs: dict[str, Any]) -> None:
    for job in jobs.values():
        assert job["runs-on"] == "${{ matrix.os }}"
        systems = job["strategy"]["matrix"]["os"]
        assert {name.split("-")[0] for name in systems} == SYSTEMS
        # A name like ubuntu-latest changes what is tested from one day to the next.
        assert all(re.fullmatch(r"[a-z]+-[0-9.]+", name) for name in systems)
        assert job["timeout-minutes"] <= 90


def test_actions_are_named_by_their_version(jobs: dict[str, Any]) -> None:
    used = [step["uses"] for step in steps(jobs) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v[0-9]+", name) for name in used)
    assert all(("uses" in step) != ("run" in step) for step in steps(jobs))


def test_pip_keeps_what_it_fetched(jobs: dict[str, Any]) -> None:
    [setup] = [step for step in steps(jobs) if "setup-python" in step.get("uses", "")]
    assert setup["with"]["cache"] == "pip"
    for name in setup["with"]["cache-dependency-path"].split():
        assert (ROOT / name).is_file()


def test_the_commands_are_there(jobs: dict[str, Any]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    commands = "\n".join(step["run"] for step in steps(jobs) if "run" in step)
    for target in re.findall(r"\bmake ([a-z-]+)", commands):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for name in re.findall(r"[\w.\\/]+\.(?:py|spec)\b", commands):
        assert (ROOT / name.replace("\\", "/")).is_file(), name
    systems = [step["if"] for step in steps(jobs) if "Windows" in step.get("if", "")]
    assert sorted(systems) == ["runner.os != 'Windows'", "runner.os == 'Windows'"]


def test_the_tests_run_on_every_python_that_is_meant() -> None:
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8"))
    versions = content["jobs"]["tests"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # Written without quotes, 3.10 would be 3.1.
    assert all(isinstance(version, str) for version in versions)
    meant = SpecifierSet(project["requires-python"])
    assert [v for v in ("3.10", "3.11", "3.12", "3.13") if f"{v}.0" in meant] == versions
