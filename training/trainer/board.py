"""A training run on TensorBoard: curves, piano rolls, and the worst clips as sound.

Data files hold spectra and no sound, so that the worst clips are heard as plain sine tones: one
played from the labels, one from what the network says of the same frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch import hz_from_pitch
from training.options import UsageError
from training.scoring.validate import Clip, Scores

_SOUND_RATE = 16_000
# Sides in pixels of one frame and one pitch or bin in a picture.
_PIXELS = 4
_WRONG, _MISSED, _RIGHT = (235, 80, 60), (70, 120, 235), (250, 250, 250)


class Board:
    """One run in a folder of TensorBoard's; nothing else needs the package tensorboard."""

    def __init__(
        self, folder: Path, features: FeatureConfig, lowest_pitch: int, step: int
    ) -> None:
        """Goes on after `step`: what an earlier run drew beyond it is hidden.

        Raises:
            UsageError: tensorboard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UsageError(
                "--tensorboard needs the package tensorboard, which is not installed"
            ) from None
        self._features = features
        self._lowest_pitch = lowest_pitch
        self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None)

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """One curve for each name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def scores(self, step: int, name: str, scores: Scores) -> None:
        """Scores of each corpus, and the worst clips as pictures and sound."""
        for corpus, values in scores.corpora.items():
            for key, value in values.items():
                self._writer.add_scalar(f"{name}/{corpus}/{key}", value, step)
        for place, clip in enumerate(scores.worst, start=1):
            tag = f"worst {name}/{place}"
            self._writer.add_text(tag, f"{clip.name}, frame F1 {clip.f1:.3f}", step)
            self._writer.add_image(f"{tag}/spectrum", spectrum(clip), step, dataformats="HWC")
            self._writer.add_image(
                f"{tag}/frames: white right, red wrong, blue missed",
                piano_roll(clip), step, dataformats="HWC",
            )
            for what, onset, frame in (
                ("labels", clip.onset, clip.frame),
                ("heard", clip.heard_onset, clip.heard_frame),
            ):
                sound = tones(onset, frame, self._features, self._lowest_pitch)
                self._writer.add_audio(
                    f"{tag}/{what}, played by sine tones", sound[None], step, _SOUND_RATE
                )
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


def spectrum(clip: Clip) -> NDArray[np.uint8]:
    """A grey picture (height, width, 3), low at the bottom."""
    grey = np.clip(clip.spectrum * 255, 0, 255).astype(np.uint8)
    return _picture(np.repeat(grey[..., None], 3, axis=-1), height=1)


def piano_roll(clip: Clip) -> NDArray[np.uint8]:
    """What is heard against what is true (height, width, 3): the surer, the brighter."""
    heard, true = clip.heard_frame[..., None], clip.frame[..., None] > 0.5
    sounding = heard * np.array(_RIGHT) + (1 - heard) * np.array(_MISSED)
    colours = np.where(true, sounding, heard * np.array(_WRONG))
    return _picture(colours.astype(np.uint8), height=_PIXELS)


def _picture(colours: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """From (frames, rows, 3)."""
    upright = colours.transpose(1, 0, 2)[::-1]
    return np.ascontiguousarray(upright.repeat(height, axis=0).repeat(_PIXELS, axis=1))


def tones(
    onset: NDArray[np.float32],
    frame: NDArray[np.float32],
    features: FeatureConfig,
    lowest_pitch: int,
) -> NDArray[np.float32]:
    """Sine tones, as loud as the frames (frames, pitches) are sure, shape (samples,) at 16 kHz.

    A tone dips before an onset, so that a note that is struck again is heard as two.
    """
    n_samples = round(len(frame) / features.frames_per_second * _SOUND_RATE)
    time = np.arange(n_samples) / _SOUND_RATE
    middles = (np.arange(len(frame)) + 0.5) / features.frames_per_second
    struck = np.vstack([onset[1:] - onset[:-1], np.zeros_like(onset[:1])]).clip(0, 1)
    loudness = np.where(frame > 0.5, frame, 0) * (1 - 0.8 * struck)
    sound = np.zeros(n_samples)
    for pitch in np.flatnonzero(loudness.any(axis=0)):
        hz = hz_from_pitch(float(pitch + lowest_pitch), features.a4)
        sound += np.sin(2 * np.pi * hz * time) * np.interp(time, middles, loudness[:, pitch])
    return (sound / max(1.0, float(np.abs(sound).max()))).astype(np.float32) * np.float32(0.5)
