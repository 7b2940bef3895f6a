"""The row of chords: shown, named by hand, copied and exported."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.exports.table_writer import chords_as_text, write_chords
from app.music.chords.chord_editing import PlacedChord
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import Chord
from app.music.chords.chord_parsing import parse_chord
from app.music.key_finding import Key
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.song.chords.song_chords import SongChords
from app.system.atomic_write import WriteError
from app.views.shortcuts.chord_shortcuts import ChordActions
from app.views.stage.lanes.lane_editor import LaneEditor
from app.views.stage.lanes.lane_item import NamedSpan
from app.views.stage.stage import Stage
from app.window.chords.live_chord_feed import LiveChordFeed
from app.window.commands import Commands

_KEYS = range(-6, 7)


class ChordCommands(QObject):
    """What the commands for chords do, and the row that shows them, live and of a recording.

    Signals:
        changed(): the chords of the recording are others.
        refused(str): why a command does nothing, or what it did; one sentence.
        failed(str): a file cannot be written; one sentence.
    """

    changed = Signal()
    refused = Signal(str)
    failed = Signal(str)

    def __init__(
        self, chords: SongChords, stage: Stage, commands: Commands, act: ChordActions,
        display: DisplaySettings, settings: Settings, editor: LaneEditor, window: QWidget,
    ) -> None:
        """Args: `editor` is what names are written in."""
        super().__init__(window)
        self._chords, self._stage, self._commands = chords, stage, commands
        self._act, self._display, self._settings = act, display, settings
        self._editor, self._window = editor, window
        self._live = LiveChordFeed(commands, stage, self)
        self._lane = stage.plot.chords
        # Names that were worked out, by chord and naming.
        self._names: dict[object, str] = {}
        commands.chords = lambda: tuple(one.span for one in self._placed)
        commands.naming = lambda: display.naming
        act.show.triggered.connect(display.set_chords)
        for action, do in (
            (act.name, self.edit), (act.split, self._split), (act.merge, self._merge),
            (act.as_found, self._reset),
        ):
            action.triggered.connect(partial(self._at_cursor, do))
        act.key.triggered.connect(self._ask_key)
        act.copy.triggered.connect(self.copy)
        act.export.triggered.connect(self._ask_path)
        self._lane.clicked.connect(stage.seek_asked)
        self._lane.edit_asked.connect(self._edit)
        self._lane.menu_asked.connect(self._ask)
        self._lane.edge_moved.connect(chords.move_edge)
        stage.plot.key.menu_asked.connect(self._key_menu)
        for changed in (chords.changed, self._live.changed, display.changed):
            changed.connect(self.show_state)
        chords.changed.connect(self.changed)
        chords.failed.connect(self.failed)

    # Commands.

    def edit(self, at_s: float) -> None:
        """Lets the name of the chord at a moment be written."""
        span = self._chords.place_at(at_s)
        room = self._lane.mapRectToScene(self._lane.room(NamedSpan(span.start_s, span.end_s, "")))
        text = "" if span.chord is None else self._name(span.chord)
        self._editor.ask(
            self._stage.plot.mapFromScene(room).boundingRect(), "Name of the chord", text,
            partial(self._take_name, span), self._stage.setFocus, "N: no chord",
        )

    def _take_name(self, span: ChordSpan, text: str) -> bool:
        before = "" if span.chord is None else self._name(span.chord)
        if text.strip() == before:
            return True
        try:
            chord = parse_chord(text, self._display.naming)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        self._chords.name(span, chord)
        return True

    def copy(self) -> None:
        """Puts the chords on the clipboard as lines of text."""
        spans = [one.span for one in self._placed]
        QGuiApplication.clipboard().setText(chords_as_text(spans, self._display.naming))
        self.refused.emit(f"Copied {len(spans)} chord{'' if len(spans) == 1 else 's'} as text.")

    def close(self) -> None:
        """The window closes."""
        self._chords.close()

    def export(self, path: Path) -> None:
        """Writes the chords as a table."""
        try:
            write_chords([one.span for one in self._placed], path, self._display.naming)
        except WriteError as error:
            self.failed.emit(str(error))
        else:
            self.refused.emit(f"Exported: {path.name}, in {path.parent}.")

    def _ask_path(self) -> None:
        folder = self._commands.suggested_folder or self._settings.last_folder
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Export the chords",
            str(folder / f"{self._commands.suggested_name} chords.csv"), "Tables (*.csv)",
        )
        if name:
            path = Path(name)
            self._settings.last_folder = path.parent
            self.export(path if path.suffix else path.with_suffix(".csv"))

    def _split(self, at_s: float) -> None:
        if not self._chords.split(at_s):
            self.refused.emit("Split the chord: there is none here, or it is too short.")

    def _merge(self, at_s: float) -> None:
        if not self._chords.merge(at_s):
            self.refused.emit("Merge with the next chord: there is none after it.")

    def _reset(self, at_s: float) -> None:
        if not self._chords.reset(at_s):
            self.refused.emit("Chord as found: nothing was changed here by hand.")

    # Showing.

    @property
    def _placed(self) -> list[PlacedChord]:
        if self._commands.has_take:
            return [PlacedChord(span) for span in self._live.spans]
        return self._chords.placed

    def show_state(self) -> None:
        """Shows what there is, and what can be done now."""
        commands, plot, shown = self._commands, self._stage.plot, self._display.chords
        self._live.is_on = shown
        is_shown = shown and commands.has_stage
        placed = self._placed
        self._lane.set_spans([self._named(one) for one in placed])
        self._lane.can_drag = self._is_song
        self._lane.set_shown(is_shown)
        plot.key.set_shown(is_shown)
        plot.key.show_text(
            self._key_text(), is_chosen=self._is_song and self._chords.is_key_by_hand
        )
        act = self._act
        act.show.setChecked(shown)
        for action in act.all():
            action.setEnabled(
                (self._is_song or action not in act.of_song)
                and (bool(placed) or action not in act.of_chords)
            )

    @property
    def _is_song(self) -> bool:
        return self._commands.song.is_open and not self._commands.has_take

    def _named(self, placed: PlacedChord) -> NamedSpan:
        span, by_hand = placed
        if span.chord is None:
            return NamedSpan(span.start_s, span.end_s, "", by_hand)
        return NamedSpan(
            span.start_s, span.end_s, self._name(span.chord), by_hand, span.chord.root
        )

    def _name(self, chord: Chord) -> str:
        key = chord, self._display.naming
        if key not in self._names:
            if len(self._names) > 1000:
                self._names.clear()
            self._names[key] = chord.name(self._display.naming)
        return self._names[key]

    def _key_text(self) -> str:
        if self._is_song:
            key = self._chords.key
            return "" if key is None else self._key_name(key)
        heard = self._display.heard_key
        if heard is None:
            return ""
        # Live tells the signature alone.
        major, minor = (self._tonic(Key(heard, is_minor)) for is_minor in (False, True))
        return f"{major} · {minor}m"

    def _key_name(self, key: Key) -> str:
        return f"{self._tonic(key)} {'minor' if key.is_minor else 'major'}"

    def _tonic(self, key: Key) -> str:
        naming = self._display.naming
        # A semitone up is seven fifths up.
        fifths = (key.fifths + 7 * naming.transposition + 5) % 12 - 5
        naming = dataclasses.replace(naming, accidentals="key", key=fifths)
        return naming.pitch_class(key.fifths * 7 + (9 if key.is_minor else 0))

    # Menus.

    def _ask(self, at_s: float, place: QPoint) -> None:
        if not self._is_song:
            return
        menu = self._menu()
        for text, do in (
            ("Name the chord…", self.edit), ("No chord here", self._delete),
            ("Split the chord", self._split), ("Merge with the next chord", self._merge),
            ("Chord as found", self._reset),
        ):
            menu.addAction(text).triggered.connect(partial(_with, do, at_s))
        menu.popup(place)

    def _delete(self, at_s: float) -> None:
        self._chords.name(self._chords.place_at(at_s), None)

    def _ask_key(self) -> None:
        corner, plot = self._stage.plot.key, self._stage.plot
        below = corner.mapToScene(corner.boundingRect().bottomLeft())
        self._key_menu(plot.mapToGlobal(plot.mapFromScene(below)))

    def _key_menu(self, place: QPoint) -> None:
        if not self._is_song:
            return
        menu = self._menu()
        told = menu.addAction("Told by the notes")
        told.setCheckable(True)
        told.setChecked(not self._chords.is_key_by_hand)
        told.triggered.connect(lambda: self._chords.set_key(None))
        for text, is_minor in (("Major", False), ("Minor", True)):
            inner = menu.addMenu(text)
            for fifths in _KEYS:
                key = Key(fifths, is_minor)
                action = inner.addAction(self._key_name(key))
                action.setCheckable(True)
                action.setChecked(self._chords.key == key)
                action.triggered.connect(partial(_with, self._chords.set_key, key))
        menu.popup(place)

    def _menu(self) -> QMenu:
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    # Within.

    def _edit(self, at_s: float) -> None:
        if self._is_song:
            self.edit(at_s)

    def _at_cursor(self, do: Callable[[float], None], *_: object) -> None:
        do(self._stage.cursor_s)


def _with(do: Callable[..., object], value: object, *_: object) -> None:
    do(value)
