"""A beat network's file: safetensors weights with its configuration as JSON metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray

from model.beats.beat_config import BeatNetworkConfig
from model.beats.beat_finder import FORMAT, Run, require_format
from model.beats.beat_network import BeatNetwork
from model.checkpoint import write_weights
from model.checkpoint_header import CheckpointError


def save(network: BeatNetwork, path: Path, notes: Mapping[str, str]) -> None:
    """Writes beside and renames. `notes` is free text about the training, by key.

    Raises:
        OSError: it cannot be written; the error names the file.
    """
    metadata = {"format": FORMAT, "network": json.dumps(asdict(network.config))}
    metadata |= {f"note.{key}": value for key, value in notes.items()}
    write_weights(path, network.state_dict(), metadata)


def load(path: Path) -> BeatNetwork:
    """The network of a file, ready to run.

    Raises:
        CheckpointError: the file is missing, damaged or no beat network.
    """
    require_format(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            given: dict[str, Any] = json.loads(file.metadata()["network"])
            settings: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in given.items()
            }
            network = BeatNetwork(BeatNetworkConfig(**settings))
            network.load_state_dict(
                {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            )
    except (safetensors.SafetensorError, OSError, KeyError, ValueError, TypeError,
            RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{path}: the beat network cannot be read ({reason})") from None
    return network.eval()


def run(path: Path) -> Run:
    """The network of a file as the beat finder runs it.

    Raises:
        CheckpointError: the file is missing, damaged or no beat network.
    """
    network = load(path).probabilities()

    def answer(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        with torch.inference_mode():
            return tuple(array[0].numpy() for array in network(torch.from_numpy(features)[None]))

    return answer
