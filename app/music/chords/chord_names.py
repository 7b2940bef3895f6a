"""Names of chords: from the pitches that sound to "Am7" or "C/E"."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from app.music.note_naming import NoteNaming


@dataclass(frozen=True)
class Chord:
    """A chord that was recognised.

    Attributes:
        root, bass: pitch classes (0 is C) as they sound; the bass is that of the lowest pitch.
        suffix: what follows the root's name: "" for a major triad, "m7", "sus4".
    """

    root: int
    suffix: str
    bass: int

    def name(self, naming: NoteNaming) -> str:
        """Such as "F♯m7", or "F♯m7/A" when another note than the root is the lowest."""
        naming = self.spelled(naming)
        root = naming.pitch_class(self.root)
        over = f"/{naming.pitch_class(self.bass)}" if self.bass != self.root else ""
        return f"{root}{self.suffix}{over}"


    def spelled(self, naming: NoteNaming) -> NoteNaming:
        """The same naming for the notes of this chord: a minor third is three letters above the
        root, so F minor has an A flat, and D flat major over F has no C sharp.

        Only where names follow a key; of two names of the root the one whose chord lies nearer to
        that key is taken.
        """
        if naming.accidentals != "key":
            return naming
        lowest = naming.lowest_fifth
        offsets = [_FIFTHS_ABOVE[tone] for tone in _tones(self.suffix)]
        # The middle of the names that are used lies a tone above the key's own scale.
        middle = lowest + 5
        shown = (self.root + naming.transposition) * 7
        roots = [root for root in range(_F_FLAT, _B_SHARP + 1) if (root - shown) % 12 == 0]
        able = [
            root for root in roots
            if root + min(offsets) >= _F_FLAT and root + max(offsets) <= _B_SHARP
        ]
        if not able:
            return naming
        root = min(able, key=lambda root: sum(abs(root + away - middle) for away in offsets))
        first = min(lowest, root + min(offsets))
        return dataclasses.replace(naming, first_fifth=max(first, root + max(offsets) - 11))


# Places on the line of fifths, C at 0, beyond which names would need two signs.
_F_FLAT, _B_SHARP = -8, 12
# Places above the root of each interval in semitones, as it is called in chords.
_FIFTHS_ABOVE = (0, -5, 2, -3, 4, -1, -6, 1, 8, 3, -2, 5)

# Suffix, semitones above the root, and semitones above the root that the bass may lie: all chord
# notes where nothing is said. Where two chords have the same notes, the one whose root is the
# bass is meant (C6 over C, Am7 over A), and else the one that stands first here.
_CHORDS: tuple[tuple[str, tuple[int, ...], tuple[int, ...] | None], ...] = (
    ("5", (0, 7), None),
    # A plain triad is also heard over its second and its fourth: C/D, C/F.
    ("", (0, 4, 7), (0, 4, 7, 2, 5)),
    ("m", (0, 3, 7), (0, 3, 7, 2, 5)),
    ("dim", (0, 3, 6), None),
    ("aug", (0, 4, 8), None),
    ("7", (0, 4, 7, 10), None),
    ("maj7", (0, 4, 7, 11), None),
    ("m7", (0, 3, 7, 10), None),
    ("m7♭5", (0, 3, 6, 10), None),
    ("dim7", (0, 3, 6, 9), None),
    ("mMaj7", (0, 3, 7, 11), None),
    ("aug7", (0, 4, 8, 10), None),
    ("maj7♯5", (0, 4, 8, 11), None),
    # Seventh chords are played without their fifth as often as with it.
    ("7", (0, 4, 10), None),
    ("maj7", (0, 4, 11), None),
    ("m7", (0, 3, 10), None),
    ("6", (0, 4, 7, 9), None),
    ("m6", (0, 3, 7, 9), None),
    ("sus4", (0, 5, 7), None),
    ("sus2", (0, 2, 7), None),
    ("7sus4", (0, 5, 7, 10), None),
    ("add9", (0, 2, 4, 7), (0, 4, 7)),
    ("m(add9)", (0, 2, 3, 7), (0, 3, 7)),
    ("9", (0, 2, 4, 7, 10), None),
    ("maj9", (0, 2, 4, 7, 11), None),
    ("m9", (0, 2, 3, 7, 10), None),
    ("7♭9", (0, 1, 4, 7, 10), None),
    ("7♯9", (0, 3, 4, 7, 10), None),
    # These would be guesses over another bass.
    ("6/9", (0, 2, 4, 7, 9), (0,)),
    ("9", (0, 2, 4, 10), (0,)),
    ("maj9", (0, 2, 4, 11), (0,)),
    ("m9", (0, 2, 3, 10), (0,)),
    ("7♭5", (0, 4, 6, 10), (0,)),
)


# What may follow the root's name.
SUFFIXES = frozenset(suffix for suffix, _, _ in _CHORDS)


def _tones(suffix: str) -> set[int]:
    """Semitones above the root of the notes that a chord of this name may have."""
    tones = {tone for name, chord, _ in _CHORDS if name == suffix for tone in chord}
    # Of the raised ninth and the third only the third is a letter of its own.
    return tones - {3} if 4 in tones else tones


def _shapes() -> dict[frozenset[int], tuple[int, str]]:
    """By semitones above the bass (0 is one): the root's semitones above it, and the suffix."""
    shapes: dict[frozenset[int], tuple[int, str]] = {}
    for root_is_bass in (True, False):
        for suffix, tones, basses in _CHORDS:
            for bass in tones if basses is None else basses:
                if (bass == 0) == root_is_bass:
                    above_bass = frozenset((tone - bass) % 12 for tone in (*tones, bass))
                    shapes.setdefault(above_bass, (-bass % 12, suffix))
    return shapes


_SHAPES = _shapes()


def find_chord(pitches: Iterable[int]) -> Chord | None:
    """The chord of these MIDI pitches, in whatever octaves; None when it has no common name.

    One note alone, an interval other than fifth and fourth, and a cluster have none.
    """
    sounding = set(pitches)
    if not sounding:
        return None
    bass = min(sounding) % 12
    found = _SHAPES.get(frozenset((pitch - bass) % 12 for pitch in sounding))
    if found is None:
        return None
    root_above_bass, suffix = found
    return Chord((bass + root_above_bass) % 12, suffix, bass)


def chord_name(pitches: Iterable[int], naming: NoteNaming) -> str | None:
    """Name of the chord of these sounding MIDI pitches, spelled as `naming` has it, or None."""
    chord = find_chord(pitches)
    return None if chord is None else chord.name(naming)
