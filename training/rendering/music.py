"""What is played: excerpts of MIDI files, and random notes. Voices of notes, no sound yet."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from model.notes import Note
from training.corpora import midi
from training.corpora.recording import CorpusError

Voice = list[Note]
# Semitones between two notes of a made-up melody, and how often each comes.
_STEPS = (0, 1, 2, 3, 4, 5, 7, 12)
_STEP_ODDS = (0.10, 0.20, 0.37, 0.10, 0.08, 0.06, 0.06, 0.03)


@dataclass(frozen=True)
class Library:
    """MIDI files of one collection: a folder, or a zip archive that is never unpacked."""

    path: Path

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the pieces, in order. Raises CorpusError when there are none."""
        return _members(self.path)

    def voices(self, member: str) -> list[Voice]:
        """The notes of a piece by channel, the sustain pedal applied. Raises CorpusError."""
        return _voices(self.path, member)


@cache
def _members(path: Path) -> tuple[str, ...]:
    if path.suffix == ".zip" and path.is_file():
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (OSError, zipfile.BadZipFile) as error:
            raise CorpusError(f"{path}: this archive cannot be read ({error})") from None
    else:
        names = [file.relative_to(path).as_posix() for file in path.rglob("*")]
    found = tuple(sorted(name for name in names if name.lower().endswith((".mid", ".midi"))))
    if not found:
        raise CorpusError(f"{path}: no MIDI file lies in it")
    return found


@lru_cache(maxsize=48)
def _voices(path: Path, member: str) -> list[Voice]:
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                data = archive.read(member)
        else:
            data = (path / member).read_bytes()
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise CorpusError(f"{path}/{member}: this file cannot be read ({error})") from None
    return midi.read_voices(data, f"{path}/{member}", sustain_pedal=True)


def excerpt(library: Library, seconds: float, rng: np.random.Generator) -> list[Voice]:
    """A random stretch of a random piece, at another tempo, transposed, with some rubato."""
    members = library.members
    voices = library.voices(members[int(rng.integers(len(members)))])
    last = max((note.offset_s for voice in voices for note in voice), default=0.0)
    tempo = float(np.exp(rng.normal(0, 0.22)))
    first = rng.uniform(0, max(1e-3, last - seconds * tempo))
    transpose = int(rng.integers(-6, 7))
    drift, period_s = rng.uniform(0, 0.12), rng.uniform(2, 8)
    phase = rng.uniform(0, 2 * np.pi)

    def when(time_s: float) -> float:
        # A slow swing of the tempo; its slope stays positive because the drift is small.
        t = (time_s - first) / tempo
        angle = 2 * np.pi * t / period_s
        return t + drift * period_s / (2 * np.pi) * float(np.sin(angle + phase))

    moved = []
    for voice in voices:
        inside = [
            replace(
                note,
                onset_s=when(note.onset_s) + 0.1,
                offset_s=when(note.offset_s) + 0.1,
                pitch=note.pitch + transpose,
            )
            for note in voice
            if first <= note.onset_s < first + (seconds - 0.3) * tempo
        ]
        if inside:
            moved.append(sorted(_humanised(inside, rng)))
    return moved


def _humanised(voice: Voice, rng: np.random.Generator) -> Voice:
    """Onsets scattered by some ms and velocities spread, for scores that a machine timed."""
    spread_s, gain, offset = rng.uniform(0, 0.012), rng.uniform(0.6, 1.3), rng.normal(0, 14)
    jitter = rng.uniform(0, 12)
    out = []
    for note in voice:
        shift = rng.normal(0, spread_s)
        onset_s = max(0.0, note.onset_s + shift)
        velocity = 64 + (note.velocity - 64) * gain + offset + rng.normal(0, jitter)
        out.append(
            replace(
                note,
                onset_s=onset_s,
                offset_s=max(onset_s + 0.03, note.offset_s + shift),
                velocity=int(np.clip(velocity, 8, 127)),
            )
        )
    return out


def random_chords(
    seconds: float, lowest: int, highest: int, rng: np.random.Generator
) -> Voice:
    """Notes without musical sense: every pitch and every company of pitches occurs."""
    voice: Voice = []
    now = 0.1
    density = rng.uniform(1.2, 9.0)
    most = int(rng.integers(2, 7))
    while now < seconds - 0.3:
        together = int(rng.integers(1, most)) if rng.random() < 0.35 else 1
        for _ in range(together):
            onset_s = now + abs(rng.normal(0, 0.008))
            length = float(np.clip(rng.lognormal(-0.9, 0.9), 0.05, 6.0))
            pitch = int(np.clip(rng.normal((lowest + highest) / 2, (highest - lowest) / 4),
                                lowest, highest))
            velocity = int(rng.integers(15, 125))
            voice.append(Note(onset_s, min(onset_s + length, seconds), pitch, velocity))
        now += rng.exponential(1 / density) + 0.03
    return sorted(voice)


def random_melody(
    seconds: float, lowest: int, highest: int, rng: np.random.Generator
) -> Voice:
    """One note at a time: steps, leaps, repeated notes, rests; slow and fast passages."""
    voice: Voice = []
    now, pitch = 0.1 + rng.uniform(0, 0.3), int(rng.integers(lowest, highest + 1))
    pace = float(np.exp(rng.uniform(np.log(0.1), np.log(0.9))))
    loud = rng.uniform(40, 100)
    while now < seconds - 0.3:
        if rng.random() < 0.08:
            pace = float(np.exp(rng.uniform(np.log(0.08), np.log(1.2))))
        length = pace * float(rng.choice([0.5, 1, 1, 1, 1.5, 2, 3]))
        length = min(max(length * rng.uniform(0.9, 1.1), 0.07), 5.0)
        gap = 0.0 if rng.random() < 0.7 else rng.uniform(0.02, 0.35) * length
        velocity = int(np.clip(loud + rng.normal(0, 12), 10, 127))
        voice.append(Note(now, min(now + length - gap, seconds), pitch, velocity))
        now += length
        if rng.random() < 0.1:
            now += rng.uniform(0.1, 0.8)
        step = int(rng.choice(_STEPS, p=_STEP_ODDS))
        pitch += step if rng.random() < 0.5 else -step
        if not lowest <= pitch <= highest:
            pitch = int(rng.integers(lowest, highest + 1))
    return voice


def neighbouring_holes(line: Voice, rng: np.random.Generator) -> Voice:
    """What sounds by the side of a mouth organ's line: thirds to fifths, above or below."""
    share = float(rng.choice([0.0, 0.15, 0.5, 0.9]))
    beside: Voice = []
    for note in line:
        if rng.random() >= share:
            continue
        for step in range(1, 2 + int(rng.random() < 0.3)):
            away = step * int(rng.choice([3, 4, 4, 5])) * (1 if rng.random() < 0.5 else -1)
            onset_s = note.onset_s + abs(rng.normal(0, 0.012))
            length_s = (note.offset_s - note.onset_s) * rng.uniform(0.4, 1.0)
            beside.append(
                Note(onset_s, onset_s + length_s, note.pitch + away, max(1, note.velocity - 10))
            )
    return sorted(beside)


def melody_line(voice: Voice) -> Voice:
    """The top note at every moment: what one player of a single-note instrument can take."""
    line: Voice = []
    for note in sorted(voice, key=lambda note: (note.onset_s, -note.pitch)):
        if line and note.onset_s - line[-1].onset_s < 0.06:
            continue
        if line and note.onset_s < line[-1].offset_s:
            line[-1] = replace(line[-1], offset_s=note.onset_s)
        line.append(note)
    return [note for note in line if note.offset_s - note.onset_s >= 0.04]


def fitted(voice: Voice, lowest: int, highest: int) -> Voice:
    """Transposed by octaves into a range, as a whole where it fits, else note by note."""
    if not voice:
        return voice
    middle = np.median([note.pitch for note in voice])
    whole = 12 * round(((lowest + highest) / 2 - middle) / 12)
    moved = []
    for note in voice:
        pitch = note.pitch + whole
        while pitch < lowest:
            pitch += 12
        while pitch > highest:
            pitch -= 12
        if pitch >= lowest:
            moved.append(replace(note, pitch=int(pitch)))
    return moved
