"""Beats and bars of notes: the public door of the networks that find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from model.beats.bar_decoder import decode
from model.beats.bar_search import BarWeights, bars_of
from model.beats.beat_config import SLOWER
from model.beats.beat_evidence import BeatEvidence, FoundBeat, Known, Weights
from model.beats.beat_runs import BARS_FORMAT, BEATS_FORMAT, Run, runner
from model.beats.note_features import NoteArrays, note_features
from model.notes import Note

# Fewer notes have no bars.
LEAST_NOTES = 6
# Frames that are looked at at once, and more on either side.
_BLOCK, _MARGIN = 3_000, 600


class BeatFinder:
    """Both loaded networks, and the searches that make beats and bars of what they say."""

    def __init__(self, beat_run: Run, bar_run: Run) -> None:
        self.beat_run, self.bar_run = beat_run, bar_run

    @classmethod
    def load(cls, beat_network: Path, bar_network: Path) -> BeatFinder:
        """Opens both, with ONNX Runtime where their twins lie beside them, else PyTorch.

        Raises:
            CheckpointError: one is missing, damaged, or its twin was not exported from it.
        """
        return cls(runner(beat_network, BEATS_FORMAT), runner(bar_network, BARS_FORMAT))

    def find(
        self, notes: Sequence[Note], known: Known = Known(),  # noqa: B008
        weights: Weights = Weights(), bar_weights: BarWeights = BarWeights(),  # noqa: B008
        go_on: Callable[[], object] = lambda: None,
    ) -> list[FoundBeat]:
        """The beats from the first to the last note; none of fewer than `LEAST_NOTES`.

        Args:
            notes: what is heard, in any order.
            known: what has been decided.
            go_on: is called now and then, and may raise to break off.
        """
        if len(notes) < LEAST_NOTES:
            return []
        arrays = NoteArrays.of(notes)
        evidence = self.evidence(arrays, go_on)
        found = decode(evidence, arrays.onset_s, known, weights, go_on)
        return bars_of(found, arrays, evidence, self.bar_run, known, bar_weights, go_on)

    def evidence(
        self, notes: NoteArrays, go_on: Callable[[], object] = lambda: None
    ) -> BeatEvidence:
        """What the beat network says of notes, from second 0 to a little after the last of them."""
        features = note_features(notes)
        features = np.pad(features, ((0, -len(features) % SLOWER), (0, 0)))
        parts = []
        for begin in range(0, len(features), _BLOCK):
            go_on()
            first, last = max(0, begin - _MARGIN), min(len(features), begin + _BLOCK + _MARGIN)
            beats, periods, meters = self.beat_run(features[first:last])
            end = min(begin + _BLOCK, len(features))
            slow = slice((begin - first) // SLOWER, (end - first) // SLOWER)
            parts.append((beats[begin - first : end - first], periods[slow], meters[slow]))
        joined = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
        return BeatEvidence(*joined)
