"""`train-chords`: music whose chords are known to the weights of the chord finder."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields
from pathlib import Path

import torch

from model.checkpoint import write_weights
from model.chords.chord_finder import FORMAT, ChordFinder, ChordWeights
from training.chords.chord_pieces import FIRST_HELD_OUT, read_pop909_chords
from training.chords.chord_trainer import train
from training.corpora.recording import CorpusError
from training.options import UsageError

_DEFAULT_OUT = Path("chords.safetensors")


def run(options: Namespace) -> int:
    """Trains the chord finder's weights and writes them."""
    if options.pop909 is None:
        raise UsageError("train-chords needs --pop909 FILE.zip RHYTHM.zip")
    out = options.out or _DEFAULT_OUT
    if out.suffix != ".safetensors" or out.is_dir():
        raise UsageError(f"--out {out} must be a file that ends in .safetensors")
    read = [
        piece for piece in read_pop909_chords(*options.pop909) if piece.number < FIRST_HELD_OUT
    ]
    pieces = [piece for piece in read if piece.is_credible]
    if not pieces:
        raise CorpusError("no music is left to train on")
    print(f"{len(pieces)} pieces; {len(read) - len(pieces)} do not fit their chords and are left "
          "out", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    weights = train(pieces, options.steps, options.seed, lambda line: print(line, flush=True))
    write(weights, out, len(pieces))
    ChordFinder.load(out)
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")
    return 0


def write(weights: ChordWeights, path: Path, n_pieces: int) -> None:
    """Writes the weights beside and renames."""
    tensors = {
        field.name: torch.from_numpy(getattr(weights, field.name).copy())
        for field in fields(weights)
    }
    write_weights(path, tensors, {"format": FORMAT, "note.pieces": str(n_pieces)})
