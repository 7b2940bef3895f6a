"""What is known of each recording of a data set, and what a reader should know of all of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from model.config import FeatureConfig
from training.corpora.recording import Labelled
from training.datasets.alignment import Lag, lag
from training.datasets.labels import within_range
from training.scoring.tables import markdown

# Recordings that are named in one line; all are in the JSON report.
_N_NAMED = 5
_COLUMNS = (
    ("recordings", ".0f"), ("hours", ".2f"), ("notes", ".0f"), ("lowest", ".0f"),
    ("highest", ".0f"), ("softest", ".0f"), ("loudest", ".0f"), ("lag_ms", ".0f"),
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """One recording.

    Attributes:
        seconds: of sound.
        notes: as they are labelled: in range, and none overlapping another of its pitch.
        pitches, velocities: lowest and highest; none without notes, or without known velocities.
        changes: what was changed or left out, and how often; see `Labelled`.
        lag: of the sound behind the labels.
    """

    seconds: float
    notes: int
    pitches: tuple[int, int] | None
    velocities: tuple[int, int] | None
    changes: Mapping[str, int] = field(default_factory=dict)
    lag: Lag = field(default_factory=lambda: Lag(0))

    @classmethod
    def of(cls, loaded: Labelled, features: FeatureConfig) -> Facts:
        """Looks at a recording."""
        changes = Counter(loaded.changes)
        kept = within_range(loaded.notes, changes)
        return cls(
            len(loaded.samples) / features.sample_rate,
            len(kept),
            _range([note.pitch for note in kept]),
            _range([note.velocity for note in kept if note.velocity]),
            dict(sorted(changes.items())),
            lag(loaded.samples, kept, features.sample_rate),
        )

    def to_json(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Facts:
        """Back from `to_json`. Raises ValueError, KeyError or TypeError when it is something else.
        """
        held = json.loads(text)
        pairs = {name: None if held[name] is None else tuple(held[name])
                 for name in ("pitches", "velocities")}
        return cls(**held | pairs | {"lag": Lag(**held["lag"])})


@dataclass(frozen=True)
class Report:
    """All recordings of a data set, and what became of those that are not in it.

    Attributes:
        pieces: by "corpus/name".
        failures: one sentence for each recording that cannot be used.
        unused: names of files that were left out, by why.
    """

    pieces: Mapping[str, Facts]
    failures: Sequence[str] = ()
    unused: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self) -> str:
        """The report as a person reads it."""
        blocks = [markdown(self._corpora(), "corpus", _COLUMNS)] if self.pieces else []
        counted = [
            f"{what}: {sum(counts.values())} ({_names(_by_count(counts))})"
            for what, counts in self._changes().items()
        ]
        counted += [f"{why}: {len(names)} ({_names(names)})" for why, names in self.unused.items()]
        silent = [name for name, facts in self.pieces.items() if not facts.notes]
        if silent:
            counted.append(f"recordings without a note: {len(silent)} ({_names(silent)})")
        unknown = [n for n, facts in self.pieces.items() if facts.notes and not facts.velocities]
        if unknown:
            counted.append(
                f"recordings without known velocities: {len(unknown)} ({_names(unknown)})"
            )
        if counted:
            blocks.append("\n".join(counted))
        # Every one of these is named: each may spoil what is learned.
        faults = [f"look at {name}: {fault}" for name, fault in self.faults.items()]
        if faults:
            blocks.append("\n".join(faults))
        return "\n\n".join(blocks)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with the labels' times, by piece."""
        return {n: facts.lag.fault for n, facts in self.pieces.items() if facts.lag.fault}

    def values(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "corpora": self._corpora(),
            "recordings": {name: asdict(facts) for name, facts in self.pieces.items()},
            "changes": {what: dict(counts) for what, counts in self._changes().items()},
            "unused": {why: list(names) for why, names in self.unused.items()},
            "left_out": list(self.failures),
            "faults": self.faults,
        }

    def _changes(self) -> dict[str, Counter[str]]:
        """How often each change was made, by piece."""
        made: dict[str, Counter[str]] = {}
        for name, facts in self.pieces.items():
            for what, count in facts.changes.items():
                made.setdefault(what, Counter())[name] = count
        return dict(sorted(made.items()))

    def _corpora(self) -> dict[str, dict[str, float]]:
        corpora: dict[str, list[Facts]] = {}
        for name, facts in self.pieces.items():
            corpora.setdefault(name.partition("/")[0], []).append(facts)
        rows = {corpus: _row(held) for corpus, held in sorted(corpora.items())}
        if len(rows) > 1:
            rows["all"] = _row(list(self.pieces.values()))
        return rows


def _by_count(counts: Counter[str]) -> list[str]:
    """The names, those with the highest counts first, with their counts."""
    return [f"{name}: {count}" for name, count in counts.most_common()]


def _row(held: Sequence[Facts]) -> dict[str, float]:
    row: dict[str, float] = {
        "recordings": len(held),
        "hours": sum(facts.seconds for facts in held) / 3600,
        "notes": sum(facts.notes for facts in held),
    }
    pitches = [pitch for facts in held for pitch in facts.pitches or ()]
    velocities = [velocity for facts in held for velocity in facts.velocities or ()]
    if pitches:
        row |= {"lowest": min(pitches), "highest": max(pitches)}
    if velocities:
        row |= {"softest": min(velocities), "loudest": max(velocities)}
    lags = sorted(f.lag.median_s for f in held if f.lag.median_s is not None)
    if lags:
        row["lag_ms"] = 1000 * lags[len(lags) // 2]
    return row


def _names(names: Sequence[str]) -> str:
    more = len(names) - _N_NAMED
    return ", ".join(names[:_N_NAMED]) + (f" and {more} more" if more > 0 else "")


def _range(values: Iterable[int]) -> tuple[int, int] | None:
    held = list(values)
    return (min(held), max(held)) if held else None
