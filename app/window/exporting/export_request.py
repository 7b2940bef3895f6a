"""From what was chosen in the dialog to what the exporter does."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from app.exports.background_export import Beats, ExportRequest
from app.exports.export_file import ExportOptions, is_midi, is_score, is_table
from app.exports.notes_part import NotesPart
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.chords.chord_editing import within
from app.music.chords.chord_finding import ChordSpan
from app.music.note_naming import NoteNaming
from app.music.rhythm import Rhythm
from app.song.annotations import Annotations
from app.views.dialogs.export_choice import ExportChoice
from model.notes import Note


def request_of(
    part: NotesPart, path: Path, choice: ExportChoice, *, a4: float,
    recording: Path | None, file: MidiFileTempo | None = None,
    annotations: Annotations = Annotations(),  # noqa: B008
    found: Rhythm | None = None, piece: Sequence[Note] = (),
    chords: Sequence[ChordSpan] = (), naming: NoteNaming = NoteNaming(),  # noqa: B008
) -> ExportRequest:
    """What the exporter is to do for a choice and one of its kinds, that of the path.

    A part of the notes keeps its place among beats and in tables; where there is none, it begins at
    second 0.

    Args:
        recording: where beats can be heard; None where there is no sound.
        file: the beats of the MIDI file that the notes are of; None where it has none.
        annotations: what a hand wrote beside the notes.
        found: the beats of the recording or file, where they are known.
        piece: all notes there are, for the beats of a part to be found in.
        chords, naming: the chords, and how they are called.
    """
    has_rhythm = is_score(path) or (choice.has_rhythm and is_midi(path))
    follows = file if has_rhythm and choice.follows_file else None
    begin_s, markers = part.begin_s, annotations.markers
    if not part.is_all:
        chords = within(chords, begin_s, part.end_s)
    if not has_rhythm and not is_table(path) and not part.is_all:
        part = part.from_zero()
        markers = tuple(
            dataclasses.replace(marker, time_s=marker.time_s - begin_s)
            for marker in markers if marker.time_s >= begin_s
        )
        chords = [span.moved(-begin_s) for span in chords]
    key = choice.key or annotations.key or (None if follows is None else follows.key)
    options = ExportOptions(
        duration_s=part.duration_s, title=choice.title or path.stem, a4=a4,
        grid=choice.grid if is_score(path) or choice.moves else None,
        key=key, velocity=choice.velocity, pedal=choice.pedal, split=choice.split,
        one_hand=choice.one_hand, two_hands=choice.two_hands, bends=choice.bends,
        tab=choice.tab, part=choice.part, markers=markers,
        chords=tuple(chords) if choice.chords else (), naming=naming,
    )
    beats = None
    if has_rhythm:
        heard = recording if choice.hears_beats else None
        beats = Beats(heard, choice.bpm, choice.meter, follows, annotations.rhythm, found)
    return ExportRequest(part.notes, path, options, beats, piece)
