"""The mouse on the notes of a recording: hearing, choosing, moving, stretching, drawing them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, Qt

from app.views.stage.roll_view_box import TIME_DRAG_PX
from app.views.stage.stage import Stage
from app.window.song.loop_speed_mix import LoopSpeedMix
from app.window.song.selection_editing import SelectionEditing
from model.notes import Note

_DRAG_PX = 4.0
# How near to its end a note is stretched instead of moved, and how far beside it it is still met.
_END_PX = 6.0
_SLACK_PX = 3.0
_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
# A beat is divided into as many parts as there is room for, up to sixteenths of 4/4.
_PARTS = (4, 2, 1)
_PART_PX = 9.0

# What a drag does with the pointer's place, and what its end does.
_Drag = Callable[[QPointF], None]


class NoteMouse(QObject):
    """The tool of the stage's view box: takes what means notes, and leaves it the rest.

    While nothing is edited, a click on a note is heard and goes there, and Shift+drag selects a
    part of the time. While editing, a click chooses, a drag moves or stretches, a drag beside
    notes chooses all that it passes over, and a double click (held: with its length) adds a note.
    What is moved, stretched or drawn snaps to the beats that are shown, unless Alt is held.
    """

    def __init__(
        self, stage: Stage, editing: SelectionEditing, playback: LoopSpeedMix,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stage, self._view_box = stage, stage.view_box
        self._editing, self._playback = editing, playback
        self._pressed = QPointF()
        self._is_drag = self._in_time = self._is_free = False
        self._move: _Drag | None = None
        self._end: _Drag | None = None
        self._click: Callable[[], None] | None = None
        self._struck_pitch: int | None = None
        self._adds = False
        self.is_enabled = False
        self._view_box.tool = self
        self._view_box.clicked.connect(self._clicked)
        self._view_box.hovered.connect(self._hovered)

    # What the view box offers.

    def pressed(self, place: QPointF, keys: Qt.KeyboardModifier, *, double: bool) -> bool:
        if not self.is_enabled:
            return False
        self._pressed, self._is_drag, self._in_time = place, False, False
        return self._double_click(place) if double else self._press(place, keys)

    def moved(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        if self._move is None:
            return
        self._is_free = bool(keys & _ALT)
        if not self._is_drag and (place - self._pressed).manhattanLength() < _DRAG_PX:
            return
        self._is_drag = True
        self._in_time |= abs(place.x() - self._pressed.x()) >= TIME_DRAG_PX
        self._view_box.hover_ended.emit()
        self._move(place)

    def released(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        self._is_free = bool(keys & _ALT)
        end, click = self._end, self._click
        if end is None or click is None:
            return
        self.rest()
        if self._is_drag:
            end(place)
        else:
            click()
        self._show_cursor(place)

    def rest(self) -> None:
        """Forgets a drag that is under way."""
        self._move = self._end = self._click = None
        self._stage.selection.set_band(None)
        self._editing.preview([])
        self._view_box.unsetCursor()

    # What begins.

    def _press(self, place: QPointF, keys: Qt.KeyboardModifier) -> bool:
        shift = bool(keys & _SHIFT)
        self._struck_pitch = None
        note = self.note_at(place)
        if not self._editing.is_on:
            if not shift:
                # The view box tells whether this becomes a click or a drag of the view.
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
        self._playback.strike(note.pitch, note.velocity)
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
                    lambda to: editing.preview(
                        editing.stretched(self._shift(note.onset_s, to), 0.0)
                    ),
                    lambda to: editing.stretch(onset_by_s=self._shift(note.onset_s, to)),
                    choose_alone,
                )
            case "offset":
                self._begin(
                    lambda to: editing.preview(
                        editing.stretched(0.0, self._shift(note.offset_s, to))
                    ),
                    lambda to: editing.stretch(offset_by_s=self._shift(note.offset_s, to)),
                    choose_alone,
                )
            case _:
                self._begin(
                    lambda to: self._show_moved(note, to),
                    lambda to: editing.move(self._moved_s(note, to), self._semitones(to)),
                    choose_alone,
                )

    def _double_click(self, place: QPointF) -> bool:
        if not self._editing.is_on:
            return False
        if self.note_at(place) is not None:
            self._begin(_nowhere, _nowhere, _nothing)
            return True
        pitch = round(self._pitch(place))
        self._playback.strike(pitch)
        self._begin(self._show_drawn, self._add_drawn, self._add)
        return True

    def _begin(self, move: _Drag, end: _Drag, click: Callable[[], None]) -> None:
        self._move, self._end, self._click = move, end, click

    def _clicked(self, time_s: float, pitch: float) -> None:
        """A click that was left to the view box, which goes there."""
        note = self._stage.roll.note_at(time_s, pitch, self._slack_s)
        if self.is_enabled and note is not None:
            self._playback.strike(note.pitch, note.velocity)

    def _hovered(self, time_s: float, pitch: float) -> None:
        if self.is_enabled:
            self._show_cursor(self._view_box.mapFromView(QPointF(time_s, pitch)))

    # Moving notes.

    def _show_moved(self, note: Note, to: QPointF) -> None:
        semitones = self._semitones(to)
        self._editing.preview(self._editing.moved(self._moved_s(note, to), semitones))
        pitch = note.pitch + semitones
        if pitch != self._struck_pitch and 0 <= pitch <= 127:
            self._struck_pitch = pitch
            self._playback.strike(pitch, note.velocity)

    def _seconds(self, to: QPointF) -> float:
        return self._time(to) - self._time(self._pressed)

    def _moved_s(self, note: Note, to: QPointF) -> float:
        return self._shift(note.onset_s, to) if self._in_time else 0.0

    def _shift(self, moment_s: float, to: QPointF) -> float:
        """How far a moment is moved that goes with the pointer."""
        moved_s = moment_s + self._seconds(to)
        return self._snapped(moved_s) - moment_s

    def _snapped(self, moment_s: float) -> float:
        """The moment of the grid that is nearest; the same where none is shown, or Alt is held."""
        grid = self._stage.plot.bar_lane.grid
        if grid is None or self._is_free:
            return moment_s
        beat_px = 60 / grid.bar_at(moment_s).tempo / self._view_box.seconds_per_pixel
        parts = next((parts for parts in _PARTS if beat_px / parts >= _PART_PX), 0)
        return grid.snapped(moment_s, parts) if parts else moment_s

    def _semitones(self, to: QPointF) -> int:
        return round(self._pitch(to)) - round(self._pitch(self._pressed))

    # Drawing notes.

    def _show_drawn(self, to: QPointF) -> None:
        first_s, last_s = self._drawn(to)
        self._editing.preview([Note(first_s, last_s, self._pressed_pitch(), 80)])

    def _add_drawn(self, to: QPointF) -> None:
        first_s, last_s = self._drawn(to)
        self._editing.add(first_s, self._pressed_pitch(), last_s)

    def _drawn(self, to: QPointF) -> tuple[float, float]:
        """From when to when a note is drawn."""
        ends_s = sorted((self._time(self._pressed), self._time(to)))
        first_s, last_s = (max(0.0, self._snapped(end_s)) for end_s in ends_s)
        return (first_s, last_s) if first_s < last_s else (max(0.0, ends_s[0]), ends_s[1])

    def _add(self) -> None:
        self._editing.add(max(0.0, self._time(self._pressed)), self._pressed_pitch())

    def _pressed_pitch(self) -> int:
        return round(self._pitch(self._pressed))

    # Choosing notes, and a part of the time.

    def _band_to(self, to: QPointF) -> None:
        self._stage.selection.set_band(self._box(to))

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
        self._playback.drag_span(first_s, last_s)

    def _go(self) -> None:
        self._stage.seek_asked.emit(self._time(self._pressed))

    # Places.

    @property
    def _slack_s(self) -> float:
        return _SLACK_PX * self._view_box.seconds_per_pixel

    def note_at(self, place: QPointF) -> Note | None:
        """The note that is drawn at a place of the view box."""
        return self._stage.roll.note_at(self._time(place), self._pitch(place), self._slack_s)

    def _end_at(self, note: Note, place: QPointF) -> str:
        """ "onset" or "offset" near the ends of a note, else nothing."""
        left, right = (
            self._view_box.mapFromView(QPointF(end_s, note.pitch)).x()
            for end_s in (note.onset_s, note.offset_s)
        )
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
        self._view_box.setCursor(shape)

    def _time(self, place: QPointF) -> float:
        return float(self._view_box.mapToView(place).x())

    def _pitch(self, place: QPointF) -> float:
        return float(self._view_box.mapToView(place).y())


def _nowhere(place: QPointF) -> None:
    """A drag that does nothing."""


def _nothing() -> None:
    """A click that was done when it began."""
