"""Chooses the decoder's settings on validation recordings.

The network runs once over each recording; all settings are tried on what it said. Onsets do not
depend on how notes end, so one setting is chosen after the other: a grid over all of them at once
would take hundreds of times as long.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from model.config import DecoderConfig
from model.notes import Probabilities
from model.transcriber import Transcriber
from training.corpora.recording import CorpusError, Recording
from training.datasets.labels import by_note_name
from training.scoring.loading import readable
from training.scoring.metrics import ONSET_TOLERANCE_S, NoteScores, matches, note_scores
from training.tuning.timing import Cached, timed

_ONSET_THRESHOLDS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_CONFIRM_THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7)
# Above .75 so many notes would wait for their confirmation that the delay of all suffers.
_ONSET_THRESHOLDS_BESIDE_LATE = (0.55, 0.6, 0.65, 0.7, 0.75)
_LATE_THRESHOLDS = (0.3, 0.4, 0.5, 0.6)
_LATE_CONFIRM_THRESHOLDS = (0.6, 0.7, 0.8)
# Neither is chosen here: rendered recordings have hardly any note whose attack cannot be heard, and
# they do not see delay. Both were compared on labelled real recordings (docs/experiments.md), where
# one frame more of either finds as many notes, later.
_LATE_FRAMES = 1
_HELD_FRAMES = 2
_FRAME_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_RELEASE_FRAMES = (1, 2, 3, 5)
_CONFIDENCE_BINS = 12
_MIN_NOTE_MS = (20.0, 40.0, 60.0, 80.0)
# What a right ending and right frames count beside a right onset. Endings count little: in a room,
# or under a pedal, nobody can say to 50 ms where a note ends.
_ENDING_WEIGHT = 0.1
_FRAME_WEIGHT = 0.3


def tune(
    recordings: Sequence[Recording],
    transcriber: Transcriber,
    failures: list[str] | None = None,
) -> tuple[DecoderConfig, dict[str, NoteScores]]:
    """The settings with the best mean over the corpora, and the scores there.

    Thresholds chosen here must be reported on other recordings.

    Args:
        failures: a sentence is added for each recording that cannot be read.

    Raises:
        CorpusError: none of the recordings can be read and bears a note.
    """
    failures = [] if failures is None else failures
    cached: list[Cached] = []
    sample_rate = transcriber.features.sample_rate
    for recording, loaded in readable(recordings, sample_rate, failures):
        heard = transcriber.file([loaded.samples])
        probabilities = Probabilities.join(part.probabilities for part in heard)
        if loaded.notes:
            only_names = transcriber.network_config.only_note_names
            notes = by_note_name(loaded.notes) if only_names else loaded.notes
            cached.append((recording.corpus, notes, probabilities))
    if not cached:
        raise CorpusError("; ".join([
            f"none of the {len(recordings)} recordings bears a note to tune on", *failures[:3]
        ]))
    best = chosen(cached, transcriber)
    return best, _scores(cached, transcriber, best)


def chosen(cached: Sequence[Cached], transcriber: Transcriber) -> DecoderConfig:
    """The settings with the best mean over the corpora, of what was heard of their recordings."""
    plain = DecoderConfig(late_frames=_LATE_FRAMES, read_out=transcriber.decoder.read_out)
    best = _best(cached, transcriber, [
        replace(plain, onset_threshold=threshold) for threshold in _ONSET_THRESHOLDS
    ])
    # Biases move onsets in and out of the tolerance: take them out before going on, those of late
    # notes too, of whichever are said at a usual setting.
    usual = replace(best, late_threshold=_LATE_THRESHOLDS[1], held_frames=_HELD_FRAMES)
    best = replace(timed(cached, transcriber, usual), late_threshold=0.0, held_frames=0)
    best = _best(cached, transcriber, [
        replace(best, onset_threshold=onset, confirm_threshold=confirm)
        for onset, confirm in itertools.product(_ONSET_THRESHOLDS, _CONFIRM_THRESHOLDS)
    ])
    best = _best_endings(cached, transcriber, best)
    best = _best(cached, transcriber, [best, *(
        replace(
            best, onset_threshold=onset, late_threshold=late, late_confirm_threshold=confirm
        )
        for onset, late, confirm in itertools.product(
            _ONSET_THRESHOLDS_BESIDE_LATE, _LATE_THRESHOLDS, _LATE_CONFIRM_THRESHOLDS
        )
        if late < onset
    )])
    # A late note begins only where none sounds: endings matter more now.
    best = _best_endings(cached, transcriber, best)
    best = _best(cached, transcriber, [replace(best, min_note_ms=ms) for ms in _MIN_NOTE_MS])
    best = timed(cached, transcriber, replace(best, held_frames=_HELD_FRAMES))
    without_held = replace(best, held_frames=0)
    without_late = replace(without_held, late_threshold=0.0)
    best = replace(
        best, reliability=reliability(cached, transcriber, best),
        late_confidence=share_right(cached, transcriber, without_held, without_late),
        held_confidence=share_right(cached, transcriber, best, without_held),
    )
    return best


def _scores(
    cached: Sequence[Cached], transcriber: Transcriber, decoder: DecoderConfig
) -> dict[str, NoteScores]:
    rows: dict[str, list[NoteScores]] = {}
    for corpus, labelled, probabilities in cached:
        found = transcriber.decode(probabilities, decoder)
        rows.setdefault(corpus, []).append(note_scores(labelled, found))
    return {corpus: NoteScores.mean(scores) for corpus, scores in rows.items()}


def _best(
    cached: Sequence[Cached], transcriber: Transcriber, candidates: Sequence[DecoderConfig]
) -> DecoderConfig:
    def value(decoder: DecoderConfig) -> float:
        mean = NoteScores.mean(list(_scores(cached, transcriber, decoder).values()))
        return mean.f1 + _ENDING_WEIGHT * mean.f1_offset + _FRAME_WEIGHT * mean.frame_f1

    return max(candidates, key=value)


def _best_endings(
    cached: Sequence[Cached], transcriber: Transcriber, decoder: DecoderConfig
) -> DecoderConfig:
    return _best(cached, transcriber, [
        replace(decoder, frame_threshold=threshold, release_frames=frames)
        for threshold, frames in itertools.product(_FRAME_THRESHOLDS, _RELEASE_FRAMES)
    ])


def share_right(
    cached: Sequence[Cached],
    transcriber: Transcriber,
    decoder: DecoderConfig,
    without: DecoderConfig,
) -> float:
    """How many are right of the notes that a decoder says, and one without one of its rules not.

    Every corpus counts the same; 0 when there are no such notes.
    """
    rows: dict[str, list[bool]] = {}
    for corpus, labelled, probabilities in cached:
        others = transcriber.decode(probabilities, without)
        begun = {(note.pitch, note.onset_s) for note in others}
        found = transcriber.decode(probabilities, decoder)
        right = {j for _, j in matches(labelled, found, ONSET_TOLERANCE_S)}
        rows.setdefault(corpus, []).extend(
            j in right for j, note in enumerate(found) if (note.pitch, note.onset_s) not in begun
        )
    shares = [float(np.mean(values)) for values in rows.values() if values]
    return round(float(np.mean(shares)), 4) if shares else 0.0


def reliability(
    cached: Sequence[Cached], transcriber: Transcriber, decoder: DecoderConfig
) -> tuple[tuple[float, float], ...]:
    """Share of right notes by onset probability, every corpus counting the same."""
    sure = replace(decoder, reliability=(), late_threshold=0.0, held_frames=0)
    # Players see unsure notes too, and may lower the threshold: what it then says more is counted
    # as well. A note that is heard to begin at a lower one has another probability there.
    lower = [threshold for threshold in _ONSET_THRESHOLDS if threshold < decoder.onset_threshold]
    said: dict[str, list[tuple[float, bool]]] = {}
    for corpus, labelled, probabilities in cached:
        for least, most in itertools.pairwise([*lower, decoder.onset_threshold, 1.0]):
            found = transcriber.decode(probabilities, replace(sure, onset_threshold=least))
            right = {j for _, j in matches(labelled, found, ONSET_TOLERANCE_S)}
            said.setdefault(corpus, []).extend(
                (note.confidence, j in right)
                for j, note in enumerate(found)
                if least <= note.confidence < most
            )
    rows = np.array(
        sorted((*pair, 1 / len(pairs)) for pairs in said.values() for pair in pairs)
    ).reshape(-1, 3)
    points = [(0.0, 0.0)]
    for part in np.array_split(rows, _CONFIDENCE_BINS):
        if len(part):
            onset = round(float(np.average(part[:, 0], weights=part[:, 2])), 4)
            share = round(float(np.average(part[:, 1], weights=part[:, 2])), 4)
            # A more probable onset is never less sure, whatever the few notes of a bin say.
            if onset > points[-1][0]:
                points.append((onset, max(points[-1][1], share)))
    return tuple(points)
