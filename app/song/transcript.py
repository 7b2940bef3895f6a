"""What the network said of a recording, kept for decoding anew and for looking at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.transcription.lazy_transcriber import TranscriberLike
from model.config import DecoderConfig
from model.notes import Note, Probabilities

# An added note goes to the strongest onset within so much time, if there is one at all.
_SNAP_S = 0.1
_WEAKEST_ONSET = 0.1
# How long an added note is, where nobody says it and the recording does not either.
_USUAL_LENGTH_S = 0.25
_LONGEST_S = 10.0


@dataclass(frozen=True)
class Why:
    """Why a note is there, or is not: what the network said of one pitch around a moment.

    Attributes:
        times_s: moments, shape (frames,), in seconds of the recording.
        onset, frame: probabilities that a note begins, and that it sounds, (frames,) each.
        onset_threshold, frame_threshold: those that they are held against.
    """

    times_s: NDArray[np.float64]
    onset: NDArray[np.float32]
    frame: NDArray[np.float32]
    onset_threshold: float
    frame_threshold: float


class Transcript:
    """The settled probabilities of a recording, growing while it is heard. For one thread.

    What was given out by `probabilities` never changes any more, so other threads may read it.
    """

    def __init__(self, transcriber: TranscriberLike) -> None:
        features, network = transcriber.features, transcriber.network_config
        self._network = network
        self._hop_s = features.hop_length / features.sample_rate
        # What stays is the settled answer.
        self._delay_frames = network.delays[1]
        self._shift_s = (0.5 - self._delay_frames) * self._hop_s
        # Onset, frame, velocity, and cents.
        self._arrays = [np.zeros((0, network.n_pitches), np.float32)] * 4
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def reserve(self, seconds: float) -> None:
        """Makes room for a recording of this length, so that nothing is copied while it grows.

        The system gives the memory only as it is filled: an hour takes 250 MB.
        """
        self._grow(int(seconds / self._hop_s) + self._delay_frames + 16)

    def add(self, heard: Probabilities) -> None:
        """Takes what was heard next."""
        last = self._count + len(heard)
        if last > len(self._arrays[0]):
            self._grow(max(last, 2 * self._count))
        cents = np.nan if heard.cents is None else heard.cents
        parts = (heard.onset, heard.frame, heard.velocity, cents)
        for array, part in zip(self._arrays, parts, strict=True):
            array[self._count : last] = part
        self._count = last

    def probabilities(self, first: int = 0) -> Probabilities:
        """Those from a frame on, (frames, pitches) each; nothing is copied."""
        return Probabilities(*(array[first : self._count] for array in self._arrays))

    def heard_s(self) -> float:
        """The moment up to which something is known."""
        return max(0.0, self._count * self._hop_s + self._shift_s)

    def share_of(self, seconds: float) -> float:
        """How much of a recording of so many seconds was heard, 0 to 1."""
        return min(1.0, self._count * self._hop_s / seconds) if seconds > 0 else 1.0

    def why(self, time_s: float, pitch: int, decoder: DecoderConfig, reach_s: float) -> Why | None:
        """The probabilities of a pitch around a moment; None where the network says nothing."""
        column = self._column(pitch)
        bias_s = decoder.onset_bias_ms / 1000
        first = max(0, self._frame(time_s - reach_s, bias_s))
        last = min(self._count, self._frame(time_s + reach_s, bias_s) + 1)
        if column is None or first >= last:
            return None
        onset, frame, *_ = self._arrays
        return Why(
            np.arange(first, last, dtype=np.float64) * self._hop_s + (self._shift_s - bias_s),
            onset[first:last, column].copy(),
            frame[first:last, column].copy(),
            decoder.onset_threshold,
            decoder.frame_threshold,
        )

    def note_at(
        self, onset_s: float, offset_s: float | None, pitch: int, decoder: DecoderConfig
    ) -> Note:
        """A note drawn by hand, put where the recording has one.

        Its onset goes to the strongest one within 100 ms, if there is any. Its velocity is what
        the network would give it there. Without an offset it lasts as long as the pitch sounds.
        """
        velocity = 80
        around = self.why(onset_s, pitch, decoder, _SNAP_S)
        if around is not None and around.onset.max() >= _WEAKEST_ONSET:
            strongest = int(np.argmax(around.onset))
            heard_s = float(around.times_s[strongest])
            # What was heard before the strongest frame tells how much before it the note began.
            until = np.pad(around.onset, (2, 0))[strongest : strongest + 3].tolist()
            snapped_s = max(0.0, heard_s - decoder.rise_ms(*until) / 1000)
            if offset_s is None or snapped_s < offset_s - self._hop_s:
                onset_s = snapped_s
                velocity = self._velocity(heard_s, pitch, decoder)
        onset_s = max(0.0, onset_s)
        if offset_s is None:
            offset_s = self._offset(onset_s, pitch, decoder)
        return Note(onset_s, max(offset_s, onset_s + self._hop_s), pitch, velocity)

    def _velocity(self, onset_s: float, pitch: int, decoder: DecoderConfig) -> int:
        frame = min(max(self._frame(onset_s, decoder.onset_bias_ms / 1000), 0), self._count - 1)
        column = self._column(pitch)
        assert column is not None
        return int(np.clip(np.rint(float(self._arrays[2][frame, column]) * 127), 1, 127))

    def _offset(self, onset_s: float, pitch: int, decoder: DecoderConfig) -> float:
        ahead = self.why(onset_s + _LONGEST_S / 2, pitch, decoder, _LONGEST_S / 2)
        usual_s = onset_s + _USUAL_LENGTH_S
        if ahead is None:
            return usual_s
        # A few frames after the onset the pitch may still be rising.
        low = np.flatnonzero((ahead.frame < decoder.frame_threshold)
                             & (ahead.times_s > onset_s + decoder.min_note_ms / 1000))  # fmt: skip
        sounds = ahead.frame[: int(low[0])] if len(low) else ahead.frame
        if not (sounds >= decoder.frame_threshold).any():
            return usual_s
        return float(ahead.times_s[low[0] if len(low) else -1])

    def _frame(self, time_s: float, bias_s: float) -> int:
        return round((time_s + bias_s - self._shift_s) / self._hop_s)

    def _column(self, pitch: int) -> int | None:
        column = pitch - self._network.lowest_pitch
        if self._network.only_note_names:
            column %= self._network.n_pitches
        return column if 0 <= column < self._network.n_pitches else None

    def _grow(self, count: int) -> None:
        grown = []
        for array in self._arrays:
            # Not zeros: nobody reads what was not filled.
            larger = np.empty((count, array.shape[1]), np.float32)
            larger[: self._count] = array[: self._count]
            grown.append(larger)
        self._arrays = grown
