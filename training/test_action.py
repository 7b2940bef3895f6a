"""`test`: scores a checkpoint."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from pathlib import Path

from model.transcriber import Transcriber
from training import evaluate
from training.corpora import folder
from training.options import UsageError

DEFAULT_CHECKPOINT = Path("assets/noteglow.safetensors")


def run(options: Namespace) -> int:
    """Prints the table of scores, and writes it as JSON."""
    if options.recordings is None:
        raise UsageError("test needs --recordings FOLDER")
    transcriber = Transcriber.load(options.checkpoint or DEFAULT_CHECKPOINT)
    results = evaluate.score_all(folder.recordings(options.recordings), transcriber)
    table = evaluate.summary(results)
    print(evaluate.table_text(table))
    if options.json is not None:
        beside = options.json.with_name(options.json.name + ".part")
        beside.write_text(json.dumps(table, indent=1))
        os.replace(beside, options.json)
    return 0
