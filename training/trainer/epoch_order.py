"""Which clips an epoch takes, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from training.datasets.clip_dataset import ClipFile


class EpochOrder:
    """Batches of clip indices of one epoch, shuffled by seed and epoch; can start in the middle.

    An epoch has as many clips as there are. Without shares it has each of them once. With shares
    each file gives its part of the epoch, in an order of its own that goes on from one epoch to
    the next, so that all of its clips come equally often.

    Attributes:
        epoch, skip: set them before the epoch is iterated: which it is, and the batches of it that
            were taken before.
    """

    def __init__(
        self,
        n_clips: int | Sequence[int],
        batch_size: int,
        seed: int,
        shares: Sequence[float] = (),
    ) -> None:
        """Args: `n_clips` of each file, or of all; `shares` one for each file, or none."""
        self._sizes = [n_clips] if isinstance(n_clips, int) else list(n_clips)
        self._shares = list(shares)
        self.n_clips = sum(self._sizes)
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0
        self.skip = 0

    @classmethod
    def of(cls, files: Sequence[ClipFile], batch_size: int, seed: int) -> EpochOrder:
        """Of the clips of files, by their shares if they have any."""
        shares = [file.share for file in files]
        return cls(
            [file.n_clips for file in files], batch_size, seed, shares if any(shares) else ()
        )

    def __len__(self) -> int:
        return self.n_clips // self.batch_size

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(self._drawn() if self._shares else self.n_clips)
        for batch in range(self.skip, len(self)):
            yield order[batch * self.batch_size : (batch + 1) * self.batch_size].tolist()

    def _drawn(self) -> NDArray[np.int64]:
        """The clips of this epoch by the files' shares."""
        # Files without a clip have nothing to give; parts of a clip go to the files that follow.
        shares = np.where(np.array(self._sizes) > 0, self._shares, 0.0)
        ends = np.round(np.cumsum(shares) / shares.sum() * self.n_clips).astype(int)
        found, first = [], 0
        for number, (size, count) in enumerate(
            zip(self._sizes, np.diff(ends, prepend=0).tolist(), strict=True)
        ):
            before = self.epoch * count
            for turn in range(before // max(size, 1), -(-(before + count) // max(size, 1))):
                own = np.random.default_rng([self.seed, number, turn]).permutation(size)
                at = turn * size
                found.append(first + own[max(0, before - at) : before + count - at])
            first += size
        return np.concatenate(found)
