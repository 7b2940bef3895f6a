"""What a player is told afterwards: totals, timing, bars, intonation, as JSON and in words."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.practice.marks import KINDS, PLAYED, Extra, Mark
from app.practice.piece import Piece
from model.notes import Note
from model.pitch import note_name

# A note and what was heard of it begin within this.
_SAME_S = 0.08
# Against the bars around it, a bar is rushed or dragged from so many ms on; in the whole likewise.
_TENDENCY_MS = 25.0
# So many notes of a bar must be played for its timing to mean something.
_FEWEST = 3
# So many cents of all notes together are out of tune.
_OUT_OF_TUNE_CENTS = 10.0
_WORST_BARS = 3


@dataclass(frozen=True)
class BarResult:
    """A bar.

    Attributes:
        bar: its number.
        counts: how many notes have each mark.
        n_extra: notes that are not in the piece.
        off_ms: how late its notes are on average; None without a clock, or of too few.
    """

    bar: int
    counts: Counter[str]
    n_extra: int
    off_ms: float | None

    @property
    def n_faults(self) -> int:
        """What counts as a mistake; early and late ones half."""
        timed = (self.counts["early"] + self.counts["late"] + 1) // 2
        return self.counts["wrong"] + self.counts["missed"] + self.n_extra + timed


@dataclass(frozen=True)
class PracticeResult:
    """What came of playing a piece once.

    Attributes:
        piece: what was played.
        marks: of each of its notes.
        extras: what was played beside it.
        cents: by the index of a note, how much too high it sounded; where that was measured.
        slowness: seconds that a second of the piece took.
    """

    piece: Piece
    marks: Sequence[Mark]
    extras: Sequence[Extra] = ()
    cents: dict[int, float] = field(default_factory=dict)
    slowness: float = 1.0

    @property
    def counts(self) -> Counter[str]:
        """How many notes have each mark."""
        return Counter(mark.kind for mark in self.marks)

    @property
    def share_played(self) -> float:
        """Of those notes that the ear is sure of, the share that was played, 0 to 1."""
        counts = self.counts
        sure = len(self.marks) - counts["unsure"]
        return sum(counts[kind] for kind in PLAYED) / sure if sure else 0.0

    def offs_ms(self) -> list[float]:
        """How late each note with a time was."""
        return [mark.off_ms for mark in self.marks if mark.off_ms is not None]

    def bars(self) -> list[BarResult]:
        """The bars that have notes, in order."""
        marks: dict[int, list[Mark]] = defaultdict(list)
        for note, mark in zip(self.piece.notes, self.marks, strict=True):
            marks[note.bar].append(mark)
        extras = Counter(map(self._bar_of, self.extras))
        found = []
        for bar in sorted(marks):
            offs = [mark.off_ms for mark in marks[bar] if mark.off_ms is not None]
            found.append(BarResult(
                bar, Counter(mark.kind for mark in marks[bar]), extras[bar],
                statistics.mean(offs) if len(offs) >= _FEWEST else None,
            ))  # fmt: skip
        return found

    def worst_bars(self) -> list[int]:
        """The few bars with the most mistakes, the worst first."""
        faulty = [bar for bar in self.bars() if bar.n_faults]
        faulty.sort(key=lambda bar: (-bar.n_faults, bar.bar))
        return [bar.bar for bar in faulty[:_WORST_BARS]]

    def loops(self) -> list[tuple[int, int]]:
        """The worst bars as stretches to be practised, the worst first: neighbours are one."""
        worst = self.worst_bars()
        found: list[list[int]] = []
        for bar in sorted(worst):
            if found and bar == found[-1][-1] + 1:
                found[-1].append(bar)
            else:
                found.append([bar])
        found.sort(key=lambda bars: min(map(worst.index, bars)))
        return [(bars[0], bars[-1]) for bars in found]

    def summary(self) -> list[str]:
        """Sentences about it."""
        counts, n = self.counts, len(self.marks)
        played = sum(counts[kind] for kind in PLAYED)
        lines = [f"{played} of {n} notes played, {counts['wrong']} wrong, "
                 f"{counts['missed']} missed, {len(self.extras)} extra; "
                 f"{counts['unsure']} that the ear is unsure of do not count."]
        offs = self.offs_ms()
        if len(offs) >= _FEWEST:
            mean, spread = statistics.mean(offs), statistics.pstdev(offs)
            side = "late" if mean > 0 else "early"
            lines.append(f"On average {abs(mean):.0f} ms {side}, give or take {spread:.0f} ms.")
        lines += self._tendencies()
        if self.cents:
            mean = statistics.mean(self.cents.values())
            if abs(mean) >= _OUT_OF_TUNE_CENTS:
                side = "high" if mean > 0 else "low"
                lines.append(f"{abs(mean):.0f} cents too {side} on average.")
            else:
                lines.append("In tune on average.")
        if worst := self.worst_bars():
            lines.append(f"Worth another try: {_bars_text(worst)}.")
        return lines

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        offs = self.offs_ms()
        return {
            "piece": self.piece.title,
            "slowness": round(self.slowness, 4),
            "totals": {
                "notes": len(self.marks),
                **{kind: self.counts[kind] for kind in KINDS},
                "extra": len(self.extras),
                "share_played": round(self.share_played, 4),
                "off_ms_mean": round(statistics.mean(offs), 1) if offs else None,
                "off_ms_spread": round(statistics.pstdev(offs), 1) if offs else None,
                "cents_mean": (
                    round(statistics.mean(self.cents.values()), 1) if self.cents else None
                ),
            },
            "bars": [
                {
                    "bar": bar.bar, **{kind: bar.counts[kind] for kind in KINDS},
                    "extra": bar.n_extra,
                    "off_ms_mean": None if bar.off_ms is None else round(bar.off_ms, 1),
                }
                for bar in self.bars()
            ],
            "worst_bars": self.worst_bars(),
            "summary": self.summary(),
            "notes": [self._note_json(index) for index in range(len(self.marks))],
            "extra": [
                {
                    "pitch": extra.pitch, "name": note_name(extra.pitch),
                    "time_s": round(extra.time_s, 4), "bar": self._bar_of(extra),
                }
                for extra in self.extras
            ],
        }  # fmt: skip

    def _note_json(self, index: int) -> dict[str, Any]:
        note, mark = self.piece.notes[index], self.marks[index]
        return {
            "index": index, "part": note.part, "bar": note.bar,
            "onset_s": round(note.onset_s, 4), "offset_s": round(note.offset_s, 4),
            "pitch": note.pitch, "name": note_name(note.pitch), "mark": mark.kind,
            "time_s": None if mark.time_s is None else round(mark.time_s, 4),
            "off_ms": mark.off_ms, "heard_pitch": mark.heard_pitch,
            "cents": self.cents.get(index),
        }  # fmt: skip

    def _bar_of(self, extra: Extra) -> int:
        """The bar of the note that was due nearest to it."""
        times = [
            (abs(mark.time_s - extra.time_s), index)
            for index, mark in enumerate(self.marks) if mark.time_s is not None
        ]
        return self.piece.notes[min(times)[1]].bar if times else self.piece.first_bar

    def _tendencies(self) -> list[str]:
        """Where it is rushed or dragged: from one timed bar to the next, time is won or lost."""
        timed = [bar for bar in self.bars() if bar.off_ms is not None]
        rushed: list[int] = []
        dragged: list[int] = []
        for before, bar in itertools.pairwise(timed):
            assert before.off_ms is not None
            assert bar.off_ms is not None
            won_ms = bar.off_ms - before.off_ms
            if abs(won_ms) >= _TENDENCY_MS:
                (dragged if won_ms > 0 else rushed).append(bar.bar)
        lines = []
        if rushed:
            lines.append(f"Rushing in {_bars_text(rushed)}.")
        if dragged:
            lines.append(f"Dragging in {_bars_text(dragged)}.")
        return lines


def cents_of(marks: Sequence[Mark], piece: Piece, heard: Sequence[Note]) -> dict[int, float]:
    """How much too high each note that was played sounded, by its index, where it was measured.

    Args:
        heard: notes with pitch curves.
    """
    by_pitch: dict[int, list[Note]] = defaultdict(list)
    for note in heard:
        if note.cents:
            by_pitch[note.pitch].append(note)
    found = {}
    for index, (wanted, mark) in enumerate(zip(piece.notes, marks, strict=True)):
        time_s = mark.time_s
        if mark.kind not in PLAYED or time_s is None or not by_pitch[wanted.pitch]:
            continue
        nearest = min(by_pitch[wanted.pitch], key=lambda note: abs(note.onset_s - time_s))
        if abs(nearest.onset_s - time_s) <= _SAME_S:
            found[index] = round(statistics.median(nearest.cents), 1)
    return found


def _bars_text(bars: Sequence[int]) -> str:
    names = [str(bar) for bar in bars]
    if len(names) == 1:
        return f"bar {names[0]}"
    return f"bars {', '.join(names[:-1])} and {names[-1]}"
