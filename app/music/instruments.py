"""Instruments: which pitches they can play, and how far from its sound their music is written."""

from __future__ import annotations

from dataclasses import dataclass

from model.pitch import HIGHEST_PITCH, LOWEST_PITCH


@dataclass(frozen=True)
class Instrument:
    """An instrument.

    Attributes:
        name: as it is shown and kept in the settings.
        lowest, highest: the sounding range as MIDI pitches, both included; practised players'
            top notes are in it.
        transposition: semitones from a sounding pitch to the one that is written and said by its
            players. 0 for guitars, basses, ukuleles, recorders and voices too: an octave apart
            in print, but their strings and notes are called as they sound.
    """

    name: str
    lowest: int
    highest: int
    transposition: int = 0


ANY = Instrument("Any instrument", LOWEST_PITCH, HIGHEST_PITCH)

INSTRUMENTS: tuple[Instrument, ...] = (
    ANY,
    Instrument("Piano", LOWEST_PITCH, HIGHEST_PITCH),
    # Six strings from E2, 24 frets.
    Instrument("Guitar", 40, 88),
    # From the B0 of five strings.
    Instrument("Bass guitar", 23, 67),
    # From G3, for those with a low fourth string.
    Instrument("Ukulele", 55, 88),
    Instrument("Violin", 55, 105),
    Instrument("Viola", 48, 93),
    Instrument("Cello", 36, 88),
    Instrument("Double bass", 23, 67),
    # From B3: flutes with a B foot.
    Instrument("Flute", 59, 98),
    Instrument("Clarinet in B♭", 50, 94, 2),
    Instrument("Clarinet in A", 49, 93, 3),
    Instrument("Oboe", 58, 93),
    Instrument("Bassoon", 34, 76),
    Instrument("Soprano saxophone", 56, 88, 2),
    Instrument("Alto saxophone", 49, 81, 9),
    Instrument("Tenor saxophone", 44, 76, 14),
    # From the written A3 of those with a low A.
    Instrument("Baritone saxophone", 36, 69, 21),
    Instrument("Trumpet in B♭", 52, 86, 2),
    Instrument("Horn in F", 35, 77, 7),
    # From the pedal notes.
    Instrument("Trombone", 28, 77),
    Instrument("Tuba", 24, 67),
    # Of any key, from G3.
    Instrument("Harmonica", 55, 98),
    Instrument("Soprano recorder", 72, 98),
    Instrument("Alto recorder", 65, 91),
    Instrument("Tenor recorder", 60, 86),
    Instrument("Soprano voice", 58, 89),
    Instrument("Mezzo-soprano voice", 55, 84),
    Instrument("Alto voice", 52, 79),
    Instrument("Tenor voice", 47, 74),
    Instrument("Baritone voice", 40, 69),
    Instrument("Bass voice", 36, 66),
)

# What the display is moved by for parts in these keys, when no instrument is chosen.
TRANSPOSITIONS: tuple[tuple[str, int], ...] = (
    ("Concert pitch (C)", 0),
    ("In B♭", 2),
    ("In A", 3),
    ("In F", 7),
    ("In E♭", 9),
)


def instrument_named(name: str) -> Instrument:
    """The preset of this name; `ANY` when there is none, as with settings of another version."""
    return next((preset for preset in INSTRUMENTS if preset.name == name), ANY)
