"""The files of a training run, which lie beside each other and are kept together."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from model.files.whole_file import whole_file
from training.options import UsageError


@dataclass(frozen=True)
class RunFiles:
    """A run by the name of its checkpoint."""

    checkpoint: Path

    @property
    def state(self) -> Path:
        """All that the run needs to go on."""
        return self._beside(".state")

    @property
    def log(self) -> Path:
        """What it says of itself, a line of JSON for every entry."""
        return self._beside(".log")

    @property
    def options(self) -> Path:
        """The options that it was given, to be repeated with `--config`."""
        return self._beside(".toml")

    def of_epoch(self, epoch: int) -> Path:
        """The checkpoint of one epoch, where such are kept."""
        name = f"{self.checkpoint.stem}.epoch-{epoch}{self.checkpoint.suffix}"
        return self.checkpoint.with_name(name)

    def epochs(self) -> list[int]:
        """The epochs whose checkpoints lie there, rising."""
        pattern = re.compile(
            re.escape(self.checkpoint.stem) + r"\.epoch-(\d+)" + re.escape(self.checkpoint.suffix)
        )
        folder = self.checkpoint.parent
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(match[1]) for name in names if (match := pattern.fullmatch(name)))

    def existing(self) -> list[Path]:
        """The files of the run that there are."""
        named = [self.checkpoint, self.state, self.log, self.options]
        return [path for path in (*named, *map(self.of_epoch, self.epochs())) if path.exists()]

    def check_free(self) -> None:
        """Raises UsageError when a run lies there."""
        existing = self.existing()
        if existing:
            raise UsageError(
                f"--out {self.checkpoint}: a run lies there already "
                f"({', '.join(path.name for path in existing)}): --resume goes on with it, --anew "
                "begins another and keeps that one under a number"
            )

    def set_aside(self) -> list[tuple[Path, Path]]:
        """Renames the whole run by the first number that is free; returns old and new names.

        `net.safetensors` and all beside it become `net.1.safetensors` and so on, a run like any
        other, that can be resumed.
        """
        number = 1
        while (kept := self._numbered(number)).existing():
            number += 1
        moved = [
            (self.checkpoint, kept.checkpoint), (self.state, kept.state), (self.log, kept.log),
            (self.options, kept.options),
            *((self.of_epoch(epoch), kept.of_epoch(epoch)) for epoch in self.epochs()),
        ]  # fmt: skip
        moved = [(path, to) for path, to in moved if path.exists()]
        for path, to in moved:
            os.replace(path, to)
        return moved

    def keep_last(self, n_epochs: int) -> None:
        """Removes the checkpoints of all epochs but the last ones."""
        epochs = self.epochs()
        for epoch in epochs[: max(0, len(epochs) - n_epochs)]:
            self.of_epoch(epoch).unlink(missing_ok=True)

    def _numbered(self, number: int) -> RunFiles:
        name = f"{self.checkpoint.stem}.{number}{self.checkpoint.suffix}"
        return RunFiles(self.checkpoint.with_name(name))

    def _beside(self, suffix: str) -> Path:
        return self.checkpoint.with_name(self.checkpoint.name + suffix)


def write_text(path: Path, text: str) -> None:
    """Writes beside and renames. Raises an OSError that names the file."""
    with whole_file(path) as beside:
        beside.write_text(text, "utf-8")
