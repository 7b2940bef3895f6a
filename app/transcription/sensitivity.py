"""How sure Noteglow must be of a note: a slider's place, and the decoder settings it stands for."""

from __future__ import annotations

import dataclasses
import math

from PySide6.QtCore import QObject, QTimer, Signal

from model.config import DecoderConfig

STEPS = 100
MIDDLE = 50
# How far the ends of the slider move the threshold's logit from the checkpoint's own.
_LOGIT_RANGE = 3.0
# While the slider moves, notes are decoded anew at most this often.
_DECODE_MS = 30


def threshold_at(place: int, own_threshold: float) -> float:
    """The onset threshold at a slider's place from 0 to 100; the checkpoint's own in the middle.

    Higher sensitivity is a lower threshold, in equal steps of its logit.
    """
    own = math.log(own_threshold / (1 - own_threshold))
    share = (MIDDLE - place) / MIDDLE
    return 1 / (1 + math.exp(-own - share * _LOGIT_RANGE))


def place_of(threshold: float, own_threshold: float) -> int:
    """The place whose threshold is nearest; the inverse of `threshold_at`."""
    way = math.log(threshold / (1 - threshold)) - math.log(own_threshold / (1 - own_threshold))
    return round(min(max(MIDDLE - way / _LOGIT_RANGE * MIDDLE, 0), STEPS))


class Sensitivity(QObject):
    """The place between 0 and 100: few and certain notes, or many; how short they may be, and
    whether one sounds at a time.

    Signals:
        moved(int): it stands at another place, or something else of it is different.
        due(): notes should be decoded anew; not more often than that is sensible.
    """

    moved = Signal(int)
    due = Signal()

    def __init__(
        self,
        own: DecoderConfig,
        parent: QObject | None = None,
        *,
        early: DecoderConfig | None = None,
        monophonic: bool = False,
    ) -> None:
        """Args: `own` are the checkpoint's own settings for the settled notes, for the middle, and
        `early` those for the early ones, by default the same."""
        super().__init__(parent)
        self._own, self._early = own, early or own
        self._monophonic = monophonic
        self._place = MIDDLE
        self._shortest_ms = own.min_note_ms
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DECODE_MS)
        self._timer.timeout.connect(self.due)

    @property
    def place(self) -> int:
        return self._place

    @property
    def decoder(self) -> DecoderConfig:
        """The settings for this place, for the settled notes."""
        return self._at_place(self._own)

    @property
    def early_decoder(self) -> DecoderConfig:
        """Those for the early ones."""
        return self._at_place(self._early)

    @property
    def is_monophonic(self) -> bool:
        """Whether one note sounds at a time."""
        return self._monophonic

    def set_monophonic(self, monophonic: bool) -> None:
        """Lets one note sound at a time, or many."""
        self._set(self._place, self._shortest_ms, monophonic)

    @property
    def shortest_ms(self) -> float:
        """No note is ended earlier than so long after it began."""
        return self._shortest_ms

    @property
    def own_shortest_ms(self) -> float:
        """The same as the checkpoint has it."""
        return self._own.min_note_ms

    @property
    def is_own(self) -> bool:
        """Whether all is as the checkpoint has it."""
        return self.decoder == self._own

    def move(self, place: int) -> None:
        """Goes to another place; beyond the ends it stops there."""
        place = min(max(place, 0), STEPS)
        self._set(place, self._shortest_ms, self._monophonic)

    def set_shortest(self, milliseconds: float) -> None:
        """Lets notes be shorter, or makes them longer."""
        self._set(self._place, milliseconds, self._monophonic)

    def reset(self) -> None:
        """Goes back to what scored best in tests; as many notes sound at a time as before."""
        self._set(MIDDLE, self._own.min_note_ms, self._monophonic)

    def show(self, decoder: DecoderConfig) -> None:
        """Goes where notes were found with these settings; nothing is due."""
        self._timer.stop()
        self._place = place_of(decoder.onset_threshold, self._own.onset_threshold)
        self._shortest_ms = decoder.min_note_ms
        self._monophonic = decoder.monophonic
        self.moved.emit(self._place)

    def _at_place(self, own: DecoderConfig) -> DecoderConfig:
        # In the middle it is the checkpoint's own, without the rounding of a way there and back.
        decoder = own
        if self._place != MIDDLE:
            decoder = own.with_onset_threshold(threshold_at(self._place, own.onset_threshold))
        return dataclasses.replace(
            decoder, min_note_ms=self._shortest_ms, monophonic=self._monophonic
        )

    def _set(self, place: int, shortest_ms: float, monophonic: bool) -> None:
        before = self._place, self._shortest_ms, self._monophonic
        if (place, shortest_ms, monophonic) != before:
            self._place, self._shortest_ms, self._monophonic = place, shortest_ms, monophonic
            self.moved.emit(place)
            if not self._timer.isActive():
                self._timer.start()

    def rest(self) -> None:
        """Nothing is due any more."""
        self._timer.stop()
