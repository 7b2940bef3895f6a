"""The score on paper: engraved on pages of the printer's size, and printed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QObject, Signal
from PySide6.QtGui import QPageLayout, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QDialog, QWidget

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import Paper
from app.exports.score.page_engraver import PageEngraver
from app.exports.score.page_process import ScorePage
from app.system.readable_text import readable
from app.window.commands import Commands
from app.window.exporting.part_choice import PartChoice


class ScorePrinting(QObject):
    """Asks for a printer, engraves in the background, and prints.

    Signals:
        printed(str): so much was given to the printer; one sentence.
        failed(str): it could not be printed; one sentence.
    """

    printed = Signal(str)
    failed = Signal(str)

    def __init__(
        self, commands: Commands, parts: PartChoice, options: Callable[[], ExportOptions],
        window: QWidget, engraver: PageEngraver | None = None,
    ) -> None:
        """Args: `options` says how the score is written."""
        super().__init__(window)
        self._commands, self._options, self._window = commands, options, window
        self._parts = parts
        self._part = parts.offered[-1]
        self._engraver = engraver or PageEngraver(self)
        self._printer: QPrinter | None = None
        self._pages: list[bytes] = []
        self._engraver.page.connect(self._take)
        self._engraver.ended.connect(self._print)
        self._engraver.failed.connect(self._fail)

    def ask(self) -> None:
        """Opens the system's dialog; what plays behind it goes on.

        Where notes are chosen, or a part is selected, they are the dialog's selection.
        """
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(readable(self._commands.suggested_name))
        printer.setCreator("Noteglow")
        dialog = QPrintDialog(printer, self._window)
        dialog.setWindowTitle("Print the score")
        if not self._parts.meant.is_all:
            dialog.setOption(QPrintDialog.PrintDialogOption.PrintSelection)
            dialog.setPrintRange(QPrintDialog.PrintRange.Selection)
        self._printer = printer
        dialog.accepted.connect(self.print_on)
        dialog.finished.connect(dialog.deleteLater)
        # Its own one wants to be told whom to call.
        QDialog.open(dialog)

    def print_on(self, printer: QPrinter) -> None:
        """Engraves the notes on the stage for a printer, and prints them."""
        is_part = printer.printRange() == QPrinter.PrintRange.Selection
        self._part = self._parts.offered[0 if is_part else -1]
        printer.setFullPage(True)
        size = printer.pageLayout().fullRect(QPageLayout.Unit.Millimeter).size()
        self._printer, self._pages = printer, []
        paper = Paper(round(size.width(), 1), round(size.height(), 1))
        self._engraver.engrave(
            self._part.notes, self._options(), paper, readable(self._commands.suggested_name)
        )

    def close(self) -> None:
        """Prints no more."""
        self._engraver.close()
        self._printer = None

    def _take(self, page: ScorePage) -> None:
        if not page.is_draft:
            self._pages.append(page.svg)

    def _print(self) -> None:
        printer = self._printer
        if printer is None:
            return
        self.close()
        first, last = printer.fromPage() or 1, printer.toPage() or len(self._pages)
        pages = self._pages[first - 1 : last]
        painter = QPainter()
        if not pages or not painter.begin(printer):
            self.failed.emit("The score cannot be printed: the printer takes no pages.")
            return
        for number, svg in enumerate(pages):
            if number:
                printer.newPage()
            QSvgRenderer(QByteArray(svg)).render(painter)
        painter.end()
        many = "1 page" if len(pages) == 1 else f"{len(pages)} pages"
        where = printer.outputFileName() or printer.printerName()
        self.printed.emit(
            f"Printed {self._part.count_text} of {printer.docName()}: {many}, on {where}."
        )

    def _fail(self, sentence: str) -> None:
        self.close()
        self.failed.emit(sentence)
