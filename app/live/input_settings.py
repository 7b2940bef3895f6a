"""The sound input as it is set by hand: which device, how, how loud; remembered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.audio.devices.device_list import Device
from app.audio.devices.device_list_refresh import DeviceListRefresh
from app.audio.devices.device_names import lasting_name
from app.audio.devices.input_choice import InputChoice
from app.live.session import LiveSession
from app.settings.settings import GAIN_DB, GATE_DB, Settings

# One press of a key.
GAIN_STEP_DB = 3.0


class InputSettings(QObject):
    """Brings what is set to the live session, and into the settings.

    Signals:
        changed(): something is set differently, or is known of the devices.
    """

    changed = Signal()

    def __init__(
        self,
        live: LiveSession,
        settings: Settings,
        inputs: DeviceListRefresh | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Args: `inputs` takes the place of PortAudio's list."""
        super().__init__(parent)
        self._live, self._settings = live, settings
        self._inputs = inputs or DeviceListRefresh(self)
        self._devices: list[Device] | None = None
        # What went wrong stays until it goes right; what is wrong just now ends with the session.
        self._failure = ""
        self._warning = ""
        self._has_failed = False
        self._inputs.listed.connect(self._list)
        self._inputs.failed.connect(self._fail_to_list)
        live.started.connect(self._start)
        live.resumed.connect(self._mend)
        live.stopped.connect(self._mend)
        live.failed.connect(self._fail)
        live.lost.connect(self._warn)
        live.warned.connect(self._warn)
        for told in (live.take_begun, live.session_recorded, live.take_ended):
            told.connect(self.changed)
        live.set_gain(settings.gain_db)
        self._apply_gate()

    # What is set, and known.

    @property
    def choice(self) -> InputChoice:
        return self._settings.input

    @property
    def devices(self) -> Sequence[Device] | None:
        """What can be listened to; None while that is not known."""
        return self._devices

    @property
    def device(self) -> Device | None:
        """The chosen device, as far as it is there; None for the system's default as well."""
        choice = self.choice
        if choice.name is None:
            return None
        alike = [device for device in self._devices or () if _is_chosen(device, choice)]
        exact = [device for device in alike if device.name == choice.name]
        return next(iter(exact or alike), None)

    @property
    def trouble(self) -> str:
        """What is wrong with the input, in a sentence; empty when nothing is."""
        return self._warning or self._failure

    @property
    def can_choose(self) -> bool:
        """Whether another device can be chosen: not while a take is recorded from this one."""
        return not self._live.is_recording

    @property
    def gain_db(self) -> float:
        return self._settings.gain_db

    @property
    def gate_on(self) -> bool:
        return self._settings.gate_on

    @property
    def gate_db(self) -> float:
        return self._settings.gate_db

    @property
    def keep_hours(self) -> int:
        """How long what is played is kept without being recorded; 0 for not at all."""
        return self._settings.keep_hours

    @property
    def keep_gb(self) -> int:
        """How many gigabytes of it at most."""
        return self._settings.keep_gb

    # To set it.

    def set_keeping(self, hours: int, gb: int) -> None:
        """Keeps what is played for so long, and so much of it; from the next session on."""
        self._settings.keep_hours, self._settings.keep_gb = hours, gb
        self.changed.emit()

    def refresh(self) -> None:
        """Looks which devices there are now; what is listened to goes on."""
        self._inputs.refresh()

    def choose_device(self, device: Device | None) -> None:
        """Listens to this device, None for the system's default, on all its channels."""
        if device is None:
            self._choose(InputChoice())
        else:
            self._choose(InputChoice(device.name, device.host_api))

    def choose_channel(self, channel: int | None) -> None:
        """Listens to one channel, counted from 0, or to the mean of all."""
        self._choose(dataclasses.replace(self.choice, channel=channel))

    def choose_rate(self, sample_rate: int | None) -> None:
        """Opens the device with this rate in Hz, or the one that serves best."""
        self._choose(dataclasses.replace(self.choice, sample_rate=sample_rate))

    def set_gain(self, db: float) -> None:
        """Makes the input so much louder; beyond what is possible it stops there."""
        self._settings.gain_db = min(max(db, GAIN_DB[0]), GAIN_DB[1])
        self._live.set_gain(self.gain_db)
        self.changed.emit()

    def set_gate(self, on: bool, db: float) -> None:
        """Takes sound that stays below `db` of full scale for silence, if it is on."""
        self._settings.gate_on = on
        self._settings.gate_db = min(max(db, GATE_DB[0]), GATE_DB[1])
        self._apply_gate()
        self.changed.emit()

    def start(self) -> None:
        """Listens to what is chosen."""
        self._live.start(self.choice)

    def _choose(self, choice: InputChoice) -> None:
        before = self.choice
        if choice == before or not self.can_choose:
            return
        self._settings.input = choice
        if self._live.is_listening:
            self._has_failed = False
            self._live.start(choice)
            if self._has_failed:
                # The session goes on with the device of before.
                self._settings.input = before
        else:
            self._failure = ""
        self.changed.emit()

    def _apply_gate(self) -> None:
        self._live.set_gate(self.gate_db if self.gate_on else None)

    # What is told.

    def _list(self, devices: list[Device]) -> None:
        self._devices = devices
        self.changed.emit()

    def _fail_to_list(self, sentence: str) -> None:
        self._devices = []
        self._failure = sentence
        self.changed.emit()

    def _start(self) -> None:
        self._failure = ""
        self._mend()

    def _mend(self) -> None:
        self._warning = ""
        self.changed.emit()

    def _fail(self, sentence: str) -> None:
        self._has_failed = True
        self._failure = sentence
        self.changed.emit()
        self.refresh()

    def _warn(self, sentence: str) -> None:
        self._warning = sentence
        self.changed.emit()


def _is_chosen(device: Device, choice: InputChoice) -> bool:
    """Whether a device is the one that was chosen, maybe plugged in anew since."""
    return choice.name is not None and (
        lasting_name(device.name) == lasting_name(choice.name)
        and choice.host_api in (None, device.host_api)
    )
