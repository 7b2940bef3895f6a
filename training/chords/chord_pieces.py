"""POP909's pieces with their chords, step by step."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.beats.note_features import NoteArrays
from model.chords.chord_steps import chord_steps
from model.chords.chord_vocabulary import NAMES, NO_CHORD, QUALITIES, parsed, state
from model.notes import Note
from training.corpora import midi
from training.corpora.recording import CorpusError

# From this piece on, the others are scored on.
FIRST_HELD_OUT = 860
# Where so little of what sounds belongs to the chords that are listed, the machine that listed them
# was lost; by chance a third does.
_LEAST_FITTING = 0.7


@dataclass(frozen=True)
class ChordPiece:
    """A piece of music.

    Attributes:
        number: of POP909's file.
        notes: as they are played.
        steps_s, places: as `chord_steps` has them, of its listed beats.
        states: the chord of every step, as `model.chords.chord_vocabulary.state`: (steps,).
        spans: every chord listed: from when to when, and its label.
    """

    number: int
    notes: NoteArrays
    steps_s: NDArray[np.float64]
    places: NDArray[np.intp]
    states: NDArray[np.intp]
    spans: tuple[tuple[float, float, str], ...]

    @property
    def fitting(self) -> float:
        """How much of what sounds belongs to the chord that is listed, 0 to 1."""
        inside = whole = 0.0
        for start_s, end_s, label in self.spans:
            chord = parsed(label)
            if chord is None:
                continue
            lengths = np.minimum(self.notes.offset_s, end_s) - np.maximum(
                self.notes.onset_s, start_s
            )
            lengths = np.maximum(lengths, 0)
            tones = [(chord[0] + tone) % 12 for tone in QUALITIES[chord[1]]]
            inside += float(lengths[np.isin(self.notes.pitch % 12, tones)].sum())
            whole += float(lengths.sum())
        return inside / whole if whole else 0.0

    @property
    def is_credible(self) -> bool:
        """Whether its chords can be believed."""
        return self.fitting >= _LEAST_FITTING


def read_pop909_chords(path: Path, rhythm: Path) -> Iterator[ChordPiece]:
    """The pieces of POP909, in order; those without a list of beats or chords are passed over.

    Args:
        path: the archive of MIDI files.
        rhythm: that of the tables `NNN/beat_midi.txt` and `NNN/chord_midi.txt`.

    Raises:
        CorpusError: an archive cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(rhythm) as tables:
            there = set(tables.namelist())
            for name in sorted(archive.namelist()):
                stem = Path(name).stem
                beats, chords = f"{stem}/beat_midi.txt", f"{stem}/chord_midi.txt"
                if not (name.endswith(".mid") and stem.isdecimal() and {beats, chords} <= there):
                    continue
                voices = midi.read_voices(archive.read(name), name, sustain_pedal=True)
                rows = np.loadtxt(io.StringIO(tables.read(beats).decode()), ndmin=2)
                piece = _piece(int(stem), voices, rows, tables.read(chords).decode(), chords)
                if piece is not None:
                    yield piece
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path}, {rhythm}: they cannot be read ({error})") from None


def _piece(
    number: int, voices: list[list[Note]], beats: NDArray[np.float64], text: str, name: str
) -> ChordPiece | None:
    spans = []
    for line in text.splitlines():
        try:
            start, end, label = line.split("\t")
            spans.append((float(start), float(end), label.strip()))
            parsed(spans[-1][2])
        except ValueError as error:
            raise CorpusError(f"{name}: a chord cannot be read ({error})") from None
    if not spans or len(beats) < 8:
        return None
    steps_s, places = chord_steps(beats[:, 0], beats[:, 2] > 0)
    middles = (steps_s[1:] + steps_s[:-1]) / 2
    starts = np.array([start for start, _, _ in spans])
    which = np.maximum(np.searchsorted(starts, middles, side="right") - 1, 0)
    states = np.array([_state(spans[index][2]) for index in which], np.intp)
    notes = NoteArrays.of([note for voice in voices for note in voice])
    return ChordPiece(number, notes, steps_s, places, states, tuple(spans))


def _state(label: str) -> int:
    chord = parsed(label)
    return NO_CHORD if chord is None else state(*chord[:2])


def quality_of(states: NDArray[np.intp]) -> NDArray[np.intp]:
    """The place of each chord's quality in `NAMES`; one after the last of no chord."""
    return np.where(states == NO_CHORD, len(NAMES), states // 12)
