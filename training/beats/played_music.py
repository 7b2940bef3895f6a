"""A printed piece as people play it: when its beats come, and its notes around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import METERS
from model.beats.note_features import NoteArrays
from training.beats.figuration import broken
from training.beats.printed_music import PrintedPiece
from training.beats.tempo_curve import beat_seconds

# Shortest note that is played, in seconds.
_SHORTEST_S = 0.03
# How often chords are broken.
_BROKEN = 0.3


@dataclass(frozen=True)
class PlayedMusic:
    """A stretch of music in seconds.

    Attributes:
        notes: what is played, in order of onset.
        beat_s, is_downbeat, meter: its beats, as `PrintedPiece` has them.
        has_bars: whether the downbeats can be believed.
    """

    notes: NoteArrays
    beat_s: NDArray[np.float64]
    is_downbeat: NDArray[np.bool_]
    meter: NDArray[np.int64]
    has_bars: bool


@dataclass
class _Notes:
    """The notes of a stretch; times in beats from its beginning, then in seconds."""

    onset: NDArray[np.float64]
    end: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.float64]
    part: NDArray[np.int64]

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> _Notes:
        return _Notes(self.onset[which], self.end[which], self.pitch[which],
                      self.velocity[which], self.part[which])


def play(piece: PrintedPiece, seconds: float, rng: np.random.Generator) -> PlayedMusic | None:
    """Plays a stretch of so many seconds, as often as not from the beginning; None is too short."""
    written_s = np.diff(piece.beat) * _seconds_per_quarter(piece)
    if len(written_s) < 6:
        return None
    first = 0
    if rng.random() < 0.6:
        ends = np.cumsum(written_s[::-1])[::-1]
        latest = int(np.searchsorted(-ends, -0.6 * seconds))
        first = int(rng.integers(0, max(1, latest)))
    # More than is needed, for the tempo may be twice as fast.
    reached = np.cumsum(written_s[first:])
    last = min(first + int(np.searchsorted(reached, 2.0 * seconds)) + 2, len(written_s))
    beats = piece.beat[first : last + 1]
    # A pickup shorter than a beat begins before the first one.
    lead = (beats[1] - beats[0]) if first == 0 else 0.0
    inside = (piece.onset >= beats[0] - lead) & (piece.onset < beats[-1])
    notes = _in_beats(piece, inside, beats)
    notes = _some_parts(notes, rng)
    if rng.random() < _BROKEN:
        is_compound = METERS[int(piece.meter[first])] in ("6/8", "9/8", "12/8")
        notes = _broken(notes, float(np.median(written_s[first:last])), is_compound, rng)
    if len(notes.onset) < 8:
        return None
    counts = np.histogram(notes.onset, np.arange(len(beats)))[0]
    is_downbeat = piece.is_downbeat[first : last + 1]
    length_s = beat_seconds(written_s[first:last], is_downbeat[:-1], counts, rng)
    start_s = rng.uniform(0, 3) if first == 0 else -rng.uniform(0, length_s[0])
    beat_s = start_s + np.concatenate([[0.0], np.cumsum(length_s)])
    beat_s += max(0.0, -float(_seconds(notes.onset.min(initial=0.0), beat_s))) * (first == 0)
    played = _performed(notes, beat_s, rng)
    kept = played.take((played.onset >= 0) & (played.onset < seconds))
    if len(kept.onset) < 8:
        return None
    shift = int(rng.integers(-6, 7))
    kept.pitch = np.clip(kept.pitch + shift, 21, 108)
    order = np.argsort(kept.onset, kind="stable")
    kept = kept.take(order)
    last_s = min(seconds, float(kept.end.max()) + 0.1)
    heard = beat_s <= last_s
    return PlayedMusic(
        NoteArrays(kept.onset, kept.end, kept.pitch, kept.velocity), beat_s[heard],
        is_downbeat[heard], piece.meter[first : last + 1][heard], piece.has_bars,
    )


def _seconds_per_quarter(piece: PrintedPiece) -> NDArray[np.float64]:
    at = np.searchsorted(piece.tempo_at, piece.beat[:-1] + 1e-6, side="right") - 1
    return np.asarray(piece.tempo[np.maximum(at, 0)])


def _in_beats(
    piece: PrintedPiece, inside: NDArray[np.bool_], beats: NDArray[np.float64]
) -> _Notes:
    """Notes with their times as beats, where before the first and after the last are some too."""
    ahead = beats[0] - (beats[1] - beats[0]) * np.arange(2, 0, -1)
    behind = beats[-1] + (beats[-1] - beats[-2]) * np.arange(1, 17)
    known = np.concatenate([ahead, beats, behind])
    places = np.arange(-2, len(beats) + 16, dtype=np.float64)
    onset = piece.onset[inside]
    return _Notes(
        np.interp(onset, known, places),
        np.interp(onset + piece.length[inside], known, places),
        piece.pitch[inside], piece.velocity[inside], piece.part[inside],
    )


def _some_parts(notes: _Notes, rng: np.random.Generator) -> _Notes:
    """Without the singer more often than not: then it is a piano; seldom one part alone."""
    parts = np.unique(notes.part)
    if len(parts) == 3 and rng.random() < 0.65:
        kept = notes.take(notes.part != parts[0])
        return kept if len(kept.onset) > 24 else notes
    if len(parts) > 1 and rng.random() < 0.1:
        return notes.take(notes.part == rng.choice(parts))
    return notes


def _broken(
    notes: _Notes, beat_s: float, is_compound: bool, rng: np.random.Generator
) -> _Notes:
    """With broken chords in one part, or in all of them."""
    parts = np.unique(notes.part)
    meant = notes.part == (parts[-1] if rng.random() < 0.6 else rng.choice(parts))
    if rng.random() < 0.25:
        meant = np.ones(len(notes.part), bool)
    figures = broken(notes.onset, notes.end, notes.pitch, meant, beat_s, is_compound, rng)
    if figures is None:
        return notes
    onset, end, pitch, source = figures
    kept = notes.take(~np.isin(np.arange(len(notes.onset)), source))
    return _Notes(
        np.concatenate([kept.onset, onset]), np.concatenate([kept.end, end]),
        np.concatenate([kept.pitch, np.clip(pitch, 21, 108)]),
        np.concatenate([kept.velocity, notes.velocity[source]]),
        np.concatenate([kept.part, notes.part[source]]),
    )


def _seconds(
    beats: NDArray[np.float64] | float, beat_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Moments of places that are counted in beats."""
    ahead = beat_s[0] - (beat_s[1] - beat_s[0]) * np.arange(2, 0, -1)
    behind = beat_s[-1] + (beat_s[-1] - beat_s[-2]) * np.arange(1, 17)
    known = np.concatenate([ahead, beat_s, behind])
    return np.asarray(np.interp(beats, np.arange(-2, len(beat_s) + 16), known))


def _performed(notes: _Notes, beat_s: NDArray[np.float64], rng: np.random.Generator) -> _Notes:
    free = rng.random()
    onset, end = notes.onset, notes.end
    if rng.random() < 0.08:
        onset, end = _swung(onset, ratio := rng.uniform(0.54, 0.68)), _swung(end, ratio)
    onset_s, end_s = _seconds(onset, beat_s), _seconds(end, beat_s)
    # Notes that the page has together: a chord.
    chord = np.unique(np.round(notes.onset * 96).astype(np.int64), return_inverse=True)[1]
    n_chords = int(chord.max()) + 1
    top = np.zeros(n_chords)
    np.maximum.at(top, chord, notes.pitch)
    bottom = np.full(n_chords, 128.0)
    np.minimum.at(bottom, chord, notes.pitch)
    height = (notes.pitch - bottom[chord]) / np.maximum(top - bottom, 1)[chord]
    onset_s = onset_s - (height == 1) * (top > bottom)[chord] * rng.uniform(0, 0.03) * free
    spread = np.abs(rng.normal(0, 0.012 * free, n_chords))
    rolled = rng.random(n_chords) < 0.12 * free * rng.random()
    spread[rolled] = rng.uniform(0.05, 0.3, int(rolled.sum()))
    before = rng.uniform(0, 0.7) * spread
    onset_s = onset_s + height * spread[chord] - before[chord]
    for part in np.unique(notes.part):
        # One hand, or one player, a little before or behind the others, now here, now there.
        apart = np.convolve(rng.normal(0, 0.03 * free, n_chords + 8), np.ones(8) / 8, "same")
        onset_s = onset_s + (notes.part == part) * apart[chord]
    onset_s = onset_s + rng.normal(0, 0.001 + 0.009 * free, len(onset_s))
    loud = rng.uniform(45, 85) + 14 * (height == 1) * rng.random()
    velocity = np.clip(loud + rng.normal(0, 4 + 10 * rng.random(), len(loud)), 12, 124)
    played = _Notes(onset_s, end_s, notes.pitch, velocity, notes.part)
    played.end = _touched(played, chord, rng)
    if rng.random() < 0.6:
        played.end = _pedalled(played, beat_s, rng)
    return _ornamented(played, rng)


def _swung(beats: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """The second half of each beat comes late."""
    whole = np.floor(beats)
    within = beats - whole
    late = np.where(within < 0.5, within * 2 * ratio, ratio + (within - 0.5) * 2 * (1 - ratio))
    return np.asarray(whole + late)


def _touched(
    notes: _Notes, chord: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Ends as a hand makes them: notes run into each other, or are let go of early."""
    length = notes.end - notes.onset
    factor = np.ones(len(length))
    for part in np.unique(notes.part):
        usual = rng.choice([rng.uniform(0.3, 0.7), rng.uniform(0.75, 1.0), rng.uniform(1.0, 1.2)],
                           p=[0.25, 0.45, 0.3])
        # Touch changes now and then, not with every note.
        steps = np.cumsum(rng.random(int(chord.max()) + 1) < 0.03)
        touch = np.exp(rng.normal(0, 0.25, int(steps.max()) + 1))[steps]
        factor = np.where(notes.part == part, usual * touch[chord], factor)
    factor = factor * np.exp(rng.normal(0, 0.12, len(factor)))
    return np.asarray(notes.onset + np.maximum(length * factor, _SHORTEST_S))


def _pedalled(
    notes: _Notes, beat_s: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Ends with a pedal that is changed every so many beats, for some of the time."""
    every = int(rng.choice([1, 2, 3, 4, 6]))
    changes = beat_s[int(rng.integers(0, every)) :: every] + rng.uniform(0, 0.12)
    changes = changes[rng.random(len(changes)) > 0.1]
    after = np.searchsorted(changes, notes.onset, side="right")
    until = np.append(changes, np.inf)[after]
    is_down = (rng.random(len(changes) + 1) < rng.uniform(0.4, 1))[after]
    # High strings fall silent soon.
    rings_s = rng.uniform(1.5, 4) * 2 ** ((60 - notes.pitch) / 24)
    held = np.minimum(until, notes.onset + rings_s)
    return np.where(is_down & np.isfinite(until), np.maximum(notes.end, held), notes.end)


def _ornamented(notes: _Notes, rng: np.random.Generator) -> _Notes:
    """Trills in place of long notes, and grace notes before others, which no page counts."""
    if rng.random() < 0.5:
        return notes
    length = notes.end - notes.onset
    is_trill = (length > 0.35) & (rng.random(len(length)) < 0.02 * rng.random())
    is_graced = ~is_trill & (rng.random(len(length)) < 0.04 * rng.random())
    onsets, ends, pitches, sources = [], [], [], []
    for index in np.flatnonzero(is_trill):
        step_s = rng.uniform(0.06, 0.13)
        at = np.arange(notes.onset[index] + step_s, min(notes.end[index],
                       notes.onset[index] + 1.5), step_s)
        onsets.append(at)
        ends.append(at + step_s)
        pitches.append(notes.pitch[index] + int(rng.integers(1, 3)) * (np.arange(len(at)) % 2 == 0))
        sources.append(np.full(len(at), index))
    for index in np.flatnonzero(is_graced):
        count = int(rng.integers(1, 4))
        step_s = rng.uniform(0.05, 0.11)
        at = notes.onset[index] - step_s * np.arange(count, 0, -1)
        onsets.append(at)
        ends.append(at + step_s)
        pitches.append(notes.pitch[index] + rng.integers(-2, 3, count))
        sources.append(np.full(count, index))
    if not onsets:
        return notes
    source = np.concatenate(sources)
    return _Notes(
        np.concatenate([notes.onset, *onsets]), np.concatenate([notes.end, *ends]),
        np.concatenate([notes.pitch, *pitches]),
        np.concatenate([notes.velocity, notes.velocity[source]]),
        np.concatenate([notes.part, notes.part[source]]),
    )
