"""The options of `train-beats` and `train-chords`."""

from __future__ import annotations

from pathlib import Path

from training.command.parser import Group, Parser
from training.command.values import positive

_BEATS, _BOTH = ("train-beats",), ("train-beats", "train-chords")


def add(parser: Parser) -> None:
    """Adds the group."""
    group = Group(parser, "train-beats, train-chords: beats and chords, from notes alone", _BOTH)
    group.add_argument(
        "--scores", action="append", default=[], type=Path, metavar="FILE.zip", used_by=_BEATS,
        help="MIDI files with time signatures, made from engraved scores; may be repeated",
    )
    group.add_argument(
        "--pop909", nargs=2, type=Path, metavar=("FILE.zip", "RHYTHM.zip"),
        help="POP909's MIDI files, and its tables NNN/beat_midi.txt and NNN/chord_midi.txt",
    )
    group.add_argument(
        "--steps", type=positive, default=1500,
        help="batches: train-beats of twelve stretches of 40 seconds, train-chords of 2048 beats",
    )
