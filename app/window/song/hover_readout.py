"""What the window says of the place under the pointer: the note there, and why it is there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.music.tuning.intonation import NEAR_S, intonation, phrase_about, signed
from app.settings.display_settings import DisplaySettings
from app.song.song import Song
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.views.panels.why_panel import WhyPanel
from app.views.stage.stage import Stage
from model.notes import Note
from model.pitch import hz_from_pitch

_SLACK_PX = 3.0
# Half of the time about the pointer that is heard where no note is.
_SPOT_S = 0.25
_CONTROL = Qt.Key.Key_Control


class HoverReadout(QObject):
    """Follows the pointer over the stage; the note under it is told for live takes as well."""

    def __init__(
        self, song: Song, stage: Stage, display: DisplaySettings, theme: Theme,
        tell: Callable[[str], None], window: QWidget,
    ) -> None:
        """Args: `tell` shows a line about the note under the pointer; empty for none."""
        super().__init__(window)
        self._song, self._stage, self._display, self._tell = song, stage, display, tell
        # Where the pointer is in the scene: what lies there changes when the view moves.
        self._at: QPointF | None = None
        self._is_on = self._is_held = False
        self.panel = WhyPanel(theme, stage.plot.viewport())
        stage.view_box.hovered.connect(self._hovered)
        stage.view_box.hover_ended.connect(self._left)
        stage.view_box.sigRangeChanged.connect(self._moved)
        song.notes_changed.connect(self._show)
        for watched in (window, stage.plot.viewport()):
            watched.installEventFilter(self)

    def set_theme(self, theme: Theme) -> None:
        self.panel.set_theme(theme)

    def set_on(self, is_on: bool) -> None:
        """Shows why wherever the pointer goes, or only while Ctrl is held."""
        self._is_on = is_on
        self._show()

    @property
    def _place(self) -> tuple[float, float] | None:
        """Seconds and fractional MIDI pitch under the pointer."""
        if self._at is None:
            return None
        place = self._stage.view_box.mapSceneToView(self._at)
        return place.x(), place.y()

    @property
    def note(self) -> Note | None:
        """The note under the pointer, or an unsure one."""
        if self._place is None:
            return None
        time_s, pitch = self._place
        slack_s = _SLACK_PX * self._stage.view_box.seconds_per_pixel
        roll = self._stage.roll
        return roll.note_at(time_s, pitch, slack_s) or roll.unsure_at(time_s, pitch, slack_s)

    @property
    def spot(self) -> Note | None:
        """The pitch under the pointer and the moments around it, where there may be no note."""
        info = self._song.info
        if self._place is None or info is None:
            return None
        time_s, pitch = self._place
        first_s, last_s = max(0.0, time_s - _SPOT_S), min(time_s + _SPOT_S, info.duration_s)
        return Note(first_s, last_s, round(pitch)) if first_s < last_s else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == _CONTROL:
            if event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                self._is_held = event.type() == QEvent.Type.KeyPress
                self._show()
        elif event.type() in (QEvent.Type.WindowDeactivate, QEvent.Type.Leave):
            # After a drag that ended beside the plot, or under another window, nothing else tells.
            if event.type() == QEvent.Type.WindowDeactivate:
                self._is_held = False
            self._left()
        return False

    def _hovered(self, time_s: float, pitch: float) -> None:
        self._at = self._stage.view_box.mapViewToScene(QPointF(time_s, pitch))
        self._show()

    def _moved(self) -> None:
        if self._at is not None:
            self._show()

    def _left(self) -> None:
        self._at = None
        self._show()

    def _show(self) -> None:
        note, place = self.note, self._place
        self._tell("" if note is None else self.describe(note))
        if place is None or not (self._is_on or self._is_held) or self._song.info is None:
            self.panel.hide()
            return
        time_s, exact = place
        pitch = round(exact)
        why = self._song.why(time_s, pitch)
        if why is None:
            self.panel.hide()
            return
        box = self._stage.view_box
        at = box.mapViewToScene(QPointF(time_s, exact)).toPoint()
        name = self._display.naming.name(pitch)
        sounding = self._stage.roll.note_at(time_s, pitch)
        self.panel.show_why(
            why, time_s, sounding, f"{name} at {clock_text(time_s, 2)}", at,
            box.geometry().toRect(),
        )

    def describe(self, note: Note) -> str:
        """A note in one line."""
        hz = hz_from_pitch(note.pitch, self._display.a4)
        parts = [
            self._display.naming.name(note.pitch), f"{hz:.1f} Hz",
            f"at {clock_text(note.onset_s, 3)}", f"{note.offset_s - note.onset_s:.3f} s long",
            f"velocity {note.velocity}",
        ]
        if self._song.info is not None and self._song.edits.is_by_hand(note):
            parts.append("changed by hand")
        elif self._song.info is None or not self._song.info.is_midi:
            parts.append(f"{note.confidence:.0%} sure")
        parts += self._in_tune(note)
        return "   ·   ".join(parts)

    def _in_tune(self, note: Note) -> list[str]:
        """How far beside its key a note sounds, and its phrase."""
        known = intonation(note)
        if known is None:
            return []
        near = self._stage.roll.track.between(note.onset_s - NEAR_S, note.onset_s + NEAR_S)
        phrase = phrase_about(note, [bar.note(note.offset_s) for bar in near])
        if phrase.intonation is None or len(phrase.notes) == 1:
            return [str(known)]
        return [
            str(known),
            f"phrase {signed(phrase.intonation.cents)} ± {phrase.intonation.spread:.0f}",
        ]
