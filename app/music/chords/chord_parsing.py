"""Chord names as a hand types them: "Am7", "F#m/A", "Bbmaj7", "Esm" where names are German."""

from __future__ import annotations

from collections.abc import Iterator

from app.music.chords.chord_names import SUFFIXES, Chord
from app.music.note_naming import NoteNaming

# "No chord", as it is written.
_NONE = frozenset({"", "n", "n.c.", "nc", "–", "-"})
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "H": 11}
_SOLFEGE = {"Do": 0, "Re": 2, "Ré": 2, "Mi": 4, "Fa": 5, "Sol": 7, "La": 9, "Si": 11}
_GERMAN = {
    "Ces": -1, "Cis": 1, "Des": 1, "Dis": 3, "Es": 3, "Eis": 5, "Fes": 4, "Fis": 6, "Ges": 6,
    "Gis": 8, "As": 8, "Ais": 10, "Bes": 10, "His": 0, "B": 10, "H": 11,
    **{letter: _LETTERS[letter] for letter in "CDEFGA"},
}
_SIGNS = {"♯": 1, "#": 1, "♭": -1, "b": -1}
# How suffixes are written besides the way of `chord_names`.
_ALSO = {
    "M": "", "maj": "", "major": "", "min": "m", "minor": "m", "-": "m", "mi": "m", "moll": "m",
    "M7": "maj7", "Maj7": "maj7", "ma7": "maj7", "j7": "maj7", "△": "maj7", "Δ": "maj7",
    "△7": "maj7", "Δ7": "maj7", "7M": "maj7", "min7": "m7", "-7": "m7", "mi7": "m7", "dom7": "7",
    "°": "dim", "o": "dim", "°7": "dim7", "o7": "dim7", "ø": "m7♭5", "ø7": "m7♭5", "hdim7": "m7♭5",
    "-7♭5": "m7♭5", "min7♭5": "m7♭5", "+": "aug", "+7": "aug7", "7+": "aug7", "7♯5": "aug7",
    "maj7+": "maj7♯5", "sus": "sus4", "7sus": "7sus4", "min6": "m6", "-6": "m6", "maj6": "6",
    "M6": "6", "69": "6/9", "m(maj7)": "mMaj7", "mmaj7": "mMaj7", "minmaj7": "mMaj7",
    "mM7": "mMaj7", "-Maj7": "mMaj7", "M9": "maj9", "min9": "m9", "-9": "m9", "add2": "add9",
    "(add9)": "add9", "madd9": "m(add9)", "7b9": "7♭9",
}


def parse_chord(text: str, naming: NoteNaming) -> Chord | None:
    """The chord that a text calls, in the words of a naming; None for "N" and for nothing.

    Letters are understood in any style, but for B, which is B flat where names are German.

    Raises:
        ValueError: it is no chord that has a name here; one sentence.
    """
    plain = "".join(text.split())
    if plain.lower() in _NONE:
        return None
    upper, _, lower = plain.rpartition("/")
    bass = _whole_root(lower, naming) if upper else None
    for root, suffix in _readings(plain if bass is None else upper, naming):
        known = _suffix(suffix)
        if known is not None:
            return Chord(root, known, root if bass is None else bass)
    examples = ", ".join(
        chord.name(naming) for chord in (Chord(9, "m7", 9), Chord(5, "", 9), Chord(7, "sus4", 7))
    )
    raise ValueError(f"“{text.strip()}” is no chord that is known here; examples are {examples}.")


def _readings(text: str, naming: NoteNaming) -> Iterator[tuple[int, str]]:
    """How a text may be parted into the pitch class of a root and what follows, longest first."""
    for length in range(min(5, len(text)), 0, -1):
        root = _whole_root(text[:length], naming)
        if root is not None:
            yield root, text[length:]


def _whole_root(name: str, naming: NoteNaming) -> int | None:
    """The sounding pitch class of a name, or None."""
    name = name[:1].upper() + name[1:]
    found: int | None = None
    if naming.style == "german":
        found = _GERMAN.get(name)
    if found is None:
        sign = _SIGNS.get(name[-1:], 0) if len(name) > 1 else 0
        base = name[:-1] if sign else name
        names = _SOLFEGE | _LETTERS if naming.style == "solfege" else _LETTERS
        if base in names and not (naming.style == "german" and base == "B"):
            found = names[base] + sign
    return None if found is None else (found - naming.transposition) % 12


def _suffix(text: str) -> str | None:
    """A suffix as `chord_names` has it."""
    for written in (text, text.replace("#", "♯").replace("b", "♭")):
        if written in SUFFIXES:
            return written
        if written in _ALSO:
            return _ALSO[written]
    return None
