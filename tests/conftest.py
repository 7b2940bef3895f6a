"""Small sounds and a small checkpoint for every test."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

if TYPE_CHECKING:
    from model.transcriber import Transcriber

# No test needs a screen; who wants to watch one sets another platform.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TONE_RATE = 44_100


def pytest_configure() -> None:
    """Prepares the process that runs the tests."""
    # Hardly anything that is made while the tests are loaded can be let go.
    gc.disable()
    # Whoever is started in the background ignores Ctrl-C, and so would what the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if threading.gettrace() is not None:
        _trace_workers()


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: no test waits for it to be looked through again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _trace_workers() -> None:
    """Coverage hears of Python's threads by itself, but not of Qt's."""
    from app.system.worker_thread import Worker

    run = Worker.run

    def traced(worker: Worker) -> None:
        sys.settrace(threading.gettrace())
        run(worker)

    Worker.run = traced  # type: ignore[method-assign]


class Network:
    """Refuses every socket that may leave the machine.

    Attributes:
        is_allowed: whether a test asked for it.
    """

    def __init__(self) -> None:
        self.is_allowed = False

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook."""
        if event != "socket.__new__" or self.is_allowed:
            return
        if arguments[1] in (socket.AF_INET, socket.AF_INET6):
            raise RuntimeError("the network was asked for; a test that needs it asks for `network`")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Network:
    """The program needs no network, and a test that does says so."""
    network = Network()
    sys.addaudithook(network.watch)
    return network


@pytest.fixture
def network(no_network: Network) -> Iterator[None]:
    """Allows a test the network, as a cluster on this machine needs it."""
    no_network.is_allowed = True
    yield
    no_network.is_allowed = False


@pytest.fixture(scope="session", autouse=True)
def own_log_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Programs that tests start, and kill, leave nothing in the log of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def own_data_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves of unsaved work and of live sessions is found by that test alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def hang_up() -> Iterator[None]:
    """A terminal that closes ends programs by its signal, though nohup has the tests ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def tones(seconds: float = 2.0, sample_rate: int = TONE_RATE) -> NDArray[np.float32]:
    """Struck and fading tones, a new pitch every 0.25 s, shape (samples,)."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    pitch = 60 + 4 * (np.floor(time / 0.25) % 5)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    fade = np.exp(-6 * (time % 0.25))
    return (0.4 * fade * np.sin(2 * np.pi * hz * (time % 0.25))).astype(np.float32)


@pytest.fixture(scope="session")
def tone_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of `tones` as a 16-bit mono wav file at 44.1 kHz."""
    path = tmp_path_factory.mktemp("sound") / "tone.wav"
    soundfile.write(path, tones(), TONE_RATE)
    return path


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny untrained checkpoint whose heads are stretched until `tones` give some notes.

    The notes mean nothing, but there are between ten and a few hundred of them.
    """
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    # Steep, or half of all pitches would sound a little, and each take time to be tuned.
    _save_tiny(path, settled_delay_frames=0, steepness=3, sounding=0.05)
    return path


@pytest.fixture(scope="session")
def exported_checkpoint(
    tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same with its ONNX twin: programs that tests start with it need not load PyTorch."""
    from model.runtimes.runtime import onnx_twin
    from training.actions.export_onnx import export

    path = Path(shutil.copy(tiny_checkpoint, tmp_path_factory.mktemp("exported")))
    export(path, onnx_twin(path))
    return path


@pytest.fixture(scope="session")
def two_answer_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, which speaks of each moment a second time 12 frames later.

    The settled decoder has settings of its own.
    """
    path = tmp_path_factory.mktemp("checkpoint") / "two.safetensors"
    _save_tiny(path, settled_delay_frames=12, steepness=2, sounding=0.1)
    return path


def _save_tiny(
    path: Path, *, settled_delay_frames: int, steepness: float, sounding: float
) -> None:
    import torch

    from model import checkpoint
    from model.config import DecoderConfig, FeatureConfig, NetworkConfig
    from model.head_order import FRAME, ONSET
    from model.network import Network
    from model.spectrogram import Spectrogram

    features = FeatureConfig()
    shape = NetworkConfig(
        stem_channels=2, channels=4, harmonic_channels=2, n_blocks=1, memory_units=4,
        settled_delay_frames=settled_delay_frames, settled_channels=16,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Network(features, shape).eval()
    frames = Spectrogram(features).push(tones(sample_rate=features.sample_rate))
    with torch.inference_mode():
        answers = network(torch.from_numpy(frames)[None])[0][0]
    heads = [network.heads, *([] if network.settled is None else [network.settled.heads])]
    # Put probability 0.5 where one onset in a hundred, and this share of what sounds, reaches it.
    with torch.no_grad():
        for answer, layer in enumerate(heads):
            for head, share in ((ONSET, 0.99), (FRAME, 1 - sounding)):
                values = answers[:, answer, :, head].flatten()
                middle = values.quantile(share)
                stretch = steepness / (middle - values.median())
                layer.weight[head] *= stretch
                bias = layer.get_parameter("bias")
                bias[head] = (bias[head] - middle) * stretch
    settled = DecoderConfig(onset_threshold=0.3, release_frames=3) if len(heads) > 1 else None
    checkpoint.save(
        checkpoint.Checkpoint(
            features, shape, DecoderConfig(), network.state_dict(), settled_decoder=settled
        ),
        path,
    )


@pytest.fixture(scope="session")
def transcriber(tiny_checkpoint: Path) -> Transcriber:
    """The transcriber of that checkpoint."""
    from model.transcriber import Transcriber

    return Transcriber.load(tiny_checkpoint)
