"""What is heard of a recording, hop by hop, kept on the disk: listening is the long part."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.audio.files.audio_file import AudioFile
from model.heard import Heard
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities
from model.transcriber import Transcriber

_BLOCK_S = 0.02


def heard_of(
    transcriber: Transcriber, path: Path, folder: Path, seconds: float, fingerprint: str
) -> Iterator[tuple[float, Heard]]:
    """Each block's end in seconds and what it brought, of the first `seconds` of a recording.

    Args:
        folder: keeps what was heard, by network, recording and length.
        fingerprint: of the network.
    """
    name = hashlib.sha256(f"{fingerprint} {path.absolute()} {seconds}".encode()).hexdigest()[:12]
    kept = folder / f"{path.stem}-{name}.npz"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _keep(_hear(transcriber, path, seconds), kept)
    yield from _kept(kept)


def _hear(transcriber: Transcriber, path: Path, seconds: float) -> Iterator[tuple[float, Heard]]:
    with AudioFile(path) as file:
        stream = transcriber.stream(file.sample_rate)
        for block in file.blocks(round(_BLOCK_S * file.sample_rate)):
            if stream.heard_s >= seconds:
                break
            heard = stream.push(block)
            yield stream.heard_s, heard
        yield stream.heard_s, stream.finish()


def _keep(blocks: Iterator[tuple[float, Heard]], path: Path) -> None:
    table: list[tuple[float, int, int, int]] = []
    early, settled, events = [], [], []
    for heard_s, heard in blocks:
        later = heard.settled().probabilities
        table.append((heard_s, heard.first_frame, len(heard.probabilities), len(later)))
        early.append(heard.probabilities)
        settled.append(later)
        events.append([
            [_row(event) for event in heard.events_of(answer)] for answer in ("early", "settled")
        ])
    arrays = {}
    for name, parts in (("early", early), ("settled", settled)):
        joined = Probabilities.join(parts)
        arrays[f"{name}_onset"] = joined.onset.astype(np.float16)
        arrays[f"{name}_frame"] = joined.frame.astype(np.float16)
    beside = path.with_suffix(".part.npz")
    np.savez_compressed(
        beside, table=np.array(table), events=np.array(json.dumps(events)), **arrays
    )
    beside.replace(path)


def _kept(path: Path) -> Iterator[tuple[float, Heard]]:
    with np.load(path) as file:
        table, events = file["table"], json.loads(str(file["events"]))
        arrays = {
            name: tuple(
                file[f"{name}_{head}"].astype(np.float32) for head in ("onset", "frame")
            )
            for name in ("early", "settled")
        }
    at_early = at_settled = 0
    for (heard_s, first, n_early, n_settled), (early, settled) in zip(table, events, strict=True):
        yield float(heard_s), Heard(
            int(first), np.zeros((int(n_early), 0), np.float32),
            _part(arrays["early"], at_early, int(n_early)), [_event(row) for row in early],
            _part(arrays["settled"], at_settled, int(n_settled)),
            [_event(row) for row in settled],
        )  # fmt: skip
        at_early += int(n_early)
        at_settled += int(n_settled)


def _part(arrays: tuple[np.ndarray, np.ndarray], first: int, count: int) -> Probabilities:
    onset, frame = (array[first : first + count] for array in arrays)
    return Probabilities(onset, frame, np.zeros_like(onset))


def _row(event: NoteEvent) -> list[object]:
    return [isinstance(event, NoteOff), *dataclasses.astuple(event)]


def _event(row: list[object]) -> NoteEvent:
    is_off, *values = row
    if is_off:
        values[-1] = tuple(values[-1])  # type: ignore[arg-type]
        return NoteOff(*values)  # type: ignore[arg-type]
    return NoteOn(*values)  # type: ignore[arg-type]
