"""`train-beats`: printed music to a beat network and a bar network."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from model.beats import beat_checkpoint
from training.beats.beat_trainer import BeatTraining, is_held_out, train_bars, train_beats
from training.beats.export_beats import export_bars, export_beats
from training.beats.printed_music import PrintedPiece, read_pop909, read_scores
from training.corpora.recording import CorpusError
from training.options import UsageError

_DEFAULT_OUT = Path("beats.safetensors")
# The bar network's file, in the same folder.
BAR_FILE = "bars.safetensors"


def run(options: Namespace) -> int:
    """Trains both networks and writes them with their ONNX twins, the bar network beside."""
    if not options.scores and options.pop909 is None:
        raise UsageError("train-beats needs --scores FILE.zip or --pop909 FILE.zip RHYTHM.zip")
    out = options.out or _DEFAULT_OUT
    if out.suffix != ".safetensors" or out.is_dir():
        raise UsageError(f"--out {out} must be a file that ends in .safetensors")
    if out.name == BAR_FILE:
        raise UsageError(f"--out {out} is the bar network's name, which is written beside")
    begun = None if options.checkpoint is None else beat_checkpoint.load(options.checkpoint)
    pieces: list[PrintedPiece] = []
    for archive in options.scores:
        pieces += read_scores(archive)
    if options.pop909 is not None:
        pieces += read_pop909(*options.pop909)
    n_kept = sum(not is_held_out(piece.name) for piece in pieces)
    if not n_kept:
        raise CorpusError("no music is left to train on")
    print(f"{n_kept} pieces, {len(pieces) - n_kept} held out", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    bars = out.with_name(BAR_FILE)
    training = BeatTraining(steps=options.steps, bar_steps=options.steps, seed=options.seed)

    def told(line: str) -> None:
        print(line, flush=True)

    train_beats(pieces, training, out, begun, told)
    train_bars(pieces, training, bars, told)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, and {export_beats(out)}")
    print(f"{bars}: {bars.stat().st_size / 1e6:.1f} MB, and {export_bars(bars)}")
    return 0
