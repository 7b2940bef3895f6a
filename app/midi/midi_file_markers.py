"""The markers of a MIDI file: where sections begin, and chords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.music.chords.chord_parsing import parse_chord
from app.music.note_naming import NoteNaming
from app.music.sections import Marker, one_line

if TYPE_CHECKING:
    import mido

# Markers of chords would be sections to whoever reads them, so a private event, which all others
# pass over, stands before each: 7D is for those without a number of a maker.
CHORD_FOLLOWS = (0x7D, *b"chord")
# Of music there are no more.
_MOST = 500
_USUAL_TEMPO = 500_000
_LETTERS = frozenset("ABCDEFGH")


def sections_of(
    ticks_per_beat: int, moments: Sequence[tuple[int, bool, int, mido.Message]]
) -> tuple[Marker, ...]:
    """What its markers call, in order of time; those of chords are left out.

    Where nothing tells which are chords, all that are called so are, if one of them at least is
    more than a letter, as sections are called.

    Args: `moments` are tick, order, track and message, in order of time.
    """
    found: dict[float, str] = {}
    now_s, now_tick, tempo = 0.0, 0, _USUAL_TEMPO
    tells, is_chord = False, set[int]()
    for tick, _, track, message in moments:
        now_s += (tick - now_tick) * tempo / 1e6 / ticks_per_beat
        now_tick = tick
        match message.type:
            case "set_tempo":
                tempo = message.tempo
            case "sequencer_specific" if tuple(message.data) == CHORD_FOLLOWS:
                tells = True
                is_chord.add(track)
            case "marker" if track in is_chord:
                is_chord.remove(track)
            case "marker":
                name = one_line(_text(message.text))
                if name and len(found) < _MOST:
                    found.setdefault(now_s, name)
    chords = set() if tells else {name for name in found.values() if _is_chord(name)}
    if chords <= _LETTERS:
        chords = set()
    return tuple(
        Marker(time_s, name) for time_s, name in found.items() if name not in chords
    )


def _text(text: str) -> str:
    """As it was written; files are read as if all of them were in Latin letters."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except ValueError:
        return text


def _is_chord(name: str) -> bool:
    try:
        parse_chord(name, NoteNaming())
    except ValueError:
        return False
    return True
