"""The chords of a piece over time, found in its notes and written as text and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from app.music.chords.chord_names import Chord
from app.music.note_naming import NoteNaming
from app.music.rhythm import Rhythm
from app.system.paths import CHORD_WEIGHTS
from model.beats.note_features import NoteArrays
from model.chords.chord_finder import ChordFinder
from model.chords.chord_steps import chord_steps
from model.chords.chord_vocabulary import FoundChord
from model.notes import Note

# What follows the root's name for each quality that is found.
_SUFFIXES = {
    "maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "sus2": "sus2", "sus4": "sus4",
    "sus4(b7)": "7sus4", "dim": "dim", "aug": "aug", "hdim7": "m7♭5", "dim7": "dim7",
    "min6": "m6", "maj6": "6", "minmaj7": "mMaj7",
}
# What a table has where there is no chord, as chord tables of research do.
NO_CHORD = "N"


@dataclass(frozen=True)
class ChordSpan:
    """A chord from when to when, in seconds; None is no chord."""

    start_s: float
    end_s: float
    chord: Chord | None

    def moved(self, by_s: float) -> ChordSpan:
        """The same so much later."""
        return ChordSpan(self.start_s + by_s, self.end_s + by_s, self.chord)

    def name(self, naming: NoteNaming) -> str:
        """Such as "F♯m7/A", and "N" for none."""
        return NO_CHORD if self.chord is None else self.chord.name(naming)


def find_chords(notes: Sequence[Note], rhythm: Rhythm) -> list[ChordSpan]:
    """The chords from second 0 to the last note's end, one after the other; none without notes.

    Raises:
        CheckpointError: the weights cannot be used.
    """
    end_s = max((note.offset_s for note in notes), default=0.0)
    if end_s <= 0:
        return []
    steps_s, places = chord_steps(*_beats(rhythm, end_s))
    found = ChordFinder.load(CHORD_WEIGHTS).find(NoteArrays.of(notes), steps_s, places)
    return [
        ChordSpan(chord.start_s, min(chord.end_s, end_s), chord_of(chord))
        for chord in found if chord.start_s < end_s
    ]


def _beats(rhythm: Rhythm, end_s: float) -> tuple[np.ndarray, np.ndarray]:
    """The beats from second 0 to one that is not before a moment, and which begin a bar."""
    beats_s: list[float] = []
    is_downbeat: list[bool] = []
    # A bar more, for a last note that ends with one.
    until = Fraction(rhythm.quarters_at(end_s)) + 1
    for bar in rhythm.bars(until):
        beat = bar.meter.beat_quarters
        for number in range(max(1, round(bar.length / beat))):
            beats_s.append(rhythm.seconds_at(float(bar.begin + number * beat)))
            is_downbeat.append(number == 0)
    if beats_s[-1] < end_s:
        beats_s.append(end_s)
        is_downbeat.append(False)
    return np.array(beats_s), np.array(is_downbeat)


def chord_of(found: FoundChord) -> Chord | None:
    """What was found, as it is named."""
    if found.root is None:
        return None
    return Chord(found.root, _SUFFIXES[found.quality], found.bass)


def as_rows(chords: Iterable[ChordSpan], naming: NoteNaming) -> list[tuple[str, str, str]]:
    """Start and end in seconds and name of each chord, as tables have them."""
    return [
        (f"{span.start_s:.3f}", f"{span.end_s:.3f}", span.name(naming)) for span in chords
    ]
