"""Pages of a score that follow the music, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.exports.score.engraving import Paper
from app.exports.score.page_process import NoteHead, ScorePage
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.score.page_notes import PageNotes, head_box
from app.views.score.page_pictures import PagePictures, fitted
from model.notes import Note

# A page is turned so long before its music ends.
_AHEAD_S = 0.4
# Millimetres of a page for each pixel of a usual screen, and the smallest page.
_MM_PER_PX = 25.4 / 96
_SMALLEST_MM = QSizeF(110, 50)
# How far beside a head a click still means it, how large the light around it is, and how strong.
_CLICK_PX = 18.0
_HALO_PX, _HALO = 4.0, 0.28
_WHEEL_STEP = 120


class ScoreView(QWidget):
    """Shows one page, as large as the view, with the notes that sound lit.

    Pages of another engraving take the place of those that are shown when the one that is looked
    at has come.

    Attributes:
        follows: whether pages turn with the music.

    Signals:
        note_pointed(Note): a note was clicked.
        page_shown(): another page is shown, or there are more or fewer.
        paper_changed(): the view has another size: `paper` is different.
        larger_asked(int): notes should be so many steps larger.
    """

    note_pointed = Signal(object)
    page_shown = Signal()
    paper_changed = Signal()
    larger_asked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pictures = PagePictures(self)
        self._pages = PageNotes()
        # What comes in place of it: its job, and the pages so far.
        self._coming: tuple[int, PageNotes, list[bytes]] | None = None
        self._svgs: list[bytes] = []
        self._job = 0
        self._is_draft = False
        self._page = 0
        self._moment_s = 0.0
        self._zoom = 1.0
        self._hint = ""
        self._lit: tuple[NoteHead, ...] = ()
        self._marks: dict[Note, QColor] = {}
        self._chosen: tuple[Note, ...] = ()
        self._turned = 0
        self.follows = True
        self._stands_still = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(110)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Score")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    # Pages.

    @property
    def paper(self) -> Paper:
        """What a page must be to fill the view."""
        size = self.size().toSizeF() * _MM_PER_PX
        size = size.expandedTo(_SMALLEST_MM)
        return Paper(round(size.width(), 1), round(size.height(), 1), self._zoom)

    def set_zoom(self, zoom: float) -> None:
        """How large staves are; 1 is as printed."""
        if zoom != self._zoom:
            self._zoom = zoom
            self.paper_changed.emit()

    @property
    def count(self) -> int:
        """How many pages there are."""
        return self._pages.count

    @property
    def page(self) -> int:
        """The page that is shown, from 0."""
        return self._page

    def clear(self, hint: str = "") -> None:
        """Shows no pages, but a sentence about why."""
        self._coming = None
        self._hint = hint
        self._show_pages(PageNotes(), [])

    def begin(self, job: int, notes: Sequence[Note]) -> None:
        """Pages of these notes come; those that are shown stay until then."""
        self._coming = job, PageNotes(notes), []
        if not self.count:
            self._hint = "The score is being written…"
            self.update()

    def add_page(self, page: ScorePage) -> None:
        """Takes the next page of the job that was begun."""
        if page.job == self._job and not self._coming:
            self._pages.add(page)
            self._svgs.append(page.svg)
            self._pictures.set_pages(self._svgs)
            if self.follows and not self._stands_still:
                # The music may be on this page, which was not there.
                self._page = self._pages.page_at(self._looked_at_s)
            self._after_pages()
        elif self._coming is not None and page.job == self._coming[0]:
            _, notes, svgs = self._coming
            if page.is_draft:
                if not self.count or self._is_draft:
                    self._is_draft = True
                    self._show_pages(PageNotes(notes.notes, [page]), [page.svg])
                return
            notes.add(page)
            svgs.append(page.svg)
            if not self.count or notes.page_at(self._looked_at_s) < notes.count - 1:
                self._take(*self._coming)

    def end(self, job: int) -> None:
        """All pages have come."""
        if self._coming is not None and self._coming[0] == job:
            self._take(*self._coming)

    def _take(self, job: int, notes: PageNotes, svgs: list[bytes]) -> None:
        looked_at_s = self._looked_at_s
        self._job, self._coming, self._is_draft = job, None, False
        self._show_pages(notes, svgs, notes.page_at(looked_at_s))

    @property
    def _looked_at_s(self) -> float:
        """A moment of the page that is shown."""
        if not self.count or (self.follows and not self._stands_still):
            return self._moment_s + _AHEAD_S
        # Its first note may stand a little later in another engraving.
        return self._pages.start_s(self._page) + 0.05

    def _show_pages(self, notes: PageNotes, svgs: list[bytes], page: int = 0) -> None:
        self._pages, self._svgs, self._page = notes, svgs, page
        self._pictures.set_pages(svgs)
        self._after_pages()

    def _after_pages(self) -> None:
        self._page = min(self._page, max(self.count - 1, 0))
        self._lit = ()
        self._light()
        self._pictures.want((self._page + 1, self._page - 1))
        self.update()
        self.setAccessibleDescription(
            f"Page {self._page + 1} of {self.count}" if self.count else self._hint
        )
        self.page_shown.emit()

    def turn(self, pages: int) -> None:
        """Shows the page so many further on, or back; the music comes back to it by itself."""
        self._stands_still = True
        self._show_page(self._page + pages)

    def _show_page(self, page: int) -> None:
        page = min(max(page, 0), self.count - 1)
        if page >= 0 and page != self._page:
            self._page = page
            self._after_pages()

    # Time.

    def show_moment(self, seconds: float) -> None:
        """Lights the notes that sound at a moment, and turns to their page just before."""
        jumps = not -0.5 < seconds - self._moment_s < 1.0
        self._moment_s = seconds
        page = self._pages.page_at(seconds + _AHEAD_S)
        if jumps or page == self._page:
            self._stands_still = False
        if self.follows and not self._stands_still:
            self._show_page(page)
        self._light()

    def go_to(self, seconds: float) -> None:
        """Shows the page of a moment."""
        self._stands_still = False
        self._show_page(self._pages.page_at(seconds))

    def _light(self) -> None:
        lit = tuple(self._pages.sounding(self._page, self._moment_s)) if self.count else ()
        if lit != self._lit:
            # Only where the light changes.
            for head in set(lit) ^ set(self._lit):
                self.update(self._light_box(head).toAlignedRect())
            self._lit = lit

    # Marks.

    def set_marks(self, marks: Mapping[Note, QColor]) -> None:
        """Draws these notes in colours of their own."""
        self._marks = dict(marks)
        self.update()

    def set_chosen(self, notes: Iterable[Note]) -> None:
        """Frames these notes."""
        self._chosen = tuple(notes)
        self.update()

    # Painting.

    @property
    def page_box(self) -> QRectF:
        """Where the page that is shown lies in the view."""
        room = self.rect().toRectF()
        aspect = self._pages.aspect(self._page) if self.count else room.height() / room.width()
        box = QRectF(QPointF(), fitted(aspect, self.size()))
        box.moveCenter(room.center())
        return box

    def _light_box(self, head: NoteHead) -> QRectF:
        return head_box(head, self.page_box).adjusted(-_HALO_PX, -_HALO_PX, _HALO_PX, _HALO_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), QColor(self._theme.paper))
            if not self.count:
                painter.setPen(QColor(self._theme.faint))
                painter.setFont(themes.font(11))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._hint)
                return
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = self.page_box
            self._pictures.set_look(
                self.size(), self.devicePixelRatioF(), QColor(self._theme.ink)
            )
            picture = self._pictures.picture(self._page)
            corner = QPointF(round(box.left()), round(box.top()))
            lights = [
                (head, self._theme.name_colour(self._pages.notes[head.index].pitch))
                for head in self._lit
            ]
            for head, colour in lights:
                self._paint_halo(painter, head, colour)
            painter.drawPixmap(corner, picture)
            marked = self._pages.of_notes(self._page, self._marks)
            inks = [(head, self._marks[note]) for head, note in marked] + lights
            for head, colour in inks:
                self._paint_ink(painter, picture, corner, head_box(head, box), colour)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(self._theme.accent))
            for head, _ in self._pages.of_notes(self._page, self._chosen):
                painter.drawRoundedRect(self._light_box(head), 3, 3)

    def _paint_halo(self, painter: QPainter, head: NoteHead, colour: QColor) -> None:
        halo = QColor(colour)
        halo.setAlphaF(_HALO)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(halo)
        box = self._light_box(head)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)

    @staticmethod
    def _paint_ink(
        painter: QPainter, page: QPixmap, corner: QPointF, box: QRectF, colour: QColor
    ) -> None:
        """The ink within a box in another colour."""
        ratio = page.devicePixelRatioF()
        around = box.adjusted(-1, -1, 1, 1).translated(-corner)
        dots = QRectF(around.topLeft() * ratio, around.size() * ratio).toAlignedRect()
        ink = page.copy(dots)
        ink.setDevicePixelRatio(ratio)
        with QPainter(ink) as over:
            over.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            over.fillRect(QRectF(QPointF(), ink.deviceIndependentSize()), colour)
        painter.drawPixmap(corner + QPointF(dots.topLeft()) / ratio, ink)

    # What a hand does.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.count:
            head = self._pages.nearest(self._page, event.position(), self.page_box, _CLICK_PX)
            if head is not None:
                self.note_pointed.emit(self._pages.notes[head.index])

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y()
        steps = int(self._turned / _WHEEL_STEP)
        self._turned -= steps * _WHEEL_STEP
        if steps and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.larger_asked.emit(steps)
        elif steps:
            self.turn(-steps)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.paper_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.update()
