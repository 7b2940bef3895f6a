"""What synthetic recordings are made of: instruments, music and rooms, found in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.rendering import instruments
from training.rendering.instruments import Instrument
from training.rendering.music import Library

# What a synthetic recording may be of.
SCENES = (
    "piano", "plucked", "sustained", "singer", "invented", "reeds", "ensemble", "empty",
)  # fmt: skip


@dataclass(frozen=True)
class Material:
    """Where instruments, music and rooms lie. Small: everything is looked up when it is needed.

    Attributes:
        folder: with note banks in sounds/, MIDI files or zip archives of them in music/, impulse
            responses in rooms/, recordings of one person who speaks in speech/, and others that
            hold no notes in noises/. Without music/ notes are drawn at random, without rooms/
            rooms are made up, without speech/ it is made up and singers have no words, and without
            sounds/ there must be SoundFonts.
        cache: folder for decoded banks.
        empty_share: of the recordings that hold no notes.
        scenes: those of `SCENES` that are rendered.
    """

    folder: Path
    soundfonts: tuple[Path, ...]
    cache: Path
    empty_share: float
    scenes: tuple[str, ...] = SCENES

    def check(self) -> None:
        """Raises CorpusError when something in the folder or a SoundFont cannot be used."""
        _ = self.banks, self.programs, self.libraries

    @property
    def banks(self) -> tuple[Instrument, ...]:
        """The note banks. Raises CorpusError when there are neither they nor SoundFonts."""
        sounds = self.folder / "sounds"
        if self.soundfonts and not sounds.is_dir():
            return ()
        return instruments.of_banks(sounds)

    @property
    def programs(self) -> tuple[Instrument, ...]:
        """What the SoundFonts hold. Raises CorpusError when one cannot be read."""
        return tuple(
            program for path in self.soundfonts for program in instruments.of_soundfont(path)
        )

    @property
    def libraries(self) -> tuple[Library, ...]:
        """The collections of music. Raises CorpusError when one is empty."""
        folder = self.folder / "music"
        if not folder.is_dir():
            return ()
        archives = sorted(folder.glob("*.zip"))
        found = tuple(Library(path) for path in archives) or (Library(folder),)
        return tuple(library for library in found if library.members)

    @property
    def rooms(self) -> tuple[Path, ...]:
        """The impulse responses."""
        return self._recordings("rooms")

    @property
    def noises(self) -> tuple[Path, ...]:
        """Recordings other than of speech that hold no notes."""
        return self._recordings("noises")

    @property
    def speech(self) -> tuple[Path, ...]:
        """Recordings of speech: they hold no notes, and singers take their words from them."""
        return self._recordings("speech")

    def _recordings(self, name: str) -> tuple[Path, ...]:
        files = (self.folder / name).glob("*")
        return tuple(sorted(path for path in files if path.suffix in (".flac", ".wav")))
