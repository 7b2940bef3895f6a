"""What a labelled recording is: sound and its notes, loaded when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.notes import Note

# Labels that run on after the sound are common by a note or two; more means a file cut short.
_MOST_AFTER_THE_END = 0.05


class CorpusError(ValueError):
    """A corpus or one of its recordings cannot be used; the message names which and why."""


@dataclass(frozen=True)
class Labelled:
    """Mono samples with their notes.

    Attributes:
        samples: shape (any,), float32, at the rate that was asked for.
        notes: in order of onset; velocity 0 where it is not known.
        changes: what was changed or left out on the way here, in words that follow a number, and
            how often, as {"pitches rounded to whole numbers": 3}.
    """

    samples: NDArray[np.float32]
    notes: list[Note]
    changes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """One recording of a corpus. It is picklable, and small until `load` is called.

    Its text (`repr`) names all that its sound and notes follow from.

    Attributes:
        corpus: name of the corpus, for scores by corpus.
        name: unique within its corpus.
        split: "train", "validation" or "test"; a corpus without splits of its own says what it was
            asked for.
        licence: under which terms its authors publish it; "unknown" where nothing says so.
        source: where it lies, or what it is made from: the first arguments of `read`.
        read: a function of a module (so that another process can be handed it) that takes `source`
            and a sample rate, and gives sound and notes. Raises CorpusError.
        group: recordings of one group, in whatever corpus, are trained on or validated with as a
            whole: those of one composition. Without one, those of one `stem` are a group.
    """

    corpus: str
    name: str
    split: str
    licence: str
    source: tuple[Any, ...]
    read: Callable[..., Labelled] = field(repr=False)
    group: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        """As data files name it: "corpus/name"."""
        return f"{self.corpus}/{self.name}"

    def load(self, sample_rate: int) -> Labelled:
        """Reads or renders the recording, and leaves out notes that begin after its end.

        Raises:
            CorpusError: it cannot be read, or what was read makes no sense; the message names it.
        """
        loaded = self.read(*self.source, sample_rate)
        samples = loaded.samples
        if samples.ndim != 1 or not len(samples):
            raise CorpusError(f"{self.title}: there is no sound in it")
        if not np.isfinite(samples).all():
            raise CorpusError(f"{self.title}: some samples are not numbers")
        for note in loaded.notes:
            if not 0 <= note.velocity <= 127:
                raise CorpusError(
                    f"{self.title}: the note at {note.onset_s:.3f} s has a velocity "
                    f"of {note.velocity}, which is not within 0 to 127"
                )
            if not (0 <= note.onset_s <= note.offset_s < np.inf and 0 <= note.pitch <= 127):
                raise CorpusError(
                    f"{self.title}: a note from {note.onset_s} to {note.offset_s} s "
                    f"of pitch {note.pitch} makes no sense"
                )
        end_s = len(samples) / sample_rate
        inside = sorted(note for note in loaded.notes if note.onset_s < end_s)
        after = len(loaded.notes) - len(inside)
        if after > 1 + _MOST_AFTER_THE_END * len(loaded.notes):
            raise CorpusError(
                f"{self.title}: {after} of {len(loaded.notes)} notes begin after the "
                f"sound ends at {end_s:.1f} s; the file is cut short"
            )
        changes = dict(loaded.changes)
        if after:
            changes["notes after the end of the sound left out"] = after
        return Labelled(np.asarray(samples, np.float32), inside, changes)


def stem(name: str) -> str:
    """What a piece is called without its corpus, its folders and the number of its variation."""
    return name.rpartition("/")[2].partition("~")[0].casefold()
