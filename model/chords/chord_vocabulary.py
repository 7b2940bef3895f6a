"""Which chords are told apart, and what notes they have."""

from __future__ import annotations

from typing import NamedTuple

# Qualities as Harte writes them ("Towards automatic extraction of harmony information from music
# signals", 2010), and their notes in semitones above the root.
QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10), "sus2": (0, 2, 7), "sus4": (0, 5, 7), "sus4(b7)": (0, 5, 7, 10),
    "dim": (0, 3, 6), "aug": (0, 4, 8), "hdim7": (0, 3, 6, 10), "dim7": (0, 3, 6, 9),
    "min6": (0, 3, 7, 9), "maj6": (0, 4, 7, 9), "minmaj7": (0, 3, 7, 11),
}
NAMES = tuple(QUALITIES)
# Every root with every quality, the roots of the first quality first; and none at all.
N_STATES = 12 * len(NAMES) + 1
NO_CHORD = N_STATES - 1
_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Semitones above the root of a bass, as it is written.
_DEGREES = {"1": 0, "2": 2, "3": 4, "4": 5, "5": 7, "6": 9, "7": 11}


class FoundChord(NamedTuple):
    """A chord and its time.

    Attributes:
        start_s, end_s: from when to when, in seconds.
        root: pitch class, 0 is C; None where there is no chord.
        quality: one of `QUALITIES`.
        bass: pitch class of the lowest note: the root, or another note of the chord.
    """

    start_s: float
    end_s: float
    root: int | None = None
    quality: str = "maj"
    bass: int = 0

    @property
    def label(self) -> str:
        """As Harte writes it, such as "Eb:min7/b3" or "N"."""
        if self.root is None:
            return "N"
        above = (self.bass - self.root) % 12
        names = {semitones: degree for degree, semitones in _DEGREES.items()}
        degree = names.get(above) or "b" + names[above + 1]
        return f"{_ROOTS[self.root]}:{self.quality}" + (f"/{degree}" if above else "")


def state(root: int, quality: str) -> int:
    """The number of a chord."""
    return NAMES.index(quality) * 12 + root


def parsed(label: str) -> tuple[int, str, int] | None:
    """Root, quality and bass of a label such as "F#:maj7/5"; None of "N".

    Raises:
        ValueError: it is no label of this vocabulary.
    """
    if label == "N":
        return None
    chord, _, degree = label.partition("/")
    root, _, quality = chord.partition(":")
    quality = quality or "maj"
    if root[:1] not in _STEPS or quality not in QUALITIES:
        raise ValueError(f"{label!r} is not a chord of the vocabulary")
    pitch_class = (_STEPS[root[0]] + root.count("#") - root[1:].count("b")) % 12
    above = 0
    if degree:
        if degree.strip("b#") not in _DEGREES:
            raise ValueError(f"{label!r} has no bass that can be read")
        above = _DEGREES[degree.strip("b#")] + degree.count("#") - degree.count("b")
    return pitch_class, quality, (pitch_class + above) % 12
