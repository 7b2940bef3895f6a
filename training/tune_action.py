"""`tune`: chooses settings on validation recordings."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from model import checkpoint as checkpoints
from model.transcriber import Transcriber
from training import corpora
from training.options import UsageError
from training.tune import tune


def run(options: Namespace) -> int:
    """Chooses the decoder's thresholds and writes them into the checkpoint."""
    if not options.corpus or options.checkpoint is None:
        raise UsageError("tune needs --corpus KIND:FOLDER and --checkpoint FILE")
    checkpoint = checkpoints.load(options.checkpoint)
    recordings = corpora.find(options.corpus, "train", options)
    decoder, scores = tune(recordings, Transcriber(checkpoint))
    checkpoints.save(replace(checkpoint, decoder=decoder), options.checkpoint)
    print(decoder)
    for corpus, score in scores.items():
        print(f"{corpus:20s} note {score.f1:.3f}  note+off {score.f1_offset:.3f}  "
              f"frame {score.frame_f1:.3f}")
    return 0
