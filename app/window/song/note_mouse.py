"""The mouse on the notes of a recording: hearing, choosing, moving, stretching, drawing them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent

from app.views.stage.selection_overlay import SelectionOverlay
from app.views.stage.stage import Stage
from app.window.song.editing_tools import EditingTools
from app.window.song.playback_controls import PlaybackControls
from model.notes import Note

_DRAG_PX = 4.0
# A drag moves in time only beyond this, so that who changes a pitch does not shift the note.
_TIME_DRAG_PX = 8.0
# How near to its end a note is stretched instead of moved, and how far beside it it is still met.
_END_PX = 6.0
_SLACK_PX = 3.0
_LEFT = Qt.MouseButton.LeftButton
_SHIFT = Qt.KeyboardModifier.ShiftModifier

# What a drag does with the pointer's place, and what its end does.
_Drag = Callable[[QPointF], None]


class NoteMouse(QObject):
    """Takes the mouse events of the stage's canvas that mean notes, and leaves it the others.

    While nothing is edited, a click on a note is heard and goes there, and Shift+drag selects a
    part of the time. While editing, a click chooses, a drag moves or stretches, a drag beside
    notes chooses all that it passes over, and a double click (held: with its length) adds a note.
    """

    def __init__(
        self, stage: Stage, editing: EditingTools, listening: PlaybackControls,
        marks: SelectionOverlay,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stage, self._canvas, self._axes = stage, stage.canvas, stage.axes
        self._editing, self._listening, self._marks = editing, listening, marks
        self._pressed = QPointF()
        self._is_drag = self._in_time = False
        self._move: _Drag | None = None
        self._end: _Drag | None = None
        self._click: Callable[[], None] | None = None
        self._struck_pitch: int | None = None
        self._adds = False
        self._met: Note | None = None
        self.is_enabled = False
        self._canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.is_enabled or not isinstance(event, QMouseEvent):
            return False
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() == _LEFT:
                return self._press(event)
            case QEvent.Type.MouseButtonDblClick if event.button() == _LEFT:
                return self._double_click(event)
            case QEvent.Type.MouseMove:
                return self._moved(event)
            case QEvent.Type.MouseButtonRelease if event.button() == _LEFT:
                return self._release(event)
        return False

    def rest(self) -> None:
        """Forgets a drag that is under way."""
        self._move = self._end = self._click = None
        self._marks.band = None
        self._editing.preview([])
        self._canvas.unsetCursor()

    # What begins.

    def _press(self, event: QMouseEvent) -> bool:
        place, shift = event.position(), bool(event.modifiers() & _SHIFT)
        self._pressed, self._is_drag, self._in_time = place, False, False
        self._struck_pitch = self._met = None
        note = self.note_at(place)
        if not self._editing.is_on:
            if not shift:
                # The canvas tells whether this becomes a click or a drag of the view.
                self._met = note
                return False
            self._begin(self._span_to, self._span_to, self._go)
        elif note is None:
            self._adds = shift
            self._begin(self._band_to, self._choose_band, lambda: self._clear_or_go(shift))
        else:
            self._press_note(note, place, shift)
        return True

    def _press_note(self, note: Note, place: QPointF, shift: bool) -> None:
        editing = self._editing
        self._listening.strike(note.pitch, note.velocity)
        self._struck_pitch = note.pitch
        if shift:
            editing.toggle(note)
            self._begin(_nowhere, _nowhere, _nothing)
            return
        was_chosen = editing.is_chosen(note)
        if not was_chosen:
            editing.choose([note])

        def choose_alone() -> None:
            editing.choose([note])

        match self._end_at(note, place):
            case "onset":
                self._begin(
                    lambda to: editing.preview(editing.stretched(self._seconds(to), 0.0)),
                    lambda to: editing.stretch(onset_by_s=self._seconds(to)), choose_alone,
                )
            case "offset":
                self._begin(
                    lambda to: editing.preview(editing.stretched(0.0, self._seconds(to))),
                    lambda to: editing.stretch(offset_by_s=self._seconds(to)), choose_alone,
                )
            case _:
                self._begin(
                    lambda to: self._show_moved(note, to),
                    lambda to: editing.move(self._moved_s(to), self._semitones(to)),
                    choose_alone,
                )

    def _double_click(self, event: QMouseEvent) -> bool:
        if not self._editing.is_on:
            return False
        place = event.position()
        self._pressed, self._is_drag, self._in_time = place, False, False
        if self.note_at(place) is not None:
            self._begin(_nowhere, _nowhere, _nothing)
            return True
        pitch = round(self._pitch(place))
        self._listening.strike(pitch)
        self._begin(self._show_drawn, self._add_drawn, self._add)
        return True

    def _begin(self, move: _Drag, end: _Drag, click: Callable[[], None]) -> None:
        self._move, self._end, self._click = move, end, click

    # What goes on.

    def _moved(self, event: QMouseEvent) -> bool:
        place = event.position()
        if self._move is None:
            if self._editing.is_on and not event.buttons():
                self._show_cursor(place)
            return False
        if not self._is_drag and (place - self._pressed).manhattanLength() < _DRAG_PX:
            return True
        self._is_drag = True
        self._in_time |= abs(place.x() - self._pressed.x()) >= _TIME_DRAG_PX
        self._canvas.hover_ended.emit()
        self._move(place)
        return True

    def _release(self, event: QMouseEvent) -> bool:
        end, click = self._end, self._click
        if end is None or click is None:
            met, self._met = self._met, None
            way = (event.position() - self._pressed).manhattanLength()
            if met is not None and way < _DRAG_PX:
                self._listening.strike(met.pitch, met.velocity)
            return False
        self.rest()
        if self._is_drag:
            end(event.position())
        else:
            click()
        self._show_cursor(event.position())
        return True

    # Moving notes.

    def _show_moved(self, note: Note, to: QPointF) -> None:
        semitones = self._semitones(to)
        self._editing.preview(self._editing.moved(self._moved_s(to), semitones))
        pitch = note.pitch + semitones
        if pitch != self._struck_pitch and 0 <= pitch <= 127:
            self._struck_pitch = pitch
            self._listening.strike(pitch, note.velocity)

    def _seconds(self, to: QPointF) -> float:
        return self._time(to) - self._time(self._pressed)

    def _moved_s(self, to: QPointF) -> float:
        return self._seconds(to) if self._in_time else 0.0

    def _semitones(self, to: QPointF) -> int:
        return round(self._pitch(to)) - round(self._pitch(self._pressed))

    # Drawing notes.

    def _show_drawn(self, to: QPointF) -> None:
        first_s, last_s = sorted((self._time(self._pressed), self._time(to)))
        self._editing.preview([Note(max(0.0, first_s), last_s, self._pressed_pitch(), 80)])

    def _add_drawn(self, to: QPointF) -> None:
        first_s, last_s = sorted((self._time(self._pressed), self._time(to)))
        self._editing.add(max(0.0, first_s), self._pressed_pitch(), last_s)

    def _add(self) -> None:
        self._editing.add(max(0.0, self._time(self._pressed)), self._pressed_pitch())

    def _pressed_pitch(self) -> int:
        return round(self._pitch(self._pressed))

    # Choosing notes, and a part of the time.

    def _band_to(self, to: QPointF) -> None:
        self._marks.band = self._box(to)
        self._canvas.update()

    def _choose_band(self, to: QPointF) -> None:
        first_s, last_s, low, high = self._box(to)
        bars = self._stage.roll.track.between(first_s, last_s)
        notes = [bar.note(0.0) for bar in bars
                 if not bar.is_open and low - 0.5 <= bar.pitch <= high + 0.5]
        self._editing.choose(notes, adds=self._adds)

    def _clear_or_go(self, shift: bool) -> None:
        if not shift:
            self._editing.choose([])
            self._go()

    def _box(self, to: QPointF) -> tuple[float, float, float, float]:
        first_s, last_s = sorted((self._time(self._pressed), self._time(to)))
        low, high = sorted((self._pitch(self._pressed), self._pitch(to)))
        return first_s, last_s, low, high

    def _span_to(self, to: QPointF) -> None:
        first_s, last_s = sorted((self._time(self._pressed), self._time(to)))
        self._listening.set_span(first_s, last_s)

    def _go(self) -> None:
        self._stage.seek_asked.emit(self._time(self._pressed))

    # Places.

    def note_at(self, place: QPointF) -> Note | None:
        """The note that is drawn at a place of the canvas."""
        slack_s = _SLACK_PX * self._axes.span_s / max(self._canvas.width(), 1)
        return self._stage.roll.note_at(self._time(place), self._pitch(place), slack_s)

    def _end_at(self, note: Note, place: QPointF) -> str:
        """ "onset" or "offset" near the ends of a note, else nothing."""
        width = self._canvas.width()
        left, right = self._axes.x(note.onset_s, width), self._axes.x(note.offset_s, width)
        near = min(_END_PX, (right - left) / 4)
        if place.x() > right - near:
            return "offset"
        return "onset" if place.x() < left + near else ""

    def _show_cursor(self, place: QPointF) -> None:
        if not self._editing.is_on:
            return
        note = self.note_at(place)
        shape = Qt.CursorShape.CrossCursor
        if note is not None:
            at_end = self._end_at(note, place)
            shape = Qt.CursorShape.SizeHorCursor if at_end else Qt.CursorShape.SizeAllCursor
        self._canvas.setCursor(shape)

    def _time(self, place: QPointF) -> float:
        return self._axes.time_at(place.x(), self._canvas.width())

    def _pitch(self, place: QPointF) -> float:
        return self._axes.pitch_at(place.y(), self._canvas.height())


def _nowhere(place: QPointF) -> None:
    """A drag that does nothing."""


def _nothing() -> None:
    """A click that was done when it began."""
