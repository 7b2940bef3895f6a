"""Which beats begin a bar, told by the notes that begin on them."""

from __future__ import annotations

import bisect
import itertools
import math
import statistics
from collections.abc import Sequence

from app.music.bar_rhythm import rhythm_of_bars
from app.music.beats.given_rhythm import GivenRhythm
from app.music.rhythm import Meter, Rhythm
from model.beats.beat_evidence import FoundBeat, Metre
from model.notes import Note

# A beat is moved to the notes that begin so near to it: the beat tracker's own grain is 12 ms, and
# it hears an attack a little after the note's onset.
_REACH_S = 0.07
# Notes that begin within this share of a beat count as begun on it.
_ON_BEAT = 0.15
# Bars of four unless three fits so much better; the first beat unless another one does.
_CLEARLY = 1.25
# Standard errors that the first beats of bars must stand out by, to be believed.
_LEAST_CONTRAST = 2.0


def rhythm_of(
    beats_s: Sequence[float], notes: Sequence[Note], given: GivenRhythm = GivenRhythm(),  # noqa: B008
) -> Rhythm:
    """The rhythm of beats that were found in the sound, drawn to the notes that begin on them.

    Args:
        beats_s: seconds, rising; fewer than two give a steady tempo, plain or the one known.
        given: what is known; the time signature is estimated otherwise, 4/4 or 3/4.
    """
    beats_s = snapped(beats_s, [note.onset_s for note in notes])
    if len(beats_s) < 2 and given.beats_per_minute is not None:
        beats_s = _steady(given.beats_per_minute, given.known.fixed_s)
    beats_s = _with_runs(beats_s, given.runs)
    accents = _accents(beats_s, notes)
    meter = given.meter
    if meter is None:
        contrasts = {beats: _contrast(accents, beats)[0] for beats in (3, 4)}
        waltz = contrasts[3] > max(_LEAST_CONTRAST, _CLEARLY * contrasts[4])
        meter = Meter(3, 4) if waltz else Meter(4, 4)
    if (given.downbeats_s or given.meters) and beats_s:
        return _of_known_bars(beats_s, meter, given)
    contrast, downbeat = _contrast(accents, meter.beats)
    return Rhythm.of_beats(beats_s, meter, downbeat if contrast > _LEAST_CONTRAST else 0)


def _steady(bpm: float, known_s: Sequence[float]) -> list[float]:
    """Beats of a tempo, from the beginning to a little after the first one that is known."""
    interval_s = 60 / bpm
    through_s = known_s[0] if known_s else 0.0
    before = int(through_s / interval_s)
    return [through_s + (beat - before) * interval_s for beat in range(before + 3)]


def _with_runs(beats_s: Sequence[float], runs: Sequence[Sequence[float]]) -> list[float]:
    """The beats, those that are known in the place of others near and between them."""
    near_s = 0.0
    if len(beats_s) > 1:
        near_s = statistics.median(b - a for a, b in itertools.pairwise(beats_s)) / 2
    kept = [
        at for at in beats_s
        if not any(run[0] - near_s < at < run[-1] + near_s for run in runs)
    ]
    return sorted({*kept, *(at for run in runs for at in run)})


def _of_known_bars(beats_s: Sequence[float], meter: Meter, given: GivenRhythm) -> Rhythm:
    """The rhythm of beats of which some are known to begin bars, or other time signatures."""
    downbeats = sorted({
        min(range(len(beats_s)), key=lambda beat: abs(beats_s[beat] - at_s))
        for at_s in (*given.downbeats_s, *(at_s for at_s, _ in given.meters))
    })  # fmt: skip
    found, place = [], -downbeats[0]
    for beat, at_s in enumerate(beats_s):
        for from_s, following in given.meters:
            if at_s > from_s - _REACH_S:
                meter = following
        if beat in downbeats:
            place = 0
        metre = Metre(str(meter), meter.beats)
        found.append(FoundBeat(at_s, place % meter.beats, metre))
        place += 1
    return rhythm_of_bars(found, given.meter)


def snapped(beats_s: Sequence[float], onsets_s: Sequence[float]) -> list[float]:
    """The beats, each at the median of the onsets near it; they keep their order and distance."""
    onsets_s = sorted(onsets_s)
    moved: list[float] = []
    for beat_s in beats_s:
        first = bisect.bisect_left(onsets_s, beat_s - _REACH_S)
        last = bisect.bisect_right(onsets_s, beat_s + _REACH_S)
        near = onsets_s[first:last]
        to_s = statistics.median(near) if near else beat_s
        # Of two beats that would meet, the second stays where it was.
        moved.append(to_s if not moved or to_s > moved[-1] + _REACH_S else beat_s)
    return [beat_s for before_s, beat_s in itertools.pairwise([-math.inf, *moved])
            if beat_s > before_s]


def _accents(beats_s: Sequence[float], notes: Sequence[Note]) -> list[float]:
    """How much weight begins on every beat: loud, long and low notes have more of it."""
    if len(beats_s) < 2:
        return []
    accents = [0.0] * len(beats_s)
    usual_s = statistics.median(b - a for a, b in itertools.pairwise(beats_s))
    for note in notes:
        after = bisect.bisect_left(beats_s, note.onset_s)
        nearest = min(
            (beat for beat in (after - 1, after) if 0 <= beat < len(beats_s)),
            key=lambda beat: abs(beats_s[beat] - note.onset_s),
        )
        if abs(beats_s[nearest] - note.onset_s) <= _ON_BEAT * usual_s:
            length = min((note.offset_s - note.onset_s) / usual_s, 4.0)
            depth = min(max((84 - note.pitch) / 24, 0.5), 2.0)
            accents[nearest] += note.velocity / 127 * math.sqrt(length) * depth
    return accents


def _contrast(accents: Sequence[float], beats: int) -> tuple[float, int]:
    """How far the first beats of bars stand out, in standard errors, and the first such beat."""
    if len(accents) < 3 * beats or statistics.pstdev(accents) == 0:
        return 0.0, 0
    spread = statistics.pstdev(accents)
    found = []
    for phase in range(beats):
        strong = accents[phase::beats]
        weak = [accent for beat, accent in enumerate(accents) if beat % beats != phase]
        error = spread * math.sqrt(1 / len(strong) + 1 / len(weak))
        difference = statistics.fmean(strong) - statistics.fmean(weak)
        found.append((difference / error, -phase))
    contrast, phase = max(found)
    return contrast, -phase
