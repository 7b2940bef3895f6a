"""Runs the program as a user does, on a device that plays, and says which of some modules came in.

    python -m tests.terminal.without_torch window RECORDING
    python -m tests.terminal.without_torch listen --jsonl OUT --seconds 1
    python -m tests.terminal.without_torch transcribe RECORDING -o OUT

`window` opens a recording, waits until it is transcribed, listens live until a note is heard, and
closes the window. The last line is JSON: the exit status, and those of `WATCHED` that are loaded.
"""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.audio.devices.device_list import Device
from app.audio.devices.input_choice import InputChoice
from app.live.session import LiveSession
from app.terminal import command_line as cli
from app.terminal import listen_command as listen
from app.transcription.lazy_transcriber import TranscriberLike
from app.window import startup
from app.window.main_window import MainWindow
from model.heard import Heard
from model.notes import NoteOn
from tests.conftest import tones
from tests.live.fake_input import STEREO, Input

WATCHED = ("torch", "onnx", "h5py", "onnxruntime")
_BLOCK, _EVERY_MS = 480, 10


class PlayedLive(LiveSession):
    """A live session on a device that plays tones; with a window, until the first note."""

    def __init__(self, transcriber: TranscriberLike) -> None:
        rate = STEREO.default_sample_rate
        self._input = Input(accepts=lambda asked, _channels: asked == rate)
        super().__init__(transcriber, open_input=self._input.open, find_input=self._find)
        self._tones, self._sent = tones(4.0, round(rate)), 0
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._play)
        self._timer.start()
        if isinstance(QApplication.instance(), QApplication):
            self.heard.connect(self._close_at_note)

    @staticmethod
    def _close_at_note(heard: Heard) -> None:
        if any(isinstance(event, NoteOn) for event in heard.events):
            QApplication.closeAllWindows()

    @staticmethod
    def _find(_choice: InputChoice) -> Device:
        return STEREO

    def _play(self) -> None:
        if self._input.is_open:
            first = self._sent % len(self._tones)
            self._sent += _BLOCK
            self._input.receive(self._tones[first : first + _BLOCK, None], False)


class User:
    """Presses the Live key once the recording is transcribed."""

    def __init__(self) -> None:
        self._timer = QTimer(interval=20)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and window.act.export.isEnabled():
                self._timer.stop()
                window.act.live.trigger()


def main(words: list[str]) -> int:
    startup.LiveSession = listen.LiveSession = PlayedLive  # type: ignore[misc, attr-defined]
    if words[0] == "window":
        application = QApplication(["noteglow"])
        user = User()
        status = cli.main(words[1:])
        del user, application
    else:
        status = cli.main(words)
    loaded = [name for name in WATCHED if name in sys.modules]
    print(json.dumps({"status": status, "loaded": loaded}))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
