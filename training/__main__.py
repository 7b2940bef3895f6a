"""`python -m training`: builds data sets, trains the network and scores it."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from model import checkpoint as checkpoints
from model.checkpoint import CheckpointError
from model.config import FeatureConfig, NetworkConfig
from model.transcriber import Transcriber
from training import options as command_line
from training import process
from training.augment import Variation
from training.corpora import folder
from training.corpora.recording import CorpusError, Recording
from training.corpora.synthetic import Material, SyntheticRecording
from training.dataset import ClipFile, DataError
from training.state import StateError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one action; returns the exit status."""
    parser = command_line.parser()
    options = parser.parse_args(argv)
    try:
        if options.action in ("process-train", "process-test"):
            return _process(parser, options)
        if options.action == "train":
            return _train(parser, options)
        if options.action == "tune":
            return _tune(parser, options)
        return _test(parser, options)
    except (CorpusError, DataError, StateError, CheckpointError, OSError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _process(parser: ArgumentParser, options: Namespace) -> int:
    if not options.corpus or options.out is None:
        parser.error(f"{options.action} needs --corpus KIND:FOLDER and --out FILE.h5")
    try:
        features = FeatureConfig(
            sample_rate=options.sr,
            hop_length=options.hop_length,
            bins_per_octave=options.bins_per_octave,
        )
    except ValueError as error:
        parser.error(str(error))
    recordings = _recordings(options)
    failures = process.build(
        recordings, options.out, features,
        clip_seconds=options.batch_seconds, num_workers=options.num_workers,
    )
    for failure in failures:
        print(f"left out: {failure}", file=sys.stderr)
    print(f"{len(recordings) - len(failures)} recordings in {options.out}")
    return 1 if failures else 0


def _recordings(options: Namespace) -> list[Recording]:
    return [
        recording for kind, path in options.corpus for recording in _corpus(kind, path, options)
    ]


def _corpus(kind: str, path: Path, options: Namespace) -> list[Recording]:
    if kind == "synthetic":
        material = Material.find(path, options.cache)
        return [
            SyntheticRecording(material, options.first_seed + i, options.recording_seconds)
            for i in range(options.num_recordings)
        ]
    found: list[Recording] = list(folder.recordings(path))
    copies = [
        Variation(recording, options.first_seed + n * len(found) + i)
        for n in range(options.variations)
        for i, recording in enumerate(found)
    ]
    return [*found, *copies]


def _train(parser: ArgumentParser, options: Namespace) -> int:
    from training.train import TrainOptions, train

    if not options.data or options.out is None:
        parser.error("train needs --data FILE.h5 and --out FILE.safetensors")
    files = [ClipFile.open(path) for path in options.data]
    network = NetworkConfig(
        channels=options.channels,
        harmonic_channels=max(1, options.channels // 4),
        n_blocks=options.blocks,
        temporal_kernel=options.temporal_kernel,
        memory_units=options.channels,
        delay_frames=options.delay_frames,
    )
    train(
        files, options.out,
        TrainOptions(
            num_epochs=options.num_epochs, batch_size=options.batch_size, lr=options.lr,
            milestones=tuple(options.milestones), gamma=options.gamma,
            num_workers=options.num_workers, seed=options.seed, device=options.device,
            amp=options.amp, resume=options.resume, network=network,
        ),
    )
    return 0


def _tune(parser: ArgumentParser, options: Namespace) -> int:
    from training.tune import tune

    if not options.corpus:
        parser.error("tune needs --corpus KIND:FOLDER with validation recordings")
    checkpoint = checkpoints.load(options.checkpoint)
    decoder, scores = tune(_recordings(options), Transcriber(checkpoint))
    checkpoints.save(replace(checkpoint, decoder=decoder), options.checkpoint)
    print(decoder)
    for corpus, score in scores.items():
        print(f"{corpus:20s} note {score.f1:.3f}  note+off {score.f1_offset:.3f}  "
              f"frame {score.frame_f1:.3f}")
    return 0


def _test(parser: ArgumentParser, options: Namespace) -> int:
    from training import evaluate

    if options.recordings is None:
        parser.error("test needs --recordings FOLDER")
    transcriber = Transcriber.load(options.checkpoint)
    results = evaluate.score_all(folder.recordings(options.recordings), transcriber)
    table = evaluate.summary(results)
    print(evaluate.table_text(table))
    if options.json is not None:
        beside = options.json.with_name(options.json.name + ".part")
        beside.write_text(json.dumps(table, indent=1))
        os.replace(beside, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
