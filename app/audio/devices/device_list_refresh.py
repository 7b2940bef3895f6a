"""The sound inputs of this moment, asked for without holding the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.audio.devices.device_list import AudioDeviceError, refresh_inputs
from app.system.worker_thread import Ended, Worker, WorkError


class DeviceListRefresh(QObject):
    """Lists the inputs in a thread. Lives in the GUI thread; every signal is emitted there.

    Signals:
        listed(list[Device]): all inputs, also those that were plugged in since the start.
        failed(str): they cannot be listed; one sentence.
    """

    listed = Signal(list)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None

    def refresh(self) -> None:
        """Asks for the list; while it is being made already, that one serves."""
        if self._worker is None:
            self._worker = Worker(_list, self._receive, can_wait=True)
            self._worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case list():
                    # Whoever hears of it may ask for the next one.
                    self._worker = None
                    self.listed.emit(item)
                case Ended(error=str() as error):
                    self._worker = None
                    self.failed.emit(error)


def _list(worker: Worker) -> None:
    try:
        worker.post(refresh_inputs())
    except AudioDeviceError as error:
        raise WorkError(str(error)) from None
