"""Each answer of a network is scored and tuned by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint
from model.config import DecoderConfig
from model.network import Network
from model.notes import Probabilities
from model.runtimes.torch_runtime import TorchRuntime
from model.spectrogram import Spectrogram
from tests.training.tiny_data import FEATURES
from tests.training.tiny_data import SHAPE as ONE
from training.__main__ import main
from training.scoring.one_answer import transcriber_of

SHAPE = replace(ONE, settled_delay_frames=4, settled_channels=3)
EARLY, SETTLED = DecoderConfig(onset_threshold=0.4), DecoderConfig(onset_threshold=0.3)


@pytest.fixture(scope="module")
def untrained() -> Checkpoint:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Network(FEATURES, SHAPE)
    return Checkpoint(
        FEATURES, SHAPE, EARLY, network.state_dict(), {}, settled_decoder=SETTLED
    )


def sound() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(0, 0.1, FEATURES.sample_rate).astype(np.float32)


@pytest.mark.parametrize("number", [0, 1])
def test_an_answer_is_heard_with_its_own_delay_and_decoder(
    untrained: Checkpoint, number: int
) -> None:
    network = untrained.build()
    answer = ("early", "settled")[number]
    transcriber = transcriber_of(untrained.header, TorchRuntime(network), answer)
    assert transcriber.network_config.delays == ((1, 1), (4, 4))[number]
    assert transcriber.decoder == (EARLY, SETTLED)[number]
    heard = Probabilities.join(part.probabilities for part in transcriber.file([sound()]))
    with torch.inference_mode():
        frames = torch.from_numpy(Spectrogram(FEATURES).push(sound()))
        said = torch.sigmoid(network(frames[None])[0][0, :, number]).numpy()
    for head, found in enumerate((heard.onset, heard.frame)):
        np.testing.assert_allclose(found[: len(said)], said[..., head], atol=1e-5)


def test_of_a_network_with_one_answer_both_are_the_same(untrained: Checkpoint) -> None:
    one = replace(untrained, network=ONE, settled_decoder=None, weights={
        name: value for name, value in untrained.weights.items() if "settled" not in name
    })  # fmt: skip
    transcriber = transcriber_of(one.header, TorchRuntime(one.build()), "settled")
    assert (transcriber.network_config, transcriber.decoder) == (ONE, EARLY)
    assert sum(len(part.probabilities) for part in transcriber.file([sound()]))


def test_tuning_an_answer_leaves_the_other_decoder_as_it_is(
    untrained: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, songs = tmp_path / "net.safetensors", tmp_path / "songs"
    checkpoints.save(untrained, checkpoint)
    (songs / "red").mkdir(parents=True)
    soundfile.write(songs / "red" / "one.wav", sound(), FEATURES.sample_rate)
    (songs / "red" / "one.csv").write_text("start_s,end_s,midi_pitch\n0.1,0.5,60\n")
    command = ["--checkpoint", str(checkpoint), "--answer", "settled"]
    assert main(["-a", "tune", "--corpus", f"folder:{songs}", *command]) == 0
    tuned = checkpoints.load(checkpoint)
    assert tuned.decoder == EARLY
    assert tuned.settled_decoder not in (None, EARLY, SETTLED)
    assert main(["-a", "test", "--recordings", str(songs), *command]) == 0
    assert "red" in capsys.readouterr().out
