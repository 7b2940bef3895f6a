"""What was chosen in the dialog of export."""

from __future__ import annotations

from dataclasses import dataclass

from app.midi.pitch_bend import Bends
from app.music.fretting import FrettedInstrument
from app.music.instruments import ANY, Instrument
from app.music.key_finding import Key
from app.music.quantise import Grid
from app.music.rhythm import PLAIN_BPM, Meter


@dataclass(frozen=True)
class ExportChoice:
    """What was chosen.

    Attributes:
        kinds: some of `FORMATS`, one at least.
        follows_file: whether the beats, and the time signature and key that are None, are those
            that the MIDI file has.
        hears_beats: whether the beats are heard in the recording; `bpm` is the tempo otherwise.
        has_rhythm: whether a MIDI file has beats; a score always has.
        moves: whether the notes of a MIDI file with beats are moved to the grid.
        grid, key, velocity, pedal, bends, split, one_hand, two_hands, tab, part, title: as
            `ExportOptions` has them.
        meter: the time signature; None to be told by the notes.
        chords: whether the chords go along.
    """

    kinds: tuple[str, ...] = (".mid",)
    has_rhythm: bool = False
    follows_file: bool = False
    hears_beats: bool = False
    bpm: float = PLAIN_BPM
    meter: Meter | None = None
    moves: bool = False
    grid: Grid | None = None
    key: Key | None = None
    velocity: bool = True
    pedal: bool = False
    bends: Bends = "off"
    split: int | None = None
    one_hand: bool = False
    two_hands: bool = False
    tab: FrettedInstrument | None = None
    part: Instrument = ANY
    title: str = ""
    chords: bool = True
