"""A recording read forward at any speed without changing its pitch, maybe round and round."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32] | NDArray[np.int16]
Sound = NDArray[np.float32]

# The analysis window: long enough to part the notes of a chord, short enough not to smear attacks.
_WINDOW_S = 0.085
# Windows that overlap.
_OVERLAP = 8
# The sound after a moment is so much stronger than before it: an attack.
_ATTACK = 6.0
# Where a loop closes at the recording's own speed, its end fades into its beginning.
_SEAM_S = 0.005
_FULL_SCALE = 32767


class TimeStretcher:
    """Reads mono samples from a position on at a speed. Positions are in samples of the recording.

    At speed 1 the samples come unchanged. At others a phase vocoder sets windows of the recording
    closer together or further apart: it takes two windows, one hop of the output apart, for each
    one that it sets, so that the phase advance between them is exact (M. Puckette, "Phase-locked
    vocoder", WASPAA 1995, whose locking of neighbouring bins it uses too). Where an attack is in
    the middle of the window, growing bins take the phases of the recording, which keeps it sharp.

    Attributes:
        start: where it begins.
        speed: samples of the recording for each sample read.
        loop: the first sample, and the one after the last, that it goes round; None without.
    """

    def __init__(
        self,
        samples: Samples,
        sample_rate: int,
        start: float = 0.0,
        speed: float = 1.0,
        loop: tuple[int, int] | None = None,
    ) -> None:
        """Args: `samples` is of shape (any,), a memory map serves as well; it is not copied."""
        self._samples = samples
        self.start, self.speed = float(start if speed != 1.0 else round(start)), speed
        # From behind a loop it reads on to the end.
        self.loop = loop if loop is not None and start < loop[1] else None
        self._read = 0
        self._seam = round(_SEAM_S * sample_rate)
        self._vocoder = _Vocoder(self, sample_rate) if speed != 1.0 else None

    @property
    def length(self) -> float:
        """How many samples can be read until the end; infinite in a loop."""
        if self.loop is not None:
            return math.inf
        return max(0, math.ceil((len(self._samples) - self.start) / self.speed))

    def position(self, n_read: float) -> float:
        """Where in the recording the sample lies that is read after so many others."""
        return min(self.place(n_read), float(len(self._samples)))

    def place(self, n_read: float) -> float:
        """As `position`, but going on behind the end and before the start."""
        place = self.start + n_read * self.speed
        if self.loop is not None and place >= self.loop[1]:
            first, last = self.loop
            return first + (place - first) % (last - first)
        return place

    def turns(self, n_read: float) -> int:
        """How often the loop has turned when so many samples were read; 0 without a loop."""
        if self.loop is None:
            return 0
        first, last = self.loop
        beyond = self.start + n_read * self.speed - last
        return 0 if beyond < 0 else 1 + int(beyond // (last - first))

    def until_turn(self, n_read: int) -> float:
        """How many samples are read, after so many others, until the loop turns; or infinite."""
        if self.loop is None:
            return math.inf
        return max(1, math.ceil((self.loop[1] - self.position(n_read)) / self.speed))

    def read(self, count: int) -> Sound:
        """The next samples, shape (count,); silence after the end."""
        first, self._read = self._read, self._read + count
        if self._vocoder is not None:
            return self._vocoder.read(count)
        out = np.zeros(count, np.float32)
        done = 0
        while done < count:
            part = int(min(count - done, self.until_turn(first + done)))
            position = int(self.position(first + done))
            out[done : done + part] = self.fetch(position, part)
            self._close_seam(out[done : done + part], position, first + done)
            done += part
        return out

    def fetch(self, first: int, count: int) -> Sound:
        """Samples of the recording from `first` on, silence where it has none, in -1..1."""
        start, stop = max(first, 0), min(first + count, len(self._samples))
        out = np.zeros(count, np.float32)
        if start < stop:
            out[start - first : stop - first] = self._samples[start:stop]
            if self._samples.dtype == np.int16:
                out /= _FULL_SCALE
        return out

    def _close_seam(self, out: Sound, position: int, n_read: int) -> None:
        """After a turn, lets what lies behind the loop's end fade out into its beginning."""
        if self.loop is None:
            return
        first, last = self.loop
        behind = position - first
        if behind >= self._seam or self.start + n_read * self.speed < last:
            return
        count = min(self._seam - behind, len(out))
        rise = (behind + np.arange(count, dtype=np.float32)) / self._seam
        out[:count] = rise * out[:count] + (1 - rise) * self.fetch(last + behind, count)


class _Vocoder:
    """The windows of a tape, overlapped and added."""

    def __init__(self, tape: TimeStretcher, sample_rate: int) -> None:
        self._tape = tape
        length = 2 ** round(math.log2(max(256.0, _WINDOW_S * sample_rate)))
        self._length, self._hop = length, length // _OVERLAP
        # Periodic, so that overlapped squares add up to the same everywhere: 3/8 of their number.
        self._window = np.hanning(length + 1)[:-1].astype(np.float32)
        self._scale = np.float32(8 / 3 / _OVERLAP)
        self._sum = np.zeros(length, np.float32)
        self._last: NDArray[np.complex64] | None = None
        self._last_position = -math.inf
        self._was_attack = False
        self._ready: list[Sound] = []
        # A window's middle is at its number times the hop; the first that reaches into the output
        # is the one before it.
        self._number = 1 - _OVERLAP // 2
        for _ in range(_OVERLAP - 1):
            self._add_window()

    def read(self, count: int) -> Sound:
        n_ready = sum(map(len, self._ready))
        while n_ready < count:
            self._ready.append(self._add_window())
            n_ready += self._hop
        joined = np.concatenate(self._ready) if self._ready else np.zeros(0, np.float32)
        self._ready = [joined[count:]]
        return joined[:count]

    def _add_window(self) -> Sound:
        """Sets one more window and returns the hop that no later one reaches."""
        tape, hop, length = self._tape, self._hop, self._length
        position = tape.place(self._number * hop)
        first = round(position) - length // 2
        sound = tape.fetch(first - hop, length + hop)
        both = np.stack([sound[hop:], sound[:length]]) * self._window
        now, before = np.fft.rfft(both, axis=1)
        spectrum: NDArray[np.complex64]
        if self._last is None or position < self._last_position:
            spectrum = now
        else:
            spectrum = self._advanced(now, before)
            spectrum = self._sharpened(spectrum, now, before, sound[hop:])
        self._last, self._last_position = spectrum, position
        self._number += 1
        self._sum += np.fft.irfft(spectrum, length) * self._window * self._scale
        done = self._sum[:hop].copy()
        self._sum[:-hop] = self._sum[hop:]
        self._sum[-hop:] = 0
        return done

    def _advanced(
        self, now: NDArray[np.complex64], before: NDArray[np.complex64]
    ) -> NDArray[np.complex64]:
        """The magnitudes of now, the last phases moved on by what lies between before and now."""
        assert self._last is not None
        locked = self._last.copy()
        # The window's middle is not at sample 0: the phases of neighbours are half a turn apart.
        locked[1:] -= self._last[:-1]
        locked[:-1] -= self._last[1:]
        turn = np.conj(before) * locked
        size = np.abs(turn)
        # Where there was silence, no phase has to be kept.
        is_silent = size < np.float32(1e-12)
        turn[is_silent] = size[is_silent] = 1
        turn /= size
        return now * turn

    def _sharpened(
        self,
        spectrum: NDArray[np.complex64],
        now: NDArray[np.complex64],
        before: NDArray[np.complex64],
        sound: Sound,
    ) -> NDArray[np.complex64]:
        """Where an attack has come to the middle of the window, its own phases, once."""
        middle = self._length // 2
        # No further than there is sound in the window, however fast it goes.
        step = round(self._hop * min(self._tape.speed, 2.0))
        quiet, loud = sound[middle - 2 * self._hop : middle], sound[middle : middle + step]
        later = sound[middle + step : -self._length // 8]
        quiet_power, power, later_power = (float(np.mean(part**2)) for part in (quiet, loud, later))
        is_attack = power > _ATTACK * quiet_power + 1e-6
        is_new, self._was_attack = is_attack and not self._was_attack, is_attack
        grows = np.abs(now) > np.float32(1.4) * np.abs(before)
        if is_new:
            sharp: NDArray[np.complex64] = np.where(grows, now * np.float32(1.3), spectrum)
            return sharp
        if not is_attack and later_power > _ATTACK * quiet_power + 1e-6:
            # The attack lies ahead: it shall not be heard before its time.
            assert self._last is not None
            louder = np.abs(spectrum) / np.maximum(np.abs(self._last), np.float32(1e-9))
            return np.where(grows, spectrum / np.maximum(louder, 1), spectrum)
        return spectrum
