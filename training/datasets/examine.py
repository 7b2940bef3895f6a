"""Looking at recordings without building anything from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from model.config import FeatureConfig
from training.corpora.recording import Recording
from training.datasets import workers
from training.datasets.facts import Facts, Report
from training.datasets.piece import tried


def examine(
    recordings: Sequence[Recording], features: FeatureConfig, num_workers: int = 0,
    scheduler: str | None = None,
) -> Report:
    """Reads all recordings, and writes nothing."""
    looks = [_Look(recording, index, features) for index, recording in enumerate(recordings)]
    found: dict[int, Facts | str] = {}
    ready = workers.results(looks, num_workers, scheduler)
    for index, facts in tqdm(ready, total=len(looks), unit="recording", disable=None):
        found[index] = facts
    pieces, failures = {}, []
    for index, recording in enumerate(recordings):
        facts = found[index]
        if isinstance(facts, Facts):
            pieces[recording.title] = facts
        else:
            failures.append(facts)
    return Report(pieces, failures)


@dataclass(frozen=True)
class _Look:
    """One recording to read."""

    recording: Recording
    index: int
    features: FeatureConfig

    def __call__(self) -> tuple[int, Facts | str]:
        def look() -> Facts:
            return Facts.of(self.recording.load(self.features.sample_rate), self.features)

        return self.index, tried(self.recording, look)
