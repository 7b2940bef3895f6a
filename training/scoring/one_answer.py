"""One answer of a network, as if it were the only one: what it is scored and tuned by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.checkpoint_header import Header
from model.config import ANSWERS, Answer, NetworkConfig
from model.runtimes.runtime import NetworkStream, Runtime
from model.transcriber import Transcriber


def transcriber_of(header: Header, runtime: Runtime, answer: Answer) -> Transcriber:
    """Hears by one answer alone, with its own delay and decoder.

    Args:
        answer: a network that has one gives it for both.
    """
    number = ANSWERS.index(answer)
    only = replace(
        header, network=network_of(header.network, answer), decoder=header.decoders[number],
        settled_decoder=None,
    )  # fmt: skip
    return Transcriber(only, _Answer(runtime, min(number, header.network.answers - 1)))


def network_of(network: NetworkConfig, answer: Answer) -> NetworkConfig:
    """The configuration of a network that gives this answer alone."""
    delay = network.delays[ANSWERS.index(answer)]
    return replace(network, delay_frames=delay, settled_delay_frames=0)


class _Answer:
    """See `model.runtimes.runtime.Runtime`."""

    def __init__(self, runtime: Runtime, number: int) -> None:
        self._runtime, self._number = runtime, number

    def stream(self) -> _AnswerStream:
        return _AnswerStream(self._runtime.stream(), self._number)


class _AnswerStream:
    def __init__(self, stream: NetworkStream, number: int) -> None:
        self._stream, self._number = stream, number

    def push(self, frames: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        return (self._stream.push(frames)[self._number],)
