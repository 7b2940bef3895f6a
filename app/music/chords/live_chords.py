"""Chords while one plays: found in the last seconds again and again, and kept once they settled."""

from __future__ import annotations

import numpy as np

from app.music.chords.chord_finding import ChordSpan, chord_of
from app.system.paths import CHORD_WEIGHTS
from model.beats.note_features import NoteArrays
from model.chords.chord_finder import ChordFinder
from model.chords.chord_steps import BEAT

# Nobody knows the beats yet: chords may change at every half second.
STEP_S = 0.5
# So much is looked at, and what began so long ago stays.
WINDOW_S = 8.0
_SETTLED_S = 5.0


class LiveChords:
    """Grows with a live session.

    Attributes:
        spans: one after the other from second 0; the last of them may still change.
    """

    def __init__(self) -> None:
        self._finder: ChordFinder | None = None
        self.begin()

    def begin(self) -> None:
        """Another session begins."""
        self.spans: list[ChordSpan] = []
        self._until_step = 0

    def is_due(self, until_s: float) -> bool:
        """Whether more has settled than `update` saw."""
        return int(until_s / STEP_S) > self._until_step

    def update(self, notes: NoteArrays, until_s: float) -> bool:
        """Looks at what has settled until a moment.

        Args:
            notes: those that sound in the `WINDOW_S` before it, in order of onset.

        Returns:
            Whether `spans` may be others.

        Raises:
            CheckpointError: the weights cannot be used.
        """
        if not self.is_due(until_s):
            return False
        self._until_step = last = int(until_s / STEP_S)
        first = max(0, last - round(WINDOW_S / STEP_S))
        steps_s = np.arange(first, last + 1, dtype=np.float64) * STEP_S
        if self._finder is None:
            self._finder = ChordFinder.load(CHORD_WEIGHTS)
        found = self._finder.find(notes, steps_s, np.full(len(steps_s) - 1, BEAT))
        keep_s = max(0.0, last * STEP_S - _SETTLED_S)
        kept = [span for span in self.spans if span.start_s < keep_s]
        if kept:
            kept[-1] = ChordSpan(kept[-1].start_s, keep_s, kept[-1].chord)
        for chord in found:
            if chord.end_s > keep_s:
                _append(kept, ChordSpan(max(chord.start_s, keep_s), chord.end_s, chord_of(chord)))
        self.spans = kept
        return True


def _append(spans: list[ChordSpan], span: ChordSpan) -> None:
    """A chord that goes on is one."""
    if spans and spans[-1].chord == span.chord and spans[-1].end_s == span.start_s:
        span = ChordSpan(spans.pop().start_s, span.end_s, span.chord)
    spans.append(span)
