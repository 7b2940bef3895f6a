"""The set-up script, with stand-ins for Python's venv, pip, apt and the list of libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    os.name != "posix" or shutil.which("bash") is None, reason="the set-up script wants bash"
)

# Makes environments whose Python writes down its arguments, and is otherwise the real one.
PYTHON = f"""#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    rm -rf .venv && mkdir -p .venv/bin && echo venv >>log
    printf '#!/bin/sh\\n[ "$1" = -c ] || echo "$@" >>log\\n[ ! -e pip-fails ]' >.venv/bin/python
    chmod +x .venv/bin/python
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
        shutil.copy(ROOT / ".ci" / "set-up.sh", self.home / ".ci")
        shutil.copy(ROOT / "pyproject.toml", self.home)
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


def test_the_set_up_is_done_once(house: House) -> None:
    run = house.set_up()
    assert run.returncode == 0, run.stderr
    made, pip, packages, alone = house.log()
    assert made == "venv"
    assert "install --quiet --no-color --no-input pip==" in pip
    for group in ("app", "training", "dev", "indirect"):
        assert f"--group {group}" in packages
    assert "--no-deps --group alone" in alone
    again = house.set_up()
    assert (again.returncode, again.stdout, again.stderr, house.log()) == (0, "", "", [])


def test_other_pins_are_installed_into_the_same_environment(house: House) -> None:
    house.set_up()
    house.log()
    project = house.home / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 100", "line-length = 99"))
    house.set_up()
    assert house.log() == []
    project.write_text(project.read_text().replace("torch==2.13.0", "torch==2.13.1"))
    house.set_up()
    done = house.log()
    assert len(done) == 3
    assert "venv" not in done
    house.set_up()
    assert house.log() == []


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
    run = house.set_up("--tests")
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
