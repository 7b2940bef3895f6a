"""`process-train` and `process-test`: recordings, or other data files, to a data file."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from model.config import FeatureConfig
from training import corpora
from training.command.checks import refuse_overwriting
from training.corpora.recording import CorpusError, Recording
from training.datasets import build, examine, joining
from training.datasets.clips import ClipLength
from training.datasets.facts import Report
from training.options import UsageError
from training.scoring.tables import write_json


def run(options: Namespace) -> int:
    """Builds the data file, or only looks; 1 when a recording had to be left out."""
    if bool(options.corpus) == bool(options.join) or (options.out is None and not options.check):
        raise UsageError(
            f"{options.action} needs --out FILE.h5, or --check in its place, and either --corpus "
            "KIND:FOLDER or --join FILE.h5"
        )
    if options.out is not None and options.out.is_dir():
        raise UsageError(f"--out {options.out} is a folder, not a file to write")
    if options.join:
        return _join(options)
    try:
        features = FeatureConfig(
            sample_rate=options.sr,
            hop_length=options.hop_length,
            bins_per_octave=options.bins_per_octave,
            windows=tuple(options.windows or FeatureConfig().windows),
        )
        ClipLength.of(options.batch_seconds, features)
    except ValueError as error:
        raise UsageError(str(error)) from None
    recordings = _recordings(options)
    _keep_inputs(options, [value for recording in recordings for value in recording.source])
    unused = corpora.unused(options.corpus)
    if options.check:
        report = replace(
            examine.examine(recordings, features, options.num_workers, options.scheduler),
            unused=unused,
        )
        _tell(report, options)
        print(f"{len(report.pieces)} of {len(recordings)} recordings can be used")
        return 1 if report.failures else 0
    options.out.parent.mkdir(parents=True, exist_ok=True)
    built = build.build(
        recordings, options.out, features,
        clip_seconds=options.batch_seconds, num_workers=options.num_workers,
        scheduler=options.scheduler,
        labels=options.labels, only_note_names=options.only_note_names,
        compressed=options.compress, add=options.add,
    )
    report = replace(built.report, unused=unused)
    print(f"{options.out}: {built.n_recordings} recordings in {built.n_clips} clips")
    if built.heard_s:
        print(f"{built.heard_s / 60:.1f} minutes of sound in {built.took_s:.1f} s, "
              f"{built.heard_s / built.took_s:.0f} times real time")
    _tell(report, options)
    return 1 if built.n_failures else 0


def _join(options: Namespace) -> int:
    """Joins data files."""
    for name in ("check", "add", "share"):
        if getattr(options, name):
            raise UsageError(f"--join has no use for --{name}")
    _keep_inputs(options, options.join, "--join")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    n_recordings, n_clips, report = joining.join(options.join, options.out)
    print(f"{options.out}: {n_recordings} recordings in {n_clips} clips")
    _tell(report, options)
    return 0


def _keep_inputs(
    options: Namespace, inputs: Iterable[object], whose: str = "the corpus's"
) -> None:
    """Raises UsageError when a file to write is one that is read, or the other one."""
    read = [(whose, path) for path in inputs if isinstance(path, Path)]
    refuse_overwriting([("--out", options.out)], read)
    refuse_overwriting([("--report", options.report)], [*read, ("--out", options.out)])


def _recordings(options: Namespace) -> list[Recording]:
    """Those of the corpora, or this machine's share of them."""
    found = corpora.find(options.corpus, options.action.removeprefix("process-"), options)
    if options.share is None:
        return found
    number, count = options.share
    mine = found[number - 1 :: count]
    if not mine:
        raise CorpusError(f"--share {number}/{count}: there are only {len(found)} recordings")
    return mine


def _tell(report: Report, options: Namespace) -> None:
    """Prints the report, and writes it where `--report` says."""
    for failure in report.failures:
        print(f"left out: {failure}", file=sys.stderr)
    text = report.text()
    if text:
        print(f"\n{text}")
    if options.report is not None:
        write_json(report.values(), options.report)
