"""The stage: read-out, ruler, keyboard, spectrogram and roll on shared axes, kept in step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsLineItem, QGridLayout, QWidget

from app.theme import Theme
from app.views.axes import HIGHEST, LOWEST, Axes
from app.views.canvas import Canvas
from app.views.keyboard import Keyboard
from app.views.note_names import NoteNames
from app.views.overview import Overview
from app.views.page_turner import PageTurner
from app.views.piano_roll import PianoRoll
from app.views.spectrogram import Spectrogram
from app.views.time_ruler import TimeRuler
from model.config import FeatureConfig
from model.notes import Note
from model.transcriber import Heard

_FRAME_MS = 17
# Seconds of a live take in view at the start.
LIVE_SPAN_S = 10.0
# How far a live view can be zoomed out before as much was heard.
_LIVE_EXTENT_S = 60.0
# In view before there are notes; the view widens as notes come that lie beyond.
_FIRST_PITCHES = (48, 84)
_FIRST_LIVE_PITCHES = (45, 84)
# Seconds of a recording in view at the start; a shorter one is shown whole.
_FIRST_SPAN_S = 30.0


class Stage(QWidget):
    """Draws what was heard and what sounds; at most once in 17 ms, and only what is new.

    Attributes:
        axes: the time and pitch in view.
        follows: whether the view stays with the cursor while it moves.

    Signals:
        seek_asked(float): the user pointed at a moment, in seconds.
        advanced(float): the moment shown moved on by itself, in seconds.
        follow_changed(bool): the view stopped following because it was moved by hand.
        notes_changed(): there are more notes than before.
    """

    seek_asked = Signal(float)
    advanced = Signal(float)
    follow_changed = Signal(bool)
    notes_changed = Signal()

    def __init__(
        self, features: FeatureConfig, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._features = features
        self._pending: list[Heard] = []
        self._clock: Callable[[], float] | None = None
        self._is_take = False
        self._cursor_s = 0.0
        self._head_s = 0.0
        self.follows = True

        self.axes = Axes(self)
        self._pages = PageTurner(self.axes)
        self.names = NoteNames(theme)
        self.ruler = TimeRuler(self.axes, theme)
        self.keyboard = Keyboard(self.axes, theme)
        self.canvas = Canvas(self.axes)
        self.spectrogram = Spectrogram(self.canvas.view, self.axes, features)
        self.roll = PianoRoll(self.axes, theme)
        self.canvas.view.addItem(self.roll, ignoreBounds=True)
        self.overview = Overview(self.axes, self.roll.track, theme)
        self._cursor = QGraphicsLineItem(0, LOWEST, 0, HIGHEST)
        self._cursor.setZValue(10)
        self.canvas.view.addItem(self._cursor, ignoreBounds=True)
        self._corners = [QWidget(), QWidget()]
        self._lay_out()

        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.refresh)
        self.axes.changed.connect(self._show_spectrogram)
        self.canvas.clicked.connect(self.seek_asked)
        self.canvas.moved.connect(self._moved_by_hand)
        self.canvas.fit_asked.connect(self.fit)
        self.ruler.seek_asked.connect(self.seek_asked)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Stage")
        self.set_theme(theme)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.names, 0, 0, 1, 2)
        grid.addWidget(self._corners[0], 1, 0)
        grid.addWidget(self.ruler, 1, 1)
        grid.addWidget(self.keyboard, 2, 0)
        grid.addWidget(self.canvas, 2, 1)
        grid.addWidget(self._corners[1], 3, 0)
        grid.addWidget(self.overview, 3, 1)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(1, 1)

    def set_theme(self, theme: Theme) -> None:
        for part in (self.names, self.ruler, self.keyboard, self.roll, self.overview):
            part.set_theme(theme)
        self.spectrogram.set_colours(theme.spectrogram_table())
        self.canvas.set_background(theme.stage)
        pen = QPen(QColor(theme.cursor), 2)
        pen.setCosmetic(True)
        self._cursor.setPen(pen)
        for corner in self._corners:
            corner.setAutoFillBackground(True)
            palette = corner.palette()
            palette.setColor(corner.backgroundRole(), QColor(theme.panel))
            corner.setPalette(palette)

    # What is on the stage.

    def clear(self) -> None:
        """Nothing is on the stage any more."""
        self._begin(is_take=False)

    def begin_song(self, duration_s: float) -> None:
        """An empty stage for a recording of this length."""
        self._begin(is_take=False)
        self.axes.set_extent(duration_s)
        self.axes.fit(_FIRST_PITCHES, _FIRST_SPAN_S)

    def begin_take(self, clock: Callable[[], float]) -> None:
        """An empty stage for a live take; `clock` says how many seconds were heard."""
        self._begin(is_take=True)
        self.axes.fit_pitches(_FIRST_LIVE_PITCHES)
        self.axes.show_until(0.0, LIVE_SPAN_S)
        self.run(clock)

    def _begin(self, *, is_take: bool) -> None:
        self.rest()
        self._is_take = is_take
        self._pending = []
        self._head_s = 0.0
        self._pages.stop()
        self.roll.track.replace(())
        self.overview.notes_changed(0.0)
        self.overview.setVisible(not is_take)
        self.spectrogram.begin(self._features)
        self.names.set_large(is_take)
        self.names.clear()
        self._cursor.setVisible(not is_take)
        self.set_cursor(0.0)

    def add(self, heard: Heard) -> None:
        """Takes what was heard; it is drawn with the next frame."""
        self._pending.append(heard)
        self._timer.start()

    def set_notes(self, notes: Sequence[Note]) -> None:
        """Shows these finished notes in place of all notes so far."""
        self._take_in()
        self.roll.track.replace(notes)
        self.axes.include(self.roll.track.pitches())
        self.overview.notes_changed(self._head_s)
        self.roll.update()
        self._show_moment()

    def end(self) -> None:
        """Nothing more will be heard: bars that sound on end, and the view fits the notes."""
        self._take_in()
        self.roll.track.close(self._head_s)
        if self._is_take:
            self.axes.set_extent(self._head_s)
            self._cursor.show()
            self.overview.show()
        self.overview.notes_changed(self._head_s)
        self.roll.update()
        self.refresh()

    # Time.

    def run(self, clock: Callable[[], float]) -> None:
        """Moves with `clock`, which says the moment to be shown in seconds, until `rest`."""
        self._clock = clock
        self._timer.start()

    def rest(self) -> None:
        """Stands still at the moment shown."""
        self._clock = None

    @property
    def is_running(self) -> bool:
        return self._clock is not None

    @property
    def cursor_s(self) -> float:
        """The moment whose notes are lit."""
        return self._cursor_s

    def set_cursor(self, cursor_s: float) -> None:
        """Shows this moment, in seconds."""
        self._cursor_s = cursor_s
        self._cursor.setPos(QPointF(cursor_s, 0))
        # While it is live, the cursor is the right edge itself.
        self.ruler.set_cursor(cursor_s if self._cursor.isVisible() else None)
        self.overview.set_cursor(cursor_s)
        self._show_moment()

    def seek(self, cursor_s: float) -> None:
        """Shows this moment and, when following, brings it into view."""
        self.set_cursor(cursor_s)
        if self.follows:
            self._pages.show(cursor_s)

    def fit(self) -> None:
        """Shows everything, and the octaves that are used; a running take only those."""
        self._pages.stop()
        pitches = self.roll.track.pitches()
        if self._is_take and self.is_running:
            self.axes.fit_pitches(pitches)
        else:
            self.axes.fit(pitches)

    def shift(self, share: float, semitones: float) -> None:
        """Moves the view by a share of its width, and up by some semitones."""
        self.axes.pan(share * self.axes.span_s, semitones)
        if share:
            self._moved_by_hand()

    def zoom_time(self, factor: float) -> None:
        """Shows `factor` times as much time, about the cursor, or the middle if that is away."""
        axes = self.axes
        seen = axes.start_s <= self._cursor_s <= axes.end_s
        axes.zoom_time(factor, self._cursor_s if seen else (axes.start_s + axes.end_s) / 2)

    def zoom_pitch(self, factor: float) -> None:
        """Shows `factor` times as many semitones, about the middle."""
        self.axes.zoom_pitch(factor, (self.axes.low + self.axes.high) / 2)

    def refresh(self) -> None:
        """One frame: what came since the last one, and the moment that the clock says."""
        came = self._take_in()
        if self._clock is not None:
            moment_s = self._clock()
            self.set_cursor(moment_s)
            if self._is_take:
                self._head_s = max(self._head_s, moment_s)
                self.axes.set_extent(max(moment_s, _LIVE_EXTENT_S))
                self.axes.show_until(moment_s, self.axes.span_s)
            elif self.follows:
                self._pages.turn(moment_s)
            self.advanced.emit(moment_s)
        elif came:
            self._show_moment()
        self._pages.glide()
        self.keyboard.fade()
        self.names.fade()
        if not (self.is_running or self.keyboard.is_fading or self.names.is_fading
                or self._pages.is_gliding):
            self._timer.stop()

    def _take_in(self) -> bool:
        """Puts what is pending into the track and the picture; says whether anything came."""
        if not self._pending:
            return False
        before = len(self.roll.track)
        for heard in self._pending:
            self.spectrogram.append(heard.spectrum)
            self.roll.track.add(heard.events)
            self.axes.include(event.pitch for event in heard.events)
        if not self._is_take:
            self._head_s = self._features.frame_end_s(self.spectrogram.columns - 1)
        self._pending = []
        self.roll.update()
        self._show_spectrogram()
        if len(self.roll.track) != before:
            self.notes_changed.emit()
        if not self._is_take:
            self.overview.notes_changed(self._head_s)
        return True

    def _show_spectrogram(self) -> None:
        self.spectrogram.refresh(self.canvas.viewport().width())

    def _show_moment(self) -> None:
        self.roll.set_moment(self._cursor_s, self._head_s)
        self.keyboard.light(self.roll.sounding)
        self.names.show_notes(self.roll.sounding)
        if self.keyboard.is_fading or self.names.is_fading:
            self._timer.start()

    def _moved_by_hand(self) -> None:
        self._pages.stop()
        if self.is_running and not self._is_take and self.follows:
            cursor_seen = self.axes.start_s <= self._cursor_s <= self.axes.end_s
            if not cursor_seen:
                self.follows = False
                self.follow_changed.emit(False)
