"""`main.py listen`: a live session in the terminal, without a window."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from app.audio.devices.device_list import AudioDeviceError
from app.audio.devices.device_names import spoken_name
from app.audio.devices.input_choice import InputChoice
from app.live.session import LiveSession
from app.midi.midi_output import MidiError, MidiOutput
from app.music.note_naming import NoteNaming
from app.system.atomic_write import WriteError
from app.system.clock_text import clock_text
from app.system.signals import ended_by_signals
from app.takes.event_lines import EventLines
from app.takes.take_recorder import TakeRecorder
from app.terminal.live_line import LiveLine
from app.transcription.transcribe_file import load_transcriber
from model.heard import Heard
from model.notes import NoteOn
from model.processes.freed_memory import give_back_freed_memory

# The line is drawn so often.
_DRAW_MS = 50


def run(arguments: argparse.Namespace) -> int:
    """Listens until Ctrl-C, a signal to end, or the time is over. 1 when the take broke off.

    Raises:
        AudioDeviceError, CheckpointError, WriteError, MidiError, TakeError: it cannot be done.
        BrokenPipeError: whoever read the events has left.
    """
    if arguments.log is not None:
        arguments.log.watch("listen")
        arguments.log.faults.watch_qt()
    give_back_freed_memory()
    # Qt's application lives as long as it has this name.
    application = QCoreApplication.instance() or QCoreApplication(["noteglow"])
    choice = InputChoice(
        arguments.device,
        channel=None if arguments.channel is None else arguments.channel - 1,
        sample_rate=arguments.sample_rate,
    )
    with contextlib.ExitStack() as closing:
        # What can be refused is tried before the long work.
        midi = MidiOutput(channel=arguments.midi_channel, bends=arguments.bends)
        if arguments.midi_port is not None:
            midi.open(arguments.midi_port or None)
            closing.callback(midi.close)
        events = closing.enter_context(_opened(arguments.jsonl))
        take: TakeRecorder | None = None
        if arguments.take is not None:
            take = TakeRecorder(arguments.take)
            closing.callback(take.wait)
            closing.callback(take.finish)
        transcriber = load_transcriber(
            arguments.checkpoint,
            threshold=arguments.threshold, min_note_ms=arguments.min_note_ms, a4=arguments.a4,
            monophonic=arguments.monophonic, runtime=arguments.runtime,
        )
        lines = EventLines(arguments.answers, with_cents=arguments.cents)
        needs_terminal = arguments.jsonl == "-" and sys.stdout.isatty()
        line = LiveLine(sys.stderr, NoteNaming(), is_shown=not needs_terminal)
        if arguments.log is not None and arguments.log.take_crashes():
            line.say(f"Noteglow did not end properly the last time: {arguments.log.path} tells.")
        listener = Listener(LiveSession(transcriber), line, events, midi, take, lines)
        with ended_by_signals(listener.end):
            listener.listen(choice, arguments.seconds)
    # Said by now, unless it came at the very end.
    listener.look_at_take()
    if take is not None and take.saved is not None:
        line.say(f"{take.saved}: {clock_text(take.written_s)}")
    del application
    return 0 if take is None or take.error is None else 1


class Listener(QObject):
    """Shows what a live session hears, and hands it on. Lives in the main thread."""

    def __init__(
        self,
        live: LiveSession,
        line: LiveLine,
        events: TextIO | None,
        midi: MidiOutput,
        take: TakeRecorder | None,
        lines: EventLines | None = None,
    ) -> None:
        """Args: `events` gets a line of JSON for each event, as `lines` makes it; `midi` may have
        no port open."""
        super().__init__()
        self._lines = lines or EventLines()
        self._live = live
        self._line = line
        self._events = events
        self._midi = midi
        self._take = take
        self._sounding: set[int] = set()
        self._peak = 0.0
        self._error: Exception | None = None
        self._is_ending = False
        self._end_at = math.inf
        self._timer = QTimer(self, interval=_DRAW_MS)
        self._timer.timeout.connect(self._draw)
        live.started.connect(self._on_started)
        live.heard.connect(self._on_heard)
        live.level.connect(self._on_level)
        live.lost.connect(self._on_lost)
        live.resumed.connect(self._on_resumed)
        live.warned.connect(self._on_warned)
        live.failed.connect(self._on_failed)

    def listen(self, choice: InputChoice, seconds: float | None) -> None:
        """Listens until the application quits, or for so many seconds.

        Raises:
            AudioDeviceError: the device does not open, or the session broke off.
            WriteError: the events cannot be written.
            BrokenPipeError: whoever read the events has left.
        """
        if self._take is not None:
            self._live.record(self._take)
        self._live.start(choice)
        try:
            if self._live.is_listening:
                if seconds is not None:
                    self._end_at = time.monotonic() + seconds
                self._timer.start()
                QCoreApplication.exec()
        finally:
            self._timer.stop()
            # Ends every note, here and in the outputs.
            self._live.stop()
            self._midi.silence()
            self._line.clear()
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Ends the listening soon."""
        self._is_ending = True

    def look_at_take(self) -> None:
        """Says once that the take has ended early, if it has."""
        if self._take is not None and self._take.error is not None:
            self._line.say(self._take.error)
            self._take = None
            self._live.record(None)

    def _on_started(self, name: str) -> None:
        self._line.say(f"Listening to {spoken_name(name)}, Ctrl-C ends.")

    def _on_resumed(self, name: str) -> None:
        self._line.say(f"Listening to {spoken_name(name)} again.")

    def _on_lost(self, sentence: str) -> None:
        self._midi.silence()
        self._peak = 0.0
        self._line.say(sentence)

    def _on_warned(self, sentence: str) -> None:
        self._line.say(sentence)

    def _on_failed(self, sentence: str) -> None:
        self._fail(AudioDeviceError(sentence))

    def _on_level(self, peak: float, _clipped: bool) -> None:
        self._peak = peak

    def _on_heard(self, heard: Heard) -> None:
        for event in heard.events:
            if isinstance(event, NoteOn):
                self._sounding.add(event.pitch)
            else:
                self._sounding.discard(event.pitch)
        try:
            self._midi.hear(heard)
        except MidiError as error:
            self._line.say(str(error))
        lines = "".join(f"{line}\n" for line in self._lines.of(heard))
        if self._events is not None and self._error is None and lines:
            try:
                self._events.write(lines)
                self._events.flush()
            except BrokenPipeError as error:
                self._fail(error)
            except OSError as error:
                self._fail(WriteError(f"the events cannot be written ({error.strerror})"))

    def _draw(self) -> None:
        self._line.show(self._live.heard_s, self._peak, self._sounding)
        self.look_at_take()
        if self._is_ending or time.monotonic() >= self._end_at:
            QCoreApplication.quit()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self.end()


@contextlib.contextmanager
def _opened(jsonl: str | None) -> Iterator[TextIO | None]:
    """The file of events; written as it goes, because others read along."""
    if jsonl is None:
        yield None
    elif jsonl == "-":
        yield sys.stdout
    else:
        path = Path(jsonl)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise WriteError(f"{path}: it cannot be written ({error.strerror})") from None
        try:
            yield file
        finally:
            # What could not be written has been told.
            with contextlib.suppress(OSError):
                file.close()
