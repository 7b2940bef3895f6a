"""How true the pitch curves of notes are: of steady tones, and of real held notes.

    python tests/benchmarks/pitch_curves.py tones
    python tests/benchmarks/pitch_curves.py recordings FOLDER... [--seconds 30]

Both go the way of a recording: sound in blocks, notes out, each with its curve.

tones       harmonic tones of every key from A1 to C7, each beside its key by some cents; how far
            the curve is off, after the first 60 ms (from C3 on; 150 ms below).
recordings  the beginnings of the recordings of each folder, one note at a time; how far the curves
            of notes of 0.3 s and more are from librosa's pYIN (Mauch and Dixon, 2014), whose
            steps are 10 cents, where that hears a pitch within a semitone of the note.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.audio.files.audio_file import AudioFile  # noqa: E402
from app.system.paths import DEFAULT_CHECKPOINT  # noqa: E402
from model.notes import Note, notes_from_events  # noqa: E402
from model.pitch import hz_from_pitch, note_name  # noqa: E402
from model.transcriber import Transcriber  # noqa: E402

RATE = 22_050
_SOUNDS = (".flac", ".ogg", ".wav")
_HELD_S, _HOP = 0.3, 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("tones", "recordings"))
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT_CHECKPOINT)
    arguments = parser.parse_args()
    transcriber = Transcriber.load(arguments.checkpoint)
    if arguments.what == "tones":
        _tones(transcriber)
    for folder in arguments.folders:
        _recordings(transcriber, folder, arguments.seconds)


def _notes(transcriber: Transcriber, samples: NDArray[np.float32]) -> list[Note]:
    stream, events = transcriber.stream(RATE), []
    for first in range(0, len(samples), RATE):
        events += stream.push(samples[first : first + RATE]).events_of("settled")
    events += stream.finish().events_of("settled")
    return notes_from_events(events)


def _tones(transcriber: Transcriber) -> None:
    random = np.random.default_rng(5)
    errors: dict[str, list[NDArray[np.float64]]] = {"A1 to B2": [], "C3 to C7": []}
    for key in range(33, 97):
        cents = float(random.uniform(-25, 25))
        time = np.arange(round(1.5 * RATE)) / RATE
        hz = float(hz_from_pitch(np.array([key + cents / 100]))[0])
        sound = np.zeros(len(time))
        for partial in range(1, 9):
            if partial * hz < 0.45 * RATE:
                sound += 0.6 ** (partial - 1) * np.sin(2 * np.pi * partial * hz * time + partial)
        sound *= 0.2 * np.minimum(1, np.minimum(time, time[-1] - time) / 0.01)
        silence = np.zeros(RATE // 2)
        samples = np.concatenate([silence, sound, silence]) + random.normal(0, 3e-4, len(time) + 2
                                                                            * len(silence))
        found = [
            note for note in _notes(transcriber, samples.astype(np.float32)) if note.pitch == key
        ]
        if not found:
            print(f"{note_name(key)} was not heard")
            continue
        note = max(found, key=lambda note: note.offset_s - note.onset_s)
        wait_s, name = (0.06, "C3 to C7") if key >= 48 else (0.15, "A1 to B2")
        # The tone began at half a second, whatever the note says.
        is_held = (note.cents_times_s() > 0.5 + wait_s) & (note.cents_times_s() < 1.97)
        errors[name].append(np.abs(np.array(note.cents) - cents)[is_held])
    for name, parts in errors.items():
        print(f"tones {name}: {_summary(np.concatenate(parts))}", flush=True)


def _recordings(transcriber: Transcriber, folder: Path, seconds: float) -> None:
    one_voice = Transcriber.__new__(Transcriber)
    one_voice.__dict__ |= transcriber.__dict__ | {
        name: dataclasses.replace(getattr(transcriber, name), monophonic=True)
        for name in ("decoder", "settled_decoder")
    }
    errors, means, n_notes = [], [], 0
    for path in sorted(folder.iterdir()):
        if path.suffix not in _SOUNDS:
            continue
        with AudioFile(path) as file:
            samples = np.concatenate(list(file.blocks()))[: round(seconds * file.sample_rate)]
            if file.sample_rate != RATE:
                samples = librosa.resample(samples, orig_sr=file.sample_rate, target_sr=RATE)
        hz, _, _ = librosa.pyin(
            samples, fmin=65, fmax=2100, sr=RATE, frame_length=2048, hop_length=_HOP
        )
        pitch = librosa.hz_to_midi(hz)
        for off in _differences(_notes(one_voice, samples), pitch):
            n_notes += 1
            errors.append(np.abs(off))
            means.append(abs(float(np.median(off))))
    off = np.concatenate(errors) if errors else np.zeros(1)
    print(f"{folder.name}, {n_notes} notes: curve {_summary(off)}; "
          f"their means {_summary(np.array(means or [0.0]))}", flush=True)


def _differences(notes: list[Note], pitch: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Of each held note, the curve's distance from the reference in cents, after 60 ms."""
    at_s = np.arange(len(pitch)) * _HOP / RATE
    for note in notes:
        if note.offset_s - note.onset_s < _HELD_S or not note.cents:
            continue
        is_held = (at_s > note.onset_s + 0.06) & (at_s < note.offset_s - 0.02)
        is_held &= np.abs(pitch - note.pitch) < 1
        if is_held.sum() * _HOP / RATE > _HELD_S / 2:
            curve = np.interp(at_s[is_held], note.cents_times_s(), note.cents)
            yield curve - 100 * (pitch[is_held] - note.pitch)


def _summary(off: NDArray[np.float64]) -> str:
    median, most = np.percentile(off, (50, 95))
    return f"median {median:.1f}, 95 % within {most:.1f} cents"


if __name__ == "__main__":
    main()
