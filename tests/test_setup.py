"""The set-up script, with stand-ins for Python's venv, pip, apt and the list of libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    os.name != "posix" or shutil.which("bash") is None, reason="the set-up script wants bash"
)

# The Python of such an environment: it writes down what pip is asked for, and runs the script that
# asks, which takes this for its own interpreter.
VENV_PYTHON = f"""#!/bin/sh
case "$1" in
    -c) ;;
    .ci/*) exec '{sys.executable}' -c '
import runpy, sys
sys.executable = ".venv/bin/python"
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")' "$@" ;;
    *) echo "$@" >>log ; [ ! -e pip-fails ] ;;
esac
"""

# Makes such environments, and is otherwise the real one.
PYTHON = f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    rm -rf .venv && mkdir -p .venv/bin && echo venv >>log
    cp venv-python .venv/bin/python
else
    exec '{sys.executable}' "$@"
fi
"""


class House:
    """A copy of the repository as far as the set-up script needs it, in a folder with a space."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "note glow"
        self.stubs = folder / "stubs"
        self.stubs.mkdir()
        (self.home / ".ci").mkdir(parents=True)
        for name in ("set-up.sh", "install.py", "constraints.txt"):
            shutil.copy(ROOT / ".ci" / name, self.home / ".ci")
        shutil.copy(ROOT / "pyproject.toml", self.home)
        (self.home / "venv-python").write_text(VENV_PYTHON)
        (self.home / "venv-python").chmod(0o755)
        self.stub("python", PYTHON)
        self.stub("uname", "#!/bin/sh\necho Linux\n")
        self.stub("id", "#!/bin/sh\necho 1000\n")
        self.stub("sudo", "#!/bin/sh\nexit 1\n")
        self.stub("pulseaudio", "#!/bin/sh\n")
        self.stub("ldconfig", f"#!/bin/sh\ncat '{folder}/libraries'\n")
        lines = (self.home / ".ci" / "set-up.sh").read_text().splitlines()
        names = [line.split()[0] for line in lines if line.startswith("lib") and ".so." in line]
        assert len(names) > 20
        self.libraries = folder / "libraries"
        self.libraries.write_text("".join(f"\t{name} (libc6) => /{name}\n" for name in names))

    def stub(self, name: str, text: str) -> None:
        (self.stubs / name).write_text(text)
        (self.stubs / name).chmod(0o755)

    def set_up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PATH": f"{self.stubs}:{os.environ['PATH']}",
            "PYTHON": "python",
            "PIP_ARGS": "--no-color --no-input",
        }
        return subprocess.run(
            ["bash", str(self.home / ".ci" / "set-up.sh"), *arguments],
            env=environment, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def log(self) -> list[str]:
        """What was done since the last call."""
        log = self.home / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def requirements(extra: str | None = None) -> list[str]:
    """What pyproject.toml lists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if extra is None:
        return list(project["dependencies"])
    return list(project["optional-dependencies"][extra])


def test_the_set_up_is_done_once(house: House) -> None:
    run = house.set_up()
    assert run.returncode == 0, run.stderr
    made, pip, packages = house.log()
    assert made == "venv"
    constrained = "-m pip install --quiet --no-color --no-input -c .ci/constraints.txt"
    assert pip == f"{constrained} --upgrade pip"
    assert packages == " ".join([constrained, *requirements()])
    for again in (house.set_up(), house.set_up("run")):
        assert (again.returncode, again.stdout, again.stderr, house.log()) == (0, "", "", [])


def test_what_a_level_needs_is_added_and_never_taken_away(house: House) -> None:
    house.set_up("run")
    house.log()
    assert house.set_up("train").returncode == 0
    _, packages, alone = house.log()
    assert packages.split(" -c ")[1].split(" ", 1)[1] == " ".join(
        [*requirements(), *requirements("train")]
    )
    assert "--no-deps tinysoundfont" in alone
    for less in ("run", "train"):
        house.set_up(less)
        assert house.log() == []
    house.set_up("tests")
    _, packages, _ = house.log()
    assert packages.endswith(" ".join(requirements("dev")))
    for less in ("run", "train", "dev", "tests"):
        house.set_up(less)
        assert house.log() == []


def test_an_addition_that_fails_leaves_what_is_there_in_use(house: House) -> None:
    house.set_up("run")
    (house.home / "pip-fails").touch()
    assert house.set_up("train").returncode == 1
    house.log()
    assert house.set_up("run").returncode == 0
    assert house.log() == []
    (house.home / "pip-fails").unlink()
    assert house.set_up("train").returncode == 0
    assert "venv" not in house.log()


def test_other_versions_are_installed_into_the_same_environment(house: House) -> None:
    house.set_up("tests")
    house.log()
    project, pins = house.home / "pyproject.toml", house.home / ".ci" / "constraints.txt"
    project.write_text(project.read_text().replace("line-length = 100", "line-length = 99"))
    house.set_up("tests")
    assert house.log() == []
    for file, old, new in (
        (pins, "torch==2.13.0", "torch==2.13.1"), (project, '"torch>=2.13', '"torch>=2.13.1'),
    ):
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        # Also what only the tests need: it would stay at the old version otherwise.
        house.set_up("run")
        _, packages, _ = house.log()
        assert packages.endswith(" ".join(requirements("dev")))
        house.set_up("tests")
        assert house.log() == []


def test_the_stamp_of_an_older_set_up_is_not_taken_for_this_one(house: House) -> None:
    house.set_up()
    house.log()
    (house.home / ".venv" / "set-up.stamp").write_text("(3, 11) 0123456789abcdef\n")
    assert house.set_up().returncode == 0
    done = house.log()
    assert "venv" not in done
    assert len(done) == 2


@pytest.mark.parametrize("script", ["set-up.sh", "install.py"])
def test_an_unknown_level_is_refused_in_a_line(house: House, script: str) -> None:
    house.set_up()
    start = "bash" if script == "set-up.sh" else sys.executable
    run = subprocess.run(
        [start, str(house.home / ".ci" / script), "all"],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHON": sys.executable},
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.startswith("usage:")
    assert run.stderr.count("\n") == 1


def test_an_interrupted_set_up_begins_again(house: House) -> None:
    (house.home / "pip-fails").touch()
    run = house.set_up()
    assert run.returncode == 1
    assert "could not be installed" in run.stderr
    house.log()
    (house.home / "pip-fails").unlink()
    assert house.set_up().returncode == 0
    assert house.log()[0] == "venv"


def test_a_broken_environment_is_made_anew(house: House) -> None:
    house.set_up()
    house.log()
    (house.home / ".venv" / "bin" / "python").unlink()
    assert house.set_up().returncode == 0
    assert house.log()[0] == "venv"


def test_an_old_python_is_refused_in_one_sentence(house: House) -> None:
    house.stub("python", "#!/bin/sh\nexit 1\n")
    run = house.set_up()
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in run.stderr
    assert not (house.home / ".venv").exists()


def test_without_root_one_line_says_what_is_missing(house: House) -> None:
    house.stub("apt-get", "#!/bin/sh\necho apt-get >>log\n")
    house.libraries.write_text(
        "".join(
            line
            for line in house.libraries.read_text().splitlines(keepends=True)
            if "libEGL" not in line and "libportaudio" not in line
        )
    )
    run = house.set_up()
    # The program works without a window and without a microphone.
    assert run.returncode == 0
    assert run.stderr.splitlines() == [
        "Please install what is missing here: sudo apt-get install libegl1 libportaudio2"
    ]
    assert "apt-get" not in house.log()
    # The tests do not.
    run = house.set_up("tests")
    assert run.returncode == 1
    assert "libegl1 libportaudio2" in run.stderr


def test_with_root_apt_installs_just_what_is_missing(house: House) -> None:
    house.stub("id", "#!/bin/sh\necho 0\n")
    # The first try finds no such package, because the lists are old.
    house.stub(
        "apt-get",
        '#!/bin/sh\necho "apt-get $@" >>log\n'
        'case "$*" in *update*) touch fresh ;; *) [ -e fresh ] ;; esac\n',
    )
    house.libraries.write_text(house.libraries.read_text().replace("libEGL.so.1", "libEGL.so.0"))
    run = house.set_up()
    assert run.returncode == 0, run.stderr
    first, update, second = house.log()[:3]
    assert first.endswith(" libegl1")
    assert "update" in update
    assert second == first
    # What is installed is never paid for with what was there before.
    assert "--no-remove" in first
