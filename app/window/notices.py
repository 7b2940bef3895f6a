"""What the line over the stage tells: of the input, of takes, of MIDI, of exports."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from app.live.input_settings import InputSettings
from app.live.midi_port_choice import MidiPortChoice
from app.live.session import LiveSession
from app.live.session_archive import SessionArchive
from app.system.clock_text import clock_text
from app.takes.played_sessions import PlayedSession
from app.takes.recovery_offer import RecoveryOffer
from app.views.bars.notice_bar import Notice, NoticeBar
from app.views.dialogs import messages as dialogs
from app.views.stage.stage import Stage
from app.window.commands import Commands, Exported
from app.window.crash_report import CRASH

# What the notices are about.
_FAILURE, _INPUT, _TAKE, _SESSION, _LEFT, _MIDI, _HISTORY, _EXPORT = (
    "input failure", "input", "take", "session", "unfinished takes", "midi", "history", "export",
)


class Notices(QObject):
    """Tells of what happens beside the playing, and takes it back once it is settled."""

    def __init__(
        self,
        bar: NoticeBar,
        commands: Commands,
        live: LiveSession,
        input_control: InputSettings,
        midi: MidiPortChoice,
        offer: RecoveryOffer,
        archive: SessionArchive,
        stage: Stage,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._bar, self._commands, self._window = bar, commands, window
        self._input, self._offer = input_control, offer
        live.failed.connect(self._input_failed)
        live.lost.connect(self._warn_of_input)
        live.warned.connect(self._warn_of_input)
        for mended in (live.started, live.resumed, live.stopped):
            mended.connect(self._input_mended)
        live.started.connect(self._begin_anew)
        live.take_begun.connect(self._begin_anew)
        # Who plays has read of it, and would not want to be told in between.
        live.started.connect(lambda: bar.settle(CRASH))
        live.stopped.connect(lambda: bar.settle(_SESSION))
        commands.song.opened.connect(self._begin_anew)
        commands.live.saved.connect(self._take_saved)
        commands.live.broken_off.connect(self._take_broke_off)
        commands.live.keeping.played.connect(self._played)
        archive.broken_off.connect(self._session_broke_off)
        archive.recovered.connect(self._take_recovered)
        commands.exported.connect(self._exported)
        midi.failed.connect(self._midi_failed)
        midi.changed.connect(self._midi_changed)
        self._midi = midi
        stage.history_lost.connect(self._history_lost)
        offer.found.connect(self._takes_found)
        offer.recovered.connect(self._take_recovered)
        offer.failed.connect(self._take_lost)

    # The input.

    def _input_failed(self, sentence: str) -> None:
        choices = []
        if self._input.choice.name is not None and not self._commands.live.is_listening:
            choices.append(("Use the system’s input", self._use_default))
        self._bar.tell(Notice(_FAILURE, sentence, choices, is_warning=True))

    def _use_default(self) -> None:
        self._input.choose_device(None)
        self._input.start()

    def _warn_of_input(self, sentence: str) -> None:
        self._bar.tell(Notice(_INPUT, sentence, is_warning=True))

    def _input_mended(self) -> None:
        self._bar.settle(_INPUT)

    def _begin_anew(self) -> None:
        """What was before is no longer of interest."""
        for about in (_FAILURE, _TAKE, _HISTORY, _EXPORT):
            self._bar.settle(about)

    # Takes.

    def _take_saved(self, path: Path, seconds: float) -> None:
        text = f"Recorded: {path.name}, {clock_text(seconds)} of sound with its notes."
        choices = [("Open as a recording", partial(self._commands.open, path))]
        self._bar.tell(Notice(_TAKE, text, choices))

    def _take_broke_off(self, sentence: str) -> None:
        self._bar.tell(Notice(_TAKE, sentence, is_warning=True))

    def _played(self, session: PlayedSession) -> None:
        notes = f"{session.n_notes} note{'' if session.n_notes == 1 else 's'}"
        text = f"You played {clock_text(session.length_s)}, {notes}. It stays for a while under " \
            "File > Recent playing."
        self._bar.tell(Notice(_TAKE, text, [("Keep as a recording", self._commands.keep)]))

    def _session_broke_off(self, sentence: str) -> None:
        self._bar.tell(Notice(_SESSION, sentence, is_warning=True))

    def _takes_found(self, takes: list[Path]) -> None:
        one = len(takes) == 1
        begun = f"A take of {_when(takes[0])} was" if one else f"{len(takes)} takes were"
        text = f"{begun} not ended, because the program or the computer stopped. What was " \
            "recorded until then can be kept."
        self._bar.tell(Notice(_LEFT, text, [
            ("Keep" if one else "Keep them", partial(self._offer.recover, takes)),
            ("Discard…", partial(self._ask_discard, takes)),
            ("Later", _nothing),
        ], stays=True))  # fmt: skip

    def _ask_discard(self, takes: list[Path]) -> None:
        one = len(takes) == 1
        question = "Discard this take?" if one else f"Discard these {len(takes)} takes?"
        box = dialogs.question(self._window, f"{question} It cannot be had back.", "Discard")
        # Not exec(): what runs behind the box goes on.
        box.finished.connect(
            lambda _: self._offer.discard(takes)
            if box.buttonRole(box.clickedButton()) == QMessageBox.ButtonRole.DestructiveRole
            else self._takes_found(takes)
        )
        box.open()

    def _take_recovered(self, path: Path) -> None:
        choices = [("Open as a recording", partial(self._commands.open, path))]
        self._bar.tell(Notice(_LEFT, f"Kept: {path.name}, in {path.parent}.", choices))

    def _take_lost(self, sentence: str) -> None:
        self._bar.tell(Notice(_LEFT, sentence, is_warning=True))

    # The rest.

    def _midi_failed(self, sentence: str) -> None:
        self._bar.tell(Notice(_MIDI, sentence, is_warning=True))

    def _midi_changed(self) -> None:
        if self._midi.is_on:
            self._bar.settle(_MIDI)

    def _history_lost(self, sentence: str) -> None:
        self._bar.tell(Notice(_HISTORY, sentence, is_warning=True))

    def tell_saved(self, picture: Path) -> None:
        """The view was saved as a picture."""
        text = f"Saved: {picture.name}, in {picture.parent}."
        self._bar.tell(Notice(_EXPORT, text, self._ways_to([picture])))

    def tell_printed(self, sentence: str) -> None:
        """The score was printed."""
        self._bar.tell(Notice(_EXPORT, sentence))

    def _exported(self, exported: Exported) -> None:
        names, folder = [path.name for path in exported.paths], exported.paths[0].parent
        text = f"Exported {exported.notes}: {', '.join(names)}, in {folder}."
        self._bar.tell(Notice(_EXPORT, text, self._ways_to(exported.paths)))

    def _ways_to(self, paths: Sequence[Path]) -> list[tuple[str, Callable[[], None]]]:
        """What can be done with files that were written into one folder."""
        ways = [("Show in folder", partial(self._open, paths[0].parent))]
        if len(paths) == 1:
            ways.append(("Open", partial(self._open, paths[0])))
        return [*ways]

    def _open(self, path: Path) -> None:
        """Opens a file or a folder with the system's program for it."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            what = "folders" if path.is_dir() else f"files such as {path.name}"
            self._commands.failed.emit(f"{path}: no program of this system shows {what}.")


def _nothing() -> None:
    """Leaves it for the next start."""


def _when(take: Path) -> str:
    """The day and time at which a take was written last."""
    try:
        moment = datetime.datetime.fromtimestamp(take.stat().st_mtime).astimezone()
    except OSError:
        return take.name
    return f"{moment:%Y-%m-%d, %H:%M}"
