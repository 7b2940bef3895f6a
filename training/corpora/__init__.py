"""Labelled recordings, real and synthesised: `find` yields those of any kind of corpus."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from training.corpora import folder
from training.corpora.recording import Recording, stem

# What each module that is named after a kind of corpus has as `recordings`.
Reader = Callable[[Path, str, Namespace], list[Recording]]


def find(corpora: Sequence[tuple[str, Path]], split: str, options: Namespace) -> list[Recording]:
    """The recordings of all given corpora that belong to a split, variations included.

    Args:
        corpora: (kind, folder), as `--corpus` gives them.
        split: "train" or "test". A corpus without splits of its own is in both; validation pieces
            of one that has them come with those to train on.
        options: the command line's, for what single kinds of corpora need.

    Raises:
        CorpusError: a corpus is missing or empty.
    """
    found: list[Recording] = []
    for kind, path in corpora:
        found += _reader(kind)(path, split, options)
    found = _told_apart(found)
    if not options.variations:
        return found
    # Imported here for the signal processing that it needs, which takes a second to load.
    from training.corpora.recording_variation import varied

    return found + [
        varied(recording, options.first_seed + n * len(found) + i)
        for n in range(options.variations)
        for i, recording in enumerate(found)
    ]


def _told_apart(found: Sequence[Recording]) -> list[Recording]:
    """The recordings, numbered where several have one title; they stay one group."""
    counts: Counter[str] = Counter()
    named = []
    for recording in found:
        counts[recording.title] += 1
        number = counts[recording.title]
        if number > 1:
            recording = replace(
                recording, name=f"{recording.name} ({number})",
                group=recording.group or stem(recording.name),
            )
        named.append(recording)
    return named


def unused(corpora: Sequence[tuple[str, Path]]) -> dict[str, list[str]]:
    """Files in folders of one's own that `find` leaves out: their names, by why."""
    left: dict[str, list[str]] = {}
    for kind, path in corpora:
        if kind == "folder":
            for why, names in folder.unused(path).items():
                left.setdefault(why, []).extend(names)
    return left


def _reader(kind: str) -> Reader:
    # Imported here, because most runs need one of them.
    return cast(Reader, import_module(f"training.corpora.{kind}").recordings)
