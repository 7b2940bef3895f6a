"""Notes of a standard MIDI file, to be looked at or laid beside a recording."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from app.midi.midi_file_bends import FileBends
from app.midi.midi_file_markers import sections_of
from app.midi.midi_file_tempo import MidiFileTempo, writable_meter
from app.midi.pitch_bend import DRUMS
from app.music.key_finding import Key
from app.music.rhythm import Meter
from app.music.sections import Marker
from model.notes import Note

if TYPE_CHECKING:
    import mido

Sign = TypeVar("Sign")

SUFFIXES = (".mid", ".midi")
_USUAL_TEMPO = 500_000
# Later than this, eleven days, lies no music; and such times are no floats any more, or no use.
_LAST_S = 1e6
_MOST_SIGNS = 2000
# A note that ends in the tick in which it begins is heard nevertheless.
_SHORTEST_S = 0.005

# Tick, order among the messages of one tick, track, message.
Moment: TypeAlias = "tuple[int, bool, int, mido.Message]"


@dataclass(frozen=True)
class MidiContent:
    """What a MIDI file holds.

    Attributes:
        notes: in order of onset, then pitch; each once.
        beats: None where the file says nothing of tempo, time signature and key, or only the tempo
            that is assumed without a word.
        markers: where sections begin, in order of time.
    """

    notes: tuple[Note, ...]
    beats: MidiFileTempo | None
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True)
class MidiPart:
    """What one track, or one channel of a file of a single track, plays.

    Attributes:
        name: as the file calls it; empty where it has no name.
        notes: in order of onset, then pitch.
    """

    name: str
    notes: tuple[Note, ...]


class MidiFileError(ValueError):
    """A MIDI file cannot be read; the message is one sentence naming it."""


def is_midi(path: Path) -> bool:
    """Whether a file's name says that it is a MIDI file."""
    return path.suffix.lower() in SUFFIXES


def read_midi(path: Path) -> list[Note]:
    """The notes of a MIDI file; see `read_midi_file`.

    Raises:
        MidiFileError: the file is missing, damaged or no MIDI file.
    """
    return list(read_midi_file(path).notes)


def read_midi_file(path: Path) -> MidiContent:
    """The notes of all tracks and channels but the drums, as they are struck and released.

    A note that is struck again before its end ends there, within its track and channel. One that
    is never released ends with the file. What bends a note, MPE's too, is its pitch curve. Pedals
    are not taken into account.

    Raises:
        MidiFileError: the file is missing, damaged or no MIDI file.
    """
    midi, moments = _read(path)
    notes = tuple(_notes(midi, moments))
    return MidiContent(notes, _beats(midi, moments), sections_of(midi.ticks_per_beat, moments))


def read_midi_parts(path: Path) -> tuple[list[MidiPart], MidiFileTempo | None]:
    """The same, by tracks; those without a note are left out. And the beats, as of a `MidiContent`.

    Raises:
        MidiFileError: the file is missing, damaged or no MIDI file.
    """
    midi, moments = _read(path)
    tracks: dict[int, set[int]] = {}
    for _, _, number, message in moments:
        if message.type in ("note_on", "note_off"):
            tracks.setdefault(number, set()).add(message.channel)
    parts = []
    for number, channels in tracks.items():
        # The hands of a file of one track may be channels.
        for some in [{one} for one in sorted(channels)] if len(tracks) == 1 else [channels]:
            notes = _notes(midi, [
                moment for moment in moments
                if moment[3].type == "set_tempo"
                or (moment[2] == number and getattr(moment[3], "channel", None) in some)
            ])
            if notes:
                parts.append(MidiPart(str(midi.tracks[number].name), tuple(notes)))
    return parts, _beats(midi, moments)


def _read(path: Path) -> tuple[mido.MidiFile, list[Moment]]:
    """The file, and its messages in order of time."""
    # Loaded for the first MIDI file; a recording needs none of it.
    import mido
    from mido.midifiles.meta import KeySignatureError

    try:
        # From memory: of a file, mido reads as many bytes as a header claims, 4 GB or none.
        content = io.BytesIO(path.read_bytes())
        # With clip, a velocity beyond 127 is read as that instead of failing the file.
        midi = mido.MidiFile(file=content, clip=True)
        if midi.ticks_per_beat <= 0:
            # Those that count the frames of a film instead of beats read as negative.
            raise MidiFileError(f"{path}: this MIDI file cannot be read (it counts no beats)")
        moments = _moments(midi)
        # Whatever cannot be read is found here.
        _notes(midi, moments)
        _beats(midi, moments)
        sections_of(midi.ticks_per_beat, moments)
        return midi, moments
    except MidiFileError:
        raise
    except FileNotFoundError:
        raise MidiFileError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise MidiFileError(f"{path}: this is a folder, not a MIDI file") from None
    except OverflowError:
        raise MidiFileError(
            f"{path}: this MIDI file cannot be read (its times make no sense)"
        ) from None
    except (
        EOFError, OSError, ValueError, IndexError, KeyError, TypeError, KeySignatureError
    ) as error:
        # mido tells damage by whatever its parser stumbles over.
        reason = getattr(error, "strerror", None) or "it is damaged, or no MIDI file"
        raise MidiFileError(f"{path}: this MIDI file cannot be read ({reason})") from None


def _moments(midi: mido.MidiFile) -> list[Moment]:
    # Tracks of type 2 follow each other nowhere in practice: they are read as if together.
    moments = []
    for number, track in enumerate(midi.tracks):
        tick = 0
        for message in track:
            tick += message.time
            # At equal ticks a change of tempo comes first; the rest keeps its order.
            moments.append((tick, message.type != "set_tempo", number, message))
    moments.sort(key=lambda moment: moment[:2])
    return moments


def _notes(midi: mido.MidiFile, moments: Sequence[Moment]) -> list[Note]:
    import mido

    notes: set[Note] = set()
    bends = FileBends()
    # By track, channel and pitch: onset, velocity, and whether another note was cut off by this.
    sounding: dict[tuple[int, int, int], tuple[float, int, bool]] = {}
    now_s, now_tick, tempo = 0.0, 0, _USUAL_TEMPO
    for tick, _, number, message in moments:
        now_s += mido.tick2second(tick - now_tick, midi.ticks_per_beat, tempo)
        now_tick = tick
        if now_s > _LAST_S:
            raise OverflowError("its times make no sense")
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type in ("pitchwheel", "control_change"):
            bends.hear(message, now_s)
        elif message.type in ("note_on", "note_off") and (
            message.channel != DRUMS or bends.is_member(DRUMS)
        ):
            key = number, message.channel, message.note
            begun = sounding.pop(key, None)
            if begun is not None:
                onset_s, velocity, has_cut = begun
                if not _begins(message) and has_cut and onset_s == now_s:
                    # The end of the one that was cut off, written after the new beginning.
                    sounding[key] = onset_s, velocity, False
                    continue
                notes.add(_note(onset_s, now_s, key, velocity, bends))
            if _begins(message):
                sounding[key] = now_s, message.velocity, begun is not None
    for key, (onset_s, velocity, _) in sounding.items():
        notes.add(_note(onset_s, now_s, key, velocity, bends))
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch, note))


def _beats(midi: mido.MidiFile, moments: Sequence[Moment]) -> MidiFileTempo | None:
    tempi = {Fraction(0): _USUAL_TEMPO}
    meters: list[tuple[Fraction, tuple[int, int]]] = []
    keys: list[tuple[Fraction, str]] = []
    end = Fraction(0)
    for tick, _, _, message in moments:
        end = Fraction(tick, midi.ticks_per_beat)
        match message.type:
            case "set_tempo":
                tempi[end] = message.tempo
            case "time_signature":
                meters.append((end, (message.numerator, message.denominator)))
            case "key_signature":
                keys.append((end, message.key))
    if not meters and not keys and set(tempi.values()) == {_USUAL_TEMPO}:
        return None
    bar, signature = _longest(meters, end) or (Fraction(0), (4, 4))
    _, key = _longest(keys, end) or (Fraction(0), None)
    beats = MidiFileTempo(
        tuple(tempi.items()), end, writable_meter(*signature) if meters else None, bar,
        None if key is None else Key.parse(key), _all_meters(meters),
    )
    return beats if beats.is_sensible else None


def _all_meters(
    signs: Sequence[tuple[Fraction, tuple[int, int]]]
) -> tuple[tuple[Fraction, Meter], ...]:
    """Where each time signature begins; none where one of them cannot be written, or more than
    music has."""
    if len(signs) > _MOST_SIGNS:
        return ()
    found: dict[Fraction, Meter] = {Fraction(0): Meter()}
    for begin, sign in signs:
        meter = writable_meter(*sign)
        if meter is None:
            return ()
        found[begin] = meter
    kept: list[tuple[Fraction, Meter]] = []
    for begin, meter in sorted(found.items(), key=lambda item: item[0]):
        if not kept or meter != kept[-1][1]:
            kept.append((begin, meter))
    return tuple(kept)


def _longest(
    signs: Sequence[tuple[Fraction, Sign]], end: Fraction
) -> tuple[Fraction, Sign] | None:
    """The sign that holds longest in all, and where it begins first; None without any."""
    if not signs:
        return None
    lengths: dict[Sign, Fraction] = {}
    ends = [*(begin for begin, _ in signs[1:]), end]
    for (begin, sign), until in zip(signs, ends, strict=True):
        lengths[sign] = lengths.get(sign, Fraction(0)) + until - begin
    longest = max(lengths, key=lambda sign: lengths[sign])
    return next((begin, sign) for begin, sign in signs if sign == longest)


def _begins(message: mido.Message | mido.MetaMessage) -> bool:
    return bool(message.type == "note_on" and message.velocity > 0)


def _note(
    onset_s: float, offset_s: float, key: tuple[int, int, int], velocity: int, bends: FileBends
) -> Note:
    _, channel, pitch = key
    offset_s = max(offset_s, onset_s + _SHORTEST_S)
    return Note(
        onset_s, offset_s, pitch, velocity, cents=bends.curve(channel, onset_s, offset_s)
    )
