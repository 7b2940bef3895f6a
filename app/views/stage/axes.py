"""The time and the pitch that the stage shows: one range each, shared by all its parts."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from model.pitch import HIGHEST_PITCH, LOWEST_PITCH

# Half a semitone beyond the outer keys, so that their rows are whole.
LOWEST = LOWEST_PITCH - 0.5
HIGHEST = HIGHEST_PITCH + 0.5

SHORTEST_S = 0.25
NARROWEST_SEMITONES = 12.0
# A view of the whole leaves a little air at its right end.
_AIR = 1.02
_LEAST_EXTENT_S = 4.0
_FIT_SEMITONES = 36.0
# Semitones of air beyond the outermost notes.
_MARGIN = 2.5


class Axes(QObject):
    """What is in view: seconds from left to right, MIDI pitches from bottom to top.

    Signals:
        changed(): the visible time or pitch range is another one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._extent_s = _LEAST_EXTENT_S
        self._start_s, self._end_s = 0.0, 10.0
        self._low, self._high = LOWEST, HIGHEST
        self._lowest, self._highest = LOWEST, HIGHEST
        self._pitches_chosen = False

    @property
    def start_s(self) -> float:
        return self._start_s

    @property
    def end_s(self) -> float:
        return self._end_s

    @property
    def span_s(self) -> float:
        return self._end_s - self._start_s

    @property
    def low(self) -> float:
        """Fractional MIDI pitch at the lower edge."""
        return self._low

    @property
    def high(self) -> float:
        """Fractional MIDI pitch at the upper edge."""
        return self._high

    @property
    def lowest(self) -> float:
        """Fractional MIDI pitch that no view goes below; `highest` is its counterpart."""
        return self._lowest

    @property
    def highest(self) -> float:
        return self._highest

    @property
    def extent_s(self) -> float:
        """Seconds that there are to be seen; views stay within 0 and this."""
        return self._extent_s

    def set_extent(self, seconds: float) -> None:
        """Says how much there is to be seen; the range in view stays as it is."""
        self._extent_s = max(seconds * _AIR, _LEAST_EXTENT_S)

    def set_range(self, lowest: int, highest: int) -> None:
        """Keeps views within these MIDI pitches, or the octave about them, and shows them all."""
        missing = max(0.0, NARROWEST_SEMITONES - (highest - lowest + 1)) / 2
        low = max(lowest - 0.5 - missing, LOWEST)
        high = min(max(highest + 0.5 + missing, low + NARROWEST_SEMITONES), HIGHEST)
        self._lowest, self._highest = min(low, high - NARROWEST_SEMITONES), high
        self._pitches_chosen = False
        self._show_pitch(self._lowest, self._highest - self._lowest)

    # From and to a place within a view of `width` x `height` pixels.

    def x(self, time_s: float, width: float) -> float:
        return (time_s - self._start_s) / self.span_s * width

    def time_at(self, x: float, width: float) -> float:
        return self._start_s + x / max(width, 1.0) * self.span_s

    def y(self, pitch: float, height: float) -> float:
        return (self._high - pitch) / (self._high - self._low) * height

    def pitch_at(self, y: float, height: float) -> float:
        return self._high - y / max(height, 1.0) * (self._high - self._low)

    # Moving the view.

    def zoom_time(self, factor: float, at_s: float) -> None:
        """Shows `factor` times as many seconds; the moment `at_s` stays where it is."""
        span = min(max(self.span_s * factor, SHORTEST_S), max(self._extent_s, SHORTEST_S))
        share = (at_s - self._start_s) / self.span_s
        self._show_time(at_s - share * span, span)

    def zoom_pitch(self, factor: float, at_pitch: float) -> None:
        """Shows `factor` times as many semitones; the pitch `at_pitch` stays where it is."""
        self._pitches_chosen = True
        before = self._high - self._low
        span = min(max(before * factor, NARROWEST_SEMITONES), self._highest - self._lowest)
        share = (at_pitch - self._low) / before
        self._show_pitch(at_pitch - share * span, span)

    def pan(self, seconds: float, semitones: float) -> None:
        """Moves the view later and up, as far as there is something to be seen."""
        self._pitches_chosen |= semitones != 0
        self._place_pitch(self._low + semitones, self._high - self._low)
        if seconds:
            self._show_time(self._start_s + seconds, self.span_s)
        else:
            # A live view may begin before the beginning; only who moves it in time ends that.
            self.changed.emit()

    def show_from(self, start_s: float) -> None:
        """Moves the view so that it begins at `start_s`, as far as there is something."""
        self._show_time(start_s, self.span_s)

    def show_until(self, end_s: float, span_s: float) -> None:
        """Shows the `span_s` seconds before `end_s`, even those before the beginning."""
        self._set(end_s - span_s, end_s)

    def fit(self, pitches: Iterable[int] = (), most_s: float = math.inf) -> None:
        """Shows the time there is, at most `most_s` seconds, and the octaves of these pitches."""
        self.fit_pitches(pitches)
        self._show_time(0.0, most_s)

    def fit_pitches(self, pitches: Iterable[int]) -> None:
        """Shows the range of these MIDI pitches and at least three octaves; all keys if none."""
        pitches = list(pitches)
        self._pitches_chosen = False
        if not pitches:
            self._show_pitch(self._lowest, self._highest - self._lowest)
            return
        low, high = min(pitches) - _MARGIN, max(pitches) + _MARGIN
        missing = max(0.0, _FIT_SEMITONES - (high - low)) / 2
        most = self._highest - self._lowest
        self._show_pitch(low - missing, min(high - low + 2 * missing, most))

    def include(self, pitches: Iterable[int]) -> None:
        """Widens the view to these MIDI pitches too, unless somebody chose what is in view."""
        pitches = list(pitches)
        if not pitches or self._pitches_chosen:
            return
        low = max(min(self._low, min(pitches) - _MARGIN), self._lowest)
        high = min(max(self._high, max(pitches) + _MARGIN), self._highest)
        if (low, high) != (self._low, self._high):
            self._show_pitch(low, high - low)

    def _show_time(self, start_s: float, span_s: float) -> None:
        span_s = min(span_s, self._extent_s)
        start_s = min(max(start_s, 0.0), self._extent_s - span_s)
        self._set(start_s, start_s + span_s)

    def _show_pitch(self, low: float, span: float) -> None:
        self._place_pitch(low, span)
        self.changed.emit()

    def _place_pitch(self, low: float, span: float) -> None:
        low = min(max(low, self._lowest), self._highest - span)
        self._low, self._high = low, low + span

    def _set(self, start_s: float, end_s: float) -> None:
        self._start_s, self._end_s = start_s, end_s
        self.changed.emit()
