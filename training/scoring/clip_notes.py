"""Notes of pieces that come as clips: what the decoder makes of them, against what is labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.notes import Note, Probabilities, notes_from_events
from training.scoring.metrics import NoteScores, note_scores
from training.trainer import distributed

_TARGETS = ("onset", "offset", "velocity")


class ClipNotes:
    """Joins clips that follow each other, decodes them as one stream and scores its notes.

    Frames speak of themselves here: a network's delay has been taken out before.
    """

    def __init__(
        self,
        corpora: Sequence[str],
        features: FeatureConfig,
        decoder: DecoderConfig,
        *,
        only_note_names: bool,
    ) -> None:
        """Args: `corpora` are all that any process may add clips of."""
        self._features = features
        self._network = NetworkConfig(delay_frames=0, only_note_names=only_note_names)
        self._decoder = decoder
        self._corpus, self._next = "", (-1, -1)
        self._said: list[tuple[NDArray[np.float32], ...]] = []
        self._true: list[tuple[NDArray[np.float32], ...]] = []
        self._found: dict[str, list[NoteScores]] = {corpus: [] for corpus in corpora}

    def add(
        self,
        corpus: str,
        place: tuple[int, int],
        onset: NDArray[np.float32],
        frame: NDArray[np.float32],
        velocity: NDArray[np.float32],
        labels: Mapping[str, NDArray[np.float32]],
    ) -> None:
        """Takes a further clip, without what it shares with its neighbours.

        Args:
            place: piece and row; a clip of the same piece in the next row goes on where this ends.
            onset, frame, velocity: probabilities (frames, pitches).
            labels: "onset", "offset" and "velocity" as `training.datasets.labels.Targets` has them.
        """
        if place != self._next:
            self._end()
        self._corpus, self._next = corpus, (place[0], place[1] + 1)
        self._said.append((onset, frame, velocity))
        self._true.append(tuple(labels[name] for name in _TARGETS))

    def scores(self) -> dict[str, dict[str, float]]:
        """Means over the pieces of each corpus that bear notes, those of all processes.

        Not a number where a corpus has none.
        """
        self._end()
        table = {}
        for corpus, rows in self._found.items():
            sums = [[row.f1, row.precision, row.recall, row.f1_offset, 1.0] for row in rows]
            total = torch.tensor(sums, dtype=torch.float64).reshape(-1, 5).sum(dim=0)
            *values, count = distributed.total(total).tolist()
            names = ("note_f1", "note_precision", "note_recall", "note_offset_f1")
            table[corpus] = {
                name: value / count if count else float("nan")
                for name, value in zip(names, values, strict=True)
            }
        return table

    def _end(self) -> None:
        """Scores the stream that has come together, if it bears notes."""
        if not self._said:
            return
        onset, frame, velocity = map(np.concatenate, zip(*self._said, strict=True))
        labels = [np.concatenate(arrays) for arrays in zip(*self._true, strict=True)]
        self._said, self._true = [], []
        hop_s = self._features.hop_length / self._features.sample_rate
        labelled = notes_of(*labels, hop_s=hop_s, lowest_pitch=self._network.lowest_pitch)
        if not labelled:
            return
        decoder = Decoder(self._decoder, self._features, self._network)
        end_s = len(onset) * hop_s
        events = decoder.push(Probabilities(onset, frame, velocity), end_s)
        found = notes_from_events([*events, *decoder.flush(end_s)])
        self._found[self._corpus].append(note_scores(labelled, found))


def notes_of(
    onset: NDArray[np.float32],
    offset: NDArray[np.float32],
    velocity: NDArray[np.float32],
    *,
    hop_s: float,
    lowest_pitch: int,
) -> list[Note]:
    """The notes that labels (frames, pitches) were made of, to the middle of a hop.

    Notes that had begun before the first frame are left out.
    """
    notes = []
    for pitch in np.flatnonzero(onset.any(axis=0)).tolist():
        begins = _rises(onset[:, pitch])
        ends = _rises(offset[:, pitch])
        for begin, following in zip(begins, [*begins[1:], len(onset)], strict=True):
            later = ends[np.searchsorted(ends, begin, side="right") :]
            end = min(int(later[0]) if len(later) else len(onset), int(following))
            notes.append(
                Note(
                    (begin + 0.5) * hop_s, max(end, begin + 1) * hop_s, pitch + lowest_pitch,
                    round(float(velocity[begin, pitch])),
                )
            )
    return sorted(notes)


def _rises(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Where values of 0 and 1 become 1."""
    return np.flatnonzero(np.diff(values > 0.5, prepend=False) & (values > 0.5))
