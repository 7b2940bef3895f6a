"""Names of chords, over all roots and inversions."""

from __future__ import annotations

from itertools import combinations

import pytest

from app.music.chords.chord_names import Chord, chord_name, find_chord
from app.music.note_naming import NoteNaming, plain
from model.pitch import SHARP_NAMES, pitch_from_name

SHARPS = NoteNaming()
FLATS = NoteNaming(accidentals="flats")

# Suffix and notes over a C that is the bass.
CHORDS = {
    "5": "C G",
    "": "C E G",
    "m": "C Eb G",
    "dim": "C Eb Gb",
    "aug": "C E G#",
    "7": "C E G Bb",
    "maj7": "C E G B",
    "m7": "C Eb G Bb",
    "m7♭5": "C Eb Gb Bb",
    "dim7": "C Eb Gb A",
    "mMaj7": "C Eb G B",
    "aug7": "C E G# Bb",
    "maj7♯5": "C E G# B",
    "6": "C E G A",
    "m6": "C Eb G A",
    "sus2": "C D G",
    "sus4": "C F G",
    "7sus4": "C F G Bb",
    "add9": "C D E G",
    "m(add9)": "C D Eb G",
    "9": "C E G Bb D",
    "maj9": "C E G B D",
    "m9": "C Eb G Bb D",
    "7♭9": "C E G Bb Db",
    "7♯9": "C E G Bb D#",
    "6/9": "C E G A D",
    "7♭5": "C E Gb Bb",
}
# Those whose notes are no other chord's, so that every inversion has the same root.
ALONE = ("5", "", "m", "dim", "7", "maj7", "mMaj7", "aug7", "maj7♯5", "9", "maj9", "m9", "7♭9",
         "7♯9")  # fmt: skip


def pitches(names: str) -> list[int]:
    """MIDI pitches in the octave from C4 on of names without octaves, or as they are given."""
    return [
        pitch_from_name(name if name[-1].isdigit() else f"{name}4") for name in names.split()
    ]


@pytest.mark.parametrize("root", range(12))
@pytest.mark.parametrize("suffix", CHORDS)
def test_every_chord_on_every_root(suffix: str, root: int) -> None:
    notes = [36 + pitch - 60 + root for pitch in pitches(CHORDS[suffix])]
    name = f"{SHARP_NAMES[root]}{suffix}"
    assert chord_name(notes, SHARPS) == name
    # Octaves and doublings above the bass change nothing.
    spread = [note + 12 * (index % 3) for index, note in enumerate(notes)]
    assert chord_name([*spread, *(note + 24 for note in notes)], SHARPS) == name


@pytest.mark.parametrize("root", range(12))
@pytest.mark.parametrize("suffix", ALONE)
def test_inversions_are_named_with_their_bass(suffix: str, root: int) -> None:
    notes = [48 + pitch - 60 + root for pitch in pitches(CHORDS[suffix])]
    for bass in notes[1:]:
        inversion = [bass - 12, *(note for note in notes if note != bass)]
        expected = f"{SHARP_NAMES[root]}{suffix}/{SHARP_NAMES[bass % 12]}"
        assert chord_name(inversion, SHARPS) == expected


@pytest.mark.parametrize(
    ("notes", "name"),
    [
        ("C4 E4 G4 A4", "C6"),
        ("A3 C4 E4 G4", "Am7"),
        ("E3 C4 G4 A4", "Am7/E"),
        ("C4 Eb4 G4 A4", "Cm6"),
        ("A3 C4 Eb4 G4", "Am7♭5"),
        ("C4 D4 G4", "Csus2"),
        ("G3 C4 D4", "Gsus4"),
        ("D3 G3 C4", "Gsus4/D"),
        ("C4 E4 G#4", "Caug"),
        ("E3 C4 G#4", "Eaug"),
        ("G#3 C4 E4", "A♭aug"),
        ("C3 Eb4 F#4 A4", "Cdim7"),
        ("F#3 C4 Eb4 A4", "G♭dim7"),
        ("C3 E3 Gb3 Bb3", "C7♭5"),
        ("Gb2 C3 E3 Bb3", "G♭7♭5"),
    ],
)
def test_the_bass_decides_between_chords_of_the_same_notes(notes: str, name: str) -> None:
    assert chord_name(pitches(notes), FLATS) == name


@pytest.mark.parametrize(
    ("notes", "name"),
    [
        ("C3 E3 Bb3", "C7"),
        ("E3 Bb3 C4", "C7/E"),
        ("C3 E3 B3", "Cmaj7"),
        ("C3 Eb3 Bb3", "Cm7"),
        ("C3 E3 Bb3 D4", "C9"),
        ("C3 E3 B3 D4", "Cmaj9"),
        ("D3 C4 E4 G4", "C/D"),
        ("F3 C4 E4 G4", "C/F"),
        ("D3 C4 Eb4 G4", "Cm/D"),
        ("G2 F3 A3 C4", "F/G"),
        ("Bb2 C4 E4 G4", "C7/B♭"),
        ("G3 C4", "C5/G"),
    ],
)
def test_what_players_leave_out_or_put_below(notes: str, name: str) -> None:
    assert chord_name(pitches(notes), FLATS) == name


@pytest.mark.parametrize(
    "notes",
    ["", "C4", "C3 C4 C5", "C4 E4", "C4 C#4", "C4 F#4", "C4 C#4 D4", "C4 D4 E4", "B3 C4 G4",
     "C4 C#4 E4 G4", "C4 E4 F4 F#4 G4", "C4 D4 E4 F4 G4", "C#4 D#4 F#4 G#4 A#4 B4",
     "C3 C#3 D3 D#3 E3 F3 F#3 G3 G#3 A3 A#3 B3"],
)  # fmt: skip
def test_notes_intervals_and_clusters_have_no_name(notes: str) -> None:
    assert chord_name(pitches(notes), SHARPS) is None


def test_the_name_is_the_same_in_every_key() -> None:
    # Whatever the notes: moved up by a semitone, the same chord is found a semitone higher.
    for size in (2, 3, 4, 5):
        for above in combinations(range(1, 12), size - 1):
            found = find_chord([48, *(48 + step for step in above)])
            moved = find_chord([49, *(49 + step for step in above)])
            if found is None:
                assert moved is None
            else:
                assert found.bass == 0
                assert moved == Chord((found.root + 1) % 12, found.suffix, 1)


def test_root_and_bass_are_spelled_as_notes_are() -> None:
    notes = pitches("Db4 F4 Ab4 Bb4 Bb3")
    assert chord_name(notes, SHARPS) == "A♯m7"
    assert chord_name(notes, FLATS) == "B♭m7"
    assert chord_name(notes, NoteNaming("german", "flats")) == "Bm7"
    assert chord_name(pitches("F3 Bb3 Db4"), NoteNaming("solfege", "flats")) == "Si♭m/Fa"
    assert chord_name(pitches("D3 B3 F#4"), NoteNaming("german")) == "Hm/D"
    # A clarinet in B flat reads C major where B flat major sounds.
    assert chord_name(pitches("Bb3 D4 F4"), NoteNaming(transposition=2)) == "C"


@pytest.mark.parametrize(("key", "notes", "name", "spelled"), [
    # Not C♯ and G♯ over F.
    (0, "F3 Ab3 Db4", "D♭/F", "F3 A♭3 D♭4"),
    (0, "F3 Ab3 C4", "Fm", "F3 A♭3 C4"),
    (0, "E3 G#3 B3 D4", "E7", "E3 G♯3 B3 D4"),
    (2, "F#3 A#3 C#4", "F♯", "F♯3 A♯3 C♯4"),
    (-3, "Ab3 B3 Eb4", "A♭m", "A♭3 C♭4 E♭4"),
    (5, "B3 D#4 F#4", "B", "B3 D♯4 F♯4"),
    (0, "C4 E4 G#4", "Caug", "C4 E4 G♯4"),
    (0, "C4 Eb4 Gb4 Bb4", "Cm7♭5", "C4 E♭4 G♭4 B♭4"),
])  # fmt: skip
def test_the_notes_of_a_chord_are_thirds_by_their_letters(
    key: int, notes: str, name: str, spelled: str
) -> None:
    naming = NoteNaming(accidentals="key", key=key)
    sounding = pitches(notes)
    chord = find_chord(sounding)
    assert chord is not None
    assert chord.name(naming) == name
    names = chord.spelled(naming)
    assert " ".join(map(names.name, sounding)) == spelled
    # Who asked for sharps gets sharps.
    assert chord.spelled(SHARPS) == SHARPS


def test_every_chord_can_be_spelled_in_every_key() -> None:
    for key in range(-7, 8):
        naming = NoteNaming(accidentals="key", key=key)
        for notes in CHORDS.values():
            for up in range(12):
                sounding = [pitch + up for pitch in pitches(notes.replace(" ", "3 ") + "3")]
                chord = find_chord(sounding)
                if chord is None:
                    continue
                names = chord.spelled(naming)
                letters = [names.parts(pitch).base for pitch in sounding]
                assert [pitch_from_name(plain(names.name(pitch))) for pitch in sounding] == sounding
                if len(sounding) <= 4 and "9" not in chord.suffix and "dim7" not in chord.suffix:
                    assert len(set(letters)) == len(letters), (key, chord, letters)
