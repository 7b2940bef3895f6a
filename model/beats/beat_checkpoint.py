"""The files of the beat network and the bar network: safetensors weights, and their configuration
as JSON metadata."""

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

from model.beats.bar_network import BarNetwork, BarNetworkConfig
from model.beats.beat_config import BeatNetworkConfig
from model.beats.beat_network import BeatNetwork
from model.beats.beat_runs import BARS_FORMAT, BEATS_FORMAT, Run, require_format
from model.checkpoint import write_weights
from model.checkpoint_header import CheckpointError


def save(network: BeatNetwork | BarNetwork, path: Path, notes: Mapping[str, str]) -> None:
    """Writes beside and renames. `notes` is free text about the training, by key.

    Raises:
        OSError: it cannot be written; the error names the file.
    """
    file_format = BEATS_FORMAT if isinstance(network, BeatNetwork) else BARS_FORMAT
    metadata = {"format": file_format, "network": json.dumps(asdict(network.config))}
    metadata |= {f"note.{key}": value for key, value in notes.items()}
    write_weights(path, network.state_dict(), metadata)


def load(path: Path) -> BeatNetwork:
    """The beat network of a file, ready to run.

    Raises:
        CheckpointError: the file is missing, damaged or no beat network.
    """
    network = _load(path, BEATS_FORMAT)
    assert isinstance(network, BeatNetwork)
    return network


def load_bars(path: Path) -> BarNetwork:
    """The bar network of a file, ready to run.

    Raises:
        CheckpointError: the file is missing, damaged or no bar network.
    """
    network = _load(path, BARS_FORMAT)
    assert isinstance(network, BarNetwork)
    return network


def run(path: Path, file_format: str) -> Run:
    """The network of a file of one of the two formats, as it is run.

    Raises:
        CheckpointError: the file is missing, damaged or another network.
    """
    network = _load(path, file_format).probabilities()

    def answer(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        with torch.inference_mode():
            return tuple(array[0].numpy() for array in network(torch.from_numpy(features)[None]))

    return answer


def _load(path: Path, file_format: str) -> BeatNetwork | BarNetwork:
    require_format(path, file_format)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            given: dict[str, Any] = json.loads(file.metadata()["network"])
            settings = {key: _tuples(value) for key, value in given.items()}
            network: BeatNetwork | BarNetwork
            if file_format == BEATS_FORMAT:
                network = BeatNetwork(BeatNetworkConfig(**settings))
            else:
                network = BarNetwork(BarNetworkConfig(**settings))
            network.load_state_dict(
                {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            )
    except (safetensors.SafetensorError, OSError, KeyError, ValueError, TypeError,
            RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{path}: the network cannot be read ({reason})") from None
    return network.eval()


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
