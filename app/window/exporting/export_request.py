"""From what was chosen in the dialog to what the exporter does."""

from __future__ import annotations

from pathlib import Path

from app.exports.background_export import Beats, ExportRequest
from app.exports.export_file import ExportOptions
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.rhythm import Rhythm
from app.song.annotations import Annotations
from app.views.dialogs.export_choice import ExportChoice
from model.notes import Note


def request_of(
    notes: list[Note], path: Path, choice: ExportChoice, *,
    duration_s: float, a4: float, recording: Path | None, file: MidiFileTempo | None = None,
    annotations: Annotations = Annotations(),  # noqa: B008
    found: Rhythm | None = None,
) -> ExportRequest:
    """What the exporter is to do for a choice.

    Args:
        recording: where beats can be heard; None where there is no sound.
        file: the beats of the MIDI file that the notes are of; None where it has none.
        annotations: what a hand wrote beside the notes.
        found: the beats of the recording or file, where they are known.
    """
    follows = file if choice.has_rhythm and choice.follows_file else None
    key = choice.key or annotations.key or (None if follows is None else follows.key)
    options = ExportOptions(
        duration_s=duration_s, title=choice.title or path.stem, a4=a4, grid=choice.grid,
        key=key, velocity=choice.velocity, pedal=choice.pedal, split=choice.split,
        one_hand=choice.one_hand, bends=choice.bends, tab=choice.tab,
        markers=annotations.markers,
    )
    beats = None
    if choice.has_rhythm:
        heard = recording if choice.hears_beats else None
        beats = Beats(heard, choice.bpm, choice.meter, follows, annotations.rhythm, found)
    return ExportRequest(notes, path, options, beats)
