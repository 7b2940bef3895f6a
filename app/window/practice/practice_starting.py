"""From the sheet to a plan: which piece, what of it, and how."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.practice.piece import Piece, PieceError
from app.practice.session.piece_choice import PieceChoice, tolerances_of
from app.practice.session.piece_loader import PieceLoader
from app.practice.session.practice_plan import PracticePlan, PracticeWay
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.transcription.lazy_transcriber import TranscriberLike
from app.views.practice.practice_sheet import PracticeSheet
from app.window.practice.piece_sources import FILE_KINDS, PieceSources


class PracticeStarting(QObject):
    """Opens the sheet, and fills it with the piece that is chosen there.

    Signals:
        planned(PracticePlan): practising shall begin.
        delay_asked(): the device's delay shall be measured.
    """

    planned = Signal(object)
    delay_asked = Signal()

    def __init__(
        self, sources: PieceSources, transcriber: TranscriberLike, display: DisplaySettings,
        settings: Settings, window: QWidget,
    ) -> None:
        super().__init__(window)
        self._sources, self._display, self._settings = sources, display, settings
        self._window = window
        self._sheet: PracticeSheet | None = None
        self._loader = PieceLoader(transcriber, self)
        self._loader.loaded.connect(self._loaded)
        self._loader.failed.connect(self._failed)
        self._loader.progress.connect(self._progressed)
        self._source: Hashable = None
        # Of files that were read for the sheet.
        self._files: dict[Path, Piece] = {}

    @property
    def sheet(self) -> PracticeSheet | None:
        """The sheet while it is open."""
        return self._sheet

    @property
    def way(self) -> PracticeWay:
        """How it was practised last."""
        return way_of(self._settings)

    def ask(self, delay: str) -> None:
        """Opens the sheet; `delay` says what is known of the device's."""
        if self._sheet is not None:
            self._sheet.activateWindow()
            return
        sources = self._sources.all()
        files = [(path, path.name) for path in self._files]
        sheet = self._sheet = PracticeSheet(
            self._window, [*sources[:-1], *files, sources[-1]], self.way,
            self._display.instrument.name,
        )
        sheet.set_delay(delay)
        sheet.source_chosen.connect(self._choose)
        sheet.start_asked.connect(self._start)
        sheet.delay_asked.connect(self.delay_asked)
        sheet.finished.connect(self._closed)
        self._choose(sources[0][0])
        sheet.open()
        sheet.start.setFocus()

    def close(self) -> None:
        """Ends what is read in the background."""
        self._loader.close()

    def _choose(self, source: Hashable) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        self._loader.stop()
        if source == "file":
            self._ask_file(sheet)
            return
        self._source = source
        if isinstance(source, Path):
            sheet.set_piece(self._files[source], "")
            return
        piece = self._sources.piece(source)  # type: ignore[arg-type]
        sheet.set_piece(
            piece, "There is no note in it.",
            can_play_recording=self._sources.has_recording(source),  # type: ignore[arg-type]
        )

    def _ask_file(self, sheet: PracticeSheet) -> None:
        name, _ = QFileDialog.getOpenFileName(
            sheet, "A piece to practise", str(self._settings.last_folder), FILE_KINDS
        )
        if not name:
            sheet.source.setCurrentIndex(max(0, sheet.source.findData(self._source)))
            return
        path = Path(name)
        if sheet.source.findData(path) < 0:
            sheet.source.insertItem(sheet.source.count() - 1, path.name, path)
        sheet.source.setCurrentIndex(sheet.source.findData(path))
        self._source = path
        self._settings.last_folder = path.absolute().parent
        sheet.set_piece(None, f"Reading {path.name}…")
        self._loader.read(path)

    def _loaded(self, path: Path, piece: Piece) -> None:
        self._files[path] = piece
        if self._sheet is not None and self._source == path:
            self._sheet.set_piece(piece, "")
            self._sheet.start.setFocus()

    def _progressed(self, share: float) -> None:
        if self._sheet is not None and self._sheet.piece is None:
            self._sheet.set_piece(None, f"Listening to the recording: {share:.0%}")

    def _failed(self, path: Path, sentence: str) -> None:
        if self._sheet is not None and self._source == path:
            self._sheet.set_piece(None, sentence)

    def _closed(self) -> None:
        self._loader.stop()
        self._sheet = None

    def _start(self) -> None:
        sheet = self._sheet
        if sheet is None or sheet.piece is None:
            return
        try:
            plan = plan_of(
                sheet.piece, sheet.chosen, sheet.how,
                has_recording=self._sources.has_recording(self._source)  # type: ignore[arg-type]
                if not isinstance(self._source, Path) else False,
            )
        except PieceError:
            return
        self._settings.practice = sheet.how.as_json()
        sheet.close()
        self.planned.emit(plan)


def way_of(settings: Settings) -> PracticeWay:
    """How somebody practised last; what makes no sense is as usual."""
    try:
        return PracticeWay.from_json(settings.practice)
    except ValueError:
        return PracticeWay()


def plan_of(
    whole: Piece, choice: PieceChoice, how: PracticeWay, *, has_recording: bool
) -> PracticePlan:
    """The plan for what was chosen.

    Raises:
        PieceError: there is nothing to be played.
    """
    tolerances = tolerances_of(
        choice.instrument, bends=how.bends, strict_octaves=how.strict_octaves
    )
    return PracticePlan(
        choice.of(whole), choice.others(whole), how, tolerances, 0.0 if has_recording else None
    )
