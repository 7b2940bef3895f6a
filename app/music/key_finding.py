"""The key of a piece: told by its notes, and what it makes of their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from model.notes import Note

# How well each degree of the scale fits a key, the tonic first: Krumhansl and Kessler, "Tracing
# the dynamic changes in perceived tonal organization", 1982.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
# Names on the line of fifths; C is at 0.
_STEPS = "FCGDAEB"


@dataclass(frozen=True)
class Key:
    """A key signature.

    Attributes:
        fifths: sharps, or flats when negative, -7 to 7.
        is_minor: whether the piece is in minor.
    """

    fifths: int = 0
    is_minor: bool = False

    @classmethod
    def parse(cls, name: str) -> Key:
        """Reads a name such as "E♭", "Bb" or "F#m".

        Raises:
            ValueError: it is no key with up to seven sharps or flats.
        """
        plain = name.strip().replace("♯", "#").replace("♭", "b")
        for is_minor in (False, True):
            for fifths in range(-7, 8):
                key = cls(fifths, is_minor)
                if key.name.lower() == plain[:1].lower() + plain[1:]:
                    return key
                if key.name == plain[:1].upper() + plain[1:]:
                    return key
        raise ValueError(f"{name!r} is not a key; examples are C, Eb, F#m")

    @property
    def name(self) -> str:
        """Its tonic as MIDI files spell it, with "m" for minor, such as "Eb" or "F#m"."""
        step, alteration = spell_fifth(self.fifths + (3 if self.is_minor else 0))
        return step + "#" * alteration + "b" * -alteration + ("m" if self.is_minor else "")

    def spell(self, pitch: int) -> tuple[str, int, int]:
        """Step, alteration in semitones and octave of a MIDI pitch, such as ("E", -1, 4).

        The twelve names are neighbours on the line of fifths, from three fifths below the major
        tonic on, so that the usual chromatic notes are spelt as usual; in minor one fifth higher,
        for the sake of the leading notes.
        """
        lowest = self.fifths - (2 if self.is_minor else 3)
        fifth = lowest + (pitch * 7 - lowest) % 12
        step, alteration = spell_fifth(fifth)
        # B sharp belongs to the octave below its sound, C flat to that above.
        return step, alteration, (pitch - alteration) // 12 - 1


def spell_fifth(fifth: int) -> tuple[str, int]:
    """Step and alteration of a place on the line of fifths, C at 0."""
    alteration, index = divmod(fifth + 1, 7)
    return _STEPS[index], alteration


def estimate_key(notes: Iterable[Note]) -> Key:
    """The key whose profile correlates best with how long each pitch class sounds; C without notes.

    Every signature has at most six sharps or flats.
    """
    lengths = np.zeros(12)
    for note in notes:
        lengths[note.pitch % 12] += note.offset_s - note.onset_s
    if not lengths.any() or np.ptp(lengths) == 0:
        return Key()
    fits = key_fits(lengths)
    return max(fits, key=lambda key: fits[key])


def key_fits(lengths: np.ndarray) -> dict[Key, float]:
    """How well each key fits, from -1 to 1.

    Args:
        lengths: how long each pitch class sounds, shape (12,), C first; not all the same.
    """
    keys = [Key(fifths, is_minor) for fifths in range(-5, 7) for is_minor in (False, True)]
    return {key: _fit(lengths, key) for key in keys}


def _fit(lengths: np.ndarray, key: Key) -> float:
    tonic = (key.fifths * 7 + (9 if key.is_minor else 0)) % 12
    profile = np.roll(_MINOR if key.is_minor else _MAJOR, tonic)
    return float(np.corrcoef(lengths, profile)[0, 1])
