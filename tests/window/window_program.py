"""The real window as a program that tests start, let die, or ask to end.

    python -m tests.window.window_program FOLDER CHECKPOINT WHAT [FILE]

keeps settings, takes and log in FOLDER and prints "ready" once it does WHAT: "crash" (it dies
while it records a take), "record" (it records on), "live" (it listens and does not record), "edit"
(FILE, a MIDI file, has lost its notes).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from app.settings.settings import Settings
from app.system.crash_log import CrashLog
from app.takes.played_sessions import sessions_folder
from app.transcription.lazy_transcriber import LazyTranscriber
from app.window import startup
from app.window.main_window import MainWindow
from tests.note_events import on
from tests.window.window_fakes import FakeLive


def begin(window: MainWindow, live: FakeLive, what: str) -> None:
    """Does what was asked for, once there is something to do it to."""
    if what == "edit":
        song = window.song_controller
        if not window.act.export.isEnabled():
            QTimer.singleShot(20, lambda: begin(window, live, what))
            return
        song.act.edit.trigger()
        song.editing.choose_all()
        song.editing.delete()
    else:
        (window.act.live if what == "live" else window.act.record).trigger()
        live.hear(2.0 if what == "live" else 1.0, on(60, 0.5))
    if what == "live":
        wait_for_notes(sessions_folder())
    print("ready", flush=True)
    if what == "crash":
        crash(window.commands.live.folder)


def wait_for_notes(folder: Path) -> None:
    """Until what was played is on the disk."""
    while not any(notes.read_text() for notes in folder.glob("*.notes.jsonl")):
        time.sleep(0.01)


def crash(takes: Path) -> None:
    """Dies once a thread has brought to the disk what was played."""
    if any(notes.read_text() for notes in takes.glob("*.notes.jsonl")):
        os.abort()
    QTimer.singleShot(20, lambda: crash(takes))


def main(folder: Path, checkpoint: Path, what: str, file: Path | None) -> int:
    application = QApplication(sys.argv[:1])
    live = FakeLive()
    settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    settings.takes_folder = folder / "takes"
    startup.Settings = lambda: settings  # type: ignore[misc, assignment]
    startup.LiveSession = lambda engine: live  # type: ignore[misc, assignment]
    # Nothing here is heard by the network, which takes seconds to load.
    LazyTranscriber.load = lambda engine: None  # type: ignore[method-assign]

    def look() -> None:
        window = next(
            widget for widget in application.topLevelWidgets() if isinstance(widget, MainWindow)
        )
        begin(window, live, what)

    QTimer.singleShot(0, look)
    with CrashLog(folder / "log") as log:
        return startup.run(file, checkpoint, log=log)


if __name__ == "__main__":
    sys.exit(main(
        Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3],
        Path(sys.argv[4]) if len(sys.argv) > 4 else None,
    ))  # fmt: skip
