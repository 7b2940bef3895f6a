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


class Sensitivity(QObject):
    """The place between 0 and 100: few and certain notes, or many.

    Signals:
        moved(int): it stands at another place.
        due(): notes should be decoded anew; not more often than that is sensible.
    """

    moved = Signal(int)
    due = Signal()

    def __init__(self, own: DecoderConfig, parent: QObject | None = None) -> None:
        """Args: `own` are the checkpoint's own settings, for the middle."""
        super().__init__(parent)
        self._own = own
        self._place = MIDDLE
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
        return dataclasses.replace(self._own, onset_threshold=threshold)

    def move(self, place: int) -> None:
        """Goes to another place; beyond the ends it stops there."""
        place = min(max(place, 0), STEPS)
        if place != self._place:
            self._place = place
            self.moved.emit(place)
            if not self._timer.isActive():
                self._timer.start()

    def rest(self) -> None:
        """Nothing is due any more."""
        self._timer.stop()
