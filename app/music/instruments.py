"""Instruments: which pitches they can play, and how far from its sound their music is written."""

from __future__ import annotations

from dataclasses import dataclass

from model.pitch import HIGHEST_PITCH, LOWEST_PITCH


@dataclass(frozen=True)
class Preset:
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


ANY = Preset("Any instrument", LOWEST_PITCH, HIGHEST_PITCH)

PRESETS: tuple[Preset, ...] = (
    ANY,
    Preset("Piano", LOWEST_PITCH, HIGHEST_PITCH),
    # Six strings from E2, 24 frets.
    Preset("Guitar", 40, 88),
    # From the B0 of five strings.
    Preset("Bass guitar", 23, 67),
    # From G3, for those with a low fourth string.
    Preset("Ukulele", 55, 88),
    Preset("Violin", 55, 105),
    Preset("Viola", 48, 93),
    Preset("Cello", 36, 88),
    Preset("Double bass", 23, 67),
    # From B3: flutes with a B foot.
    Preset("Flute", 59, 98),
    Preset("Clarinet in B♭", 50, 94, 2),
    Preset("Clarinet in A", 49, 93, 3),
    Preset("Oboe", 58, 93),
    Preset("Bassoon", 34, 76),
    Preset("Soprano saxophone", 56, 88, 2),
    Preset("Alto saxophone", 49, 81, 9),
    Preset("Tenor saxophone", 44, 76, 14),
    # From the written A3 of those with a low A.
    Preset("Baritone saxophone", 36, 69, 21),
    Preset("Trumpet in B♭", 52, 86, 2),
    Preset("Horn in F", 35, 77, 7),
    # From the pedal notes.
    Preset("Trombone", 28, 77),
    Preset("Tuba", 24, 67),
    # Of any key, from G3.
    Preset("Harmonica", 55, 98),
    Preset("Soprano recorder", 72, 98),
    Preset("Alto recorder", 65, 91),
    Preset("Tenor recorder", 60, 86),
    Preset("Soprano voice", 58, 89),
    Preset("Mezzo-soprano voice", 55, 84),
    Preset("Alto voice", 52, 79),
    Preset("Tenor voice", 47, 74),
    Preset("Baritone voice", 40, 69),
    Preset("Bass voice", 36, 66),
)

# What the display is moved by for parts in these keys, when no instrument is chosen.
TRANSPOSITIONS: tuple[tuple[str, int], ...] = (
    ("Concert pitch (C)", 0),
    ("In B♭", 2),
    ("In A", 3),
    ("In F", 7),
    ("In E♭", 9),
)


def preset_named(name: str) -> Preset:
    """The preset of this name; `ANY` when there is none, as with settings of another version."""
    return next((preset for preset in PRESETS if preset.name == name), ANY)
