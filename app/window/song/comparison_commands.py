"""The recording beside another file: what differs is counted, coloured, and gone through."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow

from app.audio.files.audio_file import AudioFileError
from app.midi.midi_file_reader import is_midi, read_midi
from app.practice.comparison import Comparison, compare
from app.practice.piece import PieceError
from app.practice.piece_reader import read_notes
from app.practice.session.recording_hearing import hear_notes
from app.settings.settings import Settings
from app.song.file_comparison import NotesError
from app.song.song import Song
from app.transcription.lazy_transcriber import TranscriberLike
from app.views.bars.notice_bar import Notice, NoticeBar
from app.views.shortcuts.song_shortcuts import SongActions
from app.views.stage.stage import Stage
from app.window.commands import Commands
from app.window.practice.piece_sources import FILE_KINDS
from model.checkpoint_header import CheckpointError
from model.notes import Note

_COMPARISON = "comparison"
# While notes change, they are not compared at each step.
_REST_MS = 150


class ComparisonCommands(QObject):
    """Compares the notes on the stage with those of another file, which is how it should be.

    Signals:
        changed(): there are other differences, or none any more.
    """

    changed = Signal()

    def __init__(
        self, song: Song, commands: Commands, stage: Stage, act: SongActions, settings: Settings,
        transcriber: TranscriberLike, notices: NoticeBar, window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._song, self._commands, self._stage = song, commands, stage
        self._settings, self._notices, self._window = settings, notices, window
        self._found: Comparison | None = None
        self._timer = QTimer(self, interval=_REST_MS, singleShot=True)
        self._timer.timeout.connect(self._compare)
        comparison = song.comparison
        comparison.reader = partial(_read, transcriber)
        act.compare.triggered.connect(self.ask)
        act.clear_comparison.triggered.connect(comparison.clear)
        comparison.changed.connect(self._compare)
        comparison.progress.connect(self._tell_progress)
        comparison.failed.connect(lambda _: self._tell())
        comparison.missed.connect(self._missed)
        stage.notes_changed.connect(self._notes_changed)
        commands.changed.connect(self._notes_changed)

    @property
    def has_differences(self) -> bool:
        """Whether there is anything to be gone through."""
        return self._found is not None and bool(self._found.differences_s())

    def ask(self) -> None:
        """Asks for the file."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Compare with a file", str(self._settings.last_folder), FILE_KINDS
        )
        if name:
            self._song.comparison.read(Path(name))

    def go_to_difference(self, step: int) -> None:
        """Goes to the next difference (1), or to the one before (-1)."""
        if self._found is None:
            return
        places = [at + self._found.shift_s for at in self._found.differences_s()]
        now_s = self._stage.cursor_s
        index = (
            bisect.bisect_right(places, now_s + 1e-3) if step > 0
            else bisect.bisect_left(places, now_s - 1e-3) - 1
        )
        if 0 <= index < len(places):
            self._commands.seek(places[index])
            box = self._stage.view_box
            if not box.start_s <= places[index] <= box.end_s:
                box.show_from(max(0.0, places[index] - box.span_s / 3))

    def _notes_changed(self) -> None:
        if self._song.comparison.path is not None:
            self._timer.start()

    def _compare(self) -> None:
        comparison = self._song.comparison
        before = self._found
        if comparison.path is None or not self._song.info:
            self._found = None
            self._stage.selection.set_comparison(())
        else:
            played = self._song.notes
            found = self._found = compare(comparison.notes, played)

            def moved(index: int) -> Note:
                # Laid where it was played.
                note = found.wanted[index]
                return dataclasses.replace(
                    note, onset_s=note.onset_s + found.shift_s,
                    offset_s=note.offset_s + found.shift_s,
                )

            self._stage.selection.set_comparison(
                [moved(one) for one, _ in found.pairs], [moved(one) for one in found.missed],
                [found.played[other] for other in found.extra],
            )
        if before != self._found or comparison.path is None:
            self._tell()
            self.changed.emit()

    def _tell(self) -> None:
        found, path = self._found, self._song.comparison.path
        if found is None or path is None:
            self._notices.settle(_COMPARISON)
            return
        text = (
            f"Beside {path.name}: {len(found.pairs)} notes right, {len(found.missed)} missed, "
            f"{len(found.extra)} extra."
        )
        choices: list[tuple[str, Callable[[], None]]] = []
        if self.has_differences:
            choices.append(("Next difference (F7)", lambda: self.go_to_difference(1)))
        choices.append(("End the comparison", self._song.comparison.clear))
        self._notices.tell(Notice(_COMPARISON, text, choices, stays=True))

    def _tell_progress(self, share: float) -> None:
        self._notices.tell(Notice(
            _COMPARISON, f"Reading the other file: {share:.0%}",
            [("Cancel", self._cancel)],
        ))  # fmt: skip

    def _cancel(self) -> None:
        for worker in self._song.comparison.workers:
            worker.stop()
        self._tell()

    def _missed(self, sentence: str) -> None:
        self._notices.tell(Notice(
            _COMPARISON, sentence,
            [("Choose it…", self.ask), ("Forget it", self._song.comparison.clear)],
            is_warning=True,
        ))  # fmt: skip


def _read(
    transcriber: TranscriberLike, path: Path, go_on: Callable[[float], None]
) -> list[Note]:
    if is_midi(path):
        return read_midi(path)
    try:
        return read_notes(
            path, lambda one: hear_notes(transcriber, one, go_on), lambda: go_on(0.0)
        )
    except (PieceError, AudioFileError, CheckpointError) as error:
        raise NotesError(str(error)) from None
