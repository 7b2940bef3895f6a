"""Two lists of notes side by side: what is the same in both, what is missed, what is extra."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.song.note_matching import SAME_ONSET_S
from model.notes import Note
from model.pitch import note_name


@dataclass(frozen=True)
class Comparison:
    """How the notes of one playing differ from those of another, which is how it should be.

    Attributes:
        wanted, played: the notes of both, in order of onset, then pitch.
        pairs: indices of notes in `wanted` and `played` that are the same.
        shift_s: by how much what was played is later as a whole.
    """

    wanted: Sequence[Note]
    played: Sequence[Note]
    pairs: Sequence[tuple[int, int]]
    shift_s: float = 0.0

    @property
    def missed(self) -> list[int]:
        """Those of `wanted` that were not played."""
        found = {one for one, _ in self.pairs}
        return [index for index in range(len(self.wanted)) if index not in found]

    @property
    def extra(self) -> list[int]:
        """Those of `played` that were not wanted."""
        found = {other for _, other in self.pairs}
        return [index for index in range(len(self.played)) if index not in found]

    def differences_s(self) -> list[float]:
        """The moments of `wanted` at which they differ, rising: for going from one to the next."""
        times = {self.wanted[index].onset_s for index in self.missed}
        times |= {self.played[index].onset_s - self.shift_s for index in self.extra}
        return sorted(times)

    def as_json(self) -> dict[str, Any]:
        """Counts, and every note that is not in both; times are those of its own file."""
        return {
            "right": len(self.pairs), "missed": len(self.missed), "extra": len(self.extra),
            "shift_s": round(self.shift_s, 4),
            "missed_notes": [_note(self.wanted[index]) for index in self.missed],
            "extra_notes": [_note(self.played[index]) for index in self.extra],
            "right_notes": [
                {
                    **_note(self.wanted[one]),
                    "off_ms": round(1000 * (
                        self.played[other].onset_s - self.shift_s - self.wanted[one].onset_s
                    ), 1),
                }
                for one, other in self.pairs
            ],
        }  # fmt: skip


def compare(
    wanted: Sequence[Note], played: Sequence[Note], tolerance_s: float = SAME_ONSET_S,
    *, align: bool = True,
) -> Comparison:
    """Compares two lists of notes. Notes are the same that have one pitch and begin together.

    Args:
        tolerance_s: within this.
        align: whether what was played may be later or earlier as a whole.
    """
    wanted, played = sorted(wanted), sorted(played)
    shift_s = _shift_s(wanted, played) if align else 0.0
    onsets: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for index, note in enumerate(played):
        onsets[note.pitch].append((note.onset_s - shift_s, index))
    candidates = []
    for one, note in enumerate(wanted):
        others = onsets[note.pitch]
        first = bisect.bisect_left(others, (note.onset_s - tolerance_s - 1e-9, -1))
        for onset_s, other in others[first:]:
            if onset_s > note.onset_s + tolerance_s + 1e-9:
                break
            candidates.append((abs(onset_s - note.onset_s), one, other))
    # The nearest find each other first.
    pairs: list[tuple[int, int]] = []
    ones: set[int] = set()
    others_: set[int] = set()
    for _, one, other in sorted(candidates):
        if one not in ones and other not in others_:
            ones.add(one)
            others_.add(other)
            pairs.append((one, other))
    return Comparison(wanted, played, sorted(pairs), shift_s)


# Bins of the histogram of distances, and how far two recordings of one playing lie apart at most.
_BIN_S, _FARTHEST_S = 0.02, 30.0
_MOST_NEIGHBOURS = 60


def _shift_s(wanted: Sequence[Note], played: Sequence[Note]) -> float:
    """By how much the most notes of one pitch are apart; 0 where that says nothing."""
    by_pitch: dict[int, list[float]] = defaultdict(list)
    for note in played:
        by_pitch[note.pitch].append(note.onset_s)
    bins: dict[int, list[float]] = defaultdict(list)
    for note in wanted:
        others = by_pitch[note.pitch]
        first = bisect.bisect_left(others, note.onset_s - _FARTHEST_S)
        last = bisect.bisect_right(others, note.onset_s + _FARTHEST_S)
        middle = bisect.bisect_left(others, note.onset_s)
        first = max(first, middle - _MOST_NEIGHBOURS)
        for onset_s in others[first : min(last, middle + _MOST_NEIGHBOURS)]:
            bins[round((onset_s - note.onset_s) / _BIN_S)].append(onset_s - note.onset_s)

    def weight(bin_: int) -> int:
        return sum(len(bins.get(bin_ + beside, ())) for beside in (-1, 0, 1))

    best = max(list(bins), key=lambda bin_: (weight(bin_), -abs(bin_)), default=0)
    # As they are is best where no shift is clearly better.
    if weight(best) < 3 or weight(best) <= 1.2 * weight(0):
        return 0.0
    near = sorted(apart for beside in (-1, 0, 1) for apart in bins.get(best + beside, ()))
    return near[len(near) // 2]


def _note(note: Note) -> dict[str, Any]:
    return {
        "pitch": note.pitch, "name": note_name(note.pitch),
        "onset_s": round(note.onset_s, 4), "offset_s": round(note.offset_s, 4),
    }  # fmt: skip
