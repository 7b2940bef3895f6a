"""Renders the demo recording: the opening of Pachelbel's Canon in D (about 1680, public domain).

    python -m training.demo --sounds FOLDER --out assets/demo.flac

uses only note banks that their makers gave to the public domain (CC0), and a room of its own, and
writes the true notes beside it as MIDI.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from model.files.whole_file import whole_file
from model.notes import Note
from model.pitch import pitch_from_name
from training.rendering import banks, performance, room_and_noise
from training.rendering.performance import Manner

_RATE = 44_100
_BEATS_PER_MINUTE = 76
_TICKS_PER_BEAT = 960
# Each entry: note names, each followed by its length in beats where that changes.
_GROUND = "D3:1 A2 B2 F#2 G2 D2 G2 A2"
_FIRST = "F#5:1 E5 D5 C#5 B4 A4 B4 C#5"
_SECOND = "D5:1 C#5 B4 A4 G4 F#4 G4 E4"
_THIRD = "D4:.5 F#4 A4 G4 F#4 D4 F#4 E4 D4 B3 D4 A4 G4 B4 A4 G4"
_FOURTH = "F#4:.5 D4 E4 C#5 D5 F#5 A5 A4 B4 G4 A4 F#4 D4 D5 C#5:1"
_BROKEN = (
    "D4:.5 A4 C#4 A4 B3 F#4 A3 F#4 G3 D4 F#3 D4 G3 D4 A3 E4"
)


@dataclass(frozen=True)
class _Part:
    """One player: bank, text of the part, the beat it enters on, loudness, place from -1 to 1."""

    bank: str
    text: str
    enters: float
    velocity: int
    gain: float
    place: float


_PARTS = (
    _Part("dbass_arco_smolken", f"{_GROUND} " * 5 + "D2:3", 0, 84, 1.0, 0.0),
    _Part("guitar_spanish_classical", f"{_BROKEN} " * 5 + "D4:3", 0, 74, 0.9, 0.35),
    _Part("weresax", f"{_FIRST} {_SECOND} {_THIRD} {_FOURTH} D5:3", 8, 82, 0.62, -0.3),
    _Part("guitar_emily", f"{_FIRST} {_SECOND} {_THIRD} F#4:3", 16, 92, 1.1, 0.55),
    _Part("piano_upright_kw", f"{_FIRST} {_SECOND} A4:3", 24, 78, 0.8, -0.55),
)


def _notes(part: _Part, rng: np.random.Generator) -> list[Note]:
    """The part's notes in seconds, as people play: a little uneven in time and loudness."""
    beat_s = 60 / _BEATS_PER_MINUTE
    beat, length, notes = part.enters, 1.0, []
    for word in part.text.split():
        name, _, written = word.partition(":")
        length = float(written) if written else length
        onset_s = 0.4 + beat * beat_s + abs(rng.normal(0, 0.006))
        accent = 8 if beat % 2 == 0 else 0
        velocity = int(np.clip(part.velocity + accent + rng.normal(0, 4), 20, 120))
        held_s = length * beat_s * 0.97
        notes.append(Note(onset_s, onset_s + held_s, pitch_from_name(name), velocity))
        beat += length
    return notes


def _room(rng: np.random.Generator) -> NDArray[np.float32]:
    """A friendly hall: noise that dies away within 1.6 s, the highs sooner."""
    time = np.arange(int(1.6 * _RATE)) / _RATE
    noise = rng.standard_normal(len(time)) * np.exp(-time * 4.5) * np.clip(time / 0.012, 0, 1)
    soft = scipy.signal.butter(1, 3000, fs=_RATE, output="sos")
    tail = scipy.signal.sosfilt(soft, noise)
    return np.asarray(tail / np.sqrt((tail**2).sum()), np.float32)


def render(sounds: Path, cache: Path) -> tuple[NDArray[np.float32], list[Note]]:
    """Stereo samples (any, 2) at 44,100 Hz, and the notes. Raises CorpusError."""
    rng = np.random.default_rng(1680)
    last_s = 0.4 + 43 * 60 / _BEATS_PER_MINUTE + 2.0
    stereo = np.zeros((int(last_s * _RATE), 2), np.float32)
    calm = Manner(5.2, 9.0, 0.25, 0.5, 0.03, 0.0, 0.0, 0.25, 0.01, 0.12, 2.0)
    labels: list[Note] = []
    for part in _PARTS:
        bank = banks.load(sounds, part.bank, _RATE, cache)
        mono = np.zeros(len(stereo), np.float32)
        notes = _notes(part, rng)
        if part.bank in ("weresax", "dbass_arco_smolken"):
            labels += performance.play_sustained(
                mono, notes, bank, rng, tuning_cents=0, sample_rate=_RATE, manner=calm
            )
        else:
            labels += performance.play_struck(
                mono, notes, bank, rng, tuning_cents=0, sample_rate=_RATE
            )
        mono *= part.gain * 0.1 / max(1e-6, float(np.sqrt(np.mean(mono[mono != 0] ** 2))))
        angle = (part.place + 1) * np.pi / 4
        stereo += np.outer(mono, [np.cos(angle), np.sin(angle)]).astype(np.float32)
    for side in range(2):
        stereo[:, side] = room_and_noise.reverberate(stereo[:, side], _room(rng), -11, 0.012, _RATE)
    return stereo * np.float32(0.8 / np.abs(stereo).max()), sorted(labels)


def write_midi(notes: list[Note], path: Path) -> None:
    """The notes as a MIDI file at the piece's tempo, one track."""
    tempo = mido.bpm2tempo(_BEATS_PER_MINUTE)
    events = [(note.offset_s, 0, note) for note in notes]
    events += [(note.onset_s, 1, note) for note in notes]
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
    before = 0
    for time_s, is_on, note in sorted(events, key=lambda event: event[:2]):
        tick = round(mido.second2tick(time_s, _TICKS_PER_BEAT, tempo))
        track.append(
            mido.Message(
                "note_on", note=note.pitch, velocity=note.velocity * is_on, time=tick - before
            )
        )
        before = tick
    mido.MidiFile(tracks=[track], ticks_per_beat=_TICKS_PER_BEAT).save(path)


def main() -> None:
    """Writes OUT and OUT with the suffix .mid."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sounds", type=Path, required=True, help="folder of note banks")
    parser.add_argument("--out", type=Path, default=Path("assets/demo.flac"))
    parser.add_argument("--cache", type=Path, default=Path("build/banks"))
    options = parser.parse_args()
    stereo, notes = render(options.sounds, options.cache)
    with whole_file(options.out) as beside:
        soundfile.write(beside, stereo, _RATE, subtype="PCM_16", format="FLAC")
    write_midi(notes, options.out.with_suffix(".mid"))
    print(f"{len(notes)} notes, {len(stereo) / _RATE:.1f} s in {options.out}")


if __name__ == "__main__":
    main()
