"""When the beats of a printed page come as people play it: made-up rubato.

What is varied, and about how far, follows what is known of expressive timing: phrases that are
slow at both ends (Todd, "A model of expressive timing in tonal music", 1985), final ritardandi
(Friberg and Sundberg, 1999), long first beats, fermatas, and noise that grows with the beat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# MuseScore's tempo where the page says nothing: any other one is as likely.
_UNTOLD_S = 0.5
# Seconds of a beat, the shortest and longest that are made up.
_SHORTEST_S, _LONGEST_S = 0.15, 5.0
_PHRASES = (2, 4, 4, 8)


@dataclass(frozen=True)
class Style:
    """How freely somebody plays: the widths of what is drawn by chance, in shares of a beat."""

    arc: float
    drift: float
    noise: float
    accent: float
    ritardando: float
    fermatas: float
    changes: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Style:
        """From a machine's timing to a romantic's."""
        if rng.random() < 0.1:
            return cls(0, 0, 0, 0, 0, 0, 0)
        free = rng.random() ** 0.6
        return cls(
            arc=0.4 * free * rng.random(),
            drift=0.06 * free * rng.random(),
            noise=0.008 + 0.12 * free * rng.random(),
            accent=0.12 * free * rng.random(),
            ritardando=0.9 * free,
            # A chorale has one at the end of every line.
            fermatas=0.12 if rng.random() < 0.06 else 0.03 * free * rng.random(),
            changes=0.02 * free * rng.random(),
        )


def beat_seconds(
    written_s: NDArray[np.float64], is_downbeat: NDArray[np.bool_], n_onsets: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Seconds from each beat to the next, as somebody plays them.

    Args:
        written_s: the same by the page's tempi.
        is_downbeat: whether each begins a bar.
        n_onsets: notes that begin in each; few of them are where one stays.
    """
    n_beats = len(written_s)
    style = Style.draw(rng)
    is_untold = np.ptp(written_s) == 0 and bool(np.isin(written_s[0], _UNTOLD_S * np.array(
        [0.5, 1, 1.5, 2])))
    log_s = rng.normal(0, 0.35 if is_untold else 0.2) + np.zeros(n_beats)
    if rng.random() < 0.15:
        # Scherzos and waltzes, which few songs are.
        log_s -= rng.uniform(0.2, 0.8)
    bar = np.cumsum(is_downbeat)
    for begins in np.flatnonzero(is_downbeat & (rng.random(n_beats) < style.changes)):
        log_s[begins:] += rng.normal(0, 0.25)
    for size in _PHRASES[: int(rng.integers(1, 4))]:
        within = (bar % size) / size + _within_bar(is_downbeat) / size
        log_s += style.arc * rng.uniform(0.3, 1) * ((2 * within - 1) ** 2 - 1 / 3)
    drift = rng.normal(0, style.drift, n_beats)
    log_s += np.convolve(np.cumsum(drift) - np.arange(n_beats) * drift.mean(), np.ones(3) / 3,
                         "same")
    place = np.arange(n_beats) - np.maximum.accumulate(np.where(is_downbeat, np.arange(n_beats),
                                                                0))
    log_s += rng.normal(0, style.accent + 1e-9, 16)[np.minimum(place, 15)]
    log_s += style.noise * np.clip(rng.standard_t(4, n_beats), -4, 4)
    ends = np.flatnonzero(is_downbeat & (bar % 4 == bar[0] % 4) & (rng.random(n_beats) < 0.25))
    for end in [*ends, n_beats]:
        length = int(rng.integers(1, 7))
        slower = np.log1p(rng.uniform(0, style.ritardando) * rng.random())
        first = max(0, end - length)
        log_s[first:end] += slower * (np.arange(end - first) + 1) / length
    quiet = n_onsets <= np.percentile(n_onsets, 40)
    held = quiet & (rng.random(n_beats) < style.fermatas)
    log_s[held] += np.log(rng.uniform(1.3, 2.8, int(held.sum())))
    return np.clip(written_s * np.exp(log_s), _SHORTEST_S, _LONGEST_S)


def _within_bar(is_downbeat: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much of its bar lies before each beat, 0 to 1."""
    starts = np.flatnonzero(is_downbeat)
    if len(starts) < 2:
        return np.zeros(len(is_downbeat))
    bars = np.interp(np.arange(len(is_downbeat)), starts, np.arange(len(starts)))
    return np.asarray(bars % 1)
