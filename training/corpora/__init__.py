"""Labelled recordings, real and synthesised: `find` yields those of any kind of corpus."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from training.corpora.recording import Recording


def find(corpora: Sequence[tuple[str, Path]], split: str, options: Namespace) -> list[Recording]:
    """The recordings of all given corpora that belong to a split, variations included.

    Args:
        corpora: (kind, folder), as `--corpus` gives them.
        split: "train" or "test". A corpus without splits of its own is in both.
        options: the command line's, for what single kinds of corpora need.

    Raises:
        CorpusError: a corpus is missing or empty.
    """
    # Readers are imported here: most runs need one of them.
    found: list[Recording] = []
    for kind, folder in corpora:
        found += _reader(kind)(folder, split, options)
    return found + _variations(found, options)


def _variations(found: Sequence[Recording], options: Namespace) -> list[Recording]:
    from training.augment import Variation

    return [
        Variation(recording, options.first_seed + n * len(found) + i)
        for n in range(options.variations)
        for i, recording in enumerate(found)
    ]


def _reader(kind: str):  # noqa: ANN202
    from importlib import import_module

    return import_module(f"training.corpora.{kind}").recordings
