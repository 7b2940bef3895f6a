"""One synthetic recording: a scene of one or several players, and how it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.notes import Note
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH
from training.corpora.recording import CorpusError, Labelled
from training.rendering import invented, lyrics, music, performance, room_and_noise, singer
from training.rendering.banks import Bank
from training.rendering.instruments import Instrument
from training.rendering.material import Material
from training.rendering.music import Library, Voice
from training.rendering.performance import Manner
from training.rendering.singer import Singer

# How often an instrument comes from a SoundFont where there are banks as well.
_SOUNDFONT_SHARE = 0.4
_LARGEST_ENSEMBLE = 5
# How often a singer sings words where there is speech to take them from.
_WORDS_SHARE = 0.6


class Studio:
    """Renders one recording; all its choices are drawn from `rng`, in a fixed order."""

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
        """The recording. Raises CorpusError when an instrument or a piece cannot be read."""
        full = 1 - self.material.empty_share
        # By scene: weight, kinds of instrument of which there must be one, and how it is played.
        scenes: dict[str, tuple[float, tuple[str, ...], Callable[[], list[Note]]]] = {
            "piano": (0.22 * full, ("piano",), self._piano),
            "plucked": (0.08 * full, ("plucked", "bars"), self._plucked),
            "sustained": (0.22 * full, ("sustained",), self._solo),
            "singer": (0.20 * full, (), self._singer),
            "invented": (0.05 * full, (), self._invented),
            "reeds": (0.10 * full, ("reeds",), self._reeds),
            "ensemble": (
                0.13 * full, ("piano", "plucked", "sustained", "reeds"), self._ensemble,
            ),
            "empty": (self.material.empty_share, (), self._nothing),
        }  # fmt: skip
        there = {player.kind for player in self.material.banks + self.material.programs}
        possible = [
            (weight, play)
            for name, (weight, kinds, play) in scenes.items()
            if name in self.material.scenes and (not kinds or there.intersection(kinds))
        ]
        weights = np.array([weight for weight, _ in possible])
        if not weights.sum():
            raise CorpusError(
                f"{self.material.folder}: nothing here can play {', '.join(self.material.scenes)}"
            )
        play = possible[int(self.rng.choice(len(possible), p=weights / weights.sum()))][1]
        labels = play()
        samples = room_and_noise.record(self.mix, self.material.rooms, self.rng, self.rate)
        inside = [
            note
            for note in labels
            if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH and note.onset_s < self.seconds
        ]
        return Labelled(samples, sorted(inside))

    # ---- scenes ----

    def _piano(self) -> list[Note]:
        instrument = self._instrument("piano")
        bank = self._open(instrument)
        if self.rng.random() < 0.25:
            voices = [music.random_chords(self.seconds, LOWEST_PITCH, HIGHEST_PITCH, self.rng)]
        else:
            voices = self._piece("giantmidi", "pop")
        return [label for voice in voices for label in self._struck(voice, bank)]

    def _plucked(self) -> list[Note]:
        instrument = self._instrument("plucked", "bars")
        bank = self._open(instrument)
        lowest, highest = bank.lowest - 2, bank.highest + 2
        bends = float(self.rng.choice([0, 0, 0.1, 0.3])) if instrument.kind == "plucked" else 0.0
        kind = self.rng.random()
        if kind < 0.35:
            voices = [music.random_chords(self.seconds, lowest, highest, self.rng)]
        elif kind < 0.55:
            voices = [music.random_melody(self.seconds, lowest, highest, self.rng)]
        else:
            voices = [music.fitted(v, lowest, highest) for v in self._piece("pop", "giantmidi")]
        return [label for voice in voices for label in self._struck(voice, bank, bends)]

    def _solo(self) -> list[Note]:
        bank = self._open(self._instrument("sustained"))
        manner = Manner.draw(self.rng)
        line = self._line(bank.lowest - 2, bank.highest + 2)
        labels = self._sustained(line, bank, manner)
        if self.rng.random() < 0.25:
            # Double stops: a second string, a third to an octave away, on some of the notes.
            interval = int(self.rng.choice([3, 4, 5, 7, 8, 9, 12]))
            second = [
                replace(note, pitch=note.pitch + interval)
                for note in line
                if self.rng.random() < 0.5
            ]
            labels += self._sustained(second, bank, manner)
        return labels

    def _singer(self) -> list[Note]:
        lowest = int(self.rng.integers(40, 60))
        speech = None
        spoken = self.material.speech
        if spoken and self.rng.random() < _WORDS_SHARE:
            path = spoken[int(self.rng.integers(len(spoken)))]
            speech = lyrics.analysed(path, self.rate)
        labels = singer.sing(
            self.mix, self._line(lowest, lowest + 20), self.rng, singer=Singer.draw(self.rng),
            tuning_cents=self.tuning_cents, sample_rate=self.rate, speech=speech,
        )
        if self.rng.random() < 0.15:
            # Somebody talks before; the song that lay there is gone.
            n = int(self.rng.uniform(0.1, 0.4) * len(self.mix))
            labels = [label for label in labels if label.onset_s * self.rate > n + 0.1 * self.rate]
            first_s = labels[0].onset_s if labels else self.seconds
            self.mix[: round((first_s - 0.02) * self.rate)] = 0
            self._talk(self.mix[:n])
        return _without_velocity(labels)

    def _invented(self) -> list[Note]:
        lowest = int(self.rng.integers(45, 72))
        return _without_velocity(invented.play_invented(
            self.mix, self._line(lowest, lowest + 24), self.rng,
            tuning_cents=self.tuning_cents, sample_rate=self.rate, manner=Manner.draw(self.rng),
        ))

    def _reeds(self) -> list[Note]:
        bank = self._open(self._instrument("reeds"))
        manner = Manner.draw(self.rng)
        lowest, highest = max(bank.lowest, 43), min(bank.highest + 7, 96)
        kind = self.rng.random()
        if kind < 0.25:
            voices = [self._line(lowest, highest)]
        elif kind < 0.55:
            # A mouth organ: notes bent from below, and neighbouring holes that sound with them.
            manner = replace(
                manner, scoop_cents=self.rng.uniform(20, 220),
                scoop=float(self.rng.choice([0.0, 0.2, 0.5])),
            )
            line = self._line(max(lowest, 55), highest)
            voices = [line, music.neighbouring_holes(line, self.rng)]
        elif kind < 0.75:
            voices = [music.random_chords(self.seconds, lowest, highest, self.rng)]
        else:
            voices = [music.fitted(v, lowest, highest) for v in self._piece("pop", "giantmidi")]
        return [label for voice in voices for label in self._sustained(voice, bank, manner)]

    def _ensemble(self) -> list[Note]:
        if self.rng.random() < 0.6:
            voices = self._piece("quartet", "pop")
        else:
            n_players = int(self.rng.integers(2, 5))
            voices = [self._line(36 + 10 * i, 62 + 10 * i) for i in range(n_players)]
        labels, together = [], self.mix
        for voice in voices[:_LARGEST_ENSEMBLE]:
            instrument = self._instrument("piano", "plucked", "sustained", "reeds")
            bank = self._open(instrument)
            fitting = music.fitted(voice, bank.lowest - 2, bank.highest + 2)
            self.mix = np.zeros_like(together)
            if instrument.struck:
                labels += self._struck(fitting, bank)
            else:
                line = music.melody_line(fitting)
                labels += self._sustained(line, bank, Manner.draw(self.rng))
            # Players do not play equally loud.
            together += np.float32(10 ** (self.rng.uniform(-8, 0) / 20)) * self.mix
        self.mix = together
        return _without_velocity(labels)

    def _nothing(self) -> list[Note]:
        """Speech, or noise, hum and knocks alone: there is nothing to write down."""
        rng, n = self.rng, len(self.mix)
        if rng.random() < 0.6:
            for _ in range(1 if rng.random() < 0.85 else 2):
                self._talk(self.mix)
            return []
        if rng.random() < 0.8:
            self.mix += room_and_noise.coloured_noise(n, rng.uniform(-0.3, 2), rng, self.rate)
        if rng.random() < 0.4:
            self.mix += rng.uniform(0.1, 3) * room_and_noise.hum(n, rng, self.rate)
        if rng.random() < 0.6:
            self.mix += rng.uniform(1, 10) * room_and_noise.thumps(n, rng, self.rate)
        return []

    def _talk(self, out: NDArray[np.float32]) -> None:
        """Adds somebody who speaks, or another of the recordings without notes."""
        noises = self.material.speech + self.material.noises
        if not noises or self.rng.random() < 0.3:
            singer.babble(out, self.rng, self.rate)
            return
        spoken = room_and_noise.load_noise(noises[int(self.rng.integers(len(noises)))], self.rate)
        first = int(self.rng.integers(max(1, len(spoken) - len(out) + 1)))
        part = spoken[first : first + len(out)]
        out[: len(part)] += np.float32(self.rng.uniform(0.1, 1.0)) * part

    # ---- what they are made of ----

    def _instrument(self, *kinds: str) -> Instrument:
        """Any instrument of these kinds. Raises CorpusError when there is none."""
        banks = [player for player in self.material.banks if player.kind in kinds]
        programs = [player for player in self.material.programs if player.kind in kinds]
        if programs and (not banks or self.rng.random() < _SOUNDFONT_SHARE):
            banks = programs
        if not banks:
            raise CorpusError(f"{self.material.folder}: no instrument is {' or '.join(kinds)}")
        return banks[int(self.rng.integers(len(banks)))]

    def _open(self, instrument: Instrument) -> Bank:
        return instrument.open(self.rate, self.material.cache)

    def _piece(self, *preferred: str) -> list[Voice]:
        """An excerpt from a collection whose name holds one of these parts, or from any.

        Without music, random notes.
        """
        libraries = self.material.libraries
        fitting: list[Library] = [
            library
            for library in libraries
            if any(part in library.path.name for part in preferred)
        ] or list(libraries)
        if not fitting:
            return [music.random_chords(self.seconds, 36, 96, self.rng)]
        library = fitting[int(self.rng.integers(len(fitting)))]
        return music.excerpt(library, self.seconds, self.rng)

    def _line(self, lowest: int, highest: int) -> Voice:
        """A melody for one player: made up, or taken from a voice of a piece."""
        if self.rng.random() < 0.5:
            return music.random_melody(self.seconds, lowest, highest, self.rng)
        voices = self._piece("quartet", "pop")
        if not voices:
            return music.random_melody(self.seconds, lowest, highest, self.rng)
        voice = voices[int(self.rng.integers(len(voices)))]
        return music.fitted(music.melody_line(voice), lowest, highest)

    def _struck(self, voice: Voice, bank: Bank, bends: float = 0.0) -> list[Note]:
        return performance.play_struck(
            self.mix, voice, bank, self.rng,
            tuning_cents=self.tuning_cents, sample_rate=self.rate, bends=bends,
        )

    def _sustained(self, voice: Voice, bank: Bank, manner: Manner) -> list[Note]:
        return _without_velocity(performance.play_sustained(
            self.mix, voice, bank, self.rng,
            tuning_cents=self.tuning_cents, sample_rate=self.rate, manner=manner,
        ))


def _without_velocity(labels: list[Note]) -> list[Note]:
    """Only a player alone who strikes tells from the loudness how hard a key was struck."""
    return [replace(label, velocity=0) for label in labels]
