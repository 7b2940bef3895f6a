"""Parts of transposing instruments: written in another key than they sound in."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from app.music.key_finding import Key

# Steps of the scale from a note to the one that lies so many semitones above it, in an octave.
_STEPS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)


def transposed_key(key: Key, semitones: int) -> Key:
    """The key in which a part is written so far above its sound, with six sharps at most."""
    if semitones % 12 == 0:
        return key
    # A semitone up is seven fifths up.
    return Key((key.fifths + 7 * semitones + 5) % 12 - 5, key.is_minor)


def write_transposition(root: Element, semitones: int) -> None:
    """Says in a score how far its notes are written above their sound; 0 needs no word."""
    attributes = next(root.iter("attributes"), None)
    if not semitones or attributes is None:
        return
    octaves, within = divmod(semitones, 12)
    transpose = Element("transpose")
    SubElement(transpose, "diatonic").text = str(-_STEPS[within])
    SubElement(transpose, "chromatic").text = str(-within)
    if octaves:
        SubElement(transpose, "octave-change").text = str(-octaves)
    # After the clefs, before what may follow.
    clefs = [index for index, child in enumerate(attributes) if child.tag == "clef"]
    attributes.insert(clefs[-1] + 1 if clefs else len(attributes), transpose)
