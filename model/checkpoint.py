"""A checkpoint file: safetensors weights with the three configurations as JSON metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors
import safetensors.torch
from torch import Tensor, nn

from model.baselines import network_of
from model.checkpoint_header import (
    FORMAT,
    CheckpointError,
    Header,
    in_one_order,
    read_header,
)
from model.config import DecoderConfig, FeatureConfig, NetworkConfig, to_json
from model.files.whole_file import whole_file

__all__ = ["FORMAT", "Checkpoint", "CheckpointError", "load", "save"]


# By far: with larger ones, sound would become infinite on its way through the network.
_LARGEST_WEIGHT = 1e6


@dataclass(frozen=True)
class Checkpoint:
    """Everything that is needed to turn sound into notes.

    Attributes:
        features, network, decoder: the configurations it was trained and tuned with.
        weights: parameters and buffers of the network, by name.
        notes: free text about the training, by key.
        settled_decoder: see `Header`.
    """

    features: FeatureConfig
    network: NetworkConfig
    decoder: DecoderConfig
    weights: Mapping[str, Tensor]
    notes: Mapping[str, str] = field(default_factory=dict)
    settled_decoder: DecoderConfig | None = None

    @property
    def header(self) -> Header:
        """All of it but the weights."""
        return Header(
            self.features, self.network, self.decoder, self.notes, self.settled_decoder
        )

    def build(self) -> nn.Module:
        """The network with these weights, ready to run (evaluation mode).

        Raises:
            CheckpointError: the weights do not fit the configuration.
        """
        network = network_of(self.features, self.network)
        try:
            network.load_state_dict(dict(self.weights))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(f"the weights do not fit their configuration: {reason}") from None
        return network.eval()


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Writes beside and renames, so that a file of this name is always whole.

    Equal checkpoints give equal bytes.

    Raises:
        OSError: it cannot be written; the error names the file.
    """
    metadata = {
        "format": FORMAT,
        "features": to_json(checkpoint.features),
        "network": to_json(checkpoint.network),
        "decoder": to_json(checkpoint.decoder),
    } | {f"note.{key}": value for key, value in checkpoint.notes.items()}
    if checkpoint.settled_decoder is not None:
        metadata["settled_decoder"] = to_json(checkpoint.settled_decoder)
    write_weights(path, checkpoint.weights, metadata)


def write_weights(path: Path, weights: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Writes a safetensors file beside its place and renames it.

    Raises:
        OSError: it cannot be written; the error names the file.
    """
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with whole_file(path) as beside:
        # save_file() would make a file that nobody else may read.
        beside.write_bytes(in_one_order(safetensors.torch.save(whole, metadata)))


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint.

    Raises:
        CheckpointError: the file is missing, damaged or not a Noteglow checkpoint.
    """
    header = read_header(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: the checkpoint is damaged ({error})") from None
    for name, tensor in weights.items():
        # What is no number is below no limit.
        if not bool((tensor.abs() < _LARGEST_WEIGHT).all()):
            raise CheckpointError(f"{path}: the checkpoint is damaged, {name} holds no weights")
    return Checkpoint(
        header.features, header.network, header.decoder, weights, header.notes,
        header.settled_decoder,
    )
