"""What can be chosen when notes are exported."""

from __future__ import annotations

from dataclasses import dataclass

from app.midi.pitch_bend import Bends
from app.music.chords.chord_finding import ChordSpan
from app.music.fretting import FrettedInstrument
from app.music.instruments import ANY, Instrument
from app.music.key_finding import Key
from app.music.note_naming import NoteNaming
from app.music.quantise import Grid
from app.music.rhythm import Rhythm
from app.music.sections import Marker
from app.system.readable_text import readable
from model.pitch import STANDARD_A4


@dataclass(frozen=True)
class ExportOptions:
    """Every format takes what it knows of, and passes over the rest.

    Attributes:
        duration_s: seconds that the recording lasts; a picture and the sound are as long.
        title: of the score and the MIDI track.
        a4: Hz that the notes were heard against; MIDI and sound are tuned to it.
        rhythm: the beats. MIDI gets a tempo map that follows them, the score its bars. None is one
            plain tempo.
        grid: MIDI notes are moved to it; None leaves them when they were heard. A score takes
            sixteenths then.
        key: of the score, and of a MIDI file with a rhythm; None is estimated from the notes.
        velocity: whether MIDI notes are as loud as they were heard, or all alike.
        pedal: whether a sustain pedal holds what rang together in MIDI (see
            `app.exports.sustain_pedal`).
        bends: what becomes of the pitch curves in MIDI; see `app.exports.midi_writer`.
        split: the lowest MIDI pitch of the right hand. MIDI gets a track, and the score a staff
            for each hand. None is one track, and two staves where the notes need them.
        one_hand: whether the score has one staff however far the notes reach.
        two_hands: whether it has two however near they are, unless `one_hand` or `tab` say else.
        part: a score is written as this instrument's players read it; one that plays one note at
            a time gets one staff. With `tab` it has no meaning.
        tab: a score is for this instrument, on one staff with tablature below.
        chords: the chords, one after the other: harmony in a score, markers in MIDI, in JSON.
        markers: where sections begin: markers in MIDI, rehearsal marks in a score, in JSON.
        naming: what chords are called; a score names them by letters in any case.
    """

    duration_s: float = 0.0
    title: str = ""
    a4: float = STANDARD_A4
    rhythm: Rhythm | None = None
    grid: Grid | None = None
    key: Key | None = None
    velocity: bool = True
    pedal: bool = False
    bends: Bends = "off"
    split: int | None = None
    one_hand: bool = False
    two_hands: bool = False
    part: Instrument = ANY
    tab: FrettedInstrument | None = None
    chords: tuple[ChordSpan, ...] = ()
    markers: tuple[Marker, ...] = ()
    naming: NoteNaming = NoteNaming(accidentals="key")  # noqa: RUF009

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", readable(self.title))
