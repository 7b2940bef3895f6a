"""A small built-in instrument: struck strings that fade, for hearing notes."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.pitch import STANDARD_A4, hz_from_pitch

Sound = NDArray[np.float32]

_PARTIALS = 14
# How much higher than k times the fundamental the k-th partial of a stiff string lies.
_INHARMONICITY = 3e-4
_ATTACK_S = 0.003
# A released string is inaudible after about five times this.
_RELEASE_S = 0.06
_RELEASES = 6
# The loudness of one note at velocity 127, so that a few of them fit below full scale.
_PEAK = 0.35
# A harder stroke is brighter, in so many steps.
_LAYERS = 2
_MOST_VOICES = 64
_BLOCK_S = 0.25


class SoundingNote(Protocol):
    """A note, as far as it is played."""

    @property
    def onset_s(self) -> float: ...
    @property
    def offset_s(self) -> float: ...
    @property
    def pitch(self) -> int: ...
    @property
    def velocity(self) -> int: ...


class Tones:
    """The sound of every key at every strength, made when it is first asked for and kept."""

    def __init__(self, sample_rate: int, a4: float = STANDARD_A4) -> None:
        self.sample_rate = sample_rate
        self._a4 = a4
        self._made: dict[tuple[int, int], Sound] = {}

    def tone(self, pitch: int, velocity: int) -> tuple[Sound, float]:
        """The tone of a key that is held down, to its end, and the gain to play it with.

        Partials of a stiff string with amplitudes that fall with their number, the more the softer
        the stroke, and that fade in two stages, the higher ones sooner (N. Fletcher, T. Rossing,
        "The Physics of Musical Instruments", chapter 12).
        """
        layer = min(velocity * _LAYERS // 128, _LAYERS - 1)
        key = pitch, layer
        if key not in self._made:
            self._made[key] = self._make(pitch, (layer + 0.5) / _LAYERS)
        return self._made[key], (velocity / 127) ** 1.5

    def prepare(self, notes: Iterable[SoundingNote]) -> None:
        """Makes the tones of notes before they are asked for; for another thread to do."""
        for pitch, velocity in {(note.pitch, note.velocity) for note in notes}:
            self.tone(pitch, velocity)

    def prepare_soon(self, notes: Sequence[SoundingNote]) -> None:
        """The same in a thread of its own."""
        threading.Thread(
            target=self.prepare, args=(notes,), name="making tones", daemon=True
        ).start()

    def _make(self, pitch: int, strength: float) -> Sound:
        rate = self.sample_rate
        hz = float(hz_from_pitch(pitch, self._a4))
        # Low strings sound for long, high ones for a moment.
        fade_s = min(max(1.1 * 2 ** ((60 - pitch) / 24), 0.12), 2.2)
        length = round(min(4.0 * fade_s, 6.0) * rate)
        number = np.arange(length, dtype=np.uint32)
        tone = np.zeros(length, np.float32)
        for k in range(1, _PARTIALS + 1):
            partial_hz = k * hz * math.sqrt(1 + _INHARMONICITY * k * k)
            if partial_hz > 0.45 * rate:
                break
            amplitude = k**-1.1 * (0.5 + 0.4 * strength) ** (k - 1)
            partial_fade_s = fade_s / (1 + 0.35 * (k - 1))
            heard = min(length, round(5 * partial_fade_s * rate))
            # The phase in 2**32 parts of a turn: whole turns drop out by themselves.
            phase = number[:heard] * np.uint32(partial_hz / rate * 2**32)
            wave = np.sin(phase.astype(np.float32) * np.float32(2 * np.pi / 2**32))
            wave *= _fade(heard, partial_fade_s * rate, amplitude)
            tone[:heard] += wave
        peak = float(np.abs(tone).max(initial=1e-9))
        tone *= _PEAK / peak
        rise = min(round(_ATTACK_S * rate), len(tone))
        tone[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        # The very end is cut off: it has to arrive at zero.
        fall = min(round(0.05 * rate), len(tone))
        tone[len(tone) - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
        return tone


def _fade(count: int, fade: float, amplitude: float) -> Sound:
    """Two exponentials, one after the other in weight, worked out in rows of few samples."""
    width = 64
    rows = np.arange(0, count, width, dtype=np.float32)
    columns = np.arange(width, dtype=np.float32)
    stages = [(0.65 * amplitude, np.float32(-3 / fade)), (0.35 * amplitude, np.float32(-1 / fade))]
    coarse = np.stack([np.float32(weight) * np.exp(rows * rate) for weight, rate in stages], axis=1)
    fine = np.stack([np.exp(columns * rate) for _, rate in stages])
    faded: Sound = (coarse @ fine).ravel()[:count]
    return faded


@dataclass
class _Voice:
    """A tone that sounds, or will.

    Attributes:
        tone, gain: what is played, and how strongly.
        wait: samples until it begins.
        held: samples from its beginning until it is released.
        done: samples played.
    """

    tone: Sound
    gain: float
    wait: int
    held: float
    done: int = 0


class Voices:
    """Tones that sound together, read block by block.

    Attributes:
        tones: what is struck from now on.
    """

    def __init__(self, tones: Tones) -> None:
        self.tones = tones
        self._voices: list[_Voice] = []
        self._release = _RELEASE_S * tones.sample_rate

    def __len__(self) -> int:
        return len(self._voices)

    def strike(
        self, pitch: int, velocity: int, held: float, *, wait: int = 0, begun: int = 0
    ) -> None:
        """Strikes a key.

        Args:
            pitch: 0 to 127.
            velocity: 1 to 127.
            held: samples until it is released.
            wait: samples of the next block before it is struck.
            begun: it was struck so many samples ago, and is heard from there on.
        """
        tone, gain = self.tones.tone(pitch, velocity)
        if begun:
            tone = tone[begun:].copy()
            rise = min(round(_ATTACK_S * self.tones.sample_rate), len(tone))
            tone[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        if len(self._voices) >= _MOST_VOICES:
            # The one that has sounded longest is the weakest, most likely.
            del self._voices[0]
        self._voices.append(_Voice(tone, gain, wait, held))

    def release(self, wait: int = 0) -> None:
        """Releases all keys after so many samples of the next block."""
        for voice in self._voices:
            voice.held = min(voice.held, max(voice.done + wait - voice.wait, 0))

    def clear(self) -> None:
        """Silence at once."""
        self._voices.clear()

    def read(self, count: int) -> Sound:
        """The next samples, shape (count,)."""
        out = np.zeros(count, np.float32)
        for voice in self._voices:
            self._add(voice, out)
        most = _RELEASES * self._release
        self._voices = [
            voice
            for voice in self._voices
            if voice.done < len(voice.tone) and voice.done < voice.held + most
        ]
        return out

    def _add(self, voice: _Voice, out: Sound) -> None:
        first = min(voice.wait, len(out))
        voice.wait -= first
        part = voice.tone[voice.done : voice.done + len(out) - first]
        until_release = voice.held - voice.done
        if until_release < len(part):
            since = np.arange(len(part), dtype=np.float32) - np.float32(until_release)
            part = part * np.exp(np.maximum(since, 0) / -self._release)
        out[first : first + len(part)] += np.float32(voice.gain) * part
        voice.done += len(part)


class Limiter:
    """Keeps samples within full scale, by turning down loud moments and slowly up again."""

    def __init__(self) -> None:
        self._gain = 1.0

    def limit(self, block: Sound) -> Sound:
        """A block, shape (samples,), as loud as it may be; unchanged while nothing is too loud."""
        peak = float(np.abs(block).max(initial=0.0))
        wanted = 1.0 if peak <= 1.0 else 1.0 / peak
        before, self._gain = self._gain, min(wanted, self._gain + 0.05)
        if before == self._gain == 1.0:
            return block
        gains = np.linspace(min(before, wanted), self._gain, len(block), dtype=np.float32)
        limited: Sound = np.clip(block * gains, -1.0, 1.0)
        return limited


def render_blocks(
    notes: Sequence[SoundingNote], sample_rate: int, a4: float = STANDARD_A4
) -> Iterator[Sound]:
    """Notes as sound from time 0 on, mono float32 blocks in -1..1, until the last has faded.

    Args:
        sample_rate: in Hz.
        a4: frequency in Hz of the pitch A4.
    """
    voices, limiter = Voices(Tones(sample_rate, a4)), Limiter()
    waiting = sorted(notes, key=lambda note: note.onset_s, reverse=True)
    length = round(_BLOCK_S * sample_rate)
    first = 0
    while waiting or len(voices):
        while waiting and round(waiting[-1].onset_s * sample_rate) < first + length:
            note = waiting.pop()
            onset = round(note.onset_s * sample_rate)
            held = max(1, round(note.offset_s * sample_rate) - onset)
            voices.strike(note.pitch, note.velocity, held, wait=max(0, onset - first))
        yield limiter.limit(voices.read(length))
        first += length


def render(notes: Sequence[SoundingNote], sample_rate: int, a4: float = STANDARD_A4) -> Sound:
    """Notes as sound, shape (samples,) float32 in -1..1; see `render_blocks`."""
    blocks = list(render_blocks(notes, sample_rate, a4))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
