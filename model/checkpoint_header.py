"""The configurations in a checkpoint file, read without its weights and without PyTorch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import safetensors

from model.config import DecoderConfig, FeatureConfig, NetworkConfig, from_json

FORMAT = "noteglow-1"


# A header is filled up with spaces to a multiple of this, so that the weights are aligned.
_ALIGNMENT = 8


class CheckpointError(ValueError):
    """A checkpoint cannot be read or does not fit; the message names the file and why."""


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself.

    Attributes:
        features, network, decoder: the configurations it was trained and tuned with.
        notes: free text about the training, by key.
        settled_decoder: tuned for the settled answer of a network that has one; None where it was
            not tuned yet.
    """

    features: FeatureConfig
    network: NetworkConfig
    decoder: DecoderConfig
    notes: Mapping[str, str] = field(default_factory=dict)
    settled_decoder: DecoderConfig | None = None

    @property
    def decoders(self) -> tuple[DecoderConfig, DecoderConfig]:
        """Of the early answer and of the settled one; the same where one was tuned alone."""
        return self.decoder, self.settled_decoder or self.decoder


def read_metadata(path: Path, form: str, kind: str) -> dict[str, str]:
    """What a safetensors file says of itself.

    Args:
        form: the format that it must name.
        kind: what such a file is, for sentences.

    Raises:
        CheckpointError: the file is missing, damaged or of another format.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such {kind} file")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            metadata: dict[str, str] = file.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: the {kind} is damaged ({error})") from None
    if metadata.get("format") != form:
        raise CheckpointError(f"{path}: this is not a Noteglow {kind} of format {form}")
    return metadata


def read_header(path: Path) -> Header:
    """Reads the configurations.

    Raises:
        CheckpointError: the file is missing, damaged or not a Noteglow checkpoint.
    """
    metadata = read_metadata(path, FORMAT, "checkpoint")
    try:
        return Header(
            features=from_json(FeatureConfig, metadata["features"]),
            network=from_json(NetworkConfig, metadata["network"]),
            decoder=from_json(DecoderConfig, metadata["decoder"]),
            notes={key[5:]: value for key, value in metadata.items() if key.startswith("note.")},
            settled_decoder=(
                from_json(DecoderConfig, metadata["settled_decoder"])
                if "settled_decoder" in metadata
                else None
            ),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: its configuration cannot be read ({error})") from None


def weights_hash(path: Path) -> str:
    """SHA-256 of a checkpoint's weights: their names, types, shapes and values, nothing else.

    Raises:
        CheckpointError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: it cannot be read ({error.strerror})") from None
    # A safetensors file is the length of its header, a header in JSON, and the values.
    header_end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:header_end])
    header.pop("__metadata__", None)
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    digest.update(memoryview(content)[header_end:])
    return digest.hexdigest()


def in_one_order(data: bytes) -> bytes:
    """The bytes of a safetensors file with the names in its header sorted.

    The library writes them in another order in every process: equal tensors would give unequal
    files, and no checksum could tell that two runs ended the same.
    """
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(
        json.loads(data[8 : 8 + size]), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    return len(header).to_bytes(8, "little") + header + data[8 + size :]
