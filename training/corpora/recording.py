"""What a labelled recording is: sound and its notes, loaded when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.notes import Note


class CorpusError(ValueError):
    """A corpus or one of its recordings cannot be used; the message names which and why."""


@dataclass(frozen=True)
class Labelled:
    """Mono samples with their notes.

    Attributes:
        samples: shape (any,), float32, at the rate that was asked for.
        notes: in order of onset; velocity 0 where it is not known.
    """

    samples: NDArray[np.float32]
    notes: list[Note]


class Recording(Protocol):
    """One recording of a corpus. It is picklable and small until `load` is called."""

    @property
    def name(self) -> str:
        """Unique within its corpus."""
        ...

    @property
    def corpus(self) -> str:
        """Name of the corpus, for scores by corpus."""
        ...

    @property
    def licence(self) -> str:
        """Under which terms its authors publish it; "unknown" where nothing says so."""
        ...

    def load(self, sample_rate: int) -> Labelled:
        """Reads or renders the recording.

        Raises:
            CorpusError: it cannot be read; the message names it.
        """
        ...
