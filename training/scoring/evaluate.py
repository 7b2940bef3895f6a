"""Scores a checkpoint on labelled recordings, the way a player would meet it: as a stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from model.notes import Note, NoteOff, NoteOn, notes_from_events
from model.pitch import N_NOTE_NAMES, NOTE_NAME_OCTAVE
from model.transcriber import Transcriber
from training.corpora.recording import Labelled, Recording
from training.datasets.labels import by_note_name, fold
from training.scoring import moments
from training.scoring.loading import readable
from training.scoring.metrics import (
    ONSET_TOLERANCE_S,
    FrameCounts,
    NoteScores,
    matches,
    note_scores,
)
from training.scoring.moments import MomentScores
from training.scoring.tables import by_name

# Samples that arrive at once: 128 at 44.1 kHz, a usual buffer of a sound card.
BLOCK = 64


@dataclass(frozen=True)
class Scored:
    """One recording.

    Attributes:
        bias_s: found minus labelled onset of each matched note.
        delays_s: moment a note was said minus its labelled onset, of each matched note.
        velocities: labelled and found velocity of each matched note whose label has one.
        confidences: of each found note, and whether it is right.
        seconds: how long the recording is.
        hop_seconds: computing time of each hop of the stream.
        file_speed: seconds of sound that `Transcriber.file` takes in per second.
        n_labelled: notes of the label.
        moments: what sounds at any moment, where a read-out was asked for.
    """

    corpus: str
    name: str
    scores: NoteScores
    bias_s: list[float]
    delays_s: list[float]
    velocities: list[tuple[int, int]]
    confidences: list[tuple[float, bool]]
    seconds: float
    hop_seconds: list[float]
    hop_s: float
    file_speed: float
    n_labelled: int
    moments: MomentScores | None = None


@dataclass(frozen=True)
class Manner:
    """How recordings are scored.

    Attributes:
        only_note_names: compare notes without their octave.
        gain_db: how much louder recordings are made first.
        read_out: one of `model.config.READ_OUTS`, by which moments are scored; "" for none.
        allowed_errors: wrong notes with which a moment still counts as "passed".
    """

    only_note_names: bool = False
    gain_db: float = 0.0
    read_out: str = ""
    allowed_errors: int = 0


def score(
    recording: Recording,
    transcriber: Transcriber,
    manner: Manner = Manner(),
) -> Scored:
    """Streams a recording through the transcriber, in blocks as a sound card gives them.

    Raises:
        CorpusError: the recording cannot be read.
    """
    loaded = recording.load(transcriber.features.sample_rate)
    return score_loaded(recording, loaded, transcriber, manner)


def score_loaded(
    recording: Recording, loaded: Labelled, transcriber: Transcriber, manner: Manner
) -> Scored:
    """The same of a recording that has been read."""
    features = transcriber.features
    samples = loaded.samples * np.float32(10 ** (manner.gain_db / 20))
    stream = transcriber.stream()
    begun: dict[tuple[int, float], float] = {}
    ended: list[NoteOff] = []
    hop_seconds, frames = [], []
    for first in range(0, len(samples), BLOCK):
        started = time.perf_counter()
        heard = stream.push(samples[first : first + BLOCK])
        if len(heard.probabilities):
            hop_seconds.append((time.perf_counter() - started) / len(heard.probabilities))
            frames.append(heard.probabilities.frame)
        _sort(heard.events, begun, ended)
    heard = stream.finish()
    frames.append(heard.probabilities.frame)
    _sort(heard.events, begun, ended)
    labelled, found = loaded.notes, notes_from_events(ended)
    if manner.only_note_names:
        labelled, found = by_note_name(labelled), by_note_name(found)
        begun = _by_note_name(begun)

    started = time.perf_counter()
    for _ in transcriber.file([samples]):
        pass
    seconds = len(samples) / features.sample_rate
    file_speed = seconds / (time.perf_counter() - started)

    pairs = matches(labelled, found)
    right = {j for _, j in matches(labelled, found, ONSET_TOLERANCE_S)}
    heard_at = [begun[note.pitch, note.onset_s] for note in found]
    return Scored(
        recording.corpus,
        recording.name,
        note_scores(labelled, found),
        [found[j].onset_s - labelled[i].onset_s for i, j in pairs],
        [heard_at[j] - labelled[i].onset_s for i, j in pairs],
        [(labelled[i].velocity, found[j].velocity) for i, j in pairs if labelled[i].velocity],
        [(note.confidence, j in right) for j, note in enumerate(found)],
        seconds,
        hop_seconds,
        features.hop_length / features.sample_rate,
        file_speed,
        len(labelled),
        _moments(labelled, np.concatenate(frames), transcriber, manner, seconds)
        if manner.read_out else None,
    )


def _moments(
    labelled: Sequence[Note],
    frames: NDArray[np.float32],
    transcriber: Transcriber,
    manner: Manner,
    length_s: float,
) -> MomentScores:
    network = transcriber.network_config
    if manner.only_note_names:
        network, frames = replace(network, only_note_names=True), fold(frames)
    return moments.score(
        labelled, frames, transcriber.features, network, read_out=manner.read_out,
        threshold=transcriber.decoder.frame_threshold, length_s=length_s,
        allowed_errors=manner.allowed_errors,
    )


def score_all(
    recordings: Sequence[Recording], transcriber: Transcriber, manner: Manner
) -> tuple[list[Scored], list[str]]:
    """Scores every recording on one core, as the live program runs.

    Returns:
        The scores, and one sentence for each recording that cannot be read.
    """
    torch.set_num_threads(1)
    failures: list[str] = []
    results = [
        score_loaded(recording, loaded, transcriber, manner)
        for recording, loaded in readable(
            recordings, transcriber.features.sample_rate, failures
        )
    ]
    return results, failures


def by_recording(results: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """The scores of each recording, by "corpus/name"; see `summary`."""
    return by_name((f"{result.corpus}/{result.name}", _row([result])) for result in results)


def summary(results: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Means over the recordings of each corpus, and over the corpora as "mean".

    A recording without a labelled note has no note and frame scores, and is not in their means: it
    tells only how many false notes are heard in 10 s.

    Delays and biases are in milliseconds, pooled over a corpus; `hop_mean` and `hop_p99` are
    shares of a hop.
    """
    table = {
        corpus: _row([result for result in results if result.corpus == corpus])
        for corpus in sorted({result.corpus for result in results})
    }
    keys = next(iter(table.values())).keys() if table else ()
    mean = {key: _mean([row[key] for row in table.values()]) for key in keys}
    mean.pop("recordings", None)
    return table | {"mean": mean}


def _row(rows: Sequence[Scored]) -> dict[str, float]:
    nothing = NoteScores(*[float("nan")] * 5)
    mean = NoteScores.mean([row.scores for row in rows if row.n_labelled] or [nothing])
    seconds = sum(row.seconds for row in rows)
    false = sum(not right for row in rows for _, right in row.confidences)
    return {
        "recordings": len(rows),
        "note": mean.f1,
        "precision": mean.precision,
        "recall": mean.recall,
        "note+off": mean.f1_offset,
        "frame": mean.frame_f1,
        "bias_ms": 1000 * _quantile((b for row in rows for b in row.bias_s), 0.5),
        "delay_ms": 1000 * _quantile((d for row in rows for d in row.delays_s), 0.5),
        "delay_p95_ms": 1000 * _quantile((d for row in rows for d in row.delays_s), 0.95),
        "hop_mean": float(np.mean([s for r in rows for s in r.hop_seconds])) / rows[0].hop_s,
        "hop_p99": _quantile((s for r in rows for s in r.hop_seconds), 0.99) / rows[0].hop_s,
        "file_speed": float(np.median([row.file_speed for row in rows])),
        "velocity": _rank_correlation([pair for row in rows for pair in row.velocities]),
        "per_10_s": 10 * sum(len(row.confidences) for row in rows) / seconds,
        "false_per_10_s": 10 * false / seconds,
    }


def moment_table(results: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Scores at moments of each corpus, its recordings pooled; empty where none were read out.

    `begin_ms` and `end_ms` are medians of read minus true times, `edges_p95_ms` the 95th percentile
    of how far either is off.
    """
    table = {}
    for corpus in sorted({result.corpus for result in results}):
        read = [r.moments for r in results if r.corpus == corpus and r.moments is not None]
        if read:
            begins = [value for scores in read for value in scores.begins_s]
            ends = [value for scores in read for value in scores.ends_s]
            table[corpus] = FrameCounts.sum(scores.counts for scores in read).scores() | {
                "begin_ms": 1000 * _quantile(begins, 0.5),
                "end_ms": 1000 * _quantile(ends, 0.5),
                "edges_p95_ms": 1000 * _quantile(map(abs, [*begins, *ends]), 0.95),
            }
    return table


def reliability(results: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """How many of the notes of each confidence are right: a row for each tenth that has notes.

    Every corpus counts the same, whatever the number of its notes; "mean" is all of them.
    """
    said: dict[str, list[tuple[float, bool]]] = {
        corpus: [] for corpus in {result.corpus for result in results}
    }
    for result in results:
        said[result.corpus] += result.confidences
    # Confidence, whether it is right, and what the note counts.
    rows = np.array(
        [(*pair, 1 / len(pairs)) for pairs in said.values() for pair in pairs]
    ).reshape(-1, 3)
    tenth = np.minimum((rows[:, 0] * 10).astype(int), 9)
    shares = {f"{step / 10:.1f} to {(step + 1) / 10:.1f}": tenth == step for step in range(10)}
    shares["mean"] = np.ones(len(rows), bool)
    return {
        name: {
            "notes": float(inside.sum()),
            "confidence": float(np.average(rows[inside, 0], weights=rows[inside, 2])),
            "right": float(np.average(rows[inside, 1], weights=rows[inside, 2])),
        }
        for name, inside in shares.items()
        if inside.any()
    }


def _mean(values: Sequence[float]) -> float:
    """Of those that are numbers; nan when none is."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _rank_correlation(pairs: Sequence[tuple[int, int]]) -> float:
    """Spearman's; nan when no velocity, or only one, is known."""
    if len({labelled for labelled, _ in pairs}) < 2 or len({found for _, found in pairs}) < 2:
        return float("nan")
    import scipy.stats

    labelled, found = zip(*pairs, strict=True)
    return float(scipy.stats.spearmanr(labelled, found).statistic)


def _by_note_name(begun: dict[tuple[int, float], float]) -> dict[tuple[int, float], float]:
    """When the first note of each name and onset was heard, as `by_note_name` names them."""
    folded: dict[tuple[int, float], float] = {}
    for (pitch, onset_s), heard_s in begun.items():
        key = NOTE_NAME_OCTAVE + pitch % N_NOTE_NAMES, onset_s
        folded[key] = min(heard_s, folded.get(key, heard_s))
    return folded


def _sort(
    events: Iterable[NoteOn | NoteOff],
    begun: dict[tuple[int, float], float],
    ended: list[NoteOff],
) -> None:
    for event in events:
        if isinstance(event, NoteOn):
            begun[event.pitch, event.onset_s] = event.heard_s
        else:
            ended.append(event)


def _quantile(values: Iterable[float], share: float) -> float:
    listed = list(values)
    return float(np.quantile(listed, share)) if listed else float("nan")
