"""How many lines the tests run, by the parts of the program, and whether these are enough.

    make coverage       runs all tests, then this
"""

from __future__ import annotations

import sys
from pathlib import Path

import coverage

ROOT = Path(__file__).resolve().parents[1]
_ENGINES = (
    "practice", "live", "song", "settings", "takes", "exports", "midi", "music", "transcription",
    "audio", "system",
)
# What is told apart, the folders of each, and the least share of lines in percent.
_PARTS = (
    ("model", ("model",), 95.0),
    ("app, engines", tuple(f"app/{name}" for name in _ENGINES), 90.0),
    ("app, the rest", ("app",), 80.0),
)


def main() -> int:
    """Prints a line for each part; 1 when one has too little."""
    data = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
    data.load()
    left = sorted([*(ROOT / "model").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
    enough = True
    for name, folders, least in _PARTS:
        files = [file for file in left if _lies_in(file, folders)]
        left = [file for file in left if file not in files]
        n_lines = n_run = 0
        thin = []
        for file in files:
            _, lines, _, missing, _ = data.analysis2(str(file))
            n_lines += len(lines)
            n_run += len(lines) - len(missing)
            thin.append((len(missing), str(file.relative_to(ROOT))))
        share = 100.0 * n_run / max(n_lines, 1)
        enough &= share >= least
        print(f"{name}: {share:.1f} % of {n_lines} lines ({least:g} % are wanted)")
        for n_missing, file in sorted(thin, reverse=True)[:5]:
            print(f"    {n_missing:4} lines are not run of {file}")
    return 0 if enough else 1


def _lies_in(file: Path, folders: tuple[str, ...]) -> bool:
    return any((ROOT / folder) in file.parents for folder in folders)


if __name__ == "__main__":
    sys.exit(main())
