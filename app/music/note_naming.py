"""How notes are called in the window and in the terminal: style, accidentals, transposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Style = Literal["letters", "solfege", "german"]
Accidentals = Literal["sharps", "flats", "key"]

STYLES: tuple[Style, ...] = get_args(Style)
ACCIDENTALS: tuple[Accidentals, ...] = get_args(Accidentals)
# Signatures from seven flats to seven sharps.
KEYS = range(-7, 8)
MOST_TRANSPOSED = 36

# Letters as they follow each other by fifths; C is the second of them.
_FIFTHS = "FCGDAEB"
_SOLFEGE = {"C": "Do", "D": "Re", "E": "Mi", "F": "Fa", "G": "Sol", "A": "La", "B": "Si"}
_SIGNS = {-1: "♭", 0: "", 1: "♯"}
# Places on the line of fifths ... B flat -2, F -1, C 0, G 1 ...: what lies beyond F flat and
# B sharp would need two signs.
_F_FLAT, _G_FLAT, _F, _B_SHARP = -8, -6, -1, 12


class Parts(NamedTuple):
    """A name in parts: "F", "♯" and 4, or "Fis", "" and 4."""

    base: str
    sign: str
    octave: int


@dataclass(frozen=True)
class NoteNaming:
    """Names of sounding MIDI pitches.

    Attributes:
        style: "letters" (C D E F G A B), "solfege" (fixed do: Do Re Mi Fa Sol La Si) or "german"
            (H for B and B for B flat; Cis, Des, Es, As).
        accidentals: how black keys are spelled: "sharps", "flats", or as usual in the "key".
        key: signature of what is shown, in fifths: 2 has two sharps, -3 three flats; None is that
            of C until another one is heard. Counts only when `accidentals` is "key".
        transposition: semitones added for display: an instrument in B flat reads 2 more.
        first_fifth: the lowest place on the line of fifths (C is 0, G 1) whose name is used, for a
            chord that is spelled otherwise than its key; None follows `accidentals`.
        octaves: whether `name` ends in the octave of scientific pitch notation (middle C is C4).

    Raises:
        ValueError: a value is not one of these.
    """

    style: Style = "letters"
    accidentals: Accidentals = "sharps"
    key: int | None = 0
    transposition: int = 0
    octaves: bool = True
    first_fifth: int | None = None

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"the style of names is one of {', '.join(STYLES)}, not {self.style}")
        if self.accidentals not in ACCIDENTALS:
            raise ValueError(
                f"accidentals are one of {', '.join(ACCIDENTALS)}, not {self.accidentals}"
            )
        if self.key is not None and self.key not in KEYS:
            raise ValueError(f"a key has from -7 (flats) to 7 (sharps) fifths, not {self.key}")
        if abs(self.transposition) > MOST_TRANSPOSED:
            raise ValueError(
                f"a transposition is at most {MOST_TRANSPOSED} semitones, "
                f"not {self.transposition}"
            )

    def name(self, pitch: int) -> str:
        """Name of a sounding MIDI pitch, such as "C4", "Sol♯3" or "Es5"."""
        base, sign, octave = self.parts(pitch)
        return f"{base}{sign}{octave}" if self.octaves else f"{base}{sign}"

    def pitch_class(self, pitch: int) -> str:
        """Name of a sounding pitch or pitch class without octave, such as "C", "Sol♯" or "Es"."""
        base, sign, _ = self.parts(pitch)
        return f"{base}{sign}"

    def parts(self, pitch: int) -> Parts:
        """The name of a sounding MIDI pitch in parts that can be written in different sizes."""
        shown = pitch + self.transposition
        letter, alteration = self._spelling(shown % 12)
        # The octave belongs to the letter: B sharp 3 sounds like C4, C flat 4 like B3.
        octave = (shown - alteration) // 12 - 1
        if self.style == "german":
            return Parts(_german(letter, alteration), "", octave)
        base = _SOLFEGE[letter] if self.style == "solfege" else letter
        return Parts(base, _SIGNS[alteration], octave)

    def _spelling(self, pitch_class: int) -> tuple[str, int]:
        """The letter, and -1 for a flat, 1 for a sharp."""
        first = self.lowest_fifth
        # Every twelve places in a row are the twelve notes.
        place = first + (pitch_class * 7 - first) % 12
        if place > _B_SHARP:
            place -= 12
        elif place < _F_FLAT:
            place += 12
        return _FIFTHS[(place + 1) % 7], (place + 1) // 7

    @property
    def lowest_fifth(self) -> int:
        """The lowest place on the line of fifths whose name is used."""
        if self.first_fifth is not None:
            return self.first_fifth
        if self.accidentals == "sharps":
            return _F
        if self.accidentals == "flats":
            return _G_FLAT
        # Outside of the scale the third and seventh come lowered, the first, fourth and fifth
        # raised, as the leading notes of the neighbouring keys and of the relative minor are
        # (MuseScore and others spell MIDI notes so). Keys with sharps stay without flats.
        key = self.key or 0
        return max(key - 3, _F) if key > 0 else key - 3


def plain(text: str) -> str:
    """Names and chords in ASCII, for terminals that know no "♯" and "♭"."""
    return text.replace("♯", "#").replace("♭", "b")


def fitting(text: str, encoding: str | None) -> str:
    """The text itself where this encoding has its letters, else as `plain`."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return plain(text)
    return text


def _german(letter: str, alteration: int) -> str:
    if letter == "B":
        return {-1: "B", 0: "H", 1: "His"}[alteration]
    if alteration < 0:
        # Before a vowel the e is dropped: Es and As.
        return letter + ("s" if letter in "AE" else "es")
    return letter + ("is" if alteration else "")
