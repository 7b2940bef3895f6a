from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint
from model.config import DecoderConfig
from model.head_order import VELOCITY
from model.network import Network
from model.notes import Note
from model.runtimes.torch_runtime import TorchRuntime
from model.spectrogram import Spectrogram
from model.transcriber import Transcriber
from tests.training.tiny_data import FEATURES
from tests.training.tiny_data import SHAPE as TINY
from training.__main__ import main
from training.corpora.recording import CorpusError, Labelled, Recording
from training.trainer.grow import grown
from training.tuning.velocity import VelocityError, fit_velocity

# Wide enough for some of the random channels to tell loudness.
SHAPE = replace(TINY, channels=32, memory_units=0)
SAMPLE_RATE = FEATURES.sample_rate


@pytest.fixture
def untrained() -> Checkpoint:
    torch.manual_seed(0)
    network = Network(FEATURES, SHAPE)
    # All notes are heard: what is fitted is how hard they are struck.
    decoder = DecoderConfig(onset_threshold=0.001)
    return Checkpoint(FEATURES, SHAPE, decoder, network.state_dict())


def struck(seed: int, offset: int = 0, n_notes: int = 20) -> Recording:
    """Tones whose loudness tells their velocity, and how loud the whole is, which tells nothing."""
    rng = np.random.default_rng(seed)
    samples = np.zeros((n_notes + 1) * SAMPLE_RATE // 2, np.float32)
    notes = []
    for number in range(n_notes):
        velocity, pitch = int(rng.integers(10, 70)), int(rng.integers(50, 75))
        first = number * SAMPLE_RATE // 2 + SAMPLE_RATE // 10
        time = np.arange(SAMPLE_RATE * 3 // 10) / SAMPLE_RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        tone = np.sin(2 * np.pi * hz * time) * np.exp(-6 * time) * (velocity / 127) ** 2
        samples[first : first + len(time)] += tone.astype(np.float32)
        onset_s = first / SAMPLE_RATE
        notes.append(Note(onset_s, onset_s + 0.3, pitch, velocity + offset))
    return Recording("red", str(seed), "train", "none", (), lambda _: Labelled(samples, notes))


def said(checkpoint: Checkpoint, recording: Recording) -> tuple[list[float], list[int]]:
    """Velocities on the frames on which notes are said, and the labelled ones."""
    loaded = recording.load(SAMPLE_RATE)
    transcriber = Transcriber(checkpoint.header, TorchRuntime(checkpoint.build()))
    (heard, *_) = transcriber.file([loaded.samples])
    hop_s = FEATURES.hop_length / SAMPLE_RATE
    found = []
    for note in loaded.notes:
        first = int(note.onset_s / hop_s) + SHAPE.delay_frames
        found.append(
            float(heard.probabilities.velocity[first : first + 3, note.pitch - 21].mean())
        )
    return found, [note.velocity for note in loaded.notes]


def test_the_velocity_layer_alone_is_fitted_and_orders_unseen_notes(
    untrained: Checkpoint,
) -> None:
    # One recording is labelled louder as a whole; the rest of it is as good as the others.
    recordings = [struck(seed, 50 if seed == 3 else 0) for seed in range(8)]
    fitted = fit_velocity(recordings, untrained)
    changed = {name for name, value in fitted.weights.items()
               if not torch.equal(value, untrained.weights[name])}
    assert changed == {"heads.weight", "heads.bias"}
    others = [head for head in range(4) if head != VELOCITY]
    for name in changed:
        assert torch.equal(fitted.weights[name][others], untrained.weights[name][others])
    found, labelled = said(fitted, struck(100))
    assert np.corrcoef(found, labelled)[0, 1] > 0.8
    assert abs(np.corrcoef(*said(untrained, struck(100)))[0, 1]) < 0.8
    # The mean is that of the labels, of which one recording's are 50 higher.
    assert 127 * np.mean(found) == pytest.approx(np.mean(labelled) + 50 / 8, abs=12)


def test_the_velocity_layers_of_both_answers_are_fitted(untrained: Checkpoint) -> None:
    start = grown(untrained, SHAPE.channels, settled_delay_frames=6)
    start = replace(start, settled_decoder=start.decoder)
    fitted = fit_velocity([struck(seed) for seed in range(14)], start)
    changed = {name for name, value in fitted.weights.items()
               if not torch.equal(value, start.weights[name])}
    assert changed == {
        "heads.weight", "heads.bias", "settled.heads.weight", "settled.heads.bias",
    }  # fmt: skip
    network, unseen = fitted.build(), struck(100)
    loaded = unseen.load(SAMPLE_RATE)
    hop_s = FEATURES.hop_length / SAMPLE_RATE
    with torch.inference_mode():
        logits, _ = network(torch.from_numpy(Spectrogram(FEATURES).push(loaded.samples))[None])
    for answer, delay in enumerate(fitted.network.delays):
        firsts = [int(note.onset_s / hop_s) + delay for note in loaded.notes]
        found = [float(logits[0, first : first + 3, answer, note.pitch - 21, VELOCITY].mean())
                 for first, note in zip(firsts, loaded.notes, strict=True)]
        assert np.corrcoef(found, [note.velocity for note in loaded.notes])[0, 1] > 0.8


def test_what_cannot_be_fitted_is_refused(untrained: Checkpoint) -> None:
    with pytest.raises(CorpusError, match=r"^20 notes with known velocities were heard; to fit"):
        fit_velocity([struck(0)], untrained)
    unknown = struck(1)
    loaded = unknown.load(SAMPLE_RATE)
    silent = Labelled(loaded.samples, [replace(note, velocity=0) for note in loaded.notes])
    with pytest.raises(CorpusError, match=r"^0 notes with known velocities were heard"):
        fit_velocity([replace(unknown, read=lambda _: silent)], untrained)
    names = replace(SHAPE, only_note_names=True)
    with pytest.raises(VelocityError, match="only the network of 88 pitches"):
        fit_velocity([struck(0)], replace(untrained, network=names,
                                          weights=Network(FEATURES, names).state_dict()))


def test_the_command_writes_a_copy(
    untrained: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoint, out = tmp_path / "net.safetensors", tmp_path / "fitted.safetensors"
    checkpoints.save(untrained, checkpoint)
    find: Callable[..., list[Recording]] = lambda *_: [struck(seed) for seed in range(8)]  # noqa: E731
    monkeypatch.setattr("training.corpora.find", find)
    arguments = ["-a", "tune", "--velocity", "--corpus", f"folder:{tmp_path}"]
    assert main([*arguments, "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
    assert "its velocity layer is fitted" in capsys.readouterr().out
    loaded = checkpoints.load(out)
    assert loaded.decoder == untrained.decoder
    weight = loaded.weights["heads.weight"]
    assert not torch.equal(weight[VELOCITY], untrained.weights["heads.weight"][VELOCITY])
