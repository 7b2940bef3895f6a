"""The project of the opened recording: saved, recovered, and never lost without a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from app.song import project_file as projects
from app.song.audio_reference import AudioNotFoundError
from app.song.autosave import ProjectAutosave
from app.song.autosave_files import LeftAutosave, left_autosaves
from app.song.song import Song
from app.system.atomic_write import WriteError
from app.system.paths import is_own
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
        keeper: writes the project and the copy of unsaved work.

    Signals:
        failed(str): a file cannot be written; one sentence.
        opened(Path): a project was saved under this name.
    """

    failed = Signal(str)
    opened = Signal(object)

    def __init__(
        self, song: Song, commands: Commands, view: ProjectView, notices: NoticeBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._song, self._commands, self._window = song, commands, window
        self._view, self._notices = view, notices
        self.keeper = ProjectAutosave(song, self._collect, self)
        self._after_saving: Callable[[], object] | None = None
        self._is_asking = self._is_saving = False
        self._may_go = self._must_go = False
        # The copies that were asked about when their file was opened.
        self._asked: set[Path] = set()
        commands.leave, commands.choose = self.leave, self._choose
        self.keeper.saved.connect(self._saved)
        self.keeper.failed.connect(self._failed)
        self.keeper.changed.connect(self._stay)
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
        beside = _documents() / info.path.name if is_own(info.path) else info.path
        now = self.keeper.path or beside.with_suffix(projects.SUFFIX)
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
            self.keeper.leave()
        else:
            self.keeper.close()

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
        left = next((one for one in left_autosaves() if one.path not in self._asked), None)
        if left is None:
            return
        self._notices.tell(Notice(
            _ABOUT,
            f"Noteglow stopped before your changes to {left.source.name} were saved.",
            [
                ("Recover", partial(self._commands.leave, partial(self._recover, left))),
                ("Discard…", partial(self._ask_discard, left)),
                ("Later", _nothing),
            ],
            stays=True,
        ))  # fmt: skip

    def _recover(self, left: LeftAutosave, go_on: Callable[[Path], object] | None = None) -> None:
        try:
            self.keeper.recover(left)
        except WriteError as error:
            self.failed.emit(str(error))
            return
        (go_on or self._commands.open_now)(left.path)

    def _ask_discard(self, left: LeftAutosave) -> None:
        box = _box(self._window, f"Discard the unsaved changes to {left.source.name}? They cannot "
                   "be had back.", ("Discard", _DISCARD), ("Keep", _REJECT))  # fmt: skip

        def chosen(_: int) -> None:
            if _role(box) == _DISCARD:
                left.discard()
            # This one again, or the next.
            self.look_for_unsaved()

        box.finished.connect(chosen)
        box.open()

    def _choose(self, path: Path, go_on: Callable[[Path], None]) -> None:
        """Asks which of the two to open where a copy of a file was left."""
        self._notices.settle(_ABOUT)
        left = next(iter(left_autosaves(path)), None)
        if left is None or path in (self.keeper.path, self._song.opened_path):
            go_on(path)
            return
        self._asked.add(left.path)
        box = _box(self._window, f"Noteglow stopped before your changes to {path.name} were saved."
                   " Recover them?",
                   ("Recover", _ACCEPT), ("Open without them", _DISCARD), ("Cancel", _REJECT))

        def chosen(_: int) -> None:
            role = _role(box)
            if role == _ACCEPT:
                self._recover(left, go_on)
            elif role == _DISCARD:
                left.discard()
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

    def _stay(self) -> None:
        """There is something new to ask about."""
        self._may_go = False


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


def _documents() -> Path:
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(folder or Path.home())


def _nothing() -> None:
    """Leaves it for the next start."""
