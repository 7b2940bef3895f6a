"""How right the chords are that are found in notes: POP909 from piece 860 on, played and heard.

    python tests/benchmarks/chords.py FILE.zip RHYTHM.zip --sounds FOLDER --cache FOLDER
        [--banks piano_salamander guitar_spanish_classical] [--pieces 20] [--seconds 60]

Every piece is played by each note bank in turn, and heard by the network; what it heard is kept in
the cache. Chords are then found as `transcribe --chords` does, beats and all, and scored by time
with mir_eval.chord against POP909's own labels, as are those of the true notes, and those of a
template for each major and minor chord on every beat, smoothed. Time without a chord is left out.
It needs what the training needs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.music.chords.chord_finding import _beats  # noqa: E402
from app.music.heard_rhythm import rhythm_of_notes  # noqa: E402
from app.system.paths import CHORD_WEIGHTS, DEFAULT_CHECKPOINT  # noqa: E402
from model.beats.note_features import NoteArrays  # noqa: E402
from model.chords.chord_features import chord_features  # noqa: E402
from model.chords.chord_finder import ChordFinder  # noqa: E402
from model.chords.chord_steps import chord_steps  # noqa: E402
from model.chords.chord_vocabulary import FoundChord  # noqa: E402
from model.notes import Note, notes_from_events  # noqa: E402
from model.transcriber import Transcriber  # noqa: E402
from training.chords.chord_pieces import (  # noqa: E402
    FIRST_HELD_OUT,
    ChordPiece,
    read_pop909_chords,
)
from training.rendering import banks  # noqa: E402
from training.rendering.performance import play_struck  # noqa: E402

RATE = 22_050
MEASURES = ("root", "majmin", "sevenths", "mirex")
# Where a template's chord may change: it stays so much more probably than it goes anywhere.
_STAYS = 4.0

Find = Callable[[Sequence[Note], ChordFinder], list[FoundChord]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", nargs=2, type=Path)
    parser.add_argument("--sounds", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument(
        "--banks", nargs="+", default=["piano_salamander", "guitar_spanish_classical"]
    )
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--weights", type=Path, default=CHORD_WEIGHTS)
    parser.add_argument("--only-cached", action="store_true", help="score what the cache has")
    arguments = parser.parse_args()
    finder = ChordFinder.load(arguments.weights)
    held_out = [
        piece for piece in read_pop909_chords(*arguments.archives)
        if piece.number >= FIRST_HELD_OUT
    ]
    ending = f"_{arguments.seconds:.0f}s.json"
    if arguments.only_cached:
        kept_names = sorted(path.name for path in arguments.cache.glob(f"*{ending}"))
        played = [(int(name[:3]), name[4:].removesuffix(ending)) for name in kept_names]
    else:
        places = np.linspace(0, len(held_out) - 1, min(arguments.pieces, len(held_out)))
        played = [
            (held_out[round(place)].number, arguments.banks[turn % len(arguments.banks)])
            for turn, place in enumerate(places)
        ]
    by_number = {piece.number: piece for piece in held_out}
    scores: dict[str, list[tuple[float, dict[str, float]]]] = {}
    for number, bank in played:
        piece = by_number[number]
        true = [
            dataclasses.replace(note, offset_s=min(note.offset_s, arguments.seconds))
            for note in _notes(piece.notes) if note.onset_s < arguments.seconds - 0.1
        ]
        kept = arguments.cache / f"{number:03d}_{bank}{ending}"
        if not kept.exists():
            heard = _heard(true, bank, arguments)
            kept.write_text(json.dumps([dataclasses.astuple(note)[:5] for note in heard]))
        heard = [Note(*row) for row in json.loads(kept.read_text())]
        for name, notes, find in (
            ("heard", heard, _found), ("heard, templates", heard, _by_template),
            ("true notes", true, _found), ("true notes, templates", true, _by_template),
        ):
            score = _score(piece, find(notes, finder), arguments.seconds)
            scores.setdefault(name, []).append(score)
        fitting = f"fits its labels {piece.fitting:.2f}"
        print(f"{number} {bank}, {fitting}: {_row([scores['heard'][-1]])}", flush=True)
    for name, rows in scores.items():
        print(f"{name:22} {_row(rows)}  ({len(rows)} pieces)")


def _notes(arrays: NoteArrays) -> list[Note]:
    return [
        Note(float(onset), float(offset), int(pitch), int(velocity))
        for onset, offset, pitch, velocity in zip(*arrays, strict=True)
    ]


def _heard(notes: Sequence[Note], name: str, arguments: argparse.Namespace) -> list[Note]:
    bank = banks.load(arguments.sounds, name, RATE, arguments.cache)
    sound = np.zeros(round((arguments.seconds + 1) * RATE), np.float32)
    playable = [note for note in notes if bank.lowest <= note.pitch <= bank.highest]
    play_struck(
        sound, playable, bank, np.random.default_rng(0), tuning_cents=0.0, sample_rate=RATE
    )
    sound *= 0.5 / max(float(np.abs(sound).max()), 1e-6)
    stream = Transcriber.load(DEFAULT_CHECKPOINT).stream(RATE)
    events = []
    for first in range(0, len(sound), RATE):
        events += stream.push(sound[first : first + RATE]).events_of("settled")
    events += stream.finish().events_of("settled")
    return notes_from_events(events)


def _steps(notes: Sequence[Note]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    end_s = max(note.offset_s for note in notes)
    return chord_steps(*_beats(rhythm_of_notes(notes), end_s))


def _found(notes: Sequence[Note], finder: ChordFinder) -> list[FoundChord]:
    return finder.find(NoteArrays.of(notes), *_steps(notes))


def _by_template(notes: Sequence[Note], finder: ChordFinder) -> list[FoundChord]:
    """The cosine of what sounds in each beat with twelve major and twelve minor triads."""
    steps_s, _ = _steps(notes)
    chroma = chord_features(NoteArrays.of(notes), steps_s)[0]
    now = chroma[:, 3 * (chroma.shape[1] // 6)] ** 2
    triads = np.zeros((24, 12))
    for index in range(24):
        third = 4 if index < 12 else 3
        triads[index, [index % 12, (index + third) % 12, (index + 7) % 12]] = 3**-0.5
    fits = 8 * (now / np.maximum(np.linalg.norm(now, axis=1, keepdims=True), 1e-9)) @ triads.T
    score, came = fits[0].copy(), []
    for fit in fits[1:]:
        best = int(score.argmax())
        goes = score[best] - _STAYS > score
        came.append(np.where(goes, best, np.arange(24)))
        score = np.where(goes, score[best] - _STAYS, score) + fit
    path = [int(score.argmax())]
    for before in reversed(came):
        path.append(int(before[path[-1]]))
    path.reverse()
    return [
        FoundChord(steps_s[step], steps_s[step + 1], chord % 12, "maj" if chord < 12 else "min",
                   chord % 12)
        for step, chord in enumerate(path)
    ]


def _score(
    piece: ChordPiece, found: Sequence[FoundChord], seconds: float
) -> tuple[float, dict[str, float]]:
    """Seconds with a chord, and the share of them that is right by each measure."""
    wanted = [
        (start_s, min(end_s, seconds), label) for start_s, end_s, label in piece.spans
        if start_s < seconds
    ]
    intervals = np.array([span[:2] for span in wanted])
    labels = [span[2] for span in wanted]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimated, names = mir_eval.util.adjust_intervals(
            np.array([[chord.start_s, chord.end_s] for chord in found]),
            [chord.label for chord in found], intervals.min(), intervals.max(), "N", "N",
        )
        merged, wanted_names, found_names = mir_eval.util.merge_labeled_intervals(
            intervals, labels, estimated, names
        )
        lengths = mir_eval.util.intervals_to_durations(merged)
        is_chord = np.array([name != "N" for name in wanted_names])
        result = {}
        for measure in MEASURES:
            compare = getattr(mir_eval.chord, measure)
            right = compare(wanted_names, found_names)
            result[measure] = mir_eval.chord.weighted_accuracy(
                right[is_chord], lengths[is_chord]
            )
    return float(lengths[is_chord].sum()), result


def _row(scores: Sequence[tuple[float, dict[str, float]]]) -> str:
    lengths = np.array([length for length, _ in scores])
    return "  ".join(
        f"{measure} {np.average([score[measure] for _, score in scores], weights=lengths):.3f}"
        for measure in MEASURES
    )


if __name__ == "__main__":
    main()
