"""The window's end without a question: a signal, or a log-out."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QApplication

from app.settings.settings import Settings
from app.window.main_window import MainWindow


class UnaskedEnd(QObject):
    """Keeps what would be lost; nobody is there to be asked. Lives in the GUI thread."""

    def __init__(
        self, application: QApplication, window: MainWindow, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        # A log-out may still be called off, so the window stays until it is told to go.
        application.commitDataRequest.connect(self._keep_all)
        application.saveStateRequest.connect(self._keep_changes)

    def end(self) -> None:
        """Ends the program: takes are whole, changes are kept for the next start to offer."""
        self._keep_all()
        self._window.song_controller.files.go_unasked()
        self._window.close()
        self._settings.sync()
        # Where a box is open, to close the window is not enough.
        QCoreApplication.exit(0)

    def _keep_all(self) -> None:
        self._window.commands.live.end_take()
        self._keep_changes()

    def _keep_changes(self) -> None:
        self._window.song_controller.files.keep_copy()
        # After a log-out nothing may come to its turn any more.
        self._settings.sync()
