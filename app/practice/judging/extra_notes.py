"""Whether an attack that is no note of the piece was played by somebody, beside it."""

from __future__ import annotations

from collections.abc import Sequence

from app.practice.judging.evidence import Attack

# An extra note counts when it is heard so surely.
_CONFIDENCE = 0.6
# One of a pitch that the piece has sounding then, or that rings on from it, must be surer: what
# begins beside it makes ears hear it anew.
_AGAIN_CONFIDENCE = 0.88
_OVERTONES = (12, 19, 24, 28, 31, 36)


def is_extra(attack: Attack, near: Sequence[Attack], *, rings: bool) -> bool:
    """Whether it is a mistake of the player.

    Args:
        near: the attacks about it.
        rings: whether its pitch sounds already, by the piece.
    """
    return attack.confidence >= (_AGAIN_CONFIDENCE if rings else _CONFIDENCE) and not _ghosts(
        attack, near
    )


def _ghosts(attack: Attack, others: Sequence[Attack]) -> bool:
    """Whether an attack is rather an overtone of one that begins with it, or an echo of its own
    pitch."""
    return any(
        (attack.pitch - other.pitch in _OVERTONES and abs(attack.onset_s - other.onset_s) < 0.08)
        or (attack.pitch == other.pitch and 0 < attack.onset_s - other.onset_s < 0.15)
        for other in others
    )
