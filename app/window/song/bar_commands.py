"""Beats and bars of the opened recording: shown, dragged, tapped, given a time signature."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.music.bar_finding import snapped
from app.music.beats.given_rhythm import TEMPI
from app.music.rhythm import METERS, PLAIN_BPM, Meter
from app.settings.display_settings import DisplaySettings
from app.song.song import Song
from app.views.shortcuts.bar_shortcuts import BarActions
from app.views.stage.stage import Stage

Value = TypeVar("Value")

# Who taps has ended when no beat came for so long.
_TAPPED_MS = 2000
_USUAL_METERS = (Meter(2, 4), Meter(3, 4), Meter(4, 4), Meter(6, 8))


class BarCommands(QObject):
    """Keeps what is drawn of them in step with what is known, and hands on what a hand does.

    Signals:
        refused(str): why a command does nothing; one sentence.
        told(str): what a command did, where nothing else shows it; one sentence.
    """

    refused = Signal(str)
    told = Signal(str)

    def __init__(
        self, song: Song, stage: Stage, display: DisplaySettings, act: BarActions, window: QWidget
    ) -> None:
        super().__init__(window)
        self._song, self._stage, self._display = song, stage, display
        self._act, self._window = act, window
        self._taps: list[float] = []
        self._tapping = QTimer(self, interval=_TAPPED_MS, singleShot=True)
        self._tapping.timeout.connect(self.take_taps)
        rhythm, plot = song.rhythm, stage.plot
        act.show.toggled.connect(display.set_bars)
        act.tap.triggered.connect(self.tap)
        act.begin_bar.triggered.connect(lambda: self._begin_bar(stage.cursor_s))
        act.next_meter.triggered.connect(self._next_meter)
        act.halve.triggered.connect(rhythm.halve)
        act.double.triggered.connect(rhythm.double)
        act.tempo.triggered.connect(self._ask_tempo)
        act.reset.triggered.connect(rhythm.reset)
        plot.bar_lane.clicked.connect(stage.seek_asked)
        plot.bar_lane.edit_asked.connect(self._begin_bar)
        for row in (plot.bar_lane, plot.time_axis):
            row.menu_asked.connect(self._ask)
        plot.bar_lane.beat_dragged.connect(plot.bar_lines.set_dragged)
        plot.bar_lane.beat_moved.connect(rhythm.move_beat)
        rhythm.changed.connect(self._show)
        display.changed.connect(self._show)
        song.opened.connect(lambda _: self._taps.clear())
        self._show()

    # Showing.

    def enabled(self, is_song: bool) -> dict[QAction, bool]:
        """What can be done now; `is_song` says whether a recording is on the stage."""
        rhythm, act = self._song.rhythm, self._act
        return (
            dict.fromkeys(act.all(), is_song)
            | dict.fromkeys(act.on_grid, is_song and rhythm.grid is not None)
            | {act.reset: is_song and rhythm.is_corrected}
        )

    def _show(self) -> None:
        rhythm, display = self._song.rhythm, self._display
        self._act.show.setChecked(display.bars)
        grid = rhythm.grid if display.bars else None
        by_hand = {*rhythm.given.downbeats_s, *(at for run in rhythm.given.runs for at in run)}
        self._stage.plot.set_grid(grid, by_hand)

    # Commands.

    def tap(self) -> None:
        """There is a beat now; at rest, the one that is nearest to the cursor is there."""
        at_s, rhythm = self._stage.cursor_s, self._song.rhythm
        if self._stage.is_running:
            self._taps.append(at_s)
            self._tapping.start()
            count = len(self._taps)
            self.told.emit(f"Tapped {count} beat{'s' * (count > 1)}; they count once you stop.")
        elif rhythm.grid is None:
            self.refused.emit("Tap a beat: no beats were found yet, tap some while it plays.")
        else:
            rhythm.move_beat(rhythm.grid.nearest(at_s), at_s)

    def take_taps(self) -> None:
        """No more beats are tapped: those that were are beats."""
        self._tapping.stop()
        taps, self._taps = sorted(self._taps), []
        # A finger is a little late or early: what was played is not.
        taps = snapped(taps, [note.onset_s for note in self._song.notes])
        if len(taps) < 2:
            self.refused.emit("Tap a beat: one alone says nothing, tap along for a while.")
        else:
            self._song.rhythm.tap(taps)

    def _begin_bar(self, at_s: float) -> None:
        self._song.rhythm.begin_bar(at_s)

    def _next_meter(self) -> None:
        grid = self._song.rhythm.grid
        now = self._song.rhythm.given.meter or (grid.bar_at(self._stage.cursor_s).meter
                                                if grid is not None else _USUAL_METERS[-1])
        place = _USUAL_METERS.index(now) + 1 if now in _USUAL_METERS else 0
        meter = _USUAL_METERS[place % len(_USUAL_METERS)]
        self._song.rhythm.set_meter(meter)
        self.told.emit(f"Time signature: {meter}.")

    def _ask_tempo(self) -> None:
        grid = self._song.rhythm.grid
        bpm = PLAIN_BPM if grid is None else grid.beats_per_minute
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Tempo")
        dialog.setLabelText("Beats a minute:")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(1)
        dialog.setDoubleRange(*TEMPI)
        dialog.setDoubleValue(bpm)
        dialog.doubleValueSelected.connect(self._song.rhythm.set_tempo)
        dialog.open()

    def _ask(self, at_s: float, place: QPoint) -> None:
        """The menu of a moment among the bars."""
        if self._song.info is None:
            return
        rhythm, act = self._song.rhythm, self._act
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("A bar begins here").triggered.connect(partial(_with, self._begin_bar, at_s))
        menu.actions()[0].setEnabled(rhythm.grid is not None)
        for title, from_s in (("Time signature from here", at_s), ("Time signature", None)):
            meters = menu.addMenu(title)
            for meter in METERS:
                meters.addAction(str(meter)).triggered.connect(
                    partial(_with, partial(rhythm.set_meter, meter), from_s)
                )
        menu.addSeparator()
        menu.addActions([act.halve, act.double, act.tempo])
        menu.addSeparator()
        menu.addAction(act.reset)
        menu.popup(place)


def _with(act: Callable[[Value], None], value: Value, *_: object) -> None:
    act(value)
