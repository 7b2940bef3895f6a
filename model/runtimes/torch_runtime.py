"""PyTorch as the runtime: for checkpoints that were not exported, and to compare with."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model import checkpoint as checkpoints
from model.checkpoint_header import CheckpointError


class TorchRuntime:
    """A network as `model.network.Network` is called."""

    def __init__(self, network: nn.Module, *, one_core: bool = False) -> None:
        """Args: `one_core` keeps PyTorch to one core in every thread in which the network runs.

        With two the slowest of a hundred hops takes 25 times as long.
        """
        self._network = network.eval()
        self._one_core = one_core

    @classmethod
    def load(cls, path: Path) -> TorchRuntime:
        """Opens a checkpoint file, to be run on one core.

        Raises:
            CheckpointError: it is missing, damaged or from another configuration.
        """
        try:
            return cls(checkpoints.load(path).build(), one_core=True)
        except CheckpointError as error:
            message = str(error)
            named = message if message.startswith(str(path)) else f"{path}: {message}"
            raise CheckpointError(named) from None

    def stream(self) -> TorchStream:
        """Begins a stream that has heard nothing yet."""
        return TorchStream(self._network, one_core=self._one_core)


class TorchStream:
    """See `model.runtimes.runtime.NetworkStream`."""

    def __init__(self, network: nn.Module, *, one_core: bool) -> None:
        self._network = network
        self._states: list[Tensor] | None = None
        # PyTorch counts its threads for each thread that calls it.
        self._threads_to_set = one_core
        self._thread = 0

    @torch.inference_mode()
    def push(self, frames: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Runs some further frames; as many answers as the network gives."""
        if self._threads_to_set and self._thread != threading.get_ident():
            self._thread = threading.get_ident()
            torch.set_num_threads(1)
        logits, self._states = self._network(torch.from_numpy(frames)[None], self._states)
        heads_first = torch.sigmoid(logits[0]).permute(1, 3, 0, 2)
        return tuple(answer.contiguous().numpy() for answer in heads_first)
