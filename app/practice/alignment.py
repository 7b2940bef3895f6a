"""The clock of a performance that was recorded without one: when it began, and how fast it is."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.practice.follower import Follower
from app.practice.judging.evidence import Attack, Evidence
from app.practice.judging.schedule import Clock
from app.practice.piece import Chord, Piece

# A clock fits so many of the notes, within so much.
_STEADY_SHARE, _STEADY_S = 0.8, 0.12
# Rubato is followed by lines through so many seconds of the piece on either side.
_AROUND_S = 3.0
_FEWEST = 4
# Somebody kept a tempo who was so near to such lines so often.
_KEPT_SHARE, _KEPT_S = 0.85, 0.15
# Where somebody hesitated, a chord is looked for so far from where the tempo has it, and a wrong
# note stands for one so many semitones beside.
_HESITANT_S, _NEAR_SEMITONES = 0.25, 2
# The tempo at a chord is that of so many matches on either side.
_LOCAL = 4
# Against one wrong match, a line through a few is drawn again without the worst.
_ROUNDS = 4


def clock_of(piece: Piece, attacks: Sequence[Attack]) -> Clock:
    """The clock that somebody who played the piece may have had; see `Alignment.clock`.

    Args:
        attacks: of the whole performance.
    """
    alignment = Alignment(piece)
    alignment.take(attacks, math.inf)
    return alignment.clock()


class Alignment:
    """Goes along with a performance, so that its clock is known as soon as it has ended."""

    def __init__(self, piece: Piece, *, waits: bool = False) -> None:
        """Args: `waits` says whether the piece waits, so that any chord may be late."""
        self._first_s = piece.notes[0].onset_s if piece.notes else 0.0
        self._chords = piece.chords()
        # A clock goes on: who plays with it repeats nothing.
        self._follower = Follower(self._chords, jumps=False, waits=waits)
        # In order of their onsets, and how many of them the follower has heard.
        self._attacks: list[Attack] = []
        self._n_heard = 0
        # When each chord was played.
        self._played_s: dict[int, float] = {}

    def follow(self, evidence: Evidence) -> None:
        """Takes what the settled answer has said since."""
        self.take(evidence.attacks[len(self._attacks) :], evidence.told_s)

    def take(self, attacks: Iterable[Attack], until_s: float) -> None:
        """Takes further attacks, in the order in which they were said.

        Args:
            until_s: none that begins before this moment comes any more.
        """
        for attack in attacks:
            bisect.insort(self._attacks, attack, lo=self._n_heard, key=lambda one: one.onset_s)
        while self._n_heard < len(self._attacks):
            attack = self._attacks[self._n_heard]
            if attack.onset_s > until_s:
                break
            self._n_heard += 1
            self._follower.hear(attack.pitch, attack.onset_s)
            place = self._follower.place(attack.onset_s)
            if place is None or place.since_s != attack.onset_s:
                continue
            if attack.pitch in self._chords[place.chord].pitches:
                self._played_s[place.chord] = attack.onset_s

    def clock(self) -> Clock:
        """The clock that somebody who played so may have had.

        A steady one, where one fits; else one that goes with the performance, and against which
        only what comes early or late beside its neighbours is so. Who hesitates, or tries again
        until a note is right, keeps no tempo: then each chord is due when it was played. Where the
        piece is hardly heard, its own tempo from the first attack on.
        """
        self.take((), math.inf)
        attacks, at = self._attacks, self._matches()
        if not len(at):
            return Clock.steady((attacks[0].onset_s if attacks else 0.0) - self._first_s)
        if len(at) < _FEWEST:
            return _hesitant(self._chords, attacks, at, 1.0)
        line = _line(at)
        inside = np.abs(at[:, 1] - line[0] - line[1] * at[:, 0]) <= _STEADY_S
        if np.mean(inside) >= _STEADY_SHARE:
            return Clock.steady(*_line(at[inside]))
        clock = _with_rubato(at)
        off_s = np.array([played_s - clock.due_s(place_s) for place_s, played_s in at])
        if np.mean(np.abs(off_s) <= _KEPT_S) >= _KEPT_SHARE:
            return clock
        return _hesitant(self._chords, attacks, at, line[1])

    def _matches(self) -> NDArray[np.float64]:
        """Moments of the piece and of the performance that belong together: (matches, 2),
        rising."""
        pairs = np.array([
            (self._chords[chord].onset_s, self._played_s[chord]) for chord in sorted(self._played_s)
        ]).reshape(-1, 2)
        # Whoever leaves something out or repeats it has no clock there: what goes on in order
        # counts.
        return pairs[_rising(pairs[:, 1])]


def _rising(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """The longest run of values, some left out, that rises."""
    ends: list[float] = []
    at: list[int] = []
    before = np.full(len(values), -1, np.intp)
    for index, value in enumerate(values):
        place = int(np.searchsorted(ends, value))
        before[index] = at[place - 1] if place else -1
        ends[place:place + 1], at[place:place + 1] = [float(value)], [index]
    found = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(index)
        index = int(before[index])
    return np.array(found[::-1], np.intp)


def _line(at: NDArray[np.float64]) -> tuple[float, float]:
    """Beginning and slowness: what half of the matches agree upon, whatever the others are."""
    from scipy import stats

    thinned = at[:: max(1, len(at) // 400)]
    slowness = float(stats.theilslopes(thinned[:, 1], thinned[:, 0]).slope)
    slowness = min(8.0, max(0.125, slowness))
    begins_s = float(np.median(at[:, 1] - slowness * at[:, 0]))
    for _ in range(_ROUNDS):
        off_s = at[:, 1] - begins_s - slowness * at[:, 0]
        good = np.abs(off_s) <= max(_STEADY_S / 2, 2 * float(np.median(np.abs(off_s))))
        if good.sum() < _FEWEST or np.ptp(at[good, 0]) < 1.0:
            break
        slowness, begins_s = map(float, np.polyfit(at[good, 0], at[good, 1], 1))
    return begins_s, slowness


def _with_rubato(at: NDArray[np.float64]) -> Clock:
    places: list[float] = []
    times: list[float] = []
    for place_s in np.unique(at[:, 0]):
        weights = 1 - np.abs(at[:, 0] - place_s) / _AROUND_S
        near = at[weights > 0]
        weights = weights[weights > 0]
        if len(near) < 3 or np.ptp(near[:, 0]) < 0.3:
            time_s = float(np.median(near[:, 1] - near[:, 0])) + place_s
        else:
            time_s = _weighted(near, weights, place_s)
        if not times or time_s > times[-1] + 1e-3:
            places.append(float(place_s))
            times.append(time_s)
    if len(places) < 2:
        return Clock.steady(*_line(at))
    return Clock(tuple(places), tuple(times))


def _weighted(near: NDArray[np.float64], weights: NDArray[np.float64], place_s: float) -> float:
    """A line through matches, the far and the odd ones counting less, at a place."""
    trust = weights
    time_s = 0.0
    for _ in range(_ROUNDS):
        slope, begin = np.polyfit(near[:, 0] - place_s, near[:, 1], 1, w=np.sqrt(trust))
        time_s = float(begin)
        off_s = np.abs(near[:, 1] - begin - slope * (near[:, 0] - place_s))
        trust = weights / (1 + (off_s / 0.1) ** 2)
    return time_s


def _hesitant(
    chords: Sequence[Chord], attacks: Sequence[Attack], at: NDArray[np.float64], slowness: float
) -> Clock:
    """A clock that goes on from chord to chord when these are heard, however late."""
    places = [chord.onset_s for chord in chords]
    times: dict[int, float] = {}
    latest_s = -np.inf
    for place_s, time_s in at:
        if time_s > latest_s + 0.02:
            times[bisect.bisect_left(places, place_s)] = latest_s = float(time_s)
    matched = sorted(times)
    onsets = [attack.onset_s for attack in attacks]
    for first, last in itertools.pairwise([-1, *matched, len(chords)]):
        before = first
        # From the match before, or back from the one behind: between them was the pause.
        for chord in range(first + 1, last):
            local = _local_slowness(chord, matched, places, times, slowness)
            guesses = []
            low_s, high_s = -np.inf, np.inf
            if before >= 0:
                guesses.append(times[before] + local * (places[chord] - places[before]))
                low_s = times[before] + 0.03
            if last < len(chords):
                guesses.append(times[last] - local * (places[last] - places[chord]))
                high_s = times[last] - 0.02
            low_s = max(low_s, min(guesses) - _HESITANT_S)
            high_s = min(high_s, max(guesses) + _HESITANT_S)
            near = attacks[bisect.bisect_left(onsets, low_s) : bisect.bisect_right(onsets, high_s)]
            found_s = [attack.onset_s for attack in _of_chord(near, chords, chord)]
            if found_s:
                times[chord] = min(
                    found_s, key=lambda time_s: min(abs(time_s - guess) for guess in guesses)
                )
                before = chord
    known: list[tuple[float, float]] = []
    for chord in sorted(times):
        if not known or times[chord] > known[-1][1] + 1e-3:
            known.append((places[chord], times[chord]))
    if len(known) < 2:
        return Clock.steady(known[0][1] - slowness * known[0][0], slowness)
    return Clock(tuple(place for place, _ in known), tuple(time_s for _, time_s in known))


def _local_slowness(
    chord: int, matched: Sequence[int], places: Sequence[float], times: dict[int, float],
    slowness: float,
) -> float:
    """The tempo about a chord, pauses aside; near to that of the whole."""
    middle = bisect.bisect_left(matched, chord)
    near = matched[max(0, middle - _LOCAL) : middle + _LOCAL]
    ratios = [
        (times[after] - times[before]) / (places[after] - places[before])
        for before, after in itertools.pairwise(near)
    ]
    if len(ratios) < 3:
        return slowness
    return float(np.clip(np.median(ratios), slowness / 2, slowness * 2))


def _of_chord(
    near: Sequence[Attack], chords: Sequence[Chord], chord: int
) -> list[Attack]:
    """Attacks that are of a chord; without any, those that may have been played in its place."""
    pitches = chords[chord].pitches
    own = [attack for attack in near if attack.pitch in pitches]
    if own:
        return own
    beside = frozenset[int]().union(
        *(other.pitches for other in (*chords[max(0, chord - 1) : chord],
                                      *chords[chord + 1 : chord + 2]))
    )
    return [
        attack for attack in near if attack.pitch not in beside
        and any(abs(attack.pitch - pitch) <= _NEAR_SEMITONES for pitch in pitches)
    ]
