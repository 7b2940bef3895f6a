"""The project of the opened recording: saved, recovered, and never lost without a question."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from app.settings.settings import Settings
from app.song import project_file as projects
from app.song.audio_reference import AudioNotFoundError
from app.song.autosave import ProjectAutosave, autosave_path, recoverable
from app.song.song import Song
from app.views.bars.notice_bar import Notice, NoticeBar
from app.window.commands import Commands
from app.window.song.project_view import ProjectView

_ABOUT = "project"
_ACCEPT = QMessageBox.ButtonRole.AcceptRole
_DISCARD = QMessageBox.ButtonRole.DestructiveRole
_REJECT = QMessageBox.ButtonRole.RejectRole


class ProjectCommands(QObject):
    """Saves and recovers, and asks before changes are lost.

    Attributes:
        keeper: writes the project and the copy beside it.

    Signals:
        failed(str): a file cannot be written; one sentence.
        opened(Path): a project was saved under this name.
    """

    failed = Signal(str)
    opened = Signal(object)

    def __init__(
        self, song: Song, commands: Commands, view: ProjectView, notices: NoticeBar,
        settings: Settings, window: QWidget,
    ) -> None:
        super().__init__(window)
        self._song, self._commands, self._window = song, commands, window
        self._view, self._notices, self._settings = view, notices, settings
        self.keeper = ProjectAutosave(song, self._collect, self)
        self._after_saving: Callable[[], object] | None = None
        self._is_asking = self._is_saving = False
        self._may_go = self._must_go = False
        # What the settings were told to have unsaved changes, and what was asked about at opening.
        self._noted: Path | None = None
        self._asked: Path | None = None
        commands.leave, commands.choose = self.leave, self._choose
        self.keeper.saved.connect(self._saved)
        self.keeper.failed.connect(self._failed)
        self.keeper.changed.connect(self._remember_unsaved)
        song.opened.connect(lambda _: self._begin())
        commands.song.audio_asked.connect(self._ask_recording)

    # Saving.

    @property
    def must_ask(self) -> bool:
        """Whether something would be lost: of a recording without a project, only a hand's work."""
        keeper = self.keeper
        if self._may_go or self._must_go or self._song.info is None or keeper.is_saved:
            return False
        return keeper.path is not None or not self._song.edits.is_saved or bool(
            self._song.opened_project
        )

    def save(self) -> None:
        """Saves under the name that the project has, or asks for one."""
        if self.keeper.path is not None:
            self._is_saving = True
            self.keeper.save(self.keeper.path)
        else:
            self.save_as()

    def save_as(self) -> None:
        """Asks for a name, and saves."""
        info = self._song.info
        if info is None:
            return
        now = self.keeper.path or info.path.with_suffix(projects.SUFFIX)
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save the project", str(now), f"Projects (*{projects.SUFFIX})"
        )
        if name:
            self._is_saving = True
            self.keeper.save(Path(name))
        else:
            self._after_saving = None

    # Leaving what is open.

    def leave(self, go_on: Callable[[], object]) -> None:
        """Calls `go_on` once nothing is lost by it: at once, after a question, or never."""
        if self._is_asking:
            return
        if not self.must_ask:
            go_on()
            return
        name = (self.keeper.path or self._commands.song.path or Path()).name
        box = _box(self._window, f"Save your changes to the notes of {name}?",
                   ("Save", _ACCEPT), ("Discard", _DISCARD), ("Cancel", _REJECT))
        self._is_asking = True
        box.finished.connect(partial(self._left, box, go_on))
        box.open()

    def keep_copy(self) -> None:
        """Keeps what would be lost for the next start to offer; returns when it is written."""
        if self.must_ask:
            self.keeper.keep_copy()

    def go_unasked(self) -> None:
        """The window has to close without a question: the copy stays where it is needed."""
        if self.must_ask:
            self.keeper.keep_copy()
            self._must_go = True

    def close(self) -> None:
        """The window closes, everything was asked: the copy is not needed any more."""
        if self._must_go:
            return
        self.keeper.close()
        self._note_unsaved(None)

    def _left(self, box: QMessageBox, go_on: Callable[[], object], _: int) -> None:
        self._is_asking = False
        role = _role(box)
        if role == _ACCEPT:
            self._after_saving = go_on
            self.save()
        elif role == _DISCARD:
            self.keeper.close()
            self._may_go = True
            go_on()

    def _saved(self, path: Path) -> None:
        self._is_saving = False
        self.opened.emit(path)
        go_on, self._after_saving = self._after_saving, None
        if go_on is not None:
            go_on()
        else:
            self._notices.tell(Notice(_ABOUT, f"Saved: {path.name}, in {path.parent}."))

    def _failed(self, sentence: str) -> None:
        if self._is_saving:
            self._is_saving, self._after_saving = False, None
            self.failed.emit(sentence)
        else:
            # Nobody asked for the copy: what is being done goes on.
            self._notices.tell(Notice(
                _ABOUT, f"Your changes are not kept until you save them: {sentence}",
                [("Save…", self.save_as)], is_warning=True,
            ))  # fmt: skip

    # Recovering.

    def look_for_unsaved(self) -> None:
        """At the start: offers what was open when the program died, if there is a copy of it."""
        path = self._settings.unsaved
        if path is None or path == self._asked:
            return
        if recoverable(path) is None:
            self._settings.unsaved = None
            return
        self._notices.tell(Notice(
            _ABOUT,
            f"Noteglow stopped before your changes to {path.name} were saved.",
            [
                ("Recover", partial(self._commands.leave, partial(self._recover, path))),
                ("Discard…", partial(self._ask_discard, path)),
                ("Later", _nothing),
            ],
            stays=True,
        ))  # fmt: skip

    def _recover(self, path: Path) -> None:
        copy = recoverable(path)
        if copy is not None:
            self.keeper.recover(path)
            self._commands.open_now(copy)

    def _ask_discard(self, path: Path) -> None:
        box = _box(self._window, f"Discard the unsaved changes to {path.name}? They cannot be had "
                   "back.", ("Discard", _DISCARD), ("Keep", _REJECT))  # fmt: skip
        box.finished.connect(
            lambda _: self._discard_copy(path) if _role(box) == _DISCARD
            else self.look_for_unsaved()
        )
        box.open()

    def _discard_copy(self, path: Path) -> None:
        self._settings.unsaved = None
        with contextlib.suppress(OSError):
            autosave_path(path).unlink(missing_ok=True)

    def _choose(self, path: Path, go_on: Callable[[Path], None]) -> None:
        """Asks which of the two to open where a copy was left beside a file."""
        self._notices.settle(_ABOUT)
        copy = recoverable(path)
        if copy is None or path in (self.keeper.path, self._song.opened_path):
            go_on(path)
            return
        self._asked = path.absolute()
        box = _box(self._window, f"Noteglow stopped before your changes to {path.name} were saved."
                   " Recover them?",
                   ("Recover", _ACCEPT), ("Open without them", _DISCARD), ("Cancel", _REJECT))

        def chosen(_: int) -> None:
            role = _role(box)
            if role == _ACCEPT:
                self.keeper.recover(path)
                go_on(copy)
            elif role == _DISCARD:
                self._discard_copy(path)
                go_on(path)

        box.finished.connect(chosen)
        box.open()

    # A recording that is not found.

    def _ask_recording(self, error: AudioNotFoundError) -> None:
        old = error.reference.path
        if error.changed is not None:
            text = f"{error.changed.name} is not as it was when the project {error.project.name} " \
                "was saved."
            choices = [("Look for the right one…", _ACCEPT), ("Use it as it is", _DISCARD)]
        else:
            text = f"The recording {old.name} of the project {error.project.name} is not there " \
                "any more."
            choices = [("Look for it…", _ACCEPT)]
        box = _box(self._window, text, *choices, ("Cancel", _REJECT))

        def chosen(_: int) -> None:
            role = _role(box)
            if role == _ACCEPT:
                name, _filter = QFileDialog.getOpenFileName(
                    self._window, f"Where is {old.name}?", str(error.project.parent),
                    f"{old.name} ({old.name});;All files (*)",
                )
                if name:
                    self._commands.song.open_with(error.project, Path(name))
            elif role == _DISCARD and error.changed is not None:
                self._commands.song.open_with(error.project, error.changed)

        box.finished.connect(chosen)
        box.open()

    # Within.

    def _begin(self) -> None:
        self._may_go = False
        project = self._song.opened_project
        if project is not None:
            self._view.restore(project.view)

    def _collect(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return {}, self._view.collect()

    def _remember_unsaved(self) -> None:
        self._may_go = False
        source = self.keeper.path or self._commands.song.path
        is_open = self._song.info is not None and source is not None
        self._note_unsaved(source if is_open and not self.keeper.is_saved else None)

    def _note_unsaved(self, path: Path | None) -> None:
        """For the next start. What an earlier one left stays noted."""
        path = None if path is None else path.absolute()
        if path != self._noted:
            if path is not None or self._settings.unsaved == self._noted:
                self._settings.unsaved = path
            self._noted = path


def _box(
    window: QWidget, text: str, *choices: tuple[str, QMessageBox.ButtonRole]
) -> QMessageBox:
    """A question that lets the window go on; the first choice is pressed by Enter."""
    box = QMessageBox(QMessageBox.Icon.Question, "Noteglow", text, parent=window)
    box.setTextFormat(Qt.TextFormat.PlainText)
    buttons = [box.addButton(words, role) for words, role in choices]
    if isinstance(buttons[0], QPushButton):
        box.setDefaultButton(buttons[0])
    box.setEscapeButton(buttons[-1])
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def _role(box: QMessageBox) -> QMessageBox.ButtonRole:
    """The role of the button that was pressed; Reject where the box was closed otherwise."""
    button = box.clickedButton()
    return _REJECT if button is None else box.buttonRole(button)


def _nothing() -> None:
    """Leaves it for the next start."""
