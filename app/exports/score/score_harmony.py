"""Chords and sections as a score has them: symbols above the bar and the beat where each begins."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple
from xml.etree.ElementTree import Element

from music21 import expressions, harmony

from app.exports.export_options import ExportOptions
from app.exports.score.score_layout import Bar
from app.music.chords.chord_names import Chord
from app.music.key_finding import Key
from app.music.note_naming import NoteNaming, plain
from app.music.rhythm import Rhythm

# Chords change on the beat or half-way between two.
_STEP = Fraction(1, 2)
# What MusicXML calls each, by what follows the root's name; the name is written beside it.
_KINDS = {
    "": "major", "m": "minor", "7": "dominant-seventh", "maj7": "major-seventh",
    "m7": "minor-seventh", "sus2": "suspended-second", "sus4": "suspended-fourth",
    "7sus4": "suspended-fourth", "dim": "diminished", "aug": "augmented",
    "m7♭5": "half-diminished-seventh", "dim7": "diminished-seventh",
    "m6": "minor-sixth", "6": "major-sixth", "mMaj7": "minor-major-seventh", "5": "power",
    "aug7": "augmented-seventh", "maj7♯5": "major-seventh", "add9": "major", "m(add9)": "minor",
    "9": "dominant-ninth", "maj9": "major-ninth", "m9": "minor-ninth", "7♭9": "dominant-seventh",
    "7♯9": "dominant-seventh", "6/9": "major-sixth", "7♭5": "dominant-seventh",
}
# What some of them add or alter, which degree, and by how many semitones.
_DEGREES = {
    "7sus4": ("add", 7, 0), "maj7♯5": ("alter", 5, 1), "add9": ("add", 9, 0),
    "m(add9)": ("add", 9, 0), "7♭9": ("add", 9, -1), "7♯9": ("add", 9, 1), "6/9": ("add", 9, 0),
    "7♭5": ("alter", 5, -1),
}


class Place(NamedTuple):
    """The number of a bar, from 0, and quarter notes from its beginning."""

    bar: int
    within: Fraction


def harmonies(
    options: ExportOptions, rhythm: Rhythm, signature: Key, bars: Sequence[Bar]
) -> Iterator[tuple[Place, harmony.Harmony]]:
    """The symbols of the chords, in order; two never stand at one place."""
    by = 0 if options.tab is not None else options.part.transposition
    naming = NoteNaming(accidentals="key", key=signature.fifths, transposition=by)
    placed: dict[Place, Chord | None] = {}
    for span in options.chords:
        place = _place(span.start_s, rhythm, bars)
        if place is not None:
            placed[place] = span.chord
    before: Chord | None = None
    for place, chord in sorted(placed.items(), key=lambda item: item[0]):
        if chord != before:
            yield place, harmony.NoChord() if chord is None else _symbol(chord, naming)
        before = chord


def rehearsal_marks(
    options: ExportOptions, rhythm: Rhythm, bars: Sequence[Bar]
) -> Iterator[tuple[Place, expressions.RehearsalMark]]:
    """Where the sections begin, each on the bar line that is nearest."""
    for marker in options.markers:
        place = _place(marker.time_s, rhythm, bars)
        if place is not None:
            bar = min(place.bar + (place.within > bars[place.bar].length / 2), len(bars) - 1)
            yield Place(bar, Fraction(0)), expressions.RehearsalMark(marker.name)


def _place(time_s: float, rhythm: Rhythm, bars: Sequence[Bar]) -> Place | None:
    """Where a moment is on the grid of chords; None behind the last bar."""
    at = Fraction(round(rhythm.quarters_at(time_s) / float(_STEP))) * _STEP
    at = max(at, bars[0].begin)
    index = bisect.bisect_right([bar.begin + bar.length for bar in bars], at)
    return Place(index, at - bars[index].begin) if index < len(bars) else None


def _symbol(chord: Chord, naming: NoteNaming) -> harmony.ChordSymbol:
    naming = chord.spelled(naming)
    symbol = harmony.ChordSymbol(
        root=_letters(naming.pitch_class(chord.root)),
        bass=_letters(naming.pitch_class(chord.bass)), kind=_KINDS[chord.suffix],
        kindStr=plain(chord.suffix),
    )
    if chord.suffix in _DEGREES:
        symbol.addChordStepModification(harmony.ChordStepModification(*_DEGREES[chord.suffix]))
    return symbol


def hide_roots_of_none(root: Element) -> None:
    """Where there is no chord, a score has to name a root all the same; it is written as nothing.
    """
    for symbol in root.iter("harmony"):
        step = symbol.find("root/root-step")
        if symbol.findtext("kind") == "none" and step is not None:
            step.set("text", "")


def _letters(name: str) -> str:
    """As music21 spells it."""
    return plain(name).replace("b", "-")
