"""How long after it began each kind of onset is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.config import DecoderConfig
from model.notes import Note, Probabilities
from model.transcriber import Transcriber
from training.scoring.metrics import matches

# Corpus, labelled notes, and what the network said of a recording.
Cached = tuple[str, list[Note], Probabilities]

# So much is taken from the influence of what was half heard before where there is little of it.
_RIDGE = 1e-4


def timed(
    cached: Sequence[Cached], transcriber: Transcriber, decoder: DecoderConfig
) -> DecoderConfig:
    """The decoder with its times moved so that its onsets come as often too early as too late.

    Sure onsets by least squares over what was heard there and on the two frames before, late ones
    and those that were only held by their mean, every corpus counting the same; all times by the
    median of sure onsets. Kinds that were not found keep a bias of 0.
    """
    untimed = replace(
        decoder, onset_bias_ms=0.0, onset_rise_ms=(0.0, 0.0, 0.0), late_bias_ms=0.0,
        held_bias_ms=0.0,
    )  # fmt: skip
    without_held = replace(untimed, held_frames=0)
    without_late = replace(without_held, late_threshold=0.0)
    sure, late, held = _lateness(cached, transcriber, (without_late, without_held, untimed))
    if not len(sure):
        return untimed
    bias_ms = float(np.median(sure[:, 1]))
    weights, errors, before = sure[:, 0], sure[:, 1] - bias_ms, sure[:, 2:]
    asked = np.column_stack([np.ones(len(sure)), before])
    normal = (asked * weights[:, None]).T @ asked + _RIDGE * np.diag([0.0, 1.0, 1.0, 1.0])
    fitted = np.linalg.solve(normal, (asked * weights[:, None]).T @ errors)

    def mean(rows: NDArray[np.float64]) -> float:
        if not len(rows):
            return 0.0
        return round(float(np.average(rows[:, 1], weights=rows[:, 0])) - bias_ms, 1)

    return replace(
        untimed,
        onset_bias_ms=round(bias_ms, 1),
        onset_rise_ms=tuple(np.round(fitted, 1).tolist()),
        late_bias_ms=mean(late),
        held_bias_ms=mean(held),
    )


def _lateness(
    cached: Sequence[Cached], transcriber: Transcriber, decoders: Sequence[DecoderConfig]
) -> list[NDArray[np.float64]]:
    """Of the notes that each decoder says and those before it do not, those with a label.

    Each a row: weight, found minus labelled onset in ms, and the onset probability of the pitch one
    frame before its own, two frames before and on its own.
    """
    features, network = transcriber.features, transcriber.network_config
    hop_s = features.hop_length / features.sample_rate
    rows: list[dict[str, list[tuple[float, ...]]]] = [{} for _ in decoders]
    for corpus, labelled, probabilities in cached:
        said: set[tuple[int, float]] = set()
        for kind, decoder in zip(rows, decoders, strict=True):
            found = transcriber.decode(probabilities, decoder)
            for i, j in matches(labelled, found):
                note = found[j]
                # The decoder takes the middle of a frame.
                frame = round(note.onset_s / hop_s - 0.5) + network.delay_frames
                if frame >= 2 and (note.pitch, note.onset_s) not in said:
                    onset = probabilities.onset[:, note.pitch - network.lowest_pitch]
                    error_ms = 1000 * (note.onset_s - labelled[i].onset_s)
                    kind.setdefault(corpus, []).append(
                        (error_ms, *onset[[frame - 1, frame - 2, frame]].tolist())
                    )
            said |= {(note.pitch, note.onset_s) for note in found}
    return [
        np.array([(1 / len(heard), *row) for heard in kind.values() for row in heard])
        for kind in rows
    ]
