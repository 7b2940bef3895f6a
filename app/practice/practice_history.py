"""How a piece went each time: a small JSON file for each piece, on this machine alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from app.practice.piece import Piece
from app.practice.practice_report import PracticeResult
from app.system.atomic_write import written_beside
from app.system.paths import data_folder

_MOST_ENTRIES = 1000
# Of any value, seconds since 1970 among them.
_HIGHEST = 1e12


def history_folder() -> Path:
    """Where the histories are."""
    return data_folder() / "practice"


@dataclass(frozen=True)
class HistoryEntry:
    """One time that a piece, or a part of it, was played.

    Attributes:
        when: seconds since 1970.
        notes, played, wrong, missed, unsure, extra: how many.
        slowness: seconds that a second of the piece took.
        waited: whether the piece waited for the player.
    """

    when: float
    notes: int
    played: int
    wrong: int
    missed: int
    unsure: int
    extra: int
    slowness: float = 1.0
    waited: bool = False

    @classmethod
    def of(cls, result: PracticeResult, when: float, *, waited: bool = False) -> HistoryEntry:
        """What is kept of a result."""
        counts = result.counts
        return cls(
            when, len(result.marks), counts["right"] + counts["early"] + counts["late"],
            counts["wrong"], counts["missed"], counts["unsure"], len(result.extras),
            round(result.slowness, 4), waited,
        )

    @property
    def share_played(self) -> float:
        """Of those notes that the ear was sure of, the share that was played, 0 to 1."""
        sure = self.notes - self.unsure
        return self.played / sure if sure else 0.0


class PracticeHistory:
    """The histories of all pieces. A piece is known by its notes, not by its file's name."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = history_folder() if folder is None else folder

    def entries(self, piece: Piece) -> list[HistoryEntry]:
        """How it went, the oldest first. What is damaged is passed over."""
        try:
            document = json.loads(self._path(piece).read_bytes())
        except (OSError, ValueError, RecursionError):
            return []
        rows = document.get("entries") if isinstance(document, dict) else None
        found = map(_entry, rows if isinstance(rows, list) else [])
        return [entry for entry in found if entry is not None]

    def add(self, piece: Piece, entry: HistoryEntry) -> None:
        """Adds how it went this time.

        Raises:
            WriteError: it cannot be written; what there was stays.
        """
        entries = [*self.entries(piece), entry][-_MOST_ENTRIES:]
        document = {"piece": piece.title, "entries": [asdict(one) for one in entries]}
        with written_beside(self._path(piece)) as beside:
            beside.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")

    def forget(self, piece: Piece) -> None:
        """Removes the history of a piece."""
        self._path(piece).unlink(missing_ok=True)

    def _path(self, piece: Piece) -> Path:
        first_s = piece.notes[0].onset_s if piece.notes else 0.0
        text = " ".join(
            f"{note.pitch}@{round(100 * (note.onset_s - first_s))}" for note in piece.notes
        )
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"


def _entry(row: Any) -> HistoryEntry | None:
    if not isinstance(row, dict):
        return None
    values: dict[str, Any] = {}
    for field_ in fields(HistoryEntry):
        value = row.get(field_.name)
        if field_.name == "waited":
            values["waited"] = value is True
        elif (
            isinstance(value, bool) or not isinstance(value, int | float)
            or not 0 <= value <= _HIGHEST
        ):
            return None
        else:
            values[field_.name] = (
                float(value) if field_.name in ("when", "slowness") else int(value)
            )
    return HistoryEntry(**values)
