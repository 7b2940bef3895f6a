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
    """The place between 0 and 100: few and certain notes, or many; and how short they may be.

    Signals:
        moved(int): it stands at another place, or notes may be shorter or must be longer.
        due(): notes should be decoded anew; not more often than that is sensible.
    """

    moved = Signal(int)
    due = Signal()

    def __init__(self, own: DecoderConfig, parent: QObject | None = None) -> None:
        """Args: `own` are the checkpoint's own settings, for the middle."""
        super().__init__(parent)
        self._own = own
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
        """The settings for this place."""
        threshold = threshold_at(self._place, self._own.onset_threshold)
        return dataclasses.replace(
            self._own.with_onset_threshold(threshold), min_note_ms=self._shortest_ms
        )

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
        return self._place == MIDDLE and self._shortest_ms == self._own.min_note_ms

    def move(self, place: int) -> None:
        """Goes to another place; beyond the ends it stops there."""
        place = min(max(place, 0), STEPS)
        self._set(place, self._shortest_ms)

    def set_shortest(self, milliseconds: float) -> None:
        """Lets notes be shorter, or makes them longer."""
        self._set(self._place, milliseconds)

    def reset(self) -> None:
        """Goes back to what scored best in tests."""
        self._set(MIDDLE, self._own.min_note_ms)

    def show(self, decoder: DecoderConfig) -> None:
        """Goes where notes were found with these settings; nothing is due."""
        self._timer.stop()
        self._place = place_of(decoder.onset_threshold, self._own.onset_threshold)
        self._shortest_ms = decoder.min_note_ms
        self.moved.emit(self._place)

    def _set(self, place: int, shortest_ms: float) -> None:
        if (place, shortest_ms) != (self._place, self._shortest_ms):
            self._place, self._shortest_ms = place, shortest_ms
            self.moved.emit(place)
            if not self._timer.isActive():
                self._timer.start()

    def rest(self) -> None:
        """Nothing is due any more."""
        self._timer.stop()
