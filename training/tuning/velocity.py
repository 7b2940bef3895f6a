"""The velocity layer, fitted by least squares when the rest of the network has been trained.

Few notes of a corpus have known velocities: gradient descent leaves the layer far from its best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.checkpoint import Checkpoint
from model.decoding.velocity import BLOW_FRAMES
from model.head_order import ONSET, VELOCITY
from model.network import Network
from model.notes import Note
from model.spectrogram import Spectrogram
from training.corpora.recording import CorpusError, Recording
from training.scoring.loading import readable

# Frames that are run at once.
_BLOCK = 500
# A note is heard to begin so many frames after its label at the latest.
_SEARCHED = 4
# So many notes for each weight at least.
_NOTES_PER_WEIGHT = 5


class VelocityError(ValueError):
    """The network has no velocity layer that could be fitted; the message says why."""


def fit_velocity(
    recordings: Sequence[Recording], start: Checkpoint, failures: list[str] | None = None
) -> Checkpoint:
    """The checkpoint with other weights of its velocity layer alone.

    What a note has beside the others of its recording is fitted, because the level of a whole
    recording tells little of how hard its keys were struck. Recordings whose notes have no
    velocities are passed over.

    Args:
        failures: a sentence is added for each recording that cannot be read.

    Raises:
        VelocityError: it is a baseline, or a network of note names.
        CorpusError: too few notes with velocities were heard.
    """
    network = start.build()
    if not isinstance(network, Network) or start.network.only_note_names:
        raise VelocityError("only the network of 88 pitches has a velocity layer to fit")
    spectrogram = Spectrogram(start.features)
    rows, targets, apart, wanted = [], [], [], []
    failures = [] if failures is None else failures
    for _, loaded in readable(recordings, start.features.sample_rate, failures):
        known = [note for note in loaded.notes if 0 < note.velocity < 128]
        if not known:
            continue
        frames = spectrogram.another().push(loaded.samples)
        heard, velocities = _heard(network, frames, known, start)
        if len(heard) < 2:
            continue
        rows.append(heard)
        targets.append(velocities)
        apart.append(heard - heard.mean(axis=0))
        wanted.append(velocities - velocities.mean())
    n_notes, n_weights = sum(map(len, rows)), network.heads.in_channels
    if n_notes < _NOTES_PER_WEIGHT * n_weights:
        raise CorpusError("; ".join([
            f"{n_notes} notes with known velocities were heard; to fit the velocity layer takes "
            f"{_NOTES_PER_WEIGHT * n_weights}",
            *failures[:3],
        ]))
    weight, *_ = np.linalg.lstsq(np.concatenate(apart), np.concatenate(wanted), rcond=None)
    bias = float(np.mean(np.concatenate(targets)) - np.mean(np.concatenate(rows) @ weight))
    weights = {name: value.clone() for name, value in start.weights.items()}
    weights["heads.weight"][VELOCITY] = torch.from_numpy(weight)[:, None, None]
    weights["heads.bias"][VELOCITY] = bias
    return replace(start, weights=weights)


def _heard(
    network: Network, frames: NDArray[np.float32], notes: Sequence[Note], start: Checkpoint
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the layer is given of each note that is heard to begin, and the logit to be said."""
    features, onset = _before_heads(network, frames)
    hop_s = start.features.hop_length / start.features.sample_rate
    rows, logits = [], []
    for note in notes:
        first = int(note.onset_s / hop_s) + start.network.delay_frames
        pitch = note.pitch - start.network.lowest_pitch
        if not 0 <= pitch < onset.shape[1]:
            continue
        begins = onset[first : first + _SEARCHED, pitch] >= start.decoder.onset_threshold
        if begins.any():
            first += int(begins.argmax())
            rows.append(features[first : first + BLOW_FRAMES, pitch].mean(axis=0))
            share = min(note.velocity, 126) / 127
            logits.append(np.log(share / (1 - share)))
    return np.array(rows, np.float64).reshape(len(rows), -1), np.array(logits)


@torch.inference_mode()
def _before_heads(
    network: Network, frames: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The input of the last layer (frames, pitches, channels), and onset probabilities."""
    given: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        given.append(inputs[0][0].permute(1, 2, 0))

    hook = network.heads.register_forward_pre_hook(keep)
    states, onsets = None, []
    for part in torch.from_numpy(frames).split(_BLOCK):
        logits, states = network(part[None], states)
        onsets.append(torch.sigmoid(logits[0, ..., ONSET]))
    hook.remove()
    return torch.cat(given).numpy(), torch.cat(onsets).numpy()
