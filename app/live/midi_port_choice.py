"""What is heard live goes out as MIDI, to the port that was chosen; remembered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.live.session import LiveSession
from app.midi.midi_output import MidiError, MidiOutput, midi_ports
from app.midi.pitch_bend import Bends
from app.music.instruments import instrument_named
from app.settings.settings import Settings
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.heard import Heard


class MidiPortChoice(QObject):
    """Sends the notes of the live session, under the settings that the stage shows them with.

    Signals:
        changed(): it sends elsewhere, or no longer.
        failed(str): a port cannot be used, or is lost; one sentence. Nothing is sent then.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        live: LiveSession,
        settings: Settings,
        features: FeatureConfig,
        network: NetworkConfig,
        out: MidiOutput | None = None,
        list_ports: Callable[[], list[str]] = midi_ports,
        parent: QObject | None = None,
    ) -> None:
        """Nothing is sent before `restore` or `turn_on`.

        Args: `out` and `list_ports` take the place of the system's MIDI.
        """
        super().__init__(parent)
        self._live, self._settings = live, settings
        self._features, self._network = features, network
        self._out = out or MidiOutput()
        self._out.set_channel(settings.midi_channel)
        self._out.set_bends(settings.midi_bends)
        self._list_ports = list_ports
        # None: the events that the session itself finds are sent.
        self._decoder: Decoder | None = None
        live.heard.connect(self._hear)
        for end in (live.started, live.take_begun, live.lost, live.stopped):
            end.connect(self._silence)

    # What is set, and known.

    @property
    def is_on(self) -> bool:
        return self._out.port_name is not None

    @property
    def port(self) -> str:
        """The chosen port; empty for one of Noteglow's own that other programs connect to."""
        return self._settings.midi_port

    @property
    def channel(self) -> int:
        return self._settings.midi_channel

    @property
    def bends(self) -> Bends:
        """How notes follow the pitch that sounds."""
        return self._settings.midi_bends

    @property
    def port_text(self) -> str:
        """Where notes go now; empty while they go nowhere."""
        name = self._out.port_name
        way = {"off": f"channel {self.channel}", "channel": f"channel {self.channel}, bent",
               "mpe": "MPE"}[self.bends]
        return "" if name is None else f"{name}, {way}"

    def ports(self) -> list[str]:
        """The ports of other programs and devices that there are now; none where MIDI is missing.

        `turn_on` says why it is.
        """
        try:
            return self._list_ports()
        except MidiError:
            return []

    # To set it.

    def restore(self) -> None:
        """Goes on as the settings say: nothing is sent unless it was when the program ended."""
        if self._settings.midi_on:
            self.turn_on()

    def turn_on(self, port: str | None = None) -> None:
        """Sends to this port, empty for one of its own; by default to the one of before."""
        if port is not None:
            self._settings.midi_port = port
        try:
            self._out.open(self.port or None)
        except MidiError as error:
            self._end(str(error))
        else:
            self._settings.midi_on = True
            self.changed.emit()

    def turn_off(self) -> None:
        """Ends what sounds, and sends nothing."""
        self._out.close()
        self._settings.midi_on = False
        self.changed.emit()

    def set_channel(self, channel: int) -> None:
        """Sends on this channel, 1 to 16."""
        self._settings.midi_channel = channel
        self._out.set_channel(channel)
        self.changed.emit()

    def set_bends(self, bends: Bends) -> None:
        """Lets notes follow the pitch that sounds: not at all, on the one channel, or by MPE."""
        self._settings.midi_bends = bends
        self._out.set_bends(bends)
        self.changed.emit()

    def decode_with(self, config: DecoderConfig | None) -> None:
        """Finds the notes that are sent under these settings; None for the session's own."""
        self._out.silence()
        self._decoder = (
            None if config is None else Decoder(config, self._features, self._network)
        )

    def close(self) -> None:
        """Ends what sounds and closes the port; what is set stays."""
        self._out.close()

    # What is told.

    def _hear(self, heard: Heard) -> None:
        if not self.is_on:
            return
        # The decoder's times count from when it was set, which is no matter here.
        events = self._decoder.push(heard.probabilities, 0.0) if self._decoder else heard.events
        instrument = instrument_named(self._settings.instrument)
        events = [
            event for event in events if instrument.lowest <= event.pitch <= instrument.highest
        ]
        try:
            self._out.hear(dataclasses.replace(heard, events=events))
        except MidiError as error:
            self._end(str(error))

    def _silence(self) -> None:
        self._out.silence()
        if self._decoder is not None:
            self.decode_with(self._decoder.config)

    def _end(self, sentence: str) -> None:
        self._settings.midi_on = False
        self.failed.emit(sentence)
        self.changed.emit()
