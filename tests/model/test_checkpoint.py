from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from model import checkpoint
from model.checkpoint import Checkpoint, CheckpointError
from model.checkpoint_header import read_header
from model.config import (
    DecoderConfig,
    FeatureConfig,
    NetworkConfig,
    difference,
    from_json,
    to_json,
)
from model.network import Network
from model.transcriber import Transcriber

FEATURES = FeatureConfig(windows=(1024, 4096), a4=442.0)
SHAPE = NetworkConfig(stem_channels=2, channels=4, harmonic_channels=2, n_blocks=1, memory_units=3)
DECODER = DecoderConfig(onset_threshold=0.31, min_note_ms=55.0)


def tiny() -> Checkpoint:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Network(FEATURES, SHAPE)
    return Checkpoint(
        FEATURES, SHAPE, DECODER, network.state_dict(), {"data": "none – untrained", "steps": "0"}
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "tiny ü.safetensors"
    checkpoint.save(tiny(), path)
    return path


def rewrite(path: Path, **metadata: str) -> None:
    """Changes single entries of a checkpoint's metadata."""
    with safetensors.safe_open(path, framework="pt") as file:
        entries = dict(file.metadata())
    safetensors.torch.save_file(safetensors.torch.load_file(path), path, entries | metadata)


def assert_refused(path: Path, reason: str) -> None:
    """One sentence that names the file, from every way of opening it."""
    with pytest.raises(CheckpointError, match=reason) as error:
        Transcriber.load(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < len(str(path)) + 350


def test_what_is_saved_comes_back(saved: Path) -> None:
    before, after = tiny(), checkpoint.load(saved)
    assert (after.features, after.network, after.decoder) == (FEATURES, SHAPE, DECODER)
    assert after.notes == before.notes
    assert after.weights.keys() == before.weights.keys()
    for name, tensor in before.weights.items():
        torch.testing.assert_close(after.weights[name], tensor, atol=0, rtol=0)
    assert not after.build().training


def test_the_settled_answer_may_have_a_decoder_of_its_own(saved: Path) -> None:
    one = checkpoint.load(saved)
    assert one.settled_decoder is None
    assert one.header.decoders == (DECODER, DECODER)
    settled = DecoderConfig(
        onset_threshold=0.62, reliability=((0.0, 0.0), (0.5, 0.7)),
        # As many as it may have.
        onset_rise_ms=(1.0, 2.0, 3.0, 4.0),
    )  # fmt: skip
    checkpoint.save(dataclasses.replace(one, settled_decoder=settled), saved)
    loaded = checkpoint.load(saved)
    assert loaded.settled_decoder == settled
    assert loaded.header == read_header(saved)
    assert loaded.header.decoders == (DECODER, settled)


def test_saving_replaces_the_file_and_leaves_nothing_beside_it(saved: Path) -> None:
    changed = dataclasses.replace(tiny(), notes={"steps": "9"})
    checkpoint.save(changed, saved)
    assert checkpoint.load(saved).notes == {"steps": "9"}
    assert list(saved.parent.iterdir()) == [saved]


def test_a_save_that_fails_leaves_the_old_file_and_nothing_beside_it(saved: Path) -> None:
    before = saved.read_bytes()
    # Text where safetensors wants a string: the write fails in its middle.
    with pytest.raises(TypeError):
        checkpoint.save(
            dataclasses.replace(tiny(), notes={"steps": 9}),  # type: ignore[dict-item]
            saved,
        )
    folder = saved.parent / "folder.safetensors"
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        checkpoint.save(tiny(), folder)
    assert saved.read_bytes() == before
    assert sorted(saved.parent.iterdir()) == sorted([saved, folder])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "none.safetensors", "no such checkpoint")
    assert_refused(tmp_path, "no such checkpoint")


def test_damaged_files_are_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for content in (b"", b"\0" * 100, b"not a checkpoint at all", whole[:40], whole[:-1],
                    whole[: len(whole) // 2], b"\xff" + whole[1:], whole + b"more"):  # fmt: skip
        saved.write_bytes(content)
        assert_refused(saved, "damaged")


def test_other_safetensors_files_are_refused(saved: Path) -> None:
    rewrite(saved, format="noteglow-99")
    assert_refused(saved, "not a Noteglow checkpoint of format noteglow-1")
    safetensors.torch.save_file({"weight": torch.zeros(3)}, saved)
    assert_refused(saved, "not a Noteglow checkpoint")


@pytest.mark.parametrize("part", ["features", "network", "decoder"])
@pytest.mark.parametrize("text", ["", "no JSON", "[]", "3", '{"no_such_setting": 1}'])
def test_configurations_that_cannot_be_read_are_refused(saved: Path, part: str, text: str) -> None:
    rewrite(saved, **{part: text})
    assert_refused(saved, "configuration cannot be read")


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("features", "hop_length", 0), ("features", "windows", 5), ("features", "a4", None),
     ("network", "temporal_kernel", 4), ("network", "channels", "many"),
     ("decoder", "onset_threshold", 2.0),
     # Of another type, or so large that memory would be asked for.
     ("features", "hop_length", 8189.5), ("features", "sample_rate", [22050]),
     ("features", "windows", [10**9]), ("features", "windows", [1024, "wide"]),
     ("features", "range_db", float("nan")), ("features", "bins_per_octave", 12 * 10**8),
     ("features", "windows", 16 * [262_144]),
     ("network", "channels", 10**9), ("network", "n_blocks", True), ("network", "kind", 5),
     ("network", "memory_units", 10**400), ("network", "only_note_names", 1),
     ("decoder", "reliability", [[0.1, 0.2, 0.3]]), ("decoder", "reliability", 5),
     ("decoder", "release_frames", 10**12), ("decoder", "onset_rise_ms", [1, None, 3])],
)  # fmt: skip
def test_impossible_settings_are_refused(
    saved: Path, part: str, name: str, value: object
) -> None:
    values = json.loads(to_json(getattr(tiny(), part))) | {name: value}
    rewrite(saved, **{part: json.dumps(values)})
    assert_refused(saved, "configuration cannot be read")


@pytest.mark.parametrize(
    "shape", [dataclasses.replace(SHAPE, channels=5), dataclasses.replace(SHAPE, memory_units=0),
              dataclasses.replace(SHAPE, n_blocks=2)],
)  # fmt: skip
def test_weights_of_another_configuration_are_refused(saved: Path, shape: NetworkConfig) -> None:
    rewrite(saved, network=to_json(shape))
    assert_refused(saved, "do not fit")


def test_configurations_travel_as_json() -> None:
    for config in (FEATURES, SHAPE, DECODER, FeatureConfig()):
        assert from_json(type(config), to_json(config)) == config
    # A setting that a file of old does not know has its default.
    assert from_json(DecoderConfig, '{"release_frames": 4}') == DecoderConfig(release_frames=4)
    with pytest.raises(ValueError, match="FeatureConfig has no setting named colour, size"):
        from_json(FeatureConfig, '{"size": 1, "colour": 2}')


def test_a_difference_names_both_values() -> None:
    assert difference(FEATURES, FEATURES) == ""
    assert difference(FEATURES, FeatureConfig(a4=442.0)) == (
        "windows (1024, 4096) against (1024, 3072, 8192)"
    )
    assert difference(SHAPE, dataclasses.replace(SHAPE, n_blocks=3, channels=9)) == (
        "channels 4 against 9, n_blocks 1 against 3"
    )
