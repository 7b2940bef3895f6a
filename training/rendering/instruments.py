"""What can be played: note banks and programs of SoundFonts, by kind of instrument."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.corpora.recording import CorpusError
from training.rendering import banks, soundfont
from training.rendering.banks import Bank

KINDS = ("piano", "plucked", "bars", "reeds", "sustained")
_STRUCK = ("piano", "plucked", "bars")
# Kind of a bank whose index says none, by the beginning of its name; what is not here is sustained.
_BEGINNINGS = {
    "piano": ("piano",),
    "plucked": (
        "guitar", "ganjo", "philharmonia_banjo", "philharmonia_guitar", "philharmonia_mandolin",
        "dbass_pizz", "tonejs_guitar", "tonejs_harp",
    ),
    "bars": ("tonejs_xylophone",),
    "reeds": ("tonejs_harmonium", "tonejs_organ"),
}


@dataclass(frozen=True)
class Instrument:
    """One instrument.

    Attributes:
        kind: one of `KINDS`; bowed and blown instruments are "sustained".
        place: folder of banks, or a SoundFont.
        program: of the SoundFont; None for a bank.
    """

    name: str
    kind: str
    place: Path
    program: int | None = None

    @property
    def struck(self) -> bool:
        """Whether its notes die away by themselves."""
        return self.kind in _STRUCK

    def open(self, sample_rate: int, cache_folder: Path) -> Bank:
        """Its notes. Raises CorpusError when they cannot be read."""
        if self.program is None:
            return banks.load(self.place, self.name, sample_rate, cache_folder)
        return soundfont.load(self.place, self.program, sample_rate, cache_folder)


@cache
def of_banks(folder: Path) -> tuple[Instrument, ...]:
    """The banks of a folder. Raises CorpusError when there are none, or an index is damaged."""
    return tuple(Instrument(name, _kind(folder, name), folder) for name in banks.names(folder))


@cache
def of_soundfont(path: Path) -> tuple[Instrument, ...]:
    """The programs of a SoundFont. Raises CorpusError when it cannot be read."""
    return tuple(
        Instrument(name, kind, path, program)
        for program, (name, kind) in soundfont.programs(path).items()
    )


def _kind(folder: Path, name: str) -> str:
    said = banks.index(folder, name).get("kind")
    if said is None:
        fitting = (
            kind for kind, beginnings in _BEGINNINGS.items() if name.startswith(beginnings)
        )
        return next(fitting, "sustained")
    if said not in KINDS:
        raise CorpusError(f"{folder}/{name}.json: kind {said!r} is none of {', '.join(KINDS)}")
    return str(said)
