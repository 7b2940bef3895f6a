"""When chords seem to have been played that a player went through unheard."""

from __future__ import annotations

from collections.abc import Sequence

from app.practice.judging.evidence import Attack
from app.practice.piece import Chord


def passed_times(
    chords: Sequence[Chord], places_s: Sequence[float], span_s: tuple[float, float],
    attacks: Sequence[Attack], earliest_s: float,
) -> list[tuple[float, bool]]:
    """The time of each chord, rising, and whether it is only guessed: no attack is near.

    Args:
        chords: those that were passed.
        places_s: how far on the way each of them is, 0 to 1.
        span_s: when the way began and ended.
        attacks: what may be of them.
        earliest_s: none was played before.
    """
    begin_s, end_s = span_s
    found: list[tuple[float, bool]] = []
    reach_s = max(0.25, 0.3 * (end_s - begin_s))
    for chord, share in zip(chords, places_s, strict=True):
        guess_s = begin_s + share * (end_s - begin_s)
        times = [
            attack.onset_s for attack in attacks
            if attack.pitch in chord.pitches and abs(attack.onset_s - guess_s) <= reach_s
        ]
        nearest_s = min(times, key=lambda time_s: abs(time_s - guess_s), default=guess_s)
        found.append((max(nearest_s, found[-1][0] if found else earliest_s), not times))
    return found
