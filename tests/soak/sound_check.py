"""Whether the takes of a session hold what was sent, and the notes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.audio.capture.bit_depth import on_24_bit_grid
from app.audio.files.audio_file import AudioFile
from app.takes.take_recorder import notes_path, read_events
from model.downmix import Downmix
from model.notes import NoteEvent, NoteOff
from model.resampler import Resampler
from model.transcriber import Transcriber
from tests.soak.unreliable_input import Segment

# As `ReconnectingInput` and `InferenceLoop` have them.
_LOUDEST, _PASSED, _FADE_S = 16.0, 0.45, 0.5
# Files of notes have microseconds. Times are whole samples of the network's: in blocks of another
# length its last bits are others, which may bring the time of a note to the next sample.
_ROUNDED_S = 2e-6


@dataclass(frozen=True)
class Session:
    """What a device sent in a session, and the takes that it went into, one after the other."""

    segments: Sequence[Segment]
    takes: Sequence[Path]


def faults_of(session: Session, transcriber: Transcriber) -> list[str]:
    """One sentence for everything that is not as it was sent."""
    faults = []
    sounds = [soundfile.read(take, dtype="int32", always_2d=True)[0] for take in session.takes]
    found = np.concatenate(sounds) / np.float32(2**31)
    sent = _sent(session.segments)
    if found.shape != sent.shape:
        faults.append(f"{sent.shape} frames and channels were sent, {found.shape} recorded")
    else:
        wrong = np.flatnonzero((found != sent).any(axis=1))
        if len(wrong):
            faults.append(f"{len(wrong)} frames are others, from {wrong[0]} on")
    for take in session.takes:
        if (reason := _other_notes(take, transcriber)) is not None:
            faults.append(f"{take.name}: {reason}")
    return [f"{fault}; {session.segments}" for fault in faults]


def _sent(segments: Sequence[Segment]) -> NDArray[np.float32]:
    """What a session of these is, at the rate and with the channels of the first."""
    rate, n_channels = segments[0].sample_rate, 2 if segments[0].n_channels == 2 else 1
    parts = []
    for segment in segments:
        sound = np.concatenate(list(segment.sound()))
        sound = np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0).clip(-_LOUDEST, _LOUDEST)
        if segment.n_channels > min(2, n_channels):
            mix = Downmix(segment.n_channels, segment.sample_rate)
            sound = mix.push(sound)[:, None]
        if segment.sample_rate != rate:
            sound = np.stack([
                Resampler(segment.sample_rate, rate, _PASSED).push(channel, last=True)
                for channel in sound.T
            ], axis=1)
        parts += [np.repeat(sound, n_channels // sound.shape[1], axis=1),
                  np.zeros((round(_FADE_S * rate), n_channels), np.float32)]  # fmt: skip
    return on_24_bit_grid(np.concatenate(parts[:-1]))


def _other_notes(take: Path, transcriber: Transcriber) -> str | None:
    """In what the notes of a take differ from those that its sound has as a file."""
    with AudioFile(take) as file:
        stream = transcriber.stream(file.sample_rate)
        expected = [event for block in file.blocks(441)
                    for event in stream.push(block).events_of("settled")]
        expected += stream.finish().events_of("settled")
    found = read_events(notes_path(take))
    if not found and not expected:
        return None
    if list(map(_what, found)) != list(map(_what, expected)):
        return f"{len(found)} events, and others than the {len(expected)} of its sound"
    apart_s = np.abs(np.array([_times_s(event) for event in found])
                     - np.array([_times_s(event) for event in expected]))  # fmt: skip
    most_s = 1 / transcriber.features.sample_rate + _ROUNDED_S
    return None if (apart_s <= most_s).all() else f"times are {apart_s.max():.6f} s apart"


def _what(event: NoteEvent) -> tuple[object, ...]:
    return type(event), event.pitch


def _times_s(event: NoteEvent) -> tuple[float, float]:
    return event.onset_s, event.offset_s if isinstance(event, NoteOff) else 0.0
