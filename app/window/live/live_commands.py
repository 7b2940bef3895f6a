"""What the window's commands do to the live session: listen, record, keep."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.devices.device_names import spoken_name
from app.live.input_settings import InputSettings
from app.live.midi_port_choice import MidiPortChoice
from app.live.session import LiveSession
from app.live.session_archive import SessionArchive
from app.settings.settings import Settings
from app.system.atomic_write import WriteError, require_writable
from app.system.smooth_clock import SmoothClock
from app.takes.played_sessions import PlayedSession
from app.takes.session_spool import SessionSpool
from app.takes.take_recorder import TakeError, TakeRecorder, new_take_path, takes_folder
from app.takes.take_signals import TakeSignals
from app.transcription.sensitivity import Sensitivity
from app.views.stage.stage import Stage
from app.window.live.session_keeping import SessionKeeping
from model.heard import Heard

# How long the program waits at its end for a take to reach the disk.
_SAVING_S = 10.0


class LiveCommands(QObject):
    """Begins and ends sessions and takes, and brings what is heard to the stage.

    Attributes:
        is_lent: whether the session is somebody else's, and nothing of it comes on the stage.
        keeping: makes takes of what was played without being recorded.

    Signals:
        changed(): something that the controls show is different.
        begun(): a live take comes on the stage in place of what was there.
        failed(str): something did not work; one sentence.
        saved(Path, float): a take was written, so many seconds long.
        broken_off(str): a take could not be written to its end; one sentence.
    """

    changed = Signal()
    begun = Signal()
    failed = Signal(str)
    saved = Signal(object, float)
    broken_off = Signal(str)

    def __init__(
        self,
        live: LiveSession,
        stage: Stage,
        input_control: InputSettings,
        midi: MidiPortChoice,
        sensitivity: Sensitivity,
        archive: SessionArchive,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        """Args: `sensitivity` says which notes are taken from what is heard, `archive` keeps it."""
        super().__init__(parent)
        self._live, self._stage, self._input = live, stage, input_control
        self._midi, self._sensitivity = midi, sensitivity
        self._archive, self._settings = archive, settings
        self._device = ""
        # Takes that are being written, the newest last.
        self._watches: list[TakeSignals] = []
        # What records the notes that are on the stage, and its sound once all of it is written.
        self._shown: TakeRecorder | None = None
        self._spool: SessionSpool | None = None
        self._recording: Path | None = None
        self._is_take = self.is_lent = False
        self.keeping = SessionKeeping(live, archive, settings, self)
        self.keeping.changed.connect(self.changed)
        live.spool_into(archive.open_spool)
        archive.ended.connect(self._session_ended)
        archive.changed.connect(self._look_for_session)
        archive.failed.connect(self.failed)
        archive.broken_off.connect(self.changed)
        live.started.connect(self._started)
        live.take_begun.connect(self._begin_take)
        live.heard.connect(self._hear)
        live.stopped.connect(self._stopped)
        live.failed.connect(self._fail)
        for told in (live.lost, live.resumed, live.take_ended):
            told.connect(self.changed)

    # What the controls show.

    @property
    def is_listening(self) -> bool:
        return self._live.is_listening

    @property
    def is_waiting(self) -> bool:
        """Whether the device of the session is lost, and not back yet."""
        return self._live.is_waiting

    @property
    def is_recording(self) -> bool:
        return self._live.is_recording

    @property
    def is_saving(self) -> bool:
        """Whether a take has ended and is not all written yet."""
        return not self.is_recording and bool(self._watches)

    @property
    def heard_s(self) -> float:
        """Seconds of the take that is on the stage."""
        return self._live.heard_s

    @property
    def recording(self) -> Path | None:
        """The sound of what is on the stage, once it is written; of a session, in the cache."""
        return self._recording

    @property
    def take(self) -> Path | None:
        """The take that is on the stage, once it is written; None for what was not recorded."""
        return self._recording if self._is_take else None

    @property
    def is_taken(self) -> bool:
        """Whether what is on the stage is, or will be, a take."""
        return self._is_take

    @property
    def can_keep(self) -> bool:
        """Whether there is something to be kept: what is played, or was played last."""
        return bool(self._watches) or self.keeping.has_something

    @property
    def overflows(self) -> int:
        """How often sound was lost."""
        return self._live.overflows

    @property
    def dropped_pictures(self) -> int:
        """How many pictures were left out because the computer was too busy."""
        return self._live.dropped_pictures

    @property
    def doing(self) -> str:
        """What is going on, in a few words."""
        if self._live.is_waiting:
            return f"Waiting for {self._device}"
        if self.is_recording and self._watches:
            return f"Recording from {self._device} to {self._watches[-1].writer.path.name}"
        return f"Listening to {self._device}"

    @property
    def folder(self) -> Path:
        """Where takes go."""
        return self._settings.takes_folder or takes_folder()

    # Commands.

    def toggle(self) -> None:
        """Begins to listen to the sound input, or ends it, and the take with it."""
        if self._live.is_listening:
            self._live.stop()
        else:
            self._input.start()
        self.changed.emit()

    def toggle_record(self) -> None:
        """Begins to record a take, listening if need be; or ends both, so that it can be seen."""
        if self._live.is_recording:
            self._live.stop()
        else:
            self._record()
        self.changed.emit()

    def keep(self) -> None:
        """Makes what was played last a take, and has it opened; ends the session if one runs."""
        self.keeping.keep(is_taken=bool(self._watches))

    def stop(self) -> None:
        """Ends the session, if there is one."""
        self._live.stop()

    def end_take(self) -> None:
        """Ends the session that is recorded, if there is one; the take is on the disk then."""
        if self.is_recording:
            self._live.stop()
        for watch in self._watches:
            watch.writer.finish()
            watch.writer.wait(_SAVING_S)

    def close(self) -> None:
        """Ends everything that runs; a take is on the disk afterwards."""
        self._live.stop()
        self._midi.close()
        self.end_take()
        for watch in self._watches:
            watch.deleteLater()
        self._watches.clear()
        self._archive.wait(_SAVING_S)
        self._archive.close()

    def decode_anew(self) -> None:
        """Finds the notes anew with the sensitivity that is set, back to the take's start."""
        is_own = self._sensitivity.is_own
        self._stage.redecode(self._sensitivity.decoder, self._sensitivity.early_decoder)
        self._midi.decode_with(None if is_own else self._sensitivity.early_decoder)
        self.changed.emit()

    def _record(self) -> None:
        path = new_take_path(self.folder, self._settings.take_suffix)
        try:
            require_writable(path)
            if self._record_session(path):
                return
            writer = TakeRecorder(path)
        except (TakeError, WriteError) as error:
            self.failed.emit(str(error))
            return
        self._watch(writer)
        self._live.record(writer)
        if not self._live.is_listening:
            self._input.start()
        if not self._live.is_listening:
            # The reason was told. The take ends without any sound, and leaves no file.
            self._live.record(None)
            writer.finish()

    def _record_session(self, path: Path) -> bool:
        """Makes a take of what is heard since the session began, if that is there."""
        if self._live.spool is None:
            return False
        recorder = self._archive.take_over(path)
        if recorder is None:
            return False
        self._watch(recorder)
        self._is_take = True
        self._stage.time_axis.set_marks([self._live.heard_s])
        self._live.record(self._live.spool)
        return True

    def _watch(self, recorder: TakeRecorder) -> None:
        watch = TakeSignals(recorder, self)
        watch.failed.connect(self.broken_off)
        watch.done.connect(self._take_done)
        self._watches.append(watch)

    # What is told.

    def _started(self, device: str) -> None:
        self._device = spoken_name(device)
        self._begin_take()

    def _begin_take(self) -> None:
        if self.is_lent:
            self.changed.emit()
            return
        self._is_take = self.is_recording and bool(self._watches)
        self._spool = None if self._is_take else self._archive.spool
        self._shown = self._watches[-1].writer if self._is_take else None
        self._recording = None
        self.begun.emit()
        self._stage.begin_take(SmoothClock(lambda: self._live.heard_s))
        if not self._sensitivity.is_own:
            self.decode_anew()
        self.changed.emit()

    def _hear(self, heard: Heard) -> None:
        if not self.is_lent:
            self._stage.add(heard)

    def _stopped(self) -> None:
        if not self.is_lent:
            self._stage.end(self._live.heard_s)
        self.changed.emit()

    def _fail(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self.changed.emit()

    def _take_done(self) -> None:
        done = [watch for watch in self._watches if watch.writer.is_done]
        self._watches = [watch for watch in self._watches if watch not in done]
        for watch in done:
            watch.deleteLater()
            # Of one that broke off it was told where it is.
            if watch.writer.saved is not None and watch.writer.error is None:
                is_session = self._spool is not None and watch.writer is self._spool.recorder
                if watch.writer is self._shown or is_session:
                    self._recording = watch.writer.saved
                self.saved.emit(watch.writer.saved, watch.writer.written_s)
                self.keeping.take_written(watch.writer.saved)
            else:
                self.keeping.take_written(None)
        self.changed.emit()

    def _session_ended(self, session: PlayedSession) -> None:
        spool = self._spool
        if spool is not None and session.audio == spool.recorder.path and spool.is_first_part:
            self._recording = session.audio
            self.changed.emit()

    def _look_for_session(self) -> None:
        """What was kept, or let go, is not there any more."""
        there = [session.audio for session in self._archive.sessions]
        if self._recording is not None and not self._is_take and self._recording not in there:
            self._recording = None
