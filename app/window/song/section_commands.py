"""Markers of the opened recording: set, named, moved, and gone to."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.music.sections import Marker, Section, next_name, section_at, sections
from app.song.song import Song
from app.system.clock_text import clock_text
from app.views.plain_text import menu_text
from app.views.shortcuts.section_shortcuts import N_NUMBERED, SectionActions
from app.views.stage.lanes.lane_editor import LaneEditor
from app.views.stage.lanes.lane_item import NamedSpan
from app.views.stage.stage import Stage
from app.window.song.loop_speed_mix import LoopSpeedMix

# Two markers are not nearer to each other, and who goes back soon after a section began means the
# one before.
_NEAR_S, _BACK_S = 0.02, 1.0


class SectionCommands(QObject):
    """What the markers' commands do, and the row of sections that shows them.

    Signals:
        refused(str): why a command does nothing, or what it did; one sentence.
    """

    refused = Signal(str)

    def __init__(
        self, song: Song, stage: Stage, playback: LoopSpeedMix, act: SectionActions,
        editor: LaneEditor, window: QWidget,
    ) -> None:
        """Args: `editor` is what names are written in."""
        super().__init__(window)
        self._song, self._stage, self._playback = song, stage, playback
        self._act, self._editor, self._window = act, editor, window
        self._lane = stage.plot.sections
        self._sections: list[Section] = []
        act.add.triggered.connect(lambda: self.add())
        act.next.triggered.connect(lambda: self.step(1))
        act.previous.triggered.connect(lambda: self.step(-1))
        act.rename.triggered.connect(lambda: self._here(self.rename))
        act.delete.triggered.connect(lambda: self._here(self.delete))
        act.loop.triggered.connect(lambda: self._here(self.loop))
        for number, action in enumerate(act.numbered):
            action.triggered.connect(partial(self.go_to, number))
        self._lane.clicked.connect(stage.seek_asked)
        self._lane.edit_asked.connect(self._edit)
        self._lane.menu_asked.connect(self._ask)
        self._lane.edge_moved.connect(self.move)
        act.menu.addActions(list(act.numbered))
        act.menu.aboutToShow.connect(self._fill)
        song.opened.connect(lambda _: self._show())
        song.notes_changed.connect(self._show)

    @property
    def markers(self) -> tuple[Marker, ...]:
        return self._song.edits.annotations.markers

    @property
    def sections(self) -> list[Section]:
        """The sections of the recording that is open."""
        return self._sections

    # Commands.

    def add(self, at_s: float | None = None) -> None:
        """Sets a marker at the cursor, or at a moment in seconds, and lets it be named."""
        info = self._song.info
        at_s = self._stage.cursor_s if at_s is None else at_s
        if info is None:
            return
        if at_s >= info.duration_s - _NEAR_S:
            self.refused.emit("Begin a section here: the recording ends here.")
            return
        near = next((one for one in self.markers if abs(one.time_s - at_s) < _NEAR_S), None)
        if near is not None:
            self.refused.emit(f"Begin a section here: {near.name} begins here already.")
            return
        marker = Marker(at_s, next_name(self.markers))
        self._change("Add marker", [*self.markers, marker])
        # While it plays, the eyes are elsewhere: it can be named later.
        if self._stage.is_running:
            self.refused.emit(
                f"Section {marker.name} begins at {clock_text(at_s, 1)}: Ctrl+Shift+H names it."
            )
        else:
            self._at(at_s, self.rename)

    def rename(self, number: int) -> None:
        """Lets the name of a section be written."""
        section = self._sections[number]
        lane, plot = self._lane, self._stage.plot
        room = lane.mapRectToScene(
            lane.room(NamedSpan(section.start_s, section.end_s, section.name))
        )
        self._editor.ask(
            plot.mapFromScene(room).boundingRect(), "Name of the section", section.name,
            partial(self._take_name, self._marker(number)), self._stage.setFocus,
        )

    def _take_name(self, marker: Marker, text: str) -> bool:
        named = dataclasses.replace(marker, name=text)
        if named.name and marker in self.markers:
            self._replace("Rename marker", marker, named)
        return True

    def move(self, number: int, to_s: float) -> None:
        """Lets a section begin at another moment, in seconds."""
        marker = self._marker(number)
        self._replace("Move marker", marker, dataclasses.replace(marker, time_s=to_s))

    def delete(self, number: int) -> None:
        """Takes a marker away; its section becomes part of the one before."""
        gone = self._marker(number)
        self._change("Delete marker", [marker for marker in self.markers if marker != gone])

    def loop(self, number: int) -> None:
        """Plays a section again and again."""
        section = self._sections[number]
        self._playback.set_span(section.start_s, section.end_s)
        self._playback.set_loops(True)

    def go_to(self, number: int, *_: object) -> None:
        """Goes to where a section begins; 0 is the first."""
        if number < len(self._sections):
            self._stage.seek_asked.emit(self._sections[number].start_s)

    def step(self, by: int) -> None:
        """Goes to the next section (1), or to the beginning of this one or the one before (-1)."""
        starts = [section.start_s for section in self._sections]
        now_s = self._stage.cursor_s
        if by > 0:
            place = bisect.bisect_right(starts, now_s + 1e-6)
            if place == len(starts):
                self.refused.emit("Next section: this is the last one.")
                return
        else:
            # While it plays, the moment has moved on when the key is pressed again.
            back_s = _BACK_S if self._stage.is_running else 1e-6
            place = bisect.bisect_left(starts, now_s - back_s) - 1
            if place < 0:
                self._stage.seek_asked.emit(0.0)
                return
        self.go_to(place)

    # Showing.

    def enabled(self, is_song: bool) -> dict[QAction, bool]:
        """What can be done now; `is_song` says whether a recording is on the stage."""
        act, count = self._act, len(self._sections) if is_song else 0
        return (
            dict.fromkeys(act.all(), is_song)
            | dict.fromkeys((act.next, act.previous, *act.on_section), count > 0)
            | {action: number < count for number, action in enumerate(act.numbered)}
        )

    def _fill(self) -> None:
        """Lists the sections."""
        menu = self._act.menu
        for further in menu.actions()[N_NUMBERED:]:
            menu.removeAction(further)
            further.deleteLater()
        if not self._sections:
            menu.addAction("None yet").setEnabled(False)
        for number in range(N_NUMBERED, len(self._sections)):
            action = menu.addAction(self._text(number))
            action.triggered.connect(partial(self.go_to, number))

    def _text(self, number: int) -> str:
        section = self._sections[number]
        return menu_text(f"{section.name}   {clock_text(section.start_s)}")

    def _show(self) -> None:
        info = self._song.info
        end_s = 0.0 if info is None else info.duration_s
        self._sections = sections(self.markers, end_s)
        self._lane.set_spans([NamedSpan(*dataclasses.astuple(one)) for one in self._sections])
        self._lane.set_shown(bool(self._sections))
        for number, action in enumerate(self._act.numbered[: len(self._sections)]):
            action.setText(self._text(number))

    def _ask(self, at_s: float, place: QPoint) -> None:
        number = self._lane.index_at(at_s)
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if number is not None:
            for text, act in (
                ("Rename the section…", self.rename), ("Loop this section", self.loop),
                ("Delete the marker", self.delete),
            ):
                menu.addAction(text).triggered.connect(partial(_with, act, number))
            menu.addSeparator()
        menu.addAction("Begin a section here").triggered.connect(lambda: self.add(at_s))
        menu.popup(place)

    # Within.

    def _edit(self, at_s: float) -> None:
        """A double click: names the section there, or begins one."""
        number = self._lane.index_at(at_s)
        if number is None:
            self.add(at_s)
        else:
            self.rename(number)

    def _here(self, act: Callable[[int], None]) -> None:
        self._at(self._stage.cursor_s, act)

    def _at(self, at_s: float, act: Callable[[int], None]) -> None:
        section = section_at(self._sections, at_s)
        if section is None:
            self.refused.emit("No section has begun here yet: Shift+H begins one.")
        else:
            act(self._sections.index(section))

    def _marker(self, number: int) -> Marker:
        """The marker that a section begins with."""
        section = self._sections[number]
        return Marker(section.start_s, section.name)

    def _replace(self, label: str, old: Marker, new: Marker) -> None:
        self._change(label, [new if marker == old else marker for marker in self.markers])

    def _change(self, label: str, markers: Iterable[Marker]) -> None:
        edits = self._song.edits
        edits.annotate(
            label, dataclasses.replace(edits.annotations, markers=tuple(sorted(markers)))
        )


def _with(act: Callable[[int], None], number: int, *_: object) -> None:
    act(number)
