"""Score following: where in the piece somebody plays, whatever the tempo, with bars left out or
repeated.

A hidden Markov model over the piece's chords, decoded forward only (Viterbi): each attack that is
heard is a note of the chord at hand, of one of the next, of any other after a jump, or a note that
is not in the piece. Every hypothesis has a tempo of its own, which says when the next chord is to
be expected. After jumps of any distance: Nakamura et al., "Real-Time Audio-to-Score Alignment of
Music Performances Containing Errors and Arbitrary Repeats and Skips" (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.practice.piece import Chord

# All as natural logarithms of probabilities.
_WRONG = -5.0
_EXTRA = -5.0
_OCTAVE = -2.5
_LATE_NOTE = -1.0
# Chords that are passed over without a note of them: the first, and each further one.
_SKIP, _FURTHER_SKIP = -2.0, -1.0
_MOST_SKIPPED = 7
_JUMP, _JUMP_TO_BAR = -13.0, -9.0
# The same for each doubling of the distance in bars: who repeats or leaves something out goes near.
_FARTHER = -1.2
_NO_JUMP = -45.0
_BEGIN_ELSEWHERE, _BEGIN_AT_BAR = -12.0, -9.0
# How far beside its time a chord may come: so much of the time since the last, and so many seconds.
_TIMING_SHARE, _TIMING_S = 0.25, 0.05
_WORST_TIMING, _WORST_WAIT = -4.0, -1.0
# Notes of a chord are played within this.
_SPREAD_S = 0.15
# Rolled ones, and with ornaments, within this: less probable.
_ROLLED_S, _ROLLED = 0.8, -1.5
# The tempo is that of about the last seconds.
_TEMPO_MEMORY_S = 1.5
_SLOWEST, _FASTEST = 4.0, 0.25
# No attacks lie closer to each other than this, so that none makes a tempo of nothing.
_LEAST_S = 0.01


@dataclass(frozen=True)
class Place:
    """Where somebody is.

    Attributes:
        chord: which of the chords was played last.
        piece_s: seconds of the piece's own tempo.
        slowness: seconds that one of these takes: 1 at the piece's tempo, 2 at half of it.
        since_s: when the chord was played.
        is_sure: whether no other place is nearly as probable.
    """

    chord: int
    piece_s: float
    slowness: float
    since_s: float
    is_sure: bool


class Follower:
    """Follows a performance attack by attack."""

    def __init__(
        self, chords: Sequence[Chord], *, begins: int | None = 0, jumps: bool = True,
        waits: bool = False,
    ) -> None:
        """Args:
        begins: the chord that it begins with as a rule; None: with any.
        jumps: whether bars are left out or repeated; without, only where nothing else fits.
        waits: whether the piece waits for each chord: that it comes late says little then.
        """
        n = len(chords)
        self._places_s = np.array([chord.onset_s for chord in chords])
        self._begins_bar = np.array([chord.begins_bar for chord in chords], bool)
        self._has = np.zeros((128, n), bool)
        for index, chord in enumerate(chords):
            self._has[list(chord.pitches), index] = True
        self._scores = np.full(n, -np.inf)
        self._since_s = np.zeros(n)
        self._slowness = np.ones(n)
        self._known_s = np.zeros(n)
        self._jump = np.where(self._begins_bar, _JUMP_TO_BAR, _JUMP)
        self._bars = np.cumsum(self._begins_bar)
        if not jumps:
            self._jump[:] = _NO_JUMP
        self._beginning = np.where(self._begins_bar, _BEGIN_AT_BAR, _BEGIN_ELSEWHERE)
        if begins is None:
            self._beginning[:] = 0.0
        elif n:
            self._beginning[begins] = 0.0
        self._worst_late = _WORST_WAIT if waits else _WORST_TIMING
        self._has_begun = False
        self._best = 0

    def hear(self, pitch: int, onset_s: float) -> None:
        """Takes an attack; they come in about the order in which they were played."""
        if not len(self._scores):
            return
        fits = self._fits(pitch)
        if not self._has_begun:
            self._has_begun = True
            self._scores = self._beginning + fits
            self._since_s[:] = onset_s
            self._best = int(self._scores.argmax())
            return
        waited_s = np.maximum(onset_s - self._since_s, _LEAST_S)
        is_at_once = waited_s <= _SPREAD_S
        # It stays: a further note of the chord, or of the one before; or what is not in the piece.
        late = np.concatenate([[_WRONG], fits[:-1] + _LATE_NOTE])
        among = np.maximum(fits, late)
        later = np.where(waited_s <= _ROLLED_S, _ROLLED, _EXTRA)
        among = np.where(is_at_once, among, among + later)
        scores = self._scores + np.maximum(among, _EXTRA)
        since_s, slowness = self._since_s.copy(), self._slowness.copy()
        known_s = self._known_s.copy()
        for step in range(1, min(_MOST_SKIPPED + 1, len(scores) - 1) + 1):
            skipped = 0.0 if step == 1 else _SKIP + _FURTHER_SKIP * (step - 2)
            gap_s = self._places_s[step:] - self._places_s[:-step]
            expected_s = gap_s * self._slowness[:-step]
            waited = waited_s[:-step]
            error = (waited - expected_s) / (_TIMING_S + _TIMING_SHARE * expected_s)
            worst = np.where(error > 0, self._worst_late, _WORST_TIMING)
            timing = np.maximum(-0.5 * error**2, worst)
            there = self._scores[:-step] + skipped + timing + fits[step:]
            better = there > scores[step:]
            if not better.any():
                continue
            where = np.flatnonzero(better)
            scores[where + step] = there[where]
            since_s[where + step] = onset_s
            known = self._known_s[where]
            learnt = expected_s[where] / (
                np.minimum(known, _TEMPO_MEMORY_S) + expected_s[where] + 1e-9
            )
            ratio = np.clip(waited[where] / np.maximum(expected_s[where], _LEAST_S), 0.5, 2.0)
            slowness[where + step] = np.clip(
                self._slowness[where] * ratio**learnt, _FASTEST, _SLOWEST
            )
            known_s[where + step] = known + waited[where]
        best = self._best
        bars = np.abs(self._bars - self._bars[best])
        leap = self._scores[best] + self._jump + _FARTHER * np.log2(1 + bars) + fits
        leapt = leap > scores
        scores[leapt], since_s[leapt] = leap[leapt], onset_s
        slowness[leapt] = self._slowness[best]
        known_s[leapt] = self._known_s[best] / 2
        self._scores = scores - scores.max()
        self._since_s, self._slowness, self._known_s = since_s, slowness, known_s
        self._best = int(self._scores.argmax())

    def place(self, now_s: float) -> Place | None:
        """Where it is at a moment; None before the first note.

        It goes on by the tempo up to the next chord, and waits there until that is heard.
        """
        if not self._has_begun:
            return None
        best = self._best
        slowness, since_s = float(self._slowness[best]), float(self._since_s[best])
        piece_s = float(self._places_s[best]) + max(0.0, now_s - since_s) / slowness
        if best + 1 < len(self._places_s):
            piece_s = min(piece_s, float(self._places_s[best + 1]))
        others = np.concatenate([self._scores[: max(0, best - 2)], self._scores[best + 3 :]])
        is_sure = not len(others) or float(others.max()) < -_SURE
        return Place(best, piece_s, slowness, since_s, is_sure)

    def _fits(self, pitch: int) -> NDArray[np.float64]:
        fits = np.full(len(self._scores), _WRONG)
        for octave in (pitch - 12, pitch + 12):
            if 0 <= octave < len(self._has):
                fits[self._has[octave]] = _OCTAVE
        fits[self._has[pitch]] = 0.0
        return fits


# By so much another place must be less probable.
_SURE = 3.0
