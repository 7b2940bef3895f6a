"""Finished recordings on their way into a data file, so that a killed build can go on.

Each recording is one file in a folder, written beside and renamed: what bears its name is whole,
whenever the builder was killed. The folder also holds what is being built, so that another command
does not mix its own recordings in.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.clips import TARGET_NAMES, DataError
from training.labels import Targets


@dataclass(frozen=True)
class Shard:
    """One recording: features (frames, windows, bins) uint8, and targets of as many frames."""

    features: NDArray[np.uint8]
    targets: Targets


@dataclass(frozen=True)
class Shards:
    """The folder of finished recordings; they are numbered from 0."""

    folder: Path

    def begin(self, plan: Mapping[str, str]) -> None:
        """Makes the folder, or makes sure that it belongs to the same plan.

        Args:
            plan: what is being built, by the name of each setting.

        Raises:
            DataError: the folder holds parts of something else.
        """
        path = self.folder / "plan.json"
        if path.is_file():
            begun = json.loads(path.read_text("utf-8"))
            unlike = [f"{name} {begun.get(name)} against {plan.get(name)}"
                      for name in plan.keys() | begun.keys() if begun.get(name) != plan.get(name)]
            if unlike:
                raise DataError(
                    f"{self.folder}: an unfinished build lies there that differs in "
                    f"{'; '.join(sorted(unlike))}: give its own command to finish it, or remove "
                    "the folder to start anew"
                )
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(path.name + ".part")
            beside.write_text(json.dumps(plan, indent=1), "utf-8")
            os.replace(beside, path)
        for left in self.folder.glob("*.part"):
            left.unlink()

    def path(self, index: int) -> Path:
        """The file of recording `index`."""
        return self.folder / f"{index:06d}.npz"

    def write(self, index: int, shard: Shard) -> None:
        """Writes a recording. Raises OSError when there is no room for it."""
        path = self.path(index)
        beside = path.with_name(path.name + ".part")
        arrays = {name: getattr(shard.targets, name) for name in TARGET_NAMES}
        try:
            with beside.open("wb") as file:
                np.savez(file, features=shard.features, **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    def read(self, index: int) -> Shard:
        """Reads a recording.

        Raises:
            DataError: its file is damaged; it is removed, so that the next run makes it again.
        """
        path = self.path(index)
        try:
            with np.load(path) as arrays:
                labels = Targets(**{name: arrays[name] for name in TARGET_NAMES})
                return Shard(arrays["features"], labels)
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
            path.unlink()
            raise DataError(
                f"{path}: this part was damaged ({error}); give the same command again to go on"
            ) from None

    def remove(self) -> None:
        """Removes the folder and all that lies in it."""
        shutil.rmtree(self.folder)
