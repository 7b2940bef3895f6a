"""What the ear makes of played notes: some missed, some doubled, some an octave away."""

from __future__ import annotations

import numpy as np

from model.beats.note_features import NoteArrays

# Semitones at which a sound's partials are taken for another note, and how often each is.
_PARTIALS = (12, -12, 19, 24, 7)
_ODDS = (0.5, 0.15, 0.15, 0.1, 0.1)


def heard(notes: NoteArrays, rng: np.random.Generator) -> NoteArrays:
    """The notes with the ear's faults; how many of them differs from recording to recording."""
    onset, end, pitch, velocity = (np.array(array) for array in notes)
    bad = rng.random()
    n_notes = len(onset)
    # Quiet notes are missed, and those that begin while their pitch sounds.
    missed = rng.random(n_notes) < 0.14 * bad * np.exp((64 - velocity) / 40)
    order = np.lexsort((onset, pitch))
    again = np.zeros(n_notes, bool)
    same = (pitch[order][1:] == pitch[order][:-1]) & (onset[order][1:] < end[order][:-1])
    again[order[1:]] = same
    missed |= again & (rng.random(n_notes) < 0.3 * bad)
    # Where one is missed that was struck again, the first seems to go on.
    onset = onset + rng.normal(0, 0.004 + 0.008 * bad, n_notes)
    late = rng.random(n_notes) < 0.05 * bad
    onset[late] += rng.exponential(0.03, int(late.sum()))
    end = np.maximum(end * 1.0 + rng.normal(0, 0.03 + 0.05 * bad, n_notes), onset + 0.04)
    velocity = np.clip(velocity + rng.normal(0, 8, n_notes), 5, 127)
    ghosts = np.flatnonzero(rng.random(n_notes) < 0.05 * bad)
    twice = np.flatnonzero(rng.random(n_notes) < 0.03 * bad)
    n_false = rng.poisson(0.15 * bad * max(1.0, float(np.ptp(onset)) if n_notes else 0.0))
    false_s = rng.uniform(0, float(onset.max(initial=0.0)) + 0.01, n_false)
    kept = np.flatnonzero(~missed)
    after = rng.uniform(0.06, 0.35, len(twice))
    onset = np.concatenate([onset[kept], onset[ghosts] + rng.normal(0, 0.01, len(ghosts)),
                            onset[twice] + after, false_s])
    end = np.concatenate([end[kept], onset[len(kept) : len(kept) + len(ghosts)]
                          + rng.uniform(0.05, 0.5, len(ghosts)),
                          np.maximum(end[twice], onset[len(kept) + len(ghosts) :
                                     len(kept) + len(ghosts) + len(twice)] + 0.05),
                          false_s + rng.uniform(0.05, 0.4, n_false)])
    pitch = np.concatenate([pitch[kept],
                            pitch[ghosts] + rng.choice(_PARTIALS, len(ghosts), p=_ODDS),
                            pitch[twice], rng.integers(30, 96, n_false)])
    velocity = np.concatenate([velocity[kept], velocity[ghosts] * 0.6, velocity[twice] * 0.7,
                               rng.uniform(10, 50, n_false)])
    order = np.argsort(onset, kind="stable")
    return NoteArrays(np.maximum(onset, 0)[order], end[order],
                      np.clip(pitch, 21, 108)[order].astype(np.int64), velocity[order])
