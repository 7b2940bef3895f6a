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
        is_monophonic: it plays one note at a time, but for double stops.
    """

    name: str
    lowest: int
    highest: int
    transposition: int = 0
    is_monophonic: bool = False


ANY = Instrument("Any instrument", LOWEST_PITCH, HIGHEST_PITCH)
PIANO = Instrument("Piano", LOWEST_PITCH, HIGHEST_PITCH)

INSTRUMENTS: tuple[Instrument, ...] = (
    ANY,
    PIANO,
    # Six strings from E2, 24 frets.
    Instrument("Guitar", 40, 88),
    # From the B0 of five strings.
    Instrument("Bass guitar", 23, 67),
    # From G3, for those with a low fourth string.
    Instrument("Ukulele", 55, 88),
    Instrument("Violin", 55, 105, is_monophonic=True),
    Instrument("Viola", 48, 93, is_monophonic=True),
    Instrument("Cello", 36, 88, is_monophonic=True),
    Instrument("Double bass", 23, 67, is_monophonic=True),
    # From B3: flutes with a B foot.
    Instrument("Flute", 59, 98, is_monophonic=True),
    Instrument("Clarinet in B♭", 50, 94, 2, is_monophonic=True),
    Instrument("Clarinet in A", 49, 93, 3, is_monophonic=True),
    Instrument("Oboe", 58, 93, is_monophonic=True),
    Instrument("Bassoon", 34, 76, is_monophonic=True),
    Instrument("Soprano saxophone", 56, 88, 2, is_monophonic=True),
    Instrument("Alto saxophone", 49, 81, 9, is_monophonic=True),
    Instrument("Tenor saxophone", 44, 76, 14, is_monophonic=True),
    # From the written A3 of those with a low A.
    Instrument("Baritone saxophone", 36, 69, 21, is_monophonic=True),
    Instrument("Trumpet in B♭", 52, 86, 2, is_monophonic=True),
    Instrument("Horn in F", 35, 77, 7, is_monophonic=True),
    # From the pedal notes.
    Instrument("Trombone", 28, 77, is_monophonic=True),
    Instrument("Tuba", 24, 67, is_monophonic=True),
    # Of any key, from G3.
    Instrument("Harmonica", 55, 98),
    Instrument("Soprano recorder", 72, 98, is_monophonic=True),
    Instrument("Alto recorder", 65, 91, is_monophonic=True),
    Instrument("Tenor recorder", 60, 86, is_monophonic=True),
    Instrument("Soprano voice", 58, 89, is_monophonic=True),
    Instrument("Mezzo-soprano voice", 55, 84, is_monophonic=True),
    Instrument("Alto voice", 52, 79, is_monophonic=True),
    Instrument("Tenor voice", 47, 74, is_monophonic=True),
    Instrument("Baritone voice", 40, 69, is_monophonic=True),
    Instrument("Bass voice", 36, 66, is_monophonic=True),
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


def find_instrument(text: str) -> Instrument:
    """The preset that is called so, or whose name alone has this in it; a flat may be a b.

    Raises:
        ValueError: there is none, or more than one.
    """
    wanted = text.strip().lower().replace("♭", "b")
    names = {preset.name.lower().replace("♭", "b"): preset for preset in INSTRUMENTS}
    if wanted in names:
        return names[wanted]
    found = [preset for name, preset in names.items() if wanted in name]
    if len(found) == 1:
        return found[0]
    others = ", ".join(preset.name for preset in found or INSTRUMENTS[1:])
    which = "may be" if found else "is no instrument; there are"
    raise ValueError(f"{text!r} {which} {others}")
