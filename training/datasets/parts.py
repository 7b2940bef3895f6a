"""Finished recordings on their way into a data file, so that a killed build can go on.

Each is a small data file of its own in a folder beside the one that is built, written beside and
renamed: what bears its name is whole, whenever the builder was killed. What was made with other
settings lies in another folder there, and builds never mix.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py

from model.files.whole_file import whole_file
from training.corpora.recording import Recording
from training.datasets.clips import ClipFormat
from training.datasets.fingerprint import changed
from training.datasets.piece import Piece
from training.datasets.writing import Entry, writing

_PLAN = "plan.json"


@dataclass(frozen=True)
class Parts:
    """The finished recordings of one build.

    Attributes:
        folder: where those of all builds of one data file lie.
        plan: all that they are made with, in words, by the name of each setting.
    """

    folder: Path
    plan: Mapping[str, str]

    @property
    def place(self) -> Path:
        """Where those of this plan lie."""
        return self.folder / hashlib.sha256(_text(self.plan).encode()).hexdigest()[:8]

    def path(self, recording: Recording) -> Path:
        """The file of a recording."""
        # A recording is a dataclass, whose text names all that it is loaded by.
        return self.place / f"{hashlib.sha256(repr(recording).encode()).hexdigest()[:16]}.h5"

    def begin(self, recordings: Sequence[Recording]) -> list[str]:
        """Makes the folder; returns a sentence for everything there that this build does not use.
        """
        self.place.mkdir(parents=True, exist_ok=True)
        with whole_file(self.place / _PLAN) as beside:
            beside.write_text(_text(self.plan), "utf-8")
        told = []
        for other in sorted(self.folder.glob(f"*/{_PLAN}")):
            count = len(list(other.parent.glob("*.h5")))
            if other.parent != self.place and count:
                told.append(
                    f"{other.parent}: {_counted(count)} of an unfinished build with "
                    f"{_difference(other, self.plan)} kept for it, and may be removed"
                )
        strange = len(self._strange(recordings))
        if strange:
            told.append(
                f"{self.place}: {_counted(strange)} of an unfinished build that holds others than "
                "this one kept for it, and may be removed"
            )
        return told

    def entry(self, recording: Recording) -> Entry | None:
        """What is known of a finished recording; nothing where it is to be made, or made again.

        A file that is damaged, or that was made from other audio or labels, is removed.
        """
        path = self.path(recording)
        if not path.is_file():
            return None
        with contextlib.suppress(OSError, KeyError, TypeError, ValueError), h5py.File(path) as file:
            (entry,) = Entry.all_of(file)
            if not changed(recording, entry.sources):
                return entry
        path.unlink()
        return None

    def write(self, recording: Recording, made: ClipFormat, piece: Piece) -> None:
        """Writes a recording. Raises OSError when there is no room for it."""
        with writing(self.path(recording), made) as writer:
            writer.add(piece.features, piece.targets, piece.entry)

    def remove(self, recordings: Sequence[Recording]) -> None:
        """Removes the files of these recordings, and folders that are empty then."""
        if not self._strange(recordings):
            shutil.rmtree(self.place)
        else:
            for recording in recordings:
                self.path(recording).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _strange(self, recordings: Sequence[Recording]) -> set[Path]:
        """Files of this plan that belong to other recordings."""
        return set(self.place.glob("*.h5")) - {self.path(recording) for recording in recordings}


def _counted(count: int) -> str:
    return "1 recording" if count == 1 else f"{count} recordings"


def _text(plan: Mapping[str, str]) -> str:
    return json.dumps(dict(plan), indent=1)


def _difference(path: Path, plan: Mapping[str, str]) -> str:
    """In what the plan that lies there differs."""
    try:
        other = json.loads(path.read_text("utf-8"))
        unlike = [f"{name} {other.get(name)} in place of {plan[name]}"
                  for name in plan if other.get(name) != plan[name]]
    except (AttributeError, OSError, ValueError):
        return "unknown settings"
    return ", ".join(unlike)
