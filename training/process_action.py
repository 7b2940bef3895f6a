"""`process-train` and `process-test`: recordings to a data file."""

from __future__ import annotations

import sys
from argparse import Namespace

from model.config import FeatureConfig
from training import corpora, process
from training.options import UsageError


def run(options: Namespace) -> int:
    """Builds the data file; 1 when a recording had to be left out."""
    if not options.corpus or options.out is None:
        raise UsageError(f"{options.action} needs --corpus KIND:FOLDER and --out FILE.h5")
    try:
        features = FeatureConfig(
            sample_rate=options.sr,
            hop_length=options.hop_length,
            bins_per_octave=options.bins_per_octave,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    recordings = corpora.find(options.corpus, options.action.removeprefix("process-"), options)
    failures = process.build(
        recordings, options.out, features,
        clip_seconds=options.batch_seconds, num_workers=options.num_workers,
    )
    for failure in failures:
        print(f"left out: {failure}", file=sys.stderr)
    print(f"{len(recordings) - len(failures)} recordings in {options.out}")
    return 1 if failures else 0
