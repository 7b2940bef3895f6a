"""Notes as targets for every frame, in the time of the spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.notes import Note
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, N_PITCHES

# An onset is marked on this many frames: a label that is some milliseconds off stays true, and a
# quiet onset may still be found one hop later.
ONSET_FRAMES = 2
# Two notes of one pitch that begin closer than this are one note that two players share.
_UNISON_S = 0.03


@dataclass(frozen=True)
class Targets:
    """Labels of a run of frames, each array (frames, pitches) uint8.

    Attributes:
        onset: 1 on the frame in whose hop a note begins and on the next one.
        frame: 1 while a note sounds at the middle of the frame's hop.
        offset: 1 on the frame in whose hop a note ends and on the next one.
        velocity: MIDI velocity on onset frames, 0 elsewhere and where it is not known.
    """

    onset: NDArray[np.uint8]
    frame: NDArray[np.uint8]
    offset: NDArray[np.uint8]
    velocity: NDArray[np.uint8]

    def slice(self, first: int, last: int) -> Targets:
        """The frames from `first` up to `last`."""
        return Targets(**{f.name: getattr(self, f.name)[first:last] for f in fields(self)})


def separated(notes: Sequence[Note]) -> list[Note]:
    """The notes such that no two of one pitch overlap: a note ends where its pitch begins again.

    Notes of one pitch that begin within 30 ms are merged; the longest end holds.
    """
    last: dict[int, int] = {}
    kept: list[Note] = []
    for note in sorted(notes):
        index = last.get(note.pitch)
        if index is not None:
            before = kept[index]
            if note.onset_s - before.onset_s < _UNISON_S:
                kept[index] = replace(
                    before,
                    offset_s=max(before.offset_s, note.offset_s),
                    velocity=max(before.velocity, note.velocity),
                )
                continue
            if before.offset_s > note.onset_s:
                kept[index] = replace(before, offset_s=note.onset_s)
        last[note.pitch] = len(kept)
        kept.append(note)
    return kept


def targets(notes: Sequence[Note], n_frames: int, features: FeatureConfig) -> Targets:
    """Labels for frames 0 to `n_frames`, without the network's delay.

    Frame t stands for the time from t to t + 1 hops. Notes outside of the piano's range are left
    out.
    """
    arrays = {f.name: np.zeros((n_frames, N_PITCHES), np.uint8) for f in fields(Targets)}
    rate = features.frames_per_second
    for note in separated(notes):
        if not LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH:
            continue
        pitch = note.pitch - LOWEST_PITCH
        first = max(0, int(note.onset_s * rate))
        onset = slice(first, first + ONSET_FRAMES)
        arrays["onset"][onset, pitch] = 1
        arrays["velocity"][onset, pitch] = note.velocity
        # The middle of hop t lies at t + 1/2; every note bears at least its first frame.
        end = max(first + 1, int(np.ceil(note.offset_s * rate - 0.5)))
        arrays["frame"][first:end, pitch] = 1
        arrays["offset"][end : end + ONSET_FRAMES, pitch] = 1
    return Targets(**arrays)
