"""Isolated notes with known onsets, where they arrived in a capture, and how late they were shown.

All onsets are in samples or seconds of the sound they belong to: that which is played, or that
which PortAudio delivered from the moment at which the session began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal
import soxr
from numpy.typing import NDArray

from app.audio.capture.bit_depth import on_24_bit_grid
from app.audio.playback.synthesiser import Tones
from model.notes import NoteOn
from model.transcriber import Transcriber

RATE = 22_050
# The octaves in which instruments meet, and how far apart the notes are at least.
_PITCHES = (48, 84)
_APART_S = 0.9
_LENGTH_S = 0.5
_RELEASE_S = 0.05
_VELOCITY = 90
# The part of a note by which it is found, and how far a player may be out of step with itself.
_BEFORE_S, _AFTER_S = 0.03, 0.25
_OUT_OF_STEP_S = 0.4
# A note whose sound is less like that which was played did not arrive whole. One that is shifted by
# whole waves is as like as 0.95, for its beginning alone tells them apart.
_LIKE = 0.98
# How far from its onset the network may put a note.
_EARLY_S, _LATE_S = 0.05, 0.15


@dataclass(frozen=True)
class Played:
    """Sound to be played: samples (any,) at `RATE`, and the pitch and first sample of each note."""

    samples: NDArray[np.float32]
    notes: list[tuple[int, int]]


@dataclass(frozen=True)
class Delays:
    """In seconds, one of each for each note that was heard.

    Attributes:
        total: from the arrival of the note's first sample to the end of the paint that shows it.
        network: from that sample in the sound to the one after which a stream says the note.
        rest: what is left of the total.
        hearing: from the arrival of the sample that the network needed to the window's being told.
        showing: from there to the end of the paint.
        missed: notes that arrived and were not shown, or as other notes.
        disturbed: notes that did not arrive as they were played.
    """

    total: NDArray[np.float64]
    network: NDArray[np.float64]
    rest: NDArray[np.float64]
    hearing: NDArray[np.float64]
    showing: NDArray[np.float64]
    missed: int
    disturbed: int


def isolated_notes(count: int) -> Played:
    """Struck notes of random pitch, far enough apart that each has died away before the next.

    They begin at any part of a hop, of a driver's portion and of a frame of the screen.
    """
    random = np.random.default_rng(0)
    tones = Tones(RATE)
    samples = np.zeros(round(((_APART_S + 0.1) * count + 1) * RATE), np.float32)
    notes = []
    first = round(0.5 * RATE)
    for _ in range(count):
        pitch = int(random.integers(_PITCHES[0], _PITCHES[1] + 1))
        tone, gain = tones.tone(pitch, _VELOCITY)
        tone = gain * tone[: round(_LENGTH_S * RATE)]
        fall = min(round(_RELEASE_S * RATE), len(tone))
        tone[len(tone) - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
        samples[first : first + len(tone)] += tone
        notes.append((pitch, first))
        first += round((_APART_S + 0.1 * random.random()) * RATE)
    return Played(samples, notes)


def arrivals(
    captured: NDArray[np.float32], rate: float, played: Played
) -> list[tuple[int, int | None]]:
    """Pitch and first captured sample of each played note; None for one that was disturbed.

    Each is looked for near where the sound as a whole is most like that which was played, by the
    correlation of its attack: so the player's start need not be known, and it may falter.
    """
    sound = played.samples if rate == RATE else soxr.resample(played.samples, RATE, rate)
    likeness = scipy.signal.correlate(captured, sound, mode="full", method="fft")
    shift = int(np.argmax(likeness)) - (len(sound) - 1)
    before, after, slack = (round(s * rate) for s in (_BEFORE_S, _AFTER_S, _OUT_OF_STEP_S))
    found: list[tuple[int, int | None]] = []
    for pitch, onset in played.notes:
        first = round(onset * rate / RATE)
        attack = sound[first - before : first + after]
        lowest = max(0, first - before + shift - slack)
        heard = captured[lowest : first + after + shift + slack]
        if len(heard) < len(attack):
            found.append((pitch, None))
            continue
        products = scipy.signal.correlate(heard, attack, mode="valid", method="fft")
        place = int(np.argmax(products))
        arrived = heard[place : place + len(attack)]
        norms = float(np.linalg.norm(arrived) * np.linalg.norm(attack))
        is_whole = norms > 0 and products[place] > _LIKE * norms
        found.append((pitch, lowest + place + before if is_whole else None))
    return found


def delays(
    record: dict[str, NDArray[Any]], rate: float, played: Played, checkpoint: Path
) -> Delays:
    """How late the notes of a session were shown.

    The network's own delay is that of a stream that is given the captured sound in small blocks,
    as by `main.py stream`: waiting for a driver's portions is none of it.

    Args:
        record: what `live_probes.py` recorded.
        rate: of the captured sound in Hz.
    """
    captured = record["samples"]
    said = {(note.pitch, round(note.onset_s, 6)): note.heard_s
            for note in _notes_on(captured, rate, checkpoint)}
    told = _moments(record["told"])
    rows = []
    missed = disturbed = 0
    shown = _moments(record["shown"])
    for pitch, first in arrivals(captured, rate, played):
        if first is None:
            disturbed += 1
            continue
        onset_s = first / rate
        note = next((key for key in sorted(shown, key=lambda key: key[1]) if key[0] == pitch
                     and -_EARLY_S < key[1] - onset_s < _LATE_S), None)
        if note is None or note not in said:
            missed += 1
            continue
        needed_at = _arrived_at(record, round(said[note] * rate) - 1)
        rows.append((
            shown[note] - _arrived_at(record, first), said[note] - onset_s,
            told[note] - needed_at, shown[note] - told[note],
        ))
    total, network, hearing, showing = np.array(rows).reshape(-1, 4).T
    return Delays(total, network, total - network, hearing, showing, missed, disturbed)


def _notes_on(
    captured: NDArray[np.float32], rate: float, checkpoint: Path
) -> Iterable[NoteOn]:
    stream = Transcriber.load(checkpoint).stream(rate)
    samples = on_24_bit_grid(captured)
    for first in range(0, len(samples), 64):
        for event in stream.push(samples[first : first + 64]).events:
            if isinstance(event, NoteOn):
                yield event


def _moments(rows: NDArray[np.float64]) -> dict[tuple[int, float], float]:
    return {(int(pitch), round(onset_s, 6)): at for pitch, onset_s, at in rows.tolist()}


def _arrived_at(record: dict[str, NDArray[Any]], sample: int) -> float:
    """When the call was made that brought a sample."""
    call = int(np.searchsorted(record["arrived_until"], sample, side="right"))
    return float(record["arrived_at"][call])
