"""What the network says of single pitches at single moments, also where no note was decoded.

Who knows that a note is due needs less to believe that it was played than who listens blindly.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.config import ANSWERS, Answer, FeatureConfig, NetworkConfig
from model.heard import Heard
from model.notes import NoteOn, Probabilities

# So much of the early answer is remembered: longer than a note waits for its first mark.
_KEPT_S = 12.0
# A pitch sounds surely a little after its onset.
SOUNDS_AFTER_S = 0.04
# No attack is said so much later than one that began after it.
_LATEST_S = 2.0


@dataclass(frozen=True)
class Strength:
    """How much speaks for a pitch having begun within some time.

    Attributes:
        onset, frame: the highest onset probability there, and that it sounds.
        at_s: where the onset is most probable.
        before: how probable it was at most that it sounded already.
    """

    onset: float
    frame: float
    at_s: float
    before: float

    @property
    def total(self) -> float:
        """Both together, 0 to 2."""
        return self.onset + self.frame


@dataclass(frozen=True)
class Attack:
    """A note that began, as the decoder says it."""

    pitch: int
    onset_s: float
    confidence: float


class Evidence:
    """What was heard, by the moment it speaks about: the last seconds of the early answer, and all
    of the settled one, in 16 bits: an hour is 63 MB.

    Attributes:
        attacks: those of the settled answer, in the order in which they were said.
        settled_s: up to this moment the settled answer has spoken.
    """

    def __init__(self, features: FeatureConfig, network: NetworkConfig) -> None:
        self._hop_s = features.hop_length / features.sample_rate
        self._lowest = network.lowest_pitch
        self._n_pitches = network.n_pitches
        n_rows = round(_KEPT_S / self._hop_s)
        self._rows: dict[Answer, NDArray[np.float16]] = {
            answer: np.zeros((2, n_rows, network.n_pitches), np.float16) for answer in ANSWERS
        }
        self._delays = dict(zip(ANSWERS, network.delays, strict=True))
        # The first moment, counted in frames, that nothing was said about yet.
        self._ends = dict.fromkeys(ANSWERS, 0)
        self.attacks: list[Attack] = []
        # The latest onset among the attacks up to each: rising, so that it can be searched.
        self._latest_s: list[float] = []

    @property
    def settled_s(self) -> float:
        return self._ends["settled"] * self._hop_s

    @property
    def told_s(self) -> float:
        """Before this moment, no attack of the settled answer comes any more."""
        return self.settled_s - _LATEST_S

    def push(self, heard: Heard) -> list[Attack]:
        """Takes what was heard; returns the attacks of the early answer."""
        settled = heard.settled()
        self._take("early", heard.first_frame, heard.probabilities)
        self._take("settled", heard.first_frame, settled.probabilities)
        for attack in _attacks(settled):
            self.attacks.append(attack)
            before_s = self._latest_s[-1] if self._latest_s else attack.onset_s
            self._latest_s.append(max(before_s, attack.onset_s))
        return _attacks(heard)

    def between(self, begin_s: float, end_s: float) -> list[int]:
        """Indices of the attacks between two moments."""
        found = []
        for index in range(bisect.bisect_left(self._latest_s, begin_s), len(self.attacks)):
            onset_s = self.attacks[index].onset_s
            # They are said in about the order of their onsets, late ones a moment after.
            if onset_s > end_s + _LATEST_S:
                break
            if begin_s <= onset_s <= end_s:
                found.append(index)
        return found

    def strength(
        self, pitch: int, begin_s: float, end_s: float, answer: Answer = "settled"
    ) -> Strength:
        """How much speaks for a pitch beginning between two moments."""
        column = pitch - self._lowest
        if not 0 <= column < self._n_pitches:
            return Strength(0.0, 0.0, begin_s, 0.0)
        onset, first = self._part(answer, 0, column, begin_s, end_s)
        frame, _ = self._part(
            answer, 1, column, begin_s + SOUNDS_AFTER_S, end_s + SOUNDS_AFTER_S
        )
        before, _ = self._part(answer, 1, column, begin_s - 3 * self._hop_s, begin_s)
        at = int(onset.argmax()) if len(onset) else 0
        return Strength(
            float(onset.max(initial=0.0)), float(frame.max(initial=0.0)),
            (first + at + 0.5) * self._hop_s, float(before.min()) if len(before) else 0.0,
        )  # fmt: skip

    def held(self, pitch: int, begin_s: float, end_s: float) -> float:
        """How probable it is on average that a pitch sounds between two moments."""
        column = pitch - self._lowest
        if not 0 <= column < self._n_pitches:
            return 0.0
        frame, _ = self._part("settled", 1, column, begin_s, end_s)
        return float(frame.mean(dtype=np.float32)) if len(frame) else 0.0

    def _take(self, answer: Answer, first_frame: int, said: Probabilities) -> None:
        if not len(said):
            return
        first = first_frame - self._delays[answer]
        end = self._ends[answer] = first + len(said)
        if answer == "settled" and end > self._rows[answer].shape[1]:
            self._rows[answer] = _longer(self._rows[answer], 2 * end)
        rows = self._rows[answer]
        # Before the sound there is nothing, and more than is kept may come at once.
        skipped = min(len(said), max(0, -first, len(said) - rows.shape[1]))
        where = np.arange(first + skipped, first + len(said)) % rows.shape[1]
        rows[0, where], rows[1, where] = said.onset[skipped:], said.frame[skipped:]

    def _part(
        self, answer: Answer, head: int, column: int, begin_s: float, end_s: float
    ) -> tuple[NDArray[np.float16], int]:
        """The probabilities of a pitch between two moments, and the frame that they begin with."""
        rows, end = self._rows[answer], self._ends[answer]
        first = max(0, end - rows.shape[1], round(begin_s / self._hop_s - 0.5))
        last = min(end, round(end_s / self._hop_s - 0.5) + 1)
        return rows[head, np.arange(first, max(first, last)) % rows.shape[1], column], first


def _attacks(heard: Heard) -> list[Attack]:
    return [
        Attack(event.pitch, event.onset_s, event.confidence)
        for event in heard.events
        if isinstance(event, NoteOn)
    ]


def _longer(rows: NDArray[np.float16], length: int) -> NDArray[np.float16]:
    longer = np.zeros((rows.shape[0], length, rows.shape[2]), np.float16)
    longer[:, : rows.shape[1]] = rows
    return longer
