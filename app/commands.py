"""What the window's commands do: they move the recording, the live session and the stage."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.devices import AudioDeviceError
from app.export import ExportError, write_midi
from app.live import Live
from app.sensitivity import MIDDLE, Sensitivity
from app.smooth_clock import SmoothClock
from app.song import Song, SongInfo
from app.views.stage import Stage
from app.views.time_ruler import clock_text
from model.config import DecoderConfig
from model.notes import NoteEvent, notes_from_events
from model.transcriber import Heard

SKIP_S = 2.0


class Commands(QObject):
    """The state that the controls show, and the commands that change it.

    Attributes:
        sensitivity: which notes are taken from what was heard.

    Signals:
        changed(): something that the controls show is different.
        opened(Path): a recording is open.
        failed(str): something did not work; one sentence.
    """

    changed = Signal()
    opened = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        song: Song,
        live: Live,
        stage: Stage,
        decoder: DecoderConfig,
        a4: float,
        parent: QObject | None = None,
    ) -> None:
        """Args: `decoder` is the checkpoint's own, `a4` (Hz) is told to players of the MIDI."""
        super().__init__(parent)
        self._song, self._live, self._stage = song, live, stage
        self._a4 = a4
        self._plays = False
        self._path: Path | None = None
        self._device = ""
        self._progress = 0.0
        self._take: list[NoteEvent] = []
        self._has_take = False
        # Whether the notes on the stage were found with another sensitivity than the default.
        self._is_redecoded = False
        self.sensitivity = Sensitivity(decoder, self)
        self.sensitivity.due.connect(self._decode_anew)

        song.opened.connect(self._song_opened)
        song.heard.connect(self._song_heard)
        song.progress.connect(self._song_progressed)
        song.finished.connect(self._song_finished)
        song.cancelled.connect(self._song_finished)
        song.failed.connect(self._song_failed)
        live.started.connect(self._live_started)
        live.heard.connect(self._live_heard)
        live.stopped.connect(self._live_stopped)
        live.failed.connect(self._live_failed)
        stage.seek_asked.connect(self.seek)
        stage.advanced.connect(self._advanced)

    # What the controls show.

    @property
    def has_stage(self) -> bool:
        """Whether there is anything to look at; else the window says how to begin."""
        return self.has_song or self._has_take

    @property
    def has_song(self) -> bool:
        return self._song.info is not None

    @property
    def is_playing(self) -> bool:
        return self._plays

    @property
    def is_listening(self) -> bool:
        return self._live.is_listening

    @property
    def is_transcribing(self) -> bool:
        return self._song.is_transcribing

    @property
    def can_export(self) -> bool:
        busy = self._live.is_listening or self._song.is_transcribing
        return not busy and self.note_count > 0

    @property
    def progress(self) -> float:
        """Share of the recording that is transcribed, 0 to 1."""
        return self._progress

    @property
    def note_count(self) -> int:
        return len(self._stage.roll.track)

    @property
    def overflows(self) -> int:
        """How often sound was lost in the live take that is on the stage."""
        return self._live.overflows if self._has_take else 0

    @property
    def duration_s(self) -> float:
        info = self._song.info
        return info.duration_s if info is not None else 0.0

    @property
    def source(self) -> str:
        """What is on the stage, in a few words."""
        if self._live.is_listening:
            return f"Listening to {self._device}"
        if self._song.is_transcribing and not self.has_song and self._path is not None:
            return f"Opening {self._path.name}"
        if self._has_take:
            return f"Live take of {clock_text(self._live.heard_s)}"
        if (info := self._song.info) is not None:
            rate = f"{info.sample_rate / 1000:g} kHz"
            return f"{info.path.name}   ·   {clock_text(info.duration_s)}   ·   {rate}"
        return "Nothing open"

    @property
    def title(self) -> str:
        """A name for what is on the stage; empty when there is nothing."""
        if self._has_take:
            return "Live"
        return self._song.info.path.name if self._song.info is not None else ""

    @property
    def hint(self) -> str:
        """What one could do, for the time in which nothing sounds."""
        if self._live.is_listening:
            return "Listening: play something."
        if self.has_song and not self._plays:
            return "Space plays, a click goes there, the wheel zooms."
        return ""

    @property
    def suggested_name(self) -> str:
        """A file name for the exported notes."""
        return f"{self._path.stem}.mid" if self._path and not self._has_take else "take.mid"

    # Commands.

    def open(self, path: Path) -> None:
        """Opens a recording in place of what is on the stage."""
        self._live.stop()
        self._rest()
        self._path = path
        self._progress = 0.0
        self._song.open(path)
        self.changed.emit()

    def cancel(self) -> None:
        """Ends the transcription; what was heard so far stays."""
        self._song.cancel()

    def play_or_pause(self) -> None:
        if self.is_playing:
            self._rest()
        elif self.has_song:
            player = self._song.player
            try:
                player.play()
            except AudioDeviceError as error:
                self.failed.emit(str(error))
                return
            self._plays = True
            self._stage.run(SmoothClock(lambda: player.position_s))
        self.changed.emit()

    def to_start(self) -> None:
        """Stops, and goes back to the beginning."""
        if self.has_song:
            self._rest()
            self.seek(0.0)
            self._stage.axes.show_from(0.0)

    def seek(self, seconds: float) -> None:
        """Goes to a moment of the recording."""
        if self._live.is_listening:
            return
        if self.has_song:
            seconds = min(max(seconds, 0.0), self.duration_s)
            try:
                self._song.player.seek(seconds)
            except AudioDeviceError as error:
                # It was playing, and the device is no longer there.
                self._rest()
                self.failed.emit(str(error))
        self._stage.seek(seconds)
        self.changed.emit()

    def skip(self, seconds: float) -> None:
        """Goes on, or back, by so many seconds."""
        self.seek(self._stage.cursor_s + seconds)

    def toggle_live(self) -> None:
        """Begins to listen to the sound input, or ends it."""
        if self._live.is_listening:
            self._live.stop()
        else:
            self._rest()
            self._live.start()
        self.changed.emit()

    def export(self, path: Path) -> None:
        """Writes the notes on the stage as a MIDI file."""
        notes = notes_from_events(self._take) if self._has_take else self._song.notes
        try:
            write_midi(notes, path, self._a4)
        except ExportError as error:
            self.failed.emit(str(error))

    def close(self) -> None:
        """Ends everything that runs."""
        self._plays = False
        self.sensitivity.rest()
        self._stage.rest()
        self._live.stop()
        self._song.close()

    def _rest(self) -> None:
        if self._plays:
            self._plays = False
            self._stage.rest()
            self._song.player.pause()
            self._stage.set_cursor(self._song.player.position_s)

    # What the recording says.

    def _song_opened(self, info: SongInfo) -> None:
        self._has_take = False
        self._is_redecoded = False
        self._stage.begin_song(info.duration_s)
        if self.sensitivity.place != MIDDLE:
            self._decode_anew()
        self.opened.emit(info.path)
        self.changed.emit()

    def _song_heard(self, heard: Heard) -> None:
        if not self._is_redecoded:
            self._stage.add(heard)
        else:
            # Its events were found with the checkpoint's own settings.
            self._stage.add(dataclasses.replace(heard, events=[]))
            self._stage.set_notes(self._song.notes)

    def _song_progressed(self, progress: float) -> None:
        self._progress = progress
        self.changed.emit()

    def _song_finished(self) -> None:
        if self.has_song:
            self._stage.end()
            self._stage.set_notes(self._song.notes)
        elif not self._has_take:
            self._stage.clear()
        self.changed.emit()

    def _song_failed(self, reason: str) -> None:
        self._rest()
        # What was heard before a recording broke off is kept.
        self._song_finished()
        self.failed.emit(reason)

    def _decode_anew(self) -> None:
        if self.has_song:
            self._is_redecoded = True
            self._stage.set_notes(self._song.redecode(self.sensitivity.decoder))
            self.changed.emit()

    # What the live session says.

    def _live_started(self, device: str) -> None:
        self._device = device
        # The take comes in the recording's place.
        self._song.close()
        self._has_take = True
        self._take = []
        self._stage.begin_take(SmoothClock(lambda: self._live.heard_s))
        self.changed.emit()

    def _live_heard(self, heard: Heard) -> None:
        self._take.extend(heard.events)
        self._stage.add(heard)

    def _live_stopped(self) -> None:
        if self._has_take:
            self._stage.rest()
            self._stage.end()
        self.changed.emit()

    def _live_failed(self, reason: str) -> None:
        self.failed.emit(reason)
        self.changed.emit()

    def _advanced(self, moment_s: float) -> None:
        # The player falls silent by itself at the end, or when its device is lost.
        if self._plays and not self._song.player.is_playing:
            self._rest()
            self.changed.emit()
