"""Synthetic recordings: music or random notes, played by note banks, in rooms, through microphones.

Everything about one recording follows from its seed, so it can be rendered again at any time.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.notes import Note
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH
from training.corpora import banks, effects, music, performance, sound
from training.corpora.banks import Bank
from training.corpora.music import Library, Voice
from training.corpora.performance import Manner
from training.corpora.recording import CorpusError, Labelled

# How a bank of this name is played, by the beginning of its name; what is not here is sustained.
_STRUCK = (
    "piano", "guitar", "ganjo", "philharmonia_banjo", "philharmonia_guitar",
    "philharmonia_mandolin", "dbass_pizz", "tonejs_guitar", "tonejs_harp", "tonejs_xylophone",
)
_REEDS = ("tonejs_harmonium", "tonejs_organ")


@dataclass(frozen=True)
class Material:
    """Where sounds, music and rooms lie.

    Attributes:
        sounds: folder of note banks.
        pieces: MIDI collections for pianos, for ensembles and for melodies.
        rooms: impulse responses.
        cache: folder for decoded banks.
    """

    sounds: Path
    pieces: tuple[Library, ...]
    rooms: tuple[Path, ...]
    cache: Path

    @classmethod
    def find(cls, folder: Path, cache: Path) -> Material:
        """Looks in `folder` for sounds/, music/ and rooms/.

        Raises:
            CorpusError: a folder or what it should hold is missing.
        """
        banks.names(folder / "sounds")
        music_folder = folder / "music"
        archives = sorted(music_folder.glob("*.zip")) if music_folder.is_dir() else []
        pieces = tuple(Library(path) for path in archives) or (Library(music_folder),)
        for library in pieces:
            library.members  # noqa: B018 - raises when the library is empty
        rooms = tuple(sorted((folder / "rooms").glob("*.flac")))
        if not rooms:
            raise CorpusError(f"{folder / 'rooms'}: no impulse response (.flac) lies in it")
        return cls(folder / "sounds", pieces, rooms, cache)


@dataclass(frozen=True)
class SyntheticRecording:
    """One recording that is rendered when it is loaded."""

    material: Material
    seed: int
    seconds: float
    corpus: str = "synthetic"
    licence: str = "of the banks and pieces that it is made of"

    @property
    def name(self) -> str:
        return f"{self.seed:08d}"

    def load(self, sample_rate: int) -> Labelled:
        """Renders it. Raises CorpusError when a bank or a piece cannot be read."""
        rng = np.random.default_rng([20_260_000, self.seed])
        sound.seed_noise(int(rng.integers(2**31)))
        return _Studio(self.material, self.seconds, sample_rate, rng).record()


def recordings(folder: Path, split: str, options: Namespace) -> list[SyntheticRecording]:
    """Recordings made from the sounds/, music/ and rooms/ in `folder`; the same in both splits.

    Raises:
        CorpusError: a folder or what it should hold is missing.
    """
    material = Material.find(folder, options.cache)
    return [
        SyntheticRecording(material, options.first_seed + i, options.recording_seconds)
        for i in range(options.num_recordings)
    ]


class _Studio:
    """Renders one recording: players, then the room and the microphone."""

    def __init__(
        self, material: Material, seconds: float, sample_rate: int, rng: np.random.Generator
    ) -> None:
        self.material = material
        self.seconds = seconds
        self.rate = sample_rate
        self.rng = rng
        self.mix = np.zeros(round(seconds * sample_rate), np.float32)
        # Most players tune within a few cents of 440 Hz, some recordings lie between 430 and 450.
        far = rng.random() < 0.3
        self.tuning_cents = float(rng.uniform(-40, 40) if far else rng.normal(0, 6))

    def record(self) -> Labelled:
        scenes: list[tuple[float, Callable[[], list[Note]]]] = [
            (0.33, self._piano),
            (0.10, self._plucked),
            (0.22, self._solo),
            (0.10, self._singer),
            (0.07, self._reeds),
            (0.15, self._ensemble),
            (0.03, self._nothing),
        ]
        weights = np.array([weight for weight, _ in scenes])
        labels = scenes[int(self.rng.choice(len(scenes), p=weights / weights.sum()))][1]()
        samples = self._through_the_air(self.mix)
        inside = [
            note
            for note in labels
            if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH and note.onset_s < self.seconds
        ]
        return Labelled(samples, sorted(inside))

    # ---- who plays ----

    def _bank(self, wanted: Callable[[str], bool]) -> Bank:
        names = [name for name in banks.names(self.material.sounds) if wanted(name)]
        if not names:
            raise CorpusError(f"{self.material.sounds}: no bank fits this kind of music")
        name = names[int(self.rng.integers(len(names)))]
        return banks.load(self.material.sounds, name, self.rate, self.material.cache)

    def _library(self, *parts: str) -> Library:
        """A collection whose name holds one of the parts, or any when there is none."""
        fitting = [
            library
            for library in self.material.pieces
            if any(part in library.path.name for part in parts)
        ] or list(self.material.pieces)
        return fitting[int(self.rng.integers(len(fitting)))]

    def _pieces(self, *parts: str) -> list[Voice]:
        return music.excerpt(self._library(*parts), self.seconds, self.rng)

    def _struck(self, voice: Voice, bank: Bank) -> list[Note]:
        return performance.play_struck(
            self.mix, voice, bank, self.rng,
            tuning_cents=self.tuning_cents, sample_rate=self.rate,
        )

    def _sustained(self, voice: Voice, bank: Bank, manner: Manner) -> list[Note]:
        return performance.play_sustained(
            self.mix, voice, bank, self.rng,
            tuning_cents=self.tuning_cents, sample_rate=self.rate, manner=manner,
        )

    def _piano(self) -> list[Note]:
        bank = self._bank(lambda name: name.startswith("piano"))
        kind = self.rng.random()
        if kind < 0.25:
            voices = [music.random_chords(self.seconds, LOWEST_PITCH, HIGHEST_PITCH, self.rng)]
        else:
            voices = self._pieces("giantmidi", "pop")
        return [label for voice in voices for label in self._struck(voice, bank)]

    def _plucked(self) -> list[Note]:
        bank = self._bank(lambda name: name.startswith(_STRUCK) and "piano" not in name)
        lowest, highest = bank.lowest - 2, bank.highest + 2
        kind = self.rng.random()
        if kind < 0.35:
            voices = [music.random_chords(self.seconds, lowest, highest, self.rng)]
        elif kind < 0.55:
            voices = [music.random_melody(self.seconds, lowest, highest, self.rng)]
        else:
            voices = [music.fitted(v, lowest, highest) for v in self._pieces("pop", "giantmidi")]
        return [label for voice in voices for label in self._struck(voice, bank)]

    def _line(self, lowest: int, highest: int) -> Voice:
        """A melody for one player: made up, or taken from a voice of a piece."""
        if self.rng.random() < 0.5:
            return music.random_melody(self.seconds, lowest, highest, self.rng)
        voices = self._pieces("quartet", "pop")
        if not voices:
            return music.random_melody(self.seconds, lowest, highest, self.rng)
        voice = voices[int(self.rng.integers(len(voices)))]
        return music.fitted(music.melody_line(voice), lowest, highest)

    def _solo(self) -> list[Note]:
        bank = self._bank(lambda name: not name.startswith((*_STRUCK, *_REEDS)))
        manner = Manner.draw(self.rng)
        line = self._line(bank.lowest - 2, bank.highest + 2)
        labels = self._sustained(line, bank, manner)
        if self.rng.random() < 0.25:
            # Double stops: a second string, an octave to a third away, on some of the notes.
            interval = int(self.rng.choice([3, 4, 5, 7, 8, 9, 12]))
            second = [
                Note(n.onset_s, n.offset_s, n.pitch + interval, n.velocity)
                for n in line
                if self.rng.random() < 0.5
            ]
            labels += self._sustained(second, bank, manner)
        return labels

    def _singer(self) -> list[Note]:
        formants = self.rng.random() < 0.7
        lowest = int(self.rng.integers(40, 60))
        manner = Manner.draw(self.rng, deepest_cents=100 if formants else 45)
        return performance.play_sung(
            self.mix, self._line(lowest, lowest + 22), self.rng,
            tuning_cents=self.tuning_cents, sample_rate=self.rate, manner=manner,
            formants=formants,
        )

    def _reeds(self) -> list[Note]:
        bank = self._bank(lambda name: name.startswith(_REEDS))
        manner = Manner.draw(self.rng)
        lowest, highest = max(bank.lowest, 43), min(bank.highest + 7, 96)
        kind = self.rng.random()
        if kind < 0.45:
            voices = [self._line(lowest, highest)]
        elif kind < 0.7:
            voices = [music.random_chords(self.seconds, lowest, highest, self.rng)]
        else:
            voices = [music.fitted(v, lowest, highest) for v in self._pieces("pop", "giantmidi")]
        return [label for voice in voices for label in self._sustained(voice, bank, manner)]

    def _ensemble(self) -> list[Note]:
        if self.rng.random() < 0.6:
            voices = self._pieces("quartet", "pop")
        else:
            n_players = int(self.rng.integers(2, 5))
            voices = [self._line(36 + 10 * i, 62 + 10 * i) for i in range(n_players)]
        labels = []
        for voice in voices[:5]:
            bank = self._bank(lambda name: "xylophone" not in name)
            fitting = music.fitted(voice, bank.lowest - 2, bank.highest + 2)
            # Players do not play equally loud.
            before = self.mix.copy()
            if bank.name.startswith(_STRUCK):
                labels += self._struck(fitting, bank)
            else:
                labels += self._sustained(
                    music.melody_line(fitting), bank, Manner.draw(self.rng)
                )
            gain = np.float32(10 ** (self.rng.uniform(-8, 0) / 20))
            self.mix[:] = before + gain * (self.mix - before)
        return labels

    def _nothing(self) -> list[Note]:
        """Noise, hum and knocks alone: there is nothing to write down."""
        rng, n = self.rng, len(self.mix)
        if rng.random() < 0.8:
            self.mix += effects.coloured_noise(n, rng.uniform(-0.3, 2), rng, self.rate)
        if rng.random() < 0.4:
            self.mix += rng.uniform(0.1, 3) * effects.hum(n, rng, self.rate)
        if rng.random() < 0.6:
            self.mix += rng.uniform(1, 10) * effects.thumps(n, rng, self.rate)
        return []

    # ---- room and microphone ----

    def _through_the_air(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        rng = self.rng
        samples = effects.to_level(samples, 0.0)
        if rng.random() < 0.65:
            rooms = self.material.rooms
            room = effects.load_room(rooms[int(rng.integers(len(rooms)))], self.rate)
            room = room * np.exp(-np.arange(len(room)) / self.rate * rng.uniform(0, 6))
            samples = effects.reverberate(
                samples, room.astype(np.float32), rng.uniform(-26, -4), rng.uniform(0, 0.02),
                self.rate,
            )
        if rng.random() < 0.7:
            samples = effects.equalise(samples, rng, self.rate)
        if rng.random() < 0.4:
            samples = effects.limit_band(samples, rng, self.rate)
        loudness = float(np.sqrt(np.mean(samples**2))) + 1e-6
        n = len(samples)
        if rng.random() < 0.75:
            ratio = loudness * 10 ** (rng.uniform(-65, -18) / 20)
            noise = effects.coloured_noise(n, rng.uniform(-0.2, 2), rng, self.rate)
            samples = samples + np.float32(ratio) * noise
        if rng.random() < 0.12:
            ratio = loudness * 10 ** (rng.uniform(-55, -18) / 20)
            samples = samples + np.float32(ratio) * effects.hum(n, rng, self.rate)
        if rng.random() < 0.25:
            ratio = loudness * 10 ** (rng.uniform(-25, 3) / 20)
            samples = samples + np.float32(ratio) * effects.thumps(n, rng, self.rate)
        if rng.random() < 0.1:
            samples = effects.clip(samples, rng)
        return effects.to_level(samples, float(min(0.0, -rng.gamma(1.5, 8.0))))
