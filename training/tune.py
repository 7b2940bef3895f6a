"""Chooses the decoder's settings on validation recordings."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from tqdm import tqdm

from model.config import DecoderConfig
from model.notes import Note, Probabilities
from model.transcriber import Transcriber
from training.corpora.recording import Recording
from training.metrics import NoteScores, matches, note_scores

_ONSET_THRESHOLDS = tuple(np.round(np.arange(0.2, 0.86, 0.05), 2).tolist())
_FRAME_THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_RELEASE_FRAMES = (1, 2, 3, 5)
_MIN_NOTE_MS = (20.0, 40.0, 60.0, 80.0)
# What a right ending and right frames count beside a right onset.
_ENDING_WEIGHT = 0.3
_FRAME_WEIGHT = 0.3

_Cached = tuple[str, list[Note], Probabilities]


def tune(
    recordings: Sequence[Recording], transcriber: Transcriber
) -> tuple[DecoderConfig, dict[str, NoteScores]]:
    """The settings with the best mean over the corpora, and the scores there.

    Thresholds chosen here must be reported on other recordings. Raises CorpusError.
    """
    cached: list[_Cached] = []
    for recording in tqdm(recordings, unit="recording"):
        loaded = recording.load(transcriber.features.sample_rate)
        heard = transcriber.file([loaded.samples])
        probabilities = Probabilities.join(part.probabilities for part in heard)
        if loaded.notes:
            cached.append((recording.corpus, loaded.notes, probabilities))

    best = replace(transcriber.decoder, onset_bias_ms=0.0)
    # One setting after the other: onsets do not depend on how notes end.
    best = _best(cached, transcriber, [replace(best, onset_threshold=t)
                                       for t in _ONSET_THRESHOLDS])
    best = replace(best, onset_bias_ms=_bias_ms(cached, transcriber, best))
    best = _best(cached, transcriber, [replace(best, onset_threshold=t)
                                       for t in _ONSET_THRESHOLDS])
    best = _best(cached, transcriber, [
        replace(best, frame_threshold=threshold, release_frames=frames)
        for threshold, frames in itertools.product(_FRAME_THRESHOLDS, _RELEASE_FRAMES)
    ])
    best = _best(cached, transcriber, [replace(best, min_note_ms=ms) for ms in _MIN_NOTE_MS])
    return best, _scores(cached, transcriber, best)


def _scores(
    cached: Sequence[_Cached], transcriber: Transcriber, decoder: DecoderConfig
) -> dict[str, NoteScores]:
    rows: dict[str, list[NoteScores]] = {}
    for corpus, labelled, probabilities in cached:
        found = transcriber.decode(probabilities, decoder)
        rows.setdefault(corpus, []).append(note_scores(labelled, found))
    return {corpus: NoteScores.mean(scores) for corpus, scores in rows.items()}


def _best(
    cached: Sequence[_Cached], transcriber: Transcriber, candidates: Sequence[DecoderConfig]
) -> DecoderConfig:
    def value(decoder: DecoderConfig) -> float:
        mean = NoteScores.mean(list(_scores(cached, transcriber, decoder).values()))
        return mean.f1 + _ENDING_WEIGHT * mean.f1_offset + _FRAME_WEIGHT * mean.frame_f1

    return max(candidates, key=value)


def _bias_ms(
    cached: Sequence[_Cached], transcriber: Transcriber, decoder: DecoderConfig
) -> float:
    """Median of found minus labelled onset."""
    errors = []
    for _, labelled, probabilities in cached:
        found = transcriber.decode(probabilities, decoder)
        errors += [
            found[j].onset_s - labelled[i].onset_s for i, j in matches(labelled, found)
        ]
    return round(1000 * float(np.median(errors)), 1) if errors else 0.0
