"""How scores are shown and written: staves, part, the tuning of fretted instruments."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.exports.export_options import ExportOptions
from app.music.fretting import FRETTED, FrettedInstrument
from app.music.instruments import Instrument, instrument_named
from app.settings.settings import (
    SCORE_SHARE,
    SCORE_STAVES,
    SCORE_ZOOM,
    STAGE_PARTS,
    Settings,
)

_ZOOM_STEP = 1.15


class ScoreSettings(QObject):
    """Keeps what is set in the settings, and tells of every change.

    Signals:
        changed(): what scores are like is different.
        zoomed(): staves are larger or smaller on the screen.
        shown(): the roll, the score or both are shown.
        strung(): a fretted instrument is tuned otherwise, or the neck of another one is shown.
    """

    changed = Signal()
    zoomed = Signal()
    shown = Signal()
    strung = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    @property
    def parts(self) -> str:
        """One of `STAGE_PARTS`: what is shown."""
        return self._settings.stage_parts

    def show_next(self) -> None:
        """The roll, the score below it, the score alone, in turns."""
        place = STAGE_PARTS.index(self.parts)
        self.show_parts(STAGE_PARTS[(place + 1) % len(STAGE_PARTS)])

    def show_parts(self, parts: str) -> None:
        self._settings.stage_parts = parts
        self.shown.emit()

    @property
    def staves(self) -> str:
        """One of `SCORE_STAVES`; the name of a fretted instrument is a score with tablature."""
        return self._settings.score_staves

    def set_staves(self, staves: str) -> None:
        self._settings.score_staves = staves
        self.changed.emit()

    def next_staves(self) -> None:
        """As many as are needed, two, one, with tablature, in turns."""
        place = SCORE_STAVES.index(self.staves)
        self.set_staves(SCORE_STAVES[(place + 1) % len(SCORE_STAVES)])

    @property
    def part(self) -> Instrument:
        """The instrument whose part is written."""
        return instrument_named(self._settings.score_part)

    def set_part(self, name: str) -> None:
        self._settings.score_part = name
        self.changed.emit()

    @property
    def zoom(self) -> float:
        """How large staves are on the screen; 1 is as printed."""
        return self._settings.score_zoom

    def zoom_by(self, steps: int) -> None:
        """Makes staves so many steps larger."""
        zoom = self.zoom * _ZOOM_STEP**steps
        self._settings.score_zoom = min(max(round(zoom, 3), SCORE_ZOOM[0]), SCORE_ZOOM[1])
        self.zoomed.emit()

    @property
    def share(self) -> int:
        """How much of the height the score has below the roll, in per cent."""
        return self._settings.score_share

    def set_share(self, percent: int) -> None:
        self._settings.score_share = min(max(percent, SCORE_SHARE[0]), SCORE_SHARE[1])

    @property
    def tab(self) -> FrettedInstrument | None:
        """The instrument that the score's tablature is for, as it is tuned."""
        return self.fretted(self.staves) if self.staves in FRETTED else None

    def fretted(self, name: str) -> FrettedInstrument:
        """An instrument of `FRETTED` as it is tuned."""
        return self._settings.fretted.get(name, FRETTED[name])

    def tune(self, instrument: FrettedInstrument) -> None:
        """An instrument is tuned so, and has its capo there."""
        self._settings.fretted = {**self._settings.fretted, instrument.name: instrument}
        self.strung.emit()
        if self.staves == instrument.name:
            self.changed.emit()

    @property
    def fretboard(self) -> FrettedInstrument | None:
        """The instrument whose neck is shown."""
        name = self._settings.fretboard
        return self.fretted(name) if name else None

    def set_fretboard(self, name: str) -> None:
        """Shows the neck of this instrument, or none."""
        self._settings.fretboard = name
        self.strung.emit()

    def next_fretboard(self) -> None:
        """None, guitar, bass, ukulele, in turns."""
        names = ("", *FRETTED)
        self.set_fretboard(names[(names.index(self._settings.fretboard) + 1) % len(names)])

    @property
    def options(self) -> ExportOptions:
        """What is set, as scores are written."""
        return ExportOptions(
            one_hand=self.staves == "one", two_hands=self.staves == "two", tab=self.tab,
            part=self.part,
        )
