"""`test`: scores a checkpoint on data files, on labelled audio, or on both."""

from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint, CheckpointError
from model.config import ANSWERS, difference
from model.runtimes.runtime import open_runtime
from training.command.checks import refuse_overwriting
from training.corpora import folder
from training.corpora.recording import CorpusError
from training.datasets.clip_dataset import ClipFile
from training.errors import DataError
from training.options import UsageError
from training.scoring import evaluate, frame_scores, moments, score_picture
from training.scoring.evaluate import Manner
from training.scoring.frame_scores import FrameReport
from training.scoring.one_answer import transcriber_of
from training.scoring.tables import markdown, write_json

_PROGRAMS_OWN = Path(__file__).resolve().parents[2] / "assets" / "noteglow.safetensors"
# What `train` and `train-val` write where nothing else is said.
_FINAL, _DEV = Path("final.safetensors"), Path("dev.safetensors")

_FRAME_COLUMNS = (
    ("ap", ".4f"), ("precision", ".3f"), ("recall", ".3f"), ("f1", ".3f"), ("accuracy", ".3f"),
    ("e_tot", ".3f"), ("e_sub", ".3f"), ("e_miss", ".3f"), ("e_fa", ".3f"), ("passed", ".1%"),
)
_THRESHOLD_COLUMNS = (
    ("accuracy", ".3f"), ("precision", ".3f"), ("recall", ".3f"), ("f1", ".3f"), ("e_tot", ".3f"),
    ("passed", ".1%"),
)
_NOTE_COLUMNS = (
    ("recordings", ".0f"), ("note", ".3f"), ("precision", ".3f"), ("recall", ".3f"),
    ("note+off", ".3f"), ("frame", ".3f"), ("bias_ms", ".0f"), ("delay_ms", ".0f"),
    ("delay_p95_ms", ".0f"), ("velocity", ".2f"), ("per_10_s", ".2f"), ("false_per_10_s", ".2f"),
    ("hop_mean", ".1%"), ("hop_p99", ".1%"), ("file_speed", ".0f"),
)
_MOMENT_COLUMNS = (
    ("accuracy", ".3f"), ("precision", ".3f"), ("recall", ".3f"), ("f1", ".3f"), ("passed", ".1%"),
    ("begin_ms", "+.0f"), ("end_ms", "+.0f"), ("edges_p95_ms", ".0f"),
)
_CONFIDENCE_COLUMNS = (("notes", ".0f"), ("confidence", ".3f"), ("right", ".3f"))


def run(options: Namespace) -> int:
    """Prints the tables, and writes JSON and picture; 1 when a recording could not be scored."""
    if not options.data and options.recordings is None:
        raise UsageError("test needs --data FILE.h5 or --recordings FOLDER")
    if options.held_out and not options.data:
        raise UsageError("--held-out needs the --data FILE.h5 that was trained with")
    if options.picture is not None:
        kinds = score_picture.SUFFIXES
        if options.picture.suffix.lower() not in kinds:
            raise UsageError(f"--picture {options.picture} is none of {', '.join(kinds)}")
    try:
        torch.zeros(1, device=options.device)
    except (RuntimeError, AssertionError):
        raise UsageError(
            f"--device {options.device}: this machine or this PyTorch has no such device"
        ) from None
    path = _checkpoint(options)
    recordings = folder.recordings(options.recordings) if options.recordings is not None else []
    read = [value for one in recordings for value in one.source if isinstance(value, Path)]
    refuse_overwriting(
        [("--json", options.json), ("--picture", options.picture)],
        [
            *(("--data", data) for data in options.data), ("the checkpoint", path),
            *(("the corpus's", file) for file in read),
        ],
    )
    checkpoint = checkpoints.load(path)
    decoder = checkpoint.header.decoders[ANSWERS.index(options.answer)]
    read_out = options.read_out or decoder.read_out
    decoder = replace(decoder, read_out=read_out)
    checkpoint = replace(checkpoint, decoder=decoder, settled_decoder=decoder)
    only_note_names = options.only_note_names or checkpoint.network.only_note_names
    written: dict[str, Any] = {
        "checkpoint": str(path), "only_note_names": only_note_names, "read_out": read_out,
        "answer": options.answer,
    }
    frames, notes, failures = None, None, list[str]()
    if options.data:
        files = _data(path, checkpoint, options)
        frames = _score_frames(path, checkpoint, files, options)
        _print_frames(frames, options)
        written["frames"] = {
            "threshold": frames.threshold,
            "labels": files[0].format.labels,
            "trained_with_labels": checkpoint.notes.get("labels"),
            "allowed_errors": options.allowed_errors,
            "pieces": frames.pieces,
            "corpora": frames.corpora,
            "thresholds": frames.thresholds,
        }
    if options.recordings is not None:
        runtime = open_runtime(path, checkpoint.header)
        transcriber = transcriber_of(checkpoint.header, runtime, options.answer)
        is_read_out = options.read_out is not None or read_out != "hop"
        manner = Manner(
            only_note_names, options.gain_db, read_out if is_read_out else "",
            options.allowed_errors,
        )
        results, failures = evaluate.score_all(recordings, transcriber, manner)
        if not results:
            raise CorpusError(f"no recording could be scored: {'; '.join(failures[:3])}")
        notes = evaluate.summary(results)
        by_recording = evaluate.by_recording(results)
        print("\nNotes, heard as a stream\n")
        print(markdown(by_recording, "recording", _NOTE_COLUMNS[1:]))
        print("\n" + markdown(notes, "corpus", _NOTE_COLUMNS))
        reliability = evaluate.reliability(results)
        print("\nConfidence, and the share of the notes that are right\n")
        print(markdown(reliability, "confidence", _CONFIDENCE_COLUMNS))
        written["notes"] = {
            "recordings": by_recording, "corpora": notes, "reliability": reliability,
            "gain_db": options.gain_db,
        }
        if is_read_out:
            table = evaluate.moment_table(results)
            heard_by = transcriber.network_config
            waits_s = moments.delay_s(checkpoint.features, heard_by, read_out)
            print(f"\nMoments, read out by {read_out}, {1000 * waits_s:.0f} ms after them; passed: "
                  f"at most {options.allowed_errors} wrong notes\n")
            print(markdown(table, "corpus", _MOMENT_COLUMNS))
            written["moments"] = {"corpora": table, "delay_s": waits_s}
        for failure in failures:
            print(f"left out: {failure}", file=sys.stderr)
    if options.json is not None:
        write_json(written, options.json)
    if options.picture is not None:
        score_picture.draw(options.picture, frames, notes)
    return 1 if failures else 0


def _checkpoint(options: Namespace) -> Path:
    """The checkpoint to score; where none is given, what training has written here."""
    if options.checkpoint is not None:
        return Path(options.checkpoint)
    wanted = _DEV if options.test_dev else _FINAL
    if wanted.is_file():
        return wanted
    print(f"training: there is no {wanted} here: the program's own checkpoint is scored",
          file=sys.stderr)
    return _PROGRAMS_OWN


def _data(path: Path, checkpoint: Checkpoint, options: Namespace) -> list[ClipFile]:
    """The data files, or what `train-val` held out of them.

    Raises:
        DataError: they do not fit the checkpoint or each other, or hold none of those pieces.
    """
    files = [ClipFile.open(data) for data in dict.fromkeys(options.data)]
    for file in files:
        unlike = difference(checkpoint.features, file.features)
        if unlike:
            raise DataError(f"{path} and {file.path} differ: {unlike}")
        if file.format.labels != files[0].format.labels:
            raise DataError(
                f"{files[0].path} and {file.path} differ: labels {files[0].format.labels} "
                f"against {file.format.labels}"
            )
    if not options.held_out:
        return files
    if "held_out" not in checkpoint.notes:
        raise DataError(f"{path}: it names no held-out pieces, train-val makes one that does")
    held_out = json.loads(checkpoint.notes["held_out"])
    files = [file for file in (file.only(held_out) for file in files) if file.n_clips]
    if not files:
        raise DataError(
            f"{path}: none of the {len(held_out)} pieces that it held out is in the data"
        )
    return files


def _score_frames(
    path: Path, checkpoint: Checkpoint, files: Sequence[ClipFile], options: Namespace
) -> FrameReport:
    try:
        network = checkpoint.build()
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    only_note_names = options.only_note_names or checkpoint.network.only_note_names
    answer = ANSWERS.index(options.answer)
    scored = [
        piece
        for file in files
        for piece in frame_scores.pieces(
            network, file, delay_frames=checkpoint.network.delays[answer],
            answer=min(answer, checkpoint.network.answers - 1), device=options.device,
            batch_size=options.batch_size,
            only_note_names=only_note_names or file.format.only_note_names,
            lag_frames=_lag_frames(path, checkpoint, file),
        )
    ]
    # The threshold that was best on the frames of training or validation, as the paper has it.
    threshold = checkpoint.notes.get("frame_threshold", checkpoint.decoder.frame_threshold)
    return frame_scores.score(
        scored, float(threshold),
        thresholds=options.thresholds, allowed_errors=options.allowed_errors,
    )


def _lag_frames(path: Path, checkpoint: Checkpoint, file: ClipFile) -> int:
    """How much later frames are read than they are labelled; says where they tell two things."""
    by_window = checkpoint.decoder.read_out == "nearest-window"
    if by_window and file.format.labels == "hop":
        # These labels tell what sounds at the middle of each hop, a moment like any other.
        lag = checkpoint.features.centre_lag_frames() + 0.5
        return math.floor(lag)
    trained_with = checkpoint.notes.get("labels", file.format.labels)
    if trained_with != file.format.labels:
        print(
            f"training: {path} was trained with --labels {trained_with}, {file.path} is labelled "
            f"by {file.format.labels}: they do not tell the same of a frame", file=sys.stderr,
        )
    elif by_window:
        print(
            f"training: {file.path} is labelled by {file.format.labels}, and is scored frame by "
            "frame; moments are read out of --recordings, and of data with --labels hop",
            file=sys.stderr,
        )
    return 0


def _print_frames(frames: FrameReport, options: Namespace) -> None:
    print(f"\nFrames, at a threshold of {frames.threshold:g}; passed: at most "
          f"{options.allowed_errors} wrong notes\n")
    print(markdown(frames.pieces, "piece", _FRAME_COLUMNS))
    print("\n" + markdown(frames.corpora, "corpus", _FRAME_COLUMNS))
    if frames.thresholds:
        by_threshold: Mapping[str, Mapping[str, float]] = {
            f"{at:g}": row for at, row in frames.thresholds.items()
        }
        print(f"\nAccuracy at each threshold; passed: at most {options.allowed_errors} wrong "
              "notes\n")
        print(markdown(by_threshold, "threshold", _THRESHOLD_COLUMNS))
