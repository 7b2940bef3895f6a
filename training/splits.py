"""Which pieces are held out of training: never a part of what belongs together."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from training.datasets.clip_dataset import ClipFile
from training.errors import DataError


def hold_out(
    files: Sequence[ClipFile], share: float, seed: int, already: Iterable[str] = ()
) -> list[str]:
    """Names of the pieces to hold out: those that a corpus's authors chose, else about this share.

    Of a corpus of two groups or more, at least one is held out, and never all. What belongs to one
    group stays on one side, whatever corpus it is in: the variations of a recording, recordings of
    one name, those of one composition where that is known.

    Args:
        already: pieces that were held out before and must stay so; with any of them no others are,
            but what belongs to their groups.

    Raises:
        DataError: there are no two groups to part.
    """
    groups = _groups(files)
    wanted = {groups[name] for name in _known(already, groups)}
    if not wanted:
        wanted = _drawn(files, groups, share, seed)
        if not wanted:
            raise DataError(
                "train-val needs a corpus of two pieces or more that do not belong together, to "
                "hold one out"
            )
    return sorted(name for name, group in groups.items() if group in wanted)


def held_out_by(files: Sequence[ClipFile], validation: Sequence[ClipFile]) -> list[str]:
    """Names of the pieces of validation files, and of all in `files` that belong to them.

    Raises:
        DataError: they were made in different ways.
    """
    for file in validation:
        unlike = files[0].format.difference(file.format)
        if unlike:
            raise DataError(f"{files[0].path} and {file.path} differ: {unlike}")
    groups = _groups([*files, *validation])
    wanted = {groups[name] for file in validation for name in _names(file)}
    return sorted(name for name, group in groups.items() if group in wanted)


def _names(file: ClipFile) -> list[str]:
    """Of the pieces that are used."""
    return [file.names[piece] for piece in np.unique(file.pieces)]


def _groups(files: Sequence[ClipFile]) -> dict[str, str]:
    """The group of each piece that is used, by name."""
    return {
        file.names[piece]: file.groups[piece] for file in files for piece in np.unique(file.pieces)
    }


def _known(names: Iterable[str], groups: dict[str, str]) -> list[str]:
    """Those of the names, or of their variations, that are here."""
    wanted = {_original(name) for name in names}
    return [name for name in groups if _original(name) in wanted]


def _drawn(
    files: Sequence[ClipFile], groups: dict[str, str], share: float, seed: int
) -> set[str]:
    """The groups that are held out."""
    # Recordings by corpus and group; variations do not count.
    corpora: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, group in groups.items():
        corpora[name.partition("/")[0]][group].add(_original(name))
    chosen = {
        file.names[piece]
        for file in files
        for piece in np.unique(file.pieces)
        if file.splits[piece] == "validation"
    }
    wanted = {groups[name] for name in chosen}
    settled = {name.partition("/")[0] for name in chosen}

    def missing(held: Mapping[str, set[str]]) -> int:
        """How many recordings of a corpus are yet to be held out."""
        count = max(1, round(share * sum(map(len, held.values()))))
        return count - sum(len(held[group]) for group in wanted & held.keys())

    def spares(group: str) -> bool:
        """Whether every corpus keeps a group to train on without this one."""
        return all(held.keys() - wanted - {group} for held in corpora.values() if group in held)

    def fits(group: str) -> bool:
        return spares(group) and all(
            len(held[group]) <= missing(held) for held in corpora.values() if group in held
        )

    # Small corpora first: a large one finds others among its own where theirs are not enough.
    for corpus, held in sorted(corpora.items(), key=lambda item: (len(item[1]), item[0])):
        if corpus in settled:
            continue
        order = random.Random(f"{seed}/{corpus}").sample(sorted(held), len(held))
        for group in order:
            if group not in wanted and fits(group):
                wanted.add(group)
        if not wanted & held.keys():
            # All are larger than the share.
            wanted.update(sorted(filter(spares, order), key=lambda group: len(held[group]))[:1])
    return wanted


def _original(name: str) -> str:
    """The recording behind a piece; `training.corpora.recording_variation` names variations so."""
    return name.partition("~")[0]
