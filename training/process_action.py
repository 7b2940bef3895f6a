"""`process-train` and `process-test`: recordings to a data file."""

from __future__ import annotations

import sys
from argparse import Namespace

from model.config import FeatureConfig
from training import corpora, process
from training.clips import ClipLength
from training.options import UsageError


def run(options: Namespace) -> int:
    """Builds the data file; 1 when a recording had to be left out."""
    if not options.corpus or options.out is None:
        raise UsageError(f"{options.action} needs --corpus KIND:FOLDER and --out FILE.h5")
    if options.out.is_dir():
        raise UsageError(f"--out {options.out} is a folder, not a file to write")
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
    recordings = corpora.find(options.corpus, options.action.removeprefix("process-"), options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    built = process.build(
        recordings, options.out, features,
        clip_seconds=options.batch_seconds, num_workers=options.num_workers,
        labels=options.labels, only_note_names=options.only_note_names,
    )
    for failure in built.failures:
        print(f"left out: {failure}", file=sys.stderr)
    print(f"{options.out}: {built.n_recordings} recordings in {built.n_clips} clips")
    if built.heard_s:
        print(f"{built.heard_s / 60:.1f} minutes of sound in {built.took_s:.1f} s, "
              f"{built.heard_s / built.took_s:.0f} times real time")
    return 1 if built.failures else 0
