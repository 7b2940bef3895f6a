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
from model.config import DecoderConfig
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
    """The checkpoint with other weights of its velocity layers alone, one of each answer.

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
    failures = [] if failures is None else failures
    spectrogram = Spectrogram(start.features)
    answers = [_Answer(network.heads, "heads", start.network.delay_frames, start.decoder)]
    if network.settled is not None:
        (_, delay), (_, decoder) = start.network.delays, start.header.decoders
        answers.append(_Answer(network.settled.heads, "settled.heads", delay, decoder))
    for _, loaded in readable(recordings, start.features.sample_rate, failures):
        known = [note for note in loaded.notes if 0 < note.velocity < 128]
        if not known:
            continue
        frames = spectrogram.another().push(loaded.samples)
        logits = _run(network, frames, answers)
        for number, answer in enumerate(answers):
            answer.hear(known, torch.sigmoid(logits[:, number, :, ONSET]).numpy(), start)
    weights = {name: value.clone() for name, value in start.weights.items()}
    for answer in answers:
        weight, bias = answer.fitted(failures)
        weights[f"{answer.name}.weight"][VELOCITY] = torch.from_numpy(weight)[:, None, None]
        weights[f"{answer.name}.bias"][VELOCITY] = bias
    return replace(start, weights=weights)


class _Answer:
    """What the velocity layer of one answer is given of notes, and what it should say of them."""

    def __init__(
        self, layer: nn.Conv2d, name: str, delay_frames: int, decoder: DecoderConfig
    ) -> None:
        """Args: `name` is what the layer's weights begin with."""
        self.name = name
        self.given: list[Tensor] = []
        self._n_weights = layer.in_channels
        self._delay_frames, self._decoder = delay_frames, decoder
        # Of each recording, a row for each note; and the logit to be said.
        self._rows: list[NDArray[np.float64]] = []
        self._logits: list[NDArray[np.float64]] = []
        layer.register_forward_pre_hook(self._keep)

    def _keep(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.given.append(inputs[0][0].permute(1, 2, 0))

    def hear(
        self, notes: Sequence[Note], onset: NDArray[np.float32], start: Checkpoint
    ) -> None:
        """Takes what the layer was given of each note of a recording that is heard to begin.

        Args:
            onset: probabilities, (frames, pitches).
        """
        features = torch.cat(self.given).numpy()
        self.given.clear()
        hop_s = start.features.hop_length / start.features.sample_rate
        rows, logits = [], []
        for note in notes:
            first = int(note.onset_s / hop_s) + self._delay_frames
            pitch = note.pitch - start.network.lowest_pitch
            if not 0 <= pitch < onset.shape[1]:
                continue
            begins = onset[first : first + _SEARCHED, pitch] >= self._decoder.onset_threshold
            if begins.any():
                first += int(begins.argmax())
                rows.append(features[first : first + BLOW_FRAMES, pitch].mean(axis=0))
                share = min(note.velocity, 126) / 127
                logits.append(np.log(share / (1 - share)))
        if len(rows) > 1:
            self._rows.append(np.array(rows, np.float64))
            self._logits.append(np.array(logits))

    def fitted(self, failures: Sequence[str]) -> tuple[NDArray[np.float64], float]:
        """The layer's weights and bias. Raises CorpusError where there were too few notes."""
        n_notes, n_wanted = sum(map(len, self._rows)), _NOTES_PER_WEIGHT * self._n_weights
        if n_notes < n_wanted:
            raise CorpusError("; ".join([
                f"{n_notes} notes with known velocities were heard; to fit the velocity layer "
                f"takes {n_wanted}",
                *failures[:3],
            ]))
        apart = np.concatenate([rows - rows.mean(axis=0) for rows in self._rows])
        wanted = np.concatenate([logits - logits.mean() for logits in self._logits])
        weight, *_ = np.linalg.lstsq(apart, wanted, rcond=None)
        bias = np.mean(np.concatenate(self._logits)) - np.mean(
            np.concatenate(self._rows) @ weight
        )
        return weight, float(bias)


@torch.inference_mode()
def _run(network: Network, frames: NDArray[np.float32], answers: Sequence[_Answer]) -> Tensor:
    """Logits (frames, answers, pitches, heads); the answers keep what their layers are given."""
    for answer in answers:
        answer.given.clear()
    states, said = None, []
    for part in torch.from_numpy(frames).split(_BLOCK):
        logits, states = network(part[None], states)
        said.append(logits[0])
    return torch.cat(said)
