"""What the window's commands do to the opened recording: open, play, seek."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.devices.device_list import AudioDeviceError
from app.audio.playback.clicks import CountIn
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.rhythm import Rhythm
from app.song.annotations import Annotations
from app.song.audio_reference import AudioNotFoundError
from app.song.project_file import AUTOSAVE_SUFFIX
from app.song.song import Song, SongInfo
from app.system.clock_text import clock_text
from app.system.smooth_clock import SmoothClock
from app.transcription.sensitivity import Sensitivity
from app.views.stage.stage import Stage
from model.notes import Note

SKIP_S = 2.0


class SongCommands(QObject):
    """Opens recordings and plays them, and brings their notes to the stage.

    Attributes:
        count_in: what is clicked before playing begins at a moment in seconds.

    Signals:
        changed(): something that the controls show is different.
        begun(): a recording is on the stage, in place of what was there.
        ended(): there is no recording any more; the stage is empty if one was on it.
        opened(Path): a recording is open.
        failed(str): something did not work; one sentence.
        audio_asked(AudioNotFoundError): the recording of a project is not found; `open_with` goes
            on with another file.
    """

    changed = Signal()
    begun = Signal()
    ended = Signal()
    opened = Signal(object)
    failed = Signal(str)
    audio_asked = Signal(object)

    def __init__(
        self, song: Song, stage: Stage, sensitivity: Sensitivity, parent: QObject | None = None
    ) -> None:
        """Args: `sensitivity` says which notes are taken from what was heard."""
        super().__init__(parent)
        self._song, self._stage, self._sensitivity = song, stage, sensitivity
        self._plays = False
        # Where the part began that is played; None while all is.
        self._part_s: float | None = None
        self._progress = 0.0
        self.count_in: Callable[[float], CountIn] = lambda _: ()
        song.opened.connect(self._opened)
        song.heard_anew.connect(self._heard_anew)
        song.heard.connect(stage.add)
        song.notes_changed.connect(self._show_notes)
        song.progress.connect(self._progressed)
        song.finished.connect(self._finished)
        song.cancelled.connect(self._finished)
        song.failed.connect(self._failed)
        song.audio_asked.connect(self._recording_missing)
        stage.advanced.connect(self._advanced)

    # What the controls show.

    @property
    def is_open(self) -> bool:
        """Whether there is a recording that can be played."""
        return self._song.info is not None

    @property
    def is_playing(self) -> bool:
        return self._plays

    @property
    def is_transcribing(self) -> bool:
        return self._song.is_transcribing

    @property
    def progress(self) -> float:
        """Share of the recording that is transcribed, 0 to 1."""
        return self._progress

    @property
    def duration_s(self) -> float:
        info = self._song.info
        return info.duration_s if info is not None else 0.0

    @property
    def path(self) -> Path | None:
        """What is open, or being opened; of a copy that was recovered, the recording."""
        path, info = self._song.opened_path, self._song.info
        is_copy = path is not None and path.name.endswith(AUTOSAVE_SUFFIX)
        return info.path if is_copy and info is not None else path

    @property
    def recording(self) -> Path | None:
        """The sound file that is open; None for a MIDI file, or nothing."""
        info = self._song.info
        return None if info is None or info.is_midi else info.path

    @property
    def file_beats(self) -> MidiFileTempo | None:
        """The beats that the open MIDI file has of its own; None without any."""
        info = self._song.info
        return None if info is None else info.beats

    @property
    def annotations(self) -> Annotations:
        """What a hand wrote beside its notes."""
        return self._song.edits.annotations

    @property
    def rhythm(self) -> Rhythm | None:
        """Its beats and bars; None while they are not known."""
        return self._song.rhythm.rhythm

    @property
    def has_own_beats(self) -> bool:
        """Whether a hand has said anything of them."""
        return self._song.rhythm.is_corrected

    def forget_own_beats(self) -> None:
        """Beats and bars are as they were found."""
        self._song.rhythm.reset()

    @property
    def source(self) -> str:
        """The recording in a few words; empty when there is none."""
        info = self._song.info
        if info is None:
            is_opening = self._song.is_transcribing and self.path is not None
            return f"Opening {self.path.name}" if is_opening and self.path else ""
        parts = [info.path.name, clock_text(info.duration_s)]
        if not info.is_midi:
            parts.append(f"{info.sample_rate / 1000:g} kHz")
        return "   ·   ".join(parts)

    # Commands.

    def open(self, path: Path) -> None:
        """Opens a recording in place of what is on the stage."""
        self.rest()
        self._progress = 0.0
        self._song.open(path)
        self.changed.emit()

    def open_with(self, project: Path, audio: Path) -> None:
        """Opens a project with another file as its recording."""
        self.rest()
        self._song.open(project, audio)
        self.changed.emit()

    def cancel(self) -> None:
        """Ends the transcription; what was heard so far stays."""
        self._song.cancel()

    def close(self) -> None:
        """Ends everything that runs, and forgets the recording."""
        self._plays = False
        self._song.close()

    def play_or_pause(self) -> None:
        """Plays from the cursor on, or stands still."""
        if self._plays:
            self.rest()
        elif self.is_open:
            self._play(self._song.player.play)
        self.changed.emit()

    def play_part(
        self, first_s: float, last_s: float, notes: Sequence[Note] | None = None
    ) -> None:
        """Plays a part once and goes back to its beginning; with `notes`, these sound alone."""
        self.rest()
        self.seek(first_s)
        self._play(partial(self._song.player.play_part, first_s, last_s, notes))
        self._part_s = first_s if self._plays else None
        self.changed.emit()

    def _play(self, begin: Callable[[], None]) -> None:
        player = self._song.player
        player.clicks.count_in(self.count_in(self._stage.cursor_s))
        try:
            begin()
        except AudioDeviceError as error:
            self.failed.emit(str(error))
            return
        self._plays = True
        self._stage.run(SmoothClock(lambda: player.position_s, speed=lambda: player.speed))

    def to_start(self) -> None:
        """Stops, and goes back to the beginning."""
        if self.is_open:
            self.rest()
            self.seek(0.0)
            self._stage.view_box.show_from(0.0)

    def seek(self, seconds: float) -> None:
        """Goes to a moment of the recording."""
        seconds = min(max(seconds, 0.0), self.duration_s)
        try:
            self._song.player.seek(seconds)
        except AudioDeviceError as error:
            # It was playing, and the device is no longer there.
            self.rest()
            self.failed.emit(str(error))
        self._stage.seek(seconds)
        self.changed.emit()

    def rest(self) -> None:
        """Stands still where it is."""
        if self._plays:
            self._plays, self._part_s = False, None
            self._stage.rest()
            self._song.player.pause()
            self._stage.set_cursor(self._song.player.position_s)

    def decode_anew(self) -> None:
        """Finds the notes anew with the sensitivity that is set."""
        if self.is_open:
            self._song.redecode(self._sensitivity.decoder)
            # The unsure ones; the others come when they are there.
            self._stage.redecode(self._sensitivity.decoder)

    # What is told.

    def _opened(self, info: SongInfo) -> None:
        self.begun.emit()
        self._stage.begin_song(info.duration_s)
        self._stage.time_axis.set_marks(info.marks)
        project = self._song.opened_project
        if project is not None:
            # Its notes stay as they were saved; what is set shows how they were found.
            self._sensitivity.show(project.decoder)
        elif not self._sensitivity.is_own and not info.is_midi:
            self.decode_anew()
        if self._song.opened_path is not None:
            self.opened.emit(self._song.opened_path)
        self.changed.emit()

    def _heard_anew(self) -> None:
        self._progress = 0.0
        self._stage.hear_anew(self._song.notes)
        if not self._sensitivity.is_own:
            # The unsure ones, too, are those of the settings.
            self._stage.redecode(self._sensitivity.decoder)
        self.changed.emit()

    def _show_notes(self) -> None:
        if self.is_open:
            self._stage.set_notes(self._song.notes)
            self.changed.emit()

    def _progressed(self, progress: float) -> None:
        self._progress = progress
        self.changed.emit()

    def _finished(self) -> None:
        if self.is_open:
            self._stage.set_notes(self._song.notes)
            self._stage.end()
        else:
            self.ended.emit()
        self.changed.emit()

    def _failed(self, reason: str) -> None:
        self.rest()
        # What was heard before a recording broke off is kept.
        self._finished()
        self.failed.emit(reason)

    def _recording_missing(self, error: AudioNotFoundError) -> None:
        self.rest()
        self._finished()
        self.audio_asked.emit(error)

    def _advanced(self, moment_s: float) -> None:
        # The player falls silent by itself at the end, or when its device is lost.
        if self._plays and not self._song.player.is_playing:
            begun_s = self._part_s
            self.rest()
            if begun_s is not None:
                self.seek(begun_s)
            self.changed.emit()
