"""Notes from MIDI files.

Standard MIDI files are read here, ten times faster than by mido: a renderer opens one for every
excerpt that it plays, and spent most of its time there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model.notes import Note
from training.corpora.recording import CorpusError

_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM, _PRESSURE = 0x80, 0x90, 0xB0, 0xC0, 0xD0
_META, _END_OF_TRACK, _TEMPO, _METER = 0xFF, 0x2F, 0x51, 0x58
# Data bytes of the messages that belong to no channel; the rest of them have none.
_SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_SUSTAIN_PEDAL = 64
# From here on a switch is down.
_DOWN = 64
# General MIDI keeps this channel for percussion, whose notes are no pitches.
_PERCUSSION = 9
_US_PER_BEAT = 500_000

# Tick, status byte (or _TEMPO, _METER or _END_OF_TRACK), and two data bytes (or the microseconds
# per beat; or numerator and denominator).
_Event = tuple[int, int, int, int]


def read_notes(path: Path, *, sustain_pedal: bool) -> list[Note]:
    """The notes of all channels but the percussion's, in order of onset.

    Args:
        sustain_pedal: whether a note lasts as long as the pedal holds it.

    Raises:
        CorpusError: it is no MIDI file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: the MIDI file cannot be read ({error})") from None
    voices = read_voices(data, str(path), sustain_pedal=sustain_pedal)
    return sorted(note for voice in voices for note in voice)


def read_voices(data: bytes, name: str, *, sustain_pedal: bool) -> list[list[Note]]:
    """The notes of each channel but the percussion's, each channel in order of onset.

    Args:
        name: what to call the file in an error.

    Raises:
        CorpusError: these bytes are no MIDI file.
    """
    try:
        events, ticks_per_beat = _events(data)
    except (ValueError, IndexError) as error:
        raise CorpusError(f"{name}: this MIDI file cannot be read ({error})") from None
    voices: dict[int, list[Note]] = {}
    sounding: dict[tuple[int, int], _Sounding] = {}
    pedal_down: set[int] = set()
    now_s, before, s_per_tick = 0.0, 0, _US_PER_BEAT / 1e6 / ticks_per_beat

    def end(channel: int, pitch: int) -> None:
        note = sounding.pop((channel, pitch))
        if now_s > note.onset_s:
            voices.setdefault(channel, []).append(
                Note(note.onset_s, now_s, pitch, note.velocity)
            )

    for tick, status, first, second in events:
        now_s += (tick - before) * s_per_tick
        before = tick
        if status == _TEMPO:
            s_per_tick = first / 1e6 / ticks_per_beat
        if status in (_TEMPO, _METER, _END_OF_TRACK):
            continue
        kind, channel = status & 0xF0, status & 0x0F
        held = sounding.get((channel, first))
        if kind == _NOTE_ON and second > 0:
            # A string that is struck again ends what it still held.
            if held is not None:
                end(channel, first)
            sounding[channel, first] = _Sounding(now_s, second, tick if held else None)
        elif kind in (_NOTE_ON, _NOTE_OFF):
            if held is None:
                continue
            if held.restruck == tick:
                # The end of the note before is written after the beginning of this one.
                held.restruck = None
            elif channel in pedal_down:
                held.by_pedal = True
            else:
                end(channel, first)
        elif first == _SUSTAIN_PEDAL and sustain_pedal:
            if second >= _DOWN:
                pedal_down.add(channel)
            else:
                pedal_down.discard(channel)
                for key in [key for key, note in sounding.items() if note.by_pedal]:
                    if key[0] == channel:
                        end(*key)
    for key in list(sounding):
        end(*key)
    return [sorted(voice) for _, voice in sorted(voices.items())]


@dataclass
class _Sounding:
    """A note that has not ended.

    Attributes:
        restruck: the tick at which it began while its pitch was sounding.
        by_pedal: its key is up.
    """

    onset_s: float
    velocity: int
    restruck: int | None
    by_pedal: bool = False


@dataclass(frozen=True)
class WrittenMusic:
    """A MIDI file as it is written, in quarter notes from its beginning.

    Attributes:
        notes: onset, length, pitch, velocity and track of every note but the percussion's, by
            onset.
        tempi: where each tempo begins, and microseconds of a quarter note.
        meters: where each time signature begins, its numerator and denominator.
    """

    notes: list[tuple[float, float, int, int, int]]
    tempi: list[tuple[float, int]]
    meters: list[tuple[float, int, int]]


def read_written(data: bytes, name: str) -> WrittenMusic:
    """The notes, tempi and time signatures of a MIDI file, whatever its tempo.

    Raises:
        CorpusError: these bytes are no MIDI file, or its ticks are no parts of beats.
    """
    try:
        tracks, ticks_per_beat, by_tempo = _tracks(data)
    except (ValueError, IndexError) as error:
        raise CorpusError(f"{name}: this MIDI file cannot be read ({error})") from None
    if not by_tempo:
        raise CorpusError(f"{name}: this MIDI file has no beats")
    music = WrittenMusic([], [], [])
    for number, track in enumerate(tracks):
        sounding: dict[tuple[int, int], tuple[int, int]] = {}
        for tick, status, first, second in track:
            at = tick / ticks_per_beat
            if status == _TEMPO:
                music.tempi.append((at, first))
            elif status == _METER:
                music.meters.append((at, first, second))
            elif status & 0xF0 in (_NOTE_ON, _NOTE_OFF) and status != _END_OF_TRACK:
                key = (status & 0x0F, first)
                if key in sounding:
                    begin, velocity = sounding.pop(key)
                    if tick > begin:
                        length = (tick - begin) / ticks_per_beat
                        music.notes.append(
                            (begin / ticks_per_beat, length, first, velocity, number)
                        )
                if status & 0xF0 == _NOTE_ON and second:
                    sounding[key] = (tick, second)
    music.notes.sort()
    music.tempi.sort()
    music.meters.sort()
    return music


def _events(data: bytes) -> tuple[list[_Event], float]:
    """Events of notes, controllers and tempo in order of time, and ticks per beat.

    Raises:
        ValueError, IndexError: the bytes break off or are of another format.
    """
    tracks, ticks_per_beat, by_tempo = _tracks(data)
    # Sorting keeps the order of what happens at the same time.
    events = sorted((event for track in tracks for event in track), key=lambda event: event[0])
    return [event for event in events if by_tempo or event[1] != _TEMPO], ticks_per_beat


def _tracks(data: bytes) -> tuple[list[list[_Event]], float, bool]:
    """Events by track, ticks per beat, and whether ticks follow the tempo.

    Raises:
        ValueError, IndexError: the bytes break off or are of another format.
    """
    if data[:4] != b"MThd":
        raise ValueError("it does not begin as one")
    kind, n_tracks, division = (int.from_bytes(data[i : i + 2]) for i in (8, 10, 12))
    if kind > 1:
        raise ValueError("its tracks have times of their own")
    by_tempo = not division & 0x8000
    # Else frames per second and ticks per frame, whatever the tempo: as if a beat lasted 0.5 s.
    ticks_per_beat = division if by_tempo else 0.5 * (256 - (division >> 8)) * (division & 0xFF)
    if not ticks_per_beat:
        raise ValueError("it has no unit of time")
    tracks: list[list[_Event]] = []
    at = 8 + int.from_bytes(data[4:8])
    while at + 8 <= len(data):
        first, length = at + 8, int.from_bytes(data[at + 4 : at + 8])
        if data[at : at + 4] == b"MTrk":
            tracks.append(list(_track(data[first : first + length])))
            n_tracks -= 1
        at = first + length
    if at > len(data) or n_tracks > 0:
        raise ValueError("it breaks off")
    return tracks, ticks_per_beat, by_tempo


def _track(data: bytes) -> Iterator[_Event]:
    at, tick, status = 0, 0, 0

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            byte = data[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    while at < len(data):
        tick += number()
        byte = data[at]
        if byte < 0x80:
            if not status:
                raise ValueError("a message has no kind")
        else:
            status = byte
            at += 1
        if status < 0xF0:
            kind = status & 0xF0
            if kind in (_PROGRAM, _PRESSURE):
                at += 1
                continue
            if kind in (_NOTE_OFF, _NOTE_ON, _CONTROL) and status & 0x0F != _PERCUSSION:
                yield tick, status, data[at], data[at + 1]
            at += 2
            continue
        # These end the running status.
        system, status = status, 0
        if system == _META:
            what = data[at]
            at += 1
            length = number()
            if what == _END_OF_TRACK:
                # Notes that no message ends last until here.
                yield tick, _END_OF_TRACK, 0, 0
                return
            if what == _TEMPO and length == 3:
                yield tick, _TEMPO, int.from_bytes(data[at : at + 3]), 0
            if what == _METER and length == 4:
                yield tick, _METER, data[at], 2 ** data[at + 1]
            at += length
        elif system in (0xF0, 0xF7):
            length = number()
            at += length
        else:
            at += _SYSTEM_LENGTHS.get(system, 0)
