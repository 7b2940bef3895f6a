"""The metronome: clicks at moments of the recording, and some before it begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.audio.playback.time_stretch import Sound

# Of a bar's first beat, and of the others.
_FIRST_HZ, _OTHER_HZ = 1760.0, 1175.0
_CLICK_S, _DECAY_S = 0.05, 0.009
_PEAK = 0.7
# (seconds before playing begins, whether it begins a bar), the earliest first.
CountIn = Sequence[tuple[float, bool]]


class Clicks:
    """When it clicks. The GUI thread sets it, the driver's thread reads it: each value is replaced
    as a whole.

    Attributes:
        level: how loud, 0 to 1.
    """

    def __init__(self) -> None:
        self.level = 0.5
        self._beats: tuple[NDArray[np.float64], NDArray[np.bool_]] = (
            np.zeros(0), np.zeros(0, bool)
        )
        self._count_in: CountIn = ()

    def set_beats(self, beats_s: ArrayLike, firsts: ArrayLike) -> None:
        """Clicks at these moments of the recording in seconds, rising; none is silent.

        Args: `firsts` says which begin a bar.
        """
        self._beats = np.asarray(beats_s, np.float64), np.asarray(firsts, bool)

    def count_in(self, clicks: CountIn) -> None:
        """Before it plays next, it clicks so."""
        self._count_in = clicks

    def take_count_in(self) -> CountIn:
        """What comes before now; the next time nothing does."""
        clicks, self._count_in = self._count_in, ()
        return clicks

    @property
    def is_on(self) -> bool:
        """Whether it clicks while the recording plays."""
        return len(self._beats[0]) > 0

    def between(self, first_s: float, last_s: float) -> list[tuple[float, bool]]:
        """The clicks from `first_s` on and before `last_s`: when, and whether a bar begins."""
        beats_s, firsts = self._beats
        first, last = np.searchsorted(beats_s, [first_s, last_s])
        return list(zip(beats_s[first:last].tolist(), firsts[first:last].tolist(), strict=True))


class ClickVoices:
    """Clicks that sound, or soon will."""

    def __init__(self, sample_rate: int, clicks: Clicks) -> None:
        self._clicks = clicks
        self._sounds = [_click(sample_rate, hz) for hz in (_OTHER_HZ, _FIRST_HZ)]
        # What is left of each, and the frames until it begins.
        self._sounding: list[tuple[int, Sound]] = []

    def __len__(self) -> int:
        return len(self._sounding)

    def strike(self, is_first: bool, wait: int) -> None:
        """A click begins after so many frames."""
        sound = self._sounds[is_first] * np.float32(self._clicks.level)
        self._sounding.append((wait, sound))

    def clear(self) -> None:
        """Silence at once."""
        self._sounding.clear()

    def read(self, count: int) -> Sound:
        """The next frames."""
        out = np.zeros(count, np.float32)
        left = []
        for wait, sound in self._sounding:
            part = sound[: max(0, count - wait)]
            out[wait : wait + len(part)] += part
            if len(part) < len(sound):
                left.append((max(0, wait - count), sound[len(part) :]))
        self._sounding = left
        return out


def _click(sample_rate: int, hz: float) -> Sound:
    time_s = np.arange(round(_CLICK_S * sample_rate)) / sample_rate
    # Its end is as good as silent.
    wave = _PEAK * np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s / _DECAY_S)
    return wave.astype(np.float32)
