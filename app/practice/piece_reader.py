"""A piece to practise from a file: MIDI, MusicXML, a project, or a recording by what is heard."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from app.audio.files.audio_file import AudioFileError
from app.midi.midi_file_reader import MidiFileError, is_midi, read_midi_parts
from app.music.rhythm import Meter, Rhythm
from app.practice.musicxml_reader import is_musicxml, read_musicxml
from app.practice.piece import Piece, PieceError, PieceNote, bars_of, in_order, piece_of_notes
from app.song.note_edits import EditedNotes
from app.song.project_file import ProjectError, is_project, load
from app.system.progress import GoOn, to_the_end
from model.beats.beat_finder import LEAST_NOTES
from model.checkpoint_header import CheckpointError
from model.notes import Note


def read_piece(
    path: Path, hear: Callable[[Path], list[Note]], go_on: GoOn = to_the_end
) -> Piece:
    """The piece that a file holds.

    Args:
        hear: hears the notes of a recording.
        go_on: is called now and then while a score is read, and may raise to break off.

    Raises:
        PieceError: it cannot be read, or holds no note.
        AudioFileError, CheckpointError: a recording cannot be heard.
    """
    if is_midi(path):
        piece = _of_midi(path)
    elif is_musicxml(path):
        piece = read_musicxml(path, go_on)
    else:
        notes = read_notes(path, hear)
        piece = piece_of_notes(notes, path.stem, *_bars(path, notes))
    if not piece.notes:
        raise PieceError(f"{path}: there is no note in it to practise")
    return piece


def read_notes(
    path: Path, hear: Callable[[Path], list[Note]], go_on: GoOn = to_the_end
) -> list[Note]:
    """The notes alone of a file of any kind, in order of onset, then pitch.

    Args:
        hear: hears the notes of a recording.
        go_on: as for `read_piece`.

    Raises:
        PieceError: it cannot be read.
        AudioFileError, CheckpointError: a recording cannot be heard.
    """
    if is_project(path):
        try:
            project = load(path)
        except ProjectError as error:
            raise PieceError(str(error)) from None
        edits = EditedNotes()
        edits.restore(project.decoded, project.hand_notes, project.deleted)
        return edits.notes
    if is_midi(path) or is_musicxml(path):
        piece = _of_midi(path) if is_midi(path) else read_musicxml(path, go_on)
        return [Note(note.onset_s, note.offset_s, note.pitch) for note in piece.notes]
    try:
        return hear(path)
    except AudioFileError as error:
        raise PieceError(str(error)) from None


def _bars(
    path: Path, notes: list[Note]
) -> tuple[list[float], int, list[float], Meter | None]:
    """The bars that are heard in a recording, as `bars_of` has them, and their time signature; none
    where there are none.

    Raises:
        PieceError: the recording or the beat network cannot be used.
    """
    if len(notes) < LEAST_NOTES:
        return [], 1, [], None
    # Its library takes a second to load.
    from app.music.heard_rhythm import hear_rhythm, rhythm_of_notes

    try:
        rhythm = rhythm_of_notes(notes) if is_project(path) else hear_rhythm(path, notes)
    except (AudioFileError, CheckpointError) as error:
        raise PieceError(str(error)) from None
    # Two beats are the plain tempo of what has none.
    if len(rhythm.beats_s) <= 2:
        return [], 1, [], None
    begin_s = min(note.onset_s for note in notes)
    return *bars_of(rhythm, begin_s, max(note.offset_s for note in notes)), rhythm.meter


def _of_midi(path: Path) -> Piece:
    try:
        parts, beats = read_midi_parts(path)
    except MidiFileError as error:
        raise PieceError(str(error)) from None
    rhythm = Rhythm.steady() if beats is None else beats.rhythm()
    end_s = max((note.offset_s for part in parts for note in part.notes), default=0.0)
    bars_s, first_bar, beats_s = bars_of(rhythm, 0.0, end_s)
    piece = Piece(
        path.stem, (), tuple(part.name for part in parts), tuple(bars_s), first_bar,
        tuple(beats_s), rhythm.meter,
    )
    return in_order(dataclasses.replace(piece, notes=tuple(
        PieceNote(
            note.onset_s, note.offset_s, note.pitch, number, piece.bar_at(note.onset_s)
        )
        for number, part in enumerate(parts) for note in part.notes
    )))  # fmt: skip
