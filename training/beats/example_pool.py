"""Examples are dear: each is drawn a few times, but for those of a first pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

Example = TypeVar("Example", bound=tuple[Any, ...])

# Examples that are kept to be drawn again.
_KEPT = 1200


def pooled_batches(
    fresh: Callable[[], Sequence[Example]], size: int, n_fresh: int, rng: np.random.Generator
) -> Iterator[Example]:
    """Batches without end: of so many examples, of which so many or a few more are new.

    Args:
        fresh: makes one example or several; named tuples of arrays of one shape.
    """
    pool: list[Example] = []
    while len(pool) < size:
        pool += fresh()
    while True:
        made: list[Example] = []
        while len(made) < n_fresh:
            made += fresh()
        again = rng.choice(len(pool), size - n_fresh, replace=False)
        drawn = [*made[:n_fresh], *(pool[index] for index in again)]
        pool = [*pool, *made][-_KEPT:]
        yield type(made[0])(*(np.stack(arrays) for arrays in zip(*drawn, strict=True)))
