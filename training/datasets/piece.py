"""One recording: read, transformed and labelled."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.spectrogram import Spectrogram
from training.corpora.recording import CorpusError, Recording
from training.datasets.clips import SCALE, ClipFormat
from training.datasets.facts import Facts
from training.datasets.fingerprint import sources
from training.datasets.labels import Targets, targets
from training.datasets.writing import Entry, content_sha256

Result = TypeVar("Result")

# Samples that are transformed at once: a recording of hours need not lie in memory as spectrogram.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Piece:
    """A recording on its way into a data file.

    Attributes:
        features: (frames, windows, bins), in `SCALE` steps.
        targets: of as many frames.
    """

    features: NDArray[np.uint8]
    targets: Targets
    entry: Entry
    facts: Facts


def make(recording: Recording, made: ClipFormat) -> Piece:
    """Loads a recording and makes its frames and labels.

    Raises:
        CorpusError: it cannot be used; the message names it.
        OSError: what it is made from cannot be read.
    """
    # Looked at first: what changes from now on is found out by the next build.
    made_from = tuple(sources(recording))
    loaded = recording.load(made.features.sample_rate)
    facts = Facts.of(loaded, made.features)
    features = _frames(loaded.samples, made.features)
    if not len(features):
        raise CorpusError(f"{recording.title}: it is shorter than one frame")
    labels = targets(
        loaded.notes, len(features), made.features, made.labels,
        only_note_names=made.only_note_names,
    )
    entry = Entry(
        recording.title, recording.licence, recording.group, recording.split, len(features),
        facts.to_json(), made_from, content_sha256(features, labels),
    )
    return Piece(features, labels, entry, facts)


def tried(recording: Recording, act: Callable[[], Result]) -> Result | str:
    """What `act` gives, or why it does not: whatever one recording does, the others are built."""
    try:
        return act()
    except CorpusError as error:
        return str(error)
    except OSError as error:
        return f"{recording.title}: it cannot be read ({error})"
    except Exception as error:  # noqa: BLE001
        return f"{recording.title}: it cannot be used ({type(error).__name__}: {error})"


# Its kernels take as long to compute as half a minute of sound to transform: once for a process.
@functools.lru_cache(maxsize=1)
def _spectrogram(features: FeatureConfig) -> Spectrogram:
    return Spectrogram(features)


def _frames(samples: NDArray[np.float32], features: FeatureConfig) -> NDArray[np.uint8]:
    """The whole spectrogram, (frames, windows, bins), in `SCALE` steps."""
    spectrogram = _spectrogram(features)
    spectrogram.reset()
    whole = np.empty(
        (len(samples) // features.hop_length + 1, len(features.windows), features.n_bins), np.uint8
    )
    n_frames = 0
    for first in range(0, len(samples), _BLOCK):
        frames = spectrogram.push(samples[first : first + _BLOCK])
        np.clip(frames, 0, 1, out=frames)
        frames *= SCALE
        np.rint(frames, out=frames)
        whole[n_frames : n_frames + len(frames)] = frames
        n_frames += len(frames)
    return whole[:n_frames]
