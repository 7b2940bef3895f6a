"""How well playing is judged: labelled recordings, their labels as the piece.

    python tests/benchmarks/practice.py --recordings FOLDER [--each 3] [--seconds 60]

FOLDER has a folder for each set, with recordings and labels of their names (.csv: start_s, end_s,
midi_pitch). Playing the recording is a perfect performance of its labels: what is not right then is
the ear's mistake. Then a tenth of the piece's notes is moved by one or two semitones, to pitches
that nobody plays there: those should be found. What is heard is kept in build/practice.
"""

from __future__ import annotations

import argparse
import collections
import csv
import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from app.practice.marks import PLAYED, Mark
from app.practice.piece import Piece, piece_of_notes
from app.practice.recording_practice import HeardAt, practise_waiting, practise_with_clock
from app.system.paths import DEFAULT_CHECKPOINT
from app.transcription.transcribe_file import load_transcriber
from model.notes import Note
from model.transcriber import Transcriber
from tests.benchmarks.practice_hearing import heard_of

WAYS = {"clock": practise_with_clock, "waiting": practise_waiting}
# A pitch that somebody plays so near is no mistake there.
_NEAR_S = 0.3
Counts = collections.Counter[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recordings", required=True, type=Path)
    parser.add_argument("--each", type=int, default=3, help="recordings of each set")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each recording")
    parser.add_argument("--cache", type=Path, default=Path("build/practice"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    transcriber = load_transcriber(DEFAULT_CHECKPOINT)
    fingerprint = hashlib.sha256(DEFAULT_CHECKPOINT.read_bytes()).hexdigest()
    print("way      set            notes  right  early/late  wrong  missed  unsure  extra  "
          "| moved  found  unsure")  # fmt: skip
    for folder in sorted(path for path in arguments.recordings.iterdir() if path.is_dir()):
        pieces = []
        for path in sorted(folder.glob("*.csv"))[: arguments.each]:
            sound = next(one for one in folder.glob(f"{path.stem}.*") if one != path)
            notes = list(_labels(path, arguments.seconds - 0.5))
            heard = list(heard_of(
                transcriber, sound, arguments.cache, arguments.seconds, fingerprint
            ))  # fmt: skip
            if notes:
                pieces.append((path.stem, notes, heard))
        for way in WAYS:
            _score(way, folder.name, pieces, transcriber, arguments.seed)


def _score(
    way: str, name: str, pieces: Sequence[tuple[str, list[Note], list[HeardAt]]],
    transcriber: Transcriber, seed: int,
) -> None:
    true, moved, n_extra = Counts(), Counts(), 0
    for stem, notes, heard in pieces:
        piece = piece_of_notes(notes, stem)
        result = WAYS[way](piece, transcriber, heard)
        true.update(mark.kind for mark in result.marks)
        n_extra += len(result.extras)
        planted, places = _planted(piece, random.Random(f"{seed} {stem}"))
        marks = WAYS[way](planted, transcriber, heard).marks
        moved.update(_kinds(marks, places))
    n, n_moved = true.total() or 1, moved.total() or 1
    print(
        f"{way:8} {name:13} {true.total():6} "
        f"{true['right'] / n:6.1%} {(true['early'] + true['late']) / n:11.1%} "
        f"{true['wrong'] / n:6.1%} {true['missed'] / n:7.1%} {true['unsure'] / n:7.1%} "
        f"{n_extra:6} | {moved.total():5} {(moved['wrong'] + moved['missed']) / n_moved:6.1%} "
        f"{moved['unsure'] / n_moved:7.1%} (played {_share(moved):.1%})",
        flush=True,
    )


def _share(counts: Counts) -> float:
    return sum(counts[kind] for kind in PLAYED) / (counts.total() or 1)


def _kinds(marks: Sequence[Mark], places: Sequence[int]) -> list[str]:
    return [marks[place].kind for place in places]


def _planted(piece: Piece, draw: random.Random) -> tuple[Piece, list[int]]:
    """The piece with a tenth of its notes moved, and which those are."""
    notes, places = list(piece.notes), []
    for index, note in enumerate(piece.notes):
        pitch = note.pitch + draw.choice((-2, -1, 1, 2))
        is_played = any(
            other.pitch == pitch and abs(other.onset_s - note.onset_s) < _NEAR_S
            for other in piece.notes
        )
        if draw.random() < 0.1 and not is_played:
            notes[index] = replace(note, pitch=pitch)
            places.append(index)
    return replace(piece, notes=tuple(notes)), places


def _labels(path: Path, until_s: float) -> Iterator[Note]:
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            onset_s, offset_s = float(row["start_s"]), float(row["end_s"])
            if onset_s < until_s:
                yield Note(onset_s, max(offset_s, onset_s + 0.02), int(row["midi_pitch"]))


if __name__ == "__main__":
    main()
