"""Notes of a standard MIDI file, to be looked at or laid beside a recording."""

from __future__ import annotations

from pathlib import Path

import mido

from model.notes import Note

SUFFIXES = (".mid", ".midi")
# The channel of drums, whose pitches are no pitches (General MIDI), counted from 0.
_DRUMS = 9
_USUAL_TEMPO = 500_000
# A note that ends in the tick in which it begins is heard nevertheless.
_SHORTEST_S = 0.005


class MidiFileError(ValueError):
    """A MIDI file cannot be read; the message is one sentence naming it."""


def is_midi(path: Path) -> bool:
    """Whether a file's name says that it is a MIDI file."""
    return path.suffix.lower() in SUFFIXES


def read_midi(path: Path) -> list[Note]:
    """The notes of all tracks and channels but the drums, as they are struck and released.

    A note that is struck again before its end ends there, within its track and channel. One that
    is never released ends with the file. Pedals are not taken into account.

    Returns:
        The notes in order of onset, then pitch; each once.

    Raises:
        MidiFileError: the file is missing, damaged or no MIDI file.
    """
    try:
        # With clip, a velocity beyond 127 is read as that instead of failing the file.
        midi = mido.MidiFile(path, clip=True)
        return _notes(midi)
    except FileNotFoundError:
        raise MidiFileError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise MidiFileError(f"{path}: this is a folder, not a MIDI file") from None
    except (EOFError, OSError, ValueError, IndexError, KeyError, TypeError) as error:
        # mido tells damage by whatever its parser stumbles over.
        reason = getattr(error, "strerror", None) or "it is damaged, or no MIDI file"
        raise MidiFileError(f"{path}: this MIDI file cannot be read ({reason})") from None


def _notes(midi: mido.MidiFile) -> list[Note]:
    # Tracks of type 2 follow each other nowhere in practice: they are read as if together.
    moments = []
    for number, track in enumerate(midi.tracks):
        tick = 0
        for message in track:
            tick += message.time
            # At equal ticks a change of tempo comes first; the rest keeps its order.
            moments.append((tick, message.type != "set_tempo", number, message))
    moments.sort(key=lambda moment: moment[:2])

    notes: set[Note] = set()
    # By track, channel and pitch: onset, velocity, and whether another note was cut off by this.
    sounding: dict[tuple[int, int, int], tuple[float, int, bool]] = {}
    now_s, now_tick, tempo = 0.0, 0, _USUAL_TEMPO
    for tick, _, number, message in moments:
        now_s += mido.tick2second(tick - now_tick, midi.ticks_per_beat, tempo)
        now_tick = tick
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type in ("note_on", "note_off") and message.channel != _DRUMS:
            key = number, message.channel, message.note
            begun = sounding.pop(key, None)
            if begun is not None:
                onset_s, velocity, has_cut = begun
                if not _begins(message) and has_cut and onset_s == now_s:
                    # The end of the one that was cut off, written after the new beginning.
                    sounding[key] = onset_s, velocity, False
                    continue
                notes.add(_note(onset_s, now_s, message.note, velocity))
            if _begins(message):
                sounding[key] = now_s, message.velocity, begun is not None
    for (_, _, pitch), (onset_s, velocity, _) in sounding.items():
        notes.add(_note(onset_s, now_s, pitch, velocity))
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch, note))


def _begins(message: mido.Message | mido.MetaMessage) -> bool:
    return bool(message.type == "note_on" and message.velocity > 0)


def _note(onset_s: float, offset_s: float, pitch: int, velocity: int) -> Note:
    return Note(onset_s, max(offset_s, onset_s + _SHORTEST_S), pitch, velocity)
