"""The network, loaded while the window is already there."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from model.checkpoint_header import read_header
from model.config import DecoderConfig, FeatureConfig, NetworkConfig

if TYPE_CHECKING:
    from model.transcriber import Stream, Transcriber


class TranscriberLike(Protocol):
    """What a recording and a live session need of a `Transcriber`."""

    @property
    def features(self) -> FeatureConfig: ...

    @property
    def network_config(self) -> NetworkConfig: ...

    @property
    def decoder(self) -> DecoderConfig: ...

    @property
    def settled_decoder(self) -> DecoderConfig: ...

    def stream(self, sample_rate: float | None = None, a4: float | None = None) -> Stream:
        """Begins a stream of mono sound at a rate and a tuning in Hz, its own by default."""
        ...


class LazyTranscriber:
    """A checkpoint whose configurations are known at once, and whose network comes later.

    Loading it takes longer than a window may take to be there. The thread that first needs the
    network, or `load`, waits for it; nothing else does.

    Attributes:
        network_config, decoder, settled_decoder: as of the `Transcriber`.
    """

    def __init__(self, checkpoint: Path, *, runtime: str | None = None) -> None:
        """Reads the configurations only.

        Args:
            runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.

        Raises:
            CheckpointError: the file is missing, damaged or not a Noteglow checkpoint.
        """
        header = read_header(checkpoint)
        self.network_config = header.network
        self.decoder, self.settled_decoder = header.decoders
        self._features = header.features
        self._path = checkpoint
        self._runtime = runtime
        self._lock = threading.Lock()
        self._transcriber: Transcriber | None = None

    @property
    def features(self) -> FeatureConfig:
        """As of the `Transcriber`, with the tuning set last."""
        return self._features

    def tune(self, a4: float) -> None:
        """Listens against another A4, in Hz, unless a stream has its own. For any thread.

        Raises:
            ValueError: it is not between 400 and 480 Hz.
        """
        self._features = dataclasses.replace(self._features, a4=a4)

    def load(self) -> None:
        """Loads the network unless it is there. For a worker.

        Raises:
            CheckpointError: it cannot be loaded.
        """
        self._loaded()

    def stream(self, sample_rate: float | None = None, a4: float | None = None) -> Stream:
        """As of the `Transcriber`; loads the network first if it is not there. For a worker.

        Raises:
            CheckpointError: it cannot be loaded.
        """
        return self._loaded().stream(sample_rate, self._features.a4 if a4 is None else a4)

    def _loaded(self) -> Transcriber:
        from model.transcriber import Transcriber

        with self._lock:
            if self._transcriber is None:
                self._transcriber = Transcriber.load(self._path, runtime=self._runtime)
            return self._transcriber
