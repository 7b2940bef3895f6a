"""Notes as files: MIDI, CSV and a picture of the piano roll."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import mido

from app.output import ExportError, written_beside
from model.notes import Note
from model.pitch import STANDARD_A4

__all__ = ["ExportError", "write_csv", "write_midi", "write_roll_png"]

# 120 quarter notes a minute, the tempo that MIDI assumes: times are exact whatever a reader does.
_TEMPO = 500_000
# One tick is 0.26 ms, and all the usual resolutions (96, 480, 960) divide it.
_TICKS_PER_BEAT = 1920
_TICKS_PER_SECOND = _TICKS_PER_BEAT * 1_000_000 / _TEMPO


def write_midi(notes: Sequence[Note], path: Path, a4: float = STANDARD_A4) -> None:
    """Writes a standard MIDI file: one track, times kept within 0.2 ms, velocities as heard.

    Notes of one pitch never overlap in MIDI: the earlier one ends where the next begins, and of
    those that begin together the longest stays. With another `a4` (Hz) than 440 the file tunes
    its channel, so that it plays at the pitch that was heard.

    Raises:
        ExportError: the file cannot be written.
    """
    # At equal ticks, ends come before beginnings.
    moments = sorted(
        moment
        for pitch, start, end, velocity in _tick_notes(notes)
        for moment in ((start, 1, pitch, velocity), (end, 0, pitch, 0))
    )
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name="Noteglow"))
    track.append(mido.MetaMessage("set_tempo", tempo=_TEMPO))
    track.extend(_tuning(a4))
    now = 0
    for tick, begins, pitch, velocity in moments:
        track.append(
            mido.Message(
                "note_on" if begins else "note_off",
                note=pitch, velocity=velocity, time=tick - now,
            )
        )
        now = tick
    track.append(mido.MetaMessage("end_of_track"))
    midi = mido.MidiFile(type=0, ticks_per_beat=_TICKS_PER_BEAT, tracks=[track])
    with written_beside(path) as beside:
        midi.save(beside)


def write_csv(notes: Sequence[Note], path: Path) -> None:
    """Writes `start_s,end_s,midi_pitch,velocity`, one note a line, in order of onset, then pitch.

    Raises:
        ExportError: the file cannot be written.
    """
    with written_beside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["start_s", "end_s", "midi_pitch", "velocity"])
        for note in sorted(notes, key=lambda note: (note.onset_s, note.pitch)):
            rows.writerow(
                [f"{note.onset_s:.4f}", f"{note.offset_s:.4f}", note.pitch, note.velocity]
            )


def write_roll_png(notes: Sequence[Note], path: Path, duration_s: float) -> None:
    """Writes a picture of the piano roll of `duration_s` seconds.

    Raises:
        ExportError: the file cannot be written.
    """
    # Drawing is slow to load, and the other exports do not need it.
    from app.roll_picture import draw_roll

    figure = draw_roll(notes, duration_s)
    with written_beside(path) as beside:
        figure.savefig(beside, format="png", facecolor=figure.get_facecolor())


def _tick_notes(notes: Sequence[Note]) -> Iterator[tuple[int, int, int, int]]:
    """Pitch, start, end (ticks) and velocity of every note, without overlaps in a pitch."""
    def pitch_of(note: Note) -> int:
        return note.pitch

    for pitch, group in itertools.groupby(sorted(notes, key=pitch_of), pitch_of):
        # The longest of those that begin at one tick comes last, and takes the others' place.
        begun: dict[int, tuple[int, int]] = {}
        for start, end, velocity in sorted(
            (_ticks(note.onset_s), _ticks(note.offset_s), note.velocity) for note in group
        ):
            begun[start] = (max(end, start + 1), min(max(velocity, 1), 127))
        starts = [*begun, math.inf]
        for (start, (end, velocity)), following in zip(begun.items(), starts[1:], strict=True):
            yield pitch, start, int(min(end, following)), velocity


def _ticks(seconds: float) -> int:
    return max(0, round(seconds * _TICKS_PER_SECOND))


def _tuning(a4: float) -> Iterator[mido.Message]:
    """The messages that tune channel 1: registered parameters 2 (semitones) and 1 (cents)."""
    if a4 == STANDARD_A4:
        return
    semitones = 12 * math.log2(a4 / STANDARD_A4)
    coarse = round(semitones)
    fine = min(round((semitones - coarse + 1) * 8192), 16383)
    for parameter, high, low in ((2, 64 + coarse, 0), (1, fine >> 7, fine & 127)):
        for control, value in ((101, 0), (100, parameter), (6, high), (38, low)):
            yield mido.Message("control_change", control=control, value=value)
    # No parameter chosen, so that nothing after this changes the tuning by accident.
    for control in (101, 100):
        yield mido.Message("control_change", control=control, value=127)
