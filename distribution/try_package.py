"""Tries what is passed on as whoever gets it would: the wheel, and with --bundle the bundle.

    python distribution/try_package.py wheel      builds it, installs it into an empty environment
    python distribution/try_package.py bundle     starts what `make bundle` has made

Both run without the repository and its environment: version, demo to MIDI and to a score, two
recordings in two processes, the window without a screen. Exits with 1 and one sentence when
something fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "package"
CONSTRAINTS = ROOT / ".ci" / "constraints.txt"
# Megabytes that the bundle may have, on disk and packed.
MOST_ON_DISK, MOST_PACKED = 600, 220
_MB = 1_000_000
# When the window is told to close, in seconds: sooner on a machine with nothing else to do.
_STANDS_S = 5, 20, 80


class PackageError(Exception):
    """Something that whoever installs it would stumble over; one sentence."""


def main(words: list[str]) -> int:
    try:
        match words:
            case ["wheel"]:
                try_wheel()
            case ["bundle"]:
                try_bundle(BUILD / "noteglow")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except PackageError as error:
        print(f"try_package: {error}", file=sys.stderr)
        return 1
    return 0


def try_wheel() -> None:
    """Builds wheel and source, installs the wheel alone, and runs its program."""
    shutil.rmtree(BUILD / "dist", ignore_errors=True)
    run([sys.executable, "-m", "build", "--outdir", BUILD / "dist", ROOT])
    wheel, = (BUILD / "dist").glob("*.whl")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "env"
        venv.create(home, with_pip=True)
        programs = home / ("Scripts" if os.name == "nt" else "bin")
        run([programs / "python", "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, wheel])
        site = next(home.glob("**/site-packages"))
        names = ("app", "model", "training", "main.py")
        ours = {entry for entry in names if (site / entry).exists()}
        if ours:
            raise PackageError(f"the wheel lays {', '.join(sorted(ours))} into site-packages")
        if not list(home.glob("share/applications/noteglow.desktop")):
            raise PackageError("the wheel brings no desktop file")
        try_program(programs / "noteglow")
        # Without its extra, the training says what is missing.
        said = subprocess.run(
            [programs / "noteglow-train", "-a", "train", "--data", "no.h5", "--out", "no.network"],
            capture_output=True, text=True, check=False,
        )
        if "noteglow[train]" not in said.stderr or said.returncode == 0:
            raise PackageError(f"noteglow-train without its packages says: {said.stderr.strip()}")


def try_bundle(folder: Path) -> None:
    """Measures the bundle, and runs its program."""
    if not folder.is_dir():
        raise PackageError(f"{folder}: there is no bundle; `make bundle` makes one")
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    on_disk = sum(path.stat().st_size for path in files) / _MB
    packed = folder.with_suffix(".tar.xz")
    with tarfile.open(packed, "w:xz", preset=1) as archive:
        archive.add(folder, folder.name)
    print(f"bundle: {on_disk:.0f} MB on disk, {packed.stat().st_size / _MB:.0f} MB packed")
    parts: dict[str, float] = {}
    for path in files:
        part = path.relative_to(folder).parts[1 if len(path.relative_to(folder).parts) > 1 else 0]
        parts[part] = parts.get(part, 0.0) + path.stat().st_size / _MB
    for part, size in sorted(parts.items(), key=lambda item: -item[1])[:14]:
        print(f"    {size:6.1f} MB  {part}")
    if on_disk > MOST_ON_DISK or packed.stat().st_size / _MB > MOST_PACKED:
        raise PackageError(f"the bundle is larger than {MOST_ON_DISK} MB, or {MOST_PACKED} packed")
    if not (folder / "_internal" / "licences").is_dir():
        raise PackageError("the bundle holds no licences")
    try_program(folder / ("noteglow.exe" if os.name == "nt" else "noteglow"))


def try_program(program: Path) -> None:
    """Does with it what its users do, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        # Neither the repository nor its environment, nor the settings of whoever runs this.
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG")
        homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), name)
        environment = {key: os.environ[key] for key in kept if key in os.environ} | homes | {
            "QT_QPA_PLATFORM": "offscreen",
        }
        print(run([program, "--version"], environment, home).strip())
        # Maybe there are none, but what lists them must be there.
        run([program, "devices", "--json"], environment, home)
        run([program, "demo"], environment, home)
        demo = next(program.resolve().parents[1].rglob("demo.flac"))
        copies = [home / "one.flac", home / "two.flac"]
        for copy in copies:
            shutil.copy(demo, copy)
        out = home / "out"
        run([program, "transcribe", *copies, "-o", out, "--jobs", "2", "--musicxml"],
            environment, home)
        written = sorted(path.name for path in out.iterdir())
        wanted = ["one.mid", "one.musicxml", "two.mid", "two.musicxml"]
        if written != wanted:
            raise PackageError(f"{program.name} transcribe wrote {written}, not {wanted}")
        try_window([program, copies[0]], environment, home)


def try_window(command: list[str | Path], environment: dict[str, str], folder: Path) -> None:
    """Opens the window, and has it closed when it stands.

    Raises:
        PackageError: it ends by itself, or does not stand even after a long while.
    """
    for seconds in _STANDS_S:
        window = subprocess.Popen(
            command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True
        )
        try:
            _, error = window.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            window.terminate()
            _, error = window.communicate()
            # A window that stands closes in order; Windows cannot ask a program for that.
            if window.returncode == 0 or os.name == "nt":
                return
        else:
            raise PackageError(f"the window ended with {window.returncode}: {error.strip()[:1500]}")
    raise PackageError(f"the window did not stand within {_STANDS_S[-1]} s: {error.strip()[:1500]}")


def run(command: list[str | Path], environment: dict[str, str] | None = None,
        folder: Path | None = None) -> str:
    """What a command says; it must succeed.

    Raises:
        PackageError: it did not.
    """
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise PackageError(f"`{words}` ended with {done.returncode}: {done.stderr.strip()[:1500]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
