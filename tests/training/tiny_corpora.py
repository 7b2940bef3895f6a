"""Sounds, MIDI files and listening aids for the tests of corpora."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from training.options import parser

RATE = 44_100


def options(*arguments: str) -> Namespace:
    """The command line's defaults, and what is given."""
    return parser().parse_args(["-a", "process-train", *arguments])


def tone(
    pitch: float, seconds: float, sample_rate: int = RATE, *, attack_s: float = 0.003,
    decay_s: float = np.inf,
) -> NDArray[np.float32]:
    """Six harmonics that begin at time 0, peak about 0.5."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    hz = 440 * 2 ** ((pitch - 69) / 12)
    waves = [np.sin(2 * np.pi * k * hz * time) / k**1.5 for k in range(1, 7)]
    envelope = np.clip(time / attack_s, 0, 1) * np.exp(-time / decay_s)
    return np.asarray(0.35 * np.sum(waves, axis=0) * envelope, np.float32)


def melody(
    notes: Sequence[tuple[float, float, float]], seconds: float, sample_rate: int = RATE
) -> NDArray[np.float32]:
    """Tones from onset and offset in seconds, and pitch."""
    samples = np.zeros(round(seconds * sample_rate), np.float32)
    for onset_s, offset_s, pitch in notes:
        first = round(onset_s * sample_rate)
        part = tone(pitch, offset_s - onset_s, sample_rate)[: len(samples) - first]
        samples[first : first + len(part)] += part
    return samples


def write_midi(
    path: Path, events: Sequence[tuple[float, str, int, int]], *, channel: int = 0
) -> Path:
    """A MIDI file of (second, "on" | "off" | "pedal", pitch, velocity or value)."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(90))])
    before = 0
    for time_s, kind, number, value in sorted(events, key=lambda event: event[0]):
        tick = round(mido.second2tick(time_s, 960, mido.bpm2tempo(90)))
        if kind == "pedal":
            message = mido.Message("control_change", channel=channel, control=64, value=value)
        else:
            message = mido.Message(f"note_{kind}", channel=channel, note=number, velocity=value)
        track.append(message.copy(time=tick - before))
        before = tick
    path.parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(tracks=[track], ticks_per_beat=960).save(path)
    return path


def amplitude(
    samples: NDArray[np.float32], pitch: float, sample_rate: int, window_s: float = 0.016
) -> NDArray[np.complex128]:
    """How strongly a pitch's fundamental sounds at each sample, with its phase."""
    hz = 440 * 2 ** ((pitch - 69) / 12)
    turned = samples * np.exp(-2j * np.pi * hz * np.arange(len(samples)) / sample_rate)
    window = np.hanning(round(window_s * sample_rate))
    return np.convolve(turned, window / window.sum(), mode="same")


def begins_s(samples: NDArray[np.float32], pitch: float, sample_rate: int) -> float:
    """When a pitch is first heard at a third of its greatest strength."""
    strength = np.abs(amplitude(samples, pitch, sample_rate))
    return int(np.argmax(strength >= 0.33 * strength.max())) / sample_rate


def cents_off(
    samples: NDArray[np.float32], pitch: float, from_s: float, to_s: float, sample_rate: int
) -> float:
    """How far the fundamental lies above a pitch on average."""
    turning = np.unwrap(np.angle(amplitude(samples, pitch, sample_rate)))
    first, last = round(from_s * sample_rate), round(to_s * sample_rate)
    off_hz = (turning[last] - turning[first]) / (2 * np.pi * (to_s - from_s))
    return float(1200 * np.log2(1 + off_hz / (440 * 2 ** ((pitch - 69) / 12))))
