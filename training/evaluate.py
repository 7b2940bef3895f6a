"""Scores a checkpoint on labelled recordings, the way a player would meet it: as a stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from model.notes import NoteOff, NoteOn, notes_from_events
from model.transcriber import Transcriber
from training.corpora.recording import Recording
from training.metrics import NoteScores, matches, note_scores

# Samples that arrive at once, as from a sound card.
BLOCK = 256


@dataclass(frozen=True)
class Scored:
    """One recording.

    Attributes:
        bias_s: found minus labelled onset of each matched note.
        delays_s: moment a note was said minus its labelled onset, of each matched note.
        velocities: labelled and found velocity of each matched note whose label has one.
        hop_seconds: computing time of each hop of the stream.
        file_speed: seconds of sound that `Transcriber.file` takes in per second.
    """

    corpus: str
    name: str
    scores: NoteScores
    bias_s: list[float]
    delays_s: list[float]
    velocities: list[tuple[int, int]]
    hop_seconds: list[float]
    hop_s: float
    file_speed: float


def score(recording: Recording, transcriber: Transcriber) -> Scored:
    """Streams a recording through the transcriber. Raises CorpusError."""
    features = transcriber.features
    loaded = recording.load(features.sample_rate)
    stream = transcriber.stream()
    begun: dict[tuple[int, float], float] = {}
    ended: list[NoteOff] = []
    hop_seconds = []
    for first in range(0, len(loaded.samples), BLOCK):
        started = time.perf_counter()
        heard = stream.push(loaded.samples[first : first + BLOCK])
        if len(heard.probabilities):
            hop_seconds.append((time.perf_counter() - started) / len(heard.probabilities))
        _sort(heard.events, begun, ended)
    _sort(stream.finish().events, begun, ended)
    found = notes_from_events(ended)

    started = time.perf_counter()
    for _ in transcriber.file([loaded.samples]):
        pass
    file_speed = len(loaded.samples) / features.sample_rate / (time.perf_counter() - started)

    pairs = matches(loaded.notes, found)
    heard_at = [begun[note.pitch, note.onset_s] for note in found]
    return Scored(
        recording.corpus,
        recording.name,
        note_scores(loaded.notes, found),
        [found[j].onset_s - loaded.notes[i].onset_s for i, j in pairs],
        [heard_at[j] - loaded.notes[i].onset_s for i, j in pairs],
        [
            (loaded.notes[i].velocity, found[j].velocity)
            for i, j in pairs
            if loaded.notes[i].velocity
        ],
        hop_seconds,
        features.hop_length / features.sample_rate,
        file_speed,
    )


def score_all(recordings: Sequence[Recording], transcriber: Transcriber) -> list[Scored]:
    """Scores every recording on one core, as the live program runs. Raises CorpusError."""
    torch.set_num_threads(1)
    return [score(recording, transcriber) for recording in tqdm(recordings, unit="recording")]


def summary(results: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Means over the recordings of each corpus, and over the corpora as "mean".

    Delays and biases are in milliseconds, pooled over a corpus; `hop_mean` and `hop_p99` are
    shares of a hop.
    """
    table: dict[str, dict[str, float]] = {}
    for corpus in sorted({result.corpus for result in results}):
        rows = [result for result in results if result.corpus == corpus]
        mean = NoteScores.mean([row.scores for row in rows])
        table[corpus] = {
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
        }
    keys = next(iter(table.values())).keys() if table else ()
    table["mean"] = {key: float(np.mean([row[key] for row in table.values()])) for key in keys}
    return table


def table_text(table: dict[str, dict[str, float]]) -> str:
    """The summary as Markdown, one row for each corpus."""
    columns = (
        ("note", ".3f"), ("precision", ".3f"), ("recall", ".3f"), ("note+off", ".3f"),
        ("frame", ".3f"), ("bias_ms", ".0f"), ("delay_ms", ".0f"), ("delay_p95_ms", ".0f"),
        ("hop_mean", ".1%"), ("hop_p99", ".1%"), ("file_speed", ".0f"),
    )
    head = ("set", "n", *(name.replace("_", " ") for name, _ in columns))
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for corpus, row in table.items():
        cells = [format(row[name], style) for name, style in columns]
        count = "" if corpus == "mean" else f"{row['recordings']:.0f}"
        lines.append(f"| {corpus} | {count} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


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


