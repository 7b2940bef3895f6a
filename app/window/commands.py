"""What the window's commands do: the recording's, the live session's, and what both share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.exports.background_export import Exporter
from app.exports.notes_part import NotesPart
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.chords.chord_finding import ChordSpan
from app.music.note_naming import NoteNaming
from app.song.annotations import Annotations
from app.system.clock_text import clock_text
from app.transcription.sensitivity import Sensitivity
from app.views.dialogs.export_choice import ExportChoice
from app.views.stage.stage import Stage
from app.window.exporting.export_request import request_of
from app.window.live.live_commands import LiveCommands
from app.window.song.song_commands import SKIP_S, SongCommands
from model.notes import Note

__all__ = ["SKIP_S", "Commands"]


@dataclass(frozen=True)
class Exported:
    """What was exported: files in one folder, and how many notes, in words."""

    paths: tuple[Path, ...]
    notes: str


class Commands(QObject):
    """What is on the stage, a recording or a live take, and what can be done with either.

    Attributes:
        song, live: the commands of each.
        sensitivity: which notes are taken from what was heard.
        is_editing: whether the mouse edits notes.
        leave: asked before what is on the stage goes; it calls on when it may.
        count_in: asked whether it counts a take in, and calls `record_now` then.
        choose: asked which file to open for a path; it calls on with it.
        chords, naming: asked for the chords on the stage, and how they are called.

    Signals:
        changed(): something that the controls show is different.
        failed(str): something did not work; one sentence.
        exporting(Path): notes are being written.
        exported(Exported): files were written.
        export_ended(): they are not being written any more.
    """

    changed = Signal()
    failed = Signal(str)
    exporting = Signal(object)
    exported = Signal(object)
    export_ended = Signal()

    def __init__(
        self,
        song: SongCommands,
        live: LiveCommands,
        stage: Stage,
        sensitivity: Sensitivity,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.song, self.live, self.sensitivity = song, live, sensitivity
        self._stage = stage
        self._has_take = False
        self._exporter = Exporter(self)
        self._exported_part = NotesPart.of_all((), 0.0)
        self.is_editing = False
        self.leave: Callable[[Callable[[], object]], None] = _at_once
        self.count_in: Callable[[], bool] = lambda: False
        self.choose: Callable[[Path, Callable[[Path], None]], None] = _this_one
        self.chords: Callable[[], tuple[ChordSpan, ...]] = tuple
        self.naming: Callable[[], NoteNaming] = NoteNaming
        for part in (song, live):
            part.changed.connect(self.changed)
            part.failed.connect(self.failed)
        song.begun.connect(self._song_begun)
        song.ended.connect(self._song_ended)
        live.begun.connect(self._take_begun)
        live.keeping.kept.connect(self.open)
        stage.seek_asked.connect(self.seek)
        sensitivity.due.connect(self._decode_anew)
        self._exporter.begun.connect(self.exporting)
        for ended in (self._exporter.written, self._exporter.failed, self._exporter.cancelled):
            ended.connect(self.export_ended)
        self._exporter.rested.connect(self._tell_exported)
        self._exporter.failed.connect(self.failed)

    # What the controls show.

    @property
    def has_stage(self) -> bool:
        """Whether there is anything to look at; else the window says how to begin."""
        return self.song.is_open or self._has_take

    @property
    def has_take(self) -> bool:
        """Whether a live take is on the stage, running or ended."""
        return self._has_take

    @property
    def can_export(self) -> bool:
        busy = self.live.is_listening or self.song.is_transcribing
        return not busy and self.note_count > 0

    @property
    def hears(self) -> bool:
        """Whether what the network heard can be asked: of a MIDI file it heard nothing."""
        return self._has_take or not self.song.is_open or self.song.recording is not None

    @property
    def note_count(self) -> int:
        return len(self._stage.roll.track)

    @property
    def overflows(self) -> int:
        """How often sound was lost in the live take that is on the stage."""
        return self.live.overflows if self._has_take else 0

    @property
    def dropped_pictures(self) -> int:
        """How many pictures were left out in the live take that is on the stage."""
        return self.live.dropped_pictures if self._has_take else 0

    @property
    def source(self) -> str:
        """What is on the stage, in a few words."""
        if self.live.is_listening:
            return self.live.doing
        if self._has_take and not self.song.is_transcribing:
            return f"Live take of {clock_text(self.live.heard_s)}"
        return self.song.source or "Nothing open"

    @property
    def title(self) -> str:
        """A name for what is on the stage; empty when there is nothing."""
        if self._has_take:
            return "Live"
        return self.song.path.name if self.song.is_open and self.song.path else ""

    @property
    def notes(self) -> list[Note]:
        """The notes that are shown, as they are exported."""
        return self._stage.notes

    @property
    def duration_s(self) -> float:
        """Seconds of what is on the stage."""
        return self.live.heard_s if self._has_take else self.song.duration_s

    @property
    def recording(self) -> Path | None:
        """The sound file on the stage; None for a take without one, a MIDI file, or nothing."""
        return self.live.recording if self._has_take else self.song.recording

    @property
    def file_beats(self) -> MidiFileTempo | None:
        """The beats that the MIDI file on the stage has of its own; None without any."""
        return None if self._has_take else self.song.file_beats

    @property
    def annotations(self) -> Annotations:
        """What a hand wrote beside the notes on the stage; a take has none."""
        return Annotations() if self._has_take else self.song.annotations

    @property
    def hint(self) -> str:
        """What one could do, for the time in which nothing sounds."""
        if self.live.is_waiting:
            return "The sound input is lost. It is taken up again when it comes back."
        if self.live.is_listening:
            return "Listening: play something."
        if self.is_editing:
            return "Click a note, drag it or its ends, double-click to add one, Delete to delete."
        is_done = self.song.is_open and not self.song.is_transcribing
        if is_done and not self._has_take and not self.note_count:
            return "No notes were found. If there is music, a higher sensitivity may find some."
        if self.song.is_open and not self.song.is_playing:
            return "Space plays, a click goes there, the wheel zooms."
        return ""

    @property
    def suggested_name(self) -> str:
        """A file name for the exported notes, without a suffix."""
        named = self.live.recording if self._has_take else self.song.path
        return named.stem if named is not None else "take"

    @property
    def suggested_folder(self) -> Path | None:
        """Where the notes of a recorded take belong: beside it. None is wherever one was last."""
        take = self.live.take if self._has_take else None
        return None if take is None else take.parent

    # Commands.

    def open(self, path: Path) -> None:
        """Opens a recording, MIDI file or project in place of what is on the stage."""
        self.leave(lambda: self.choose(path, self.open_now))

    def open_now(self, path: Path) -> None:
        """Opens it without a question."""
        self.live.stop()
        self.song.open(path)

    def toggle_live(self) -> None:
        """Begins to listen to the sound input, or ends it."""
        self._begin_live(self.live.toggle)

    def toggle_record(self) -> None:
        """Begins to record what is played, once it was counted in where it shall be; or ends it."""
        if self.count_in():
            self.song.rest()
            self.changed.emit()
        else:
            self.record_now()

    def record_now(self) -> None:
        """The same, at once."""
        self._begin_live(self.live.toggle_record)

    def keep(self) -> None:
        """Makes what was played last a recording, and opens it."""
        self.live.keep()

    def _begin_live(self, begin: Callable[[], None]) -> None:
        self.song.rest()
        # The button shows already what it was pressed for.
        self.changed.emit()
        if self._has_take or self.live.is_listening:
            begin()
        else:
            self.leave(begin)

    def seek(self, seconds: float) -> None:
        """Goes to a moment of what is on the stage; a running take only when it is frozen."""
        if self.song.is_open:
            self.song.seek(seconds)
        elif not self.live.is_listening:
            self._stage.seek(min(max(seconds, 0.0), self.live.heard_s))
            self.changed.emit()

    def skip(self, seconds: float) -> None:
        """Goes on, or back, by so many seconds."""
        self.seek(self._stage.cursor_s + seconds)

    def freeze(self, frozen: bool) -> None:
        """Lets the view of a live take stand still while it goes on, or run again."""
        self._stage.freeze(frozen)

    def export(
        self, paths: Path | Sequence[Path], a4: float,
        choice: ExportChoice = ExportChoice(), part: NotesPart | None = None,  # noqa: B008
    ) -> None:
        """Writes notes on the stage to files; their suffixes say as what.

        Args:
            a4: the tuning in Hz that players of the files are told.
            choice, part: the options of these kinds of files, and which notes; by default all.
        """
        paths = [paths] if isinstance(paths, Path) else list(paths)
        recording = self.recording
        for path in paths:
            is_there = recording is not None and recording.exists() and path.exists()
            if recording is not None and is_there and path.samefile(recording):
                self.failed.emit(f"{path}: the export would replace the recording.")
                return
        # Those of the take as they are shown, under the sensitivity that is set.
        part = part or NotesPart.of_all(self.notes, self.duration_s)
        self._exported_part = part
        for path in paths:
            self._exporter.export(request_of(
                part, path, choice, a4=a4, recording=recording, file=self.file_beats,
                annotations=self.annotations, found=None if self._has_take else self.song.rhythm,
                piece=() if part.is_all else self.notes,
                chords=self.chords(), naming=self.naming(),
            ))  # fmt: skip

    def cancel_export(self) -> None:
        """Gives up the file that is being written."""
        self._exporter.cancel()

    def close(self) -> None:
        """Ends everything that runs; takes and exports are whole afterwards."""
        self.sensitivity.rest()
        self._stage.rest()
        self.live.close()
        self.song.close()
        self._exporter.close()

    # What is told.

    def _tell_exported(self, written: list[Path]) -> None:
        if written:
            self.exported.emit(Exported(tuple(written), self._exported_part.count_text))

    def _song_begun(self) -> None:
        self._has_take = False

    def _song_ended(self) -> None:
        if not self._has_take:
            self._stage.clear()

    def _take_begun(self) -> None:
        # The take comes in the recording's place.
        self.song.close()
        self._has_take = True

    def _decode_anew(self) -> None:
        if self._has_take:
            self.live.decode_anew()
        else:
            self.song.decode_anew()


def _at_once(go_on: Callable[[], object]) -> None:
    """Nothing is lost."""
    go_on()


def _this_one(path: Path, go_on: Callable[[Path], None]) -> None:
    go_on(path)
