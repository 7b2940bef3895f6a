"""Small pieces that are easy to reckon with."""

from __future__ import annotations

import random

from app.practice.piece import Piece, piece_of_notes
from model.notes import Note

BEAT_S = 0.5
BAR_S = 4 * BEAT_S


def walking_piece(bars: int = 24, seed: int = 3) -> Piece:
    """Quavers that wander, and a chord of three on each first beat; four beats of 0.5 s in a bar.
    """
    draw = random.Random(seed)
    notes, pitch = [], 67
    for bar in range(bars):
        for eighth in range(8):
            pitch = min(84, max(60, pitch + draw.choice((-4, -3, -2, -1, 1, 2, 3, 4))))
            onset_s = bar * BAR_S + eighth * BEAT_S / 2
            notes.append(Note(onset_s, onset_s + 0.2, pitch))
        root = 36 + draw.randrange(12)
        notes += [
            Note(bar * BAR_S, bar * BAR_S + 1.9, root + above) for above in (0, 7, 16)
        ]
    return piece_of_notes(notes, "walk", [bar * BAR_S for bar in range(bars)])


def scale_piece(*pitches: int, beat_s: float = BEAT_S) -> Piece:
    """One note a beat, in bars of four."""
    notes = [
        Note(beat * beat_s, (beat + 0.9) * beat_s, pitch) for beat, pitch in enumerate(pitches)
    ]
    bars = max(1, (len(pitches) + 3) // 4)
    return piece_of_notes(notes, "scale", [4 * beat_s * bar for bar in range(bars)])
