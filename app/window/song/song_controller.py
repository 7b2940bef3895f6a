"""All that the window has for an opened recording, built and connected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from app.exports.notes_part import NotesPart
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.song.chords.song_chords import SongChords
from app.song.song import Song
from app.style.theme_colours import Theme
from app.views.bars.midi_drag_handle import MidiHandle
from app.views.bars.notice_bar import Notice, NoticeBar
from app.views.bars.song_bar import NORMAL, SPEED_STEP, SongBar
from app.views.shortcuts.song_shortcuts import SongActions
from app.views.shortcuts.window_shortcuts import Actions
from app.views.stage.lanes.lane_editor import LaneEditor
from app.views.stage.stage import Stage
from app.window.chords.chord_commands import ChordCommands
from app.window.commands import Commands
from app.window.exporting.export_commands import Exporting
from app.window.exporting.part_choice import PartChoice
from app.window.song.bar_commands import BarCommands
from app.window.song.hover_readout import HoverReadout
from app.window.song.loop_speed_mix import LoopSpeedMix
from app.window.song.metronome_commands import MetronomeCommands
from app.window.song.note_mouse import NoteMouse
from app.window.song.project_commands import ProjectCommands
from app.window.song.project_view import ProjectView
from app.window.song.section_commands import SectionCommands
from app.window.song.selection_editing import NUDGE_S, SelectionEditing
from app.window.song.solo_key import SoloKey
from app.window.song.speed_trainer import SpeedTrainer
from model.notes import Note

# How long notes of the built-in instrument are heard after their end.
_FADES_S = 0.25
_OUTPUT, _COPIED = "output", "copied"


class SongController(QObject):
    """Keeps the commands for a recording, its bar, and what they act on in step.

    Attributes:
        act: the commands.
        bar: the slim bar, hidden while there is no recording.
        editing, playback, sections, bars, chords, trainer, hover, files, exporting: what the
            commands act on.

    Signals:
        refused(str): why a command does nothing, or what it does now; one sentence.
    """

    refused = Signal(str)

    def __init__(
        self, song: Song, stage: Stage, commands: Commands, act: SongActions, window_act: Actions,
        display: DisplaySettings, settings: Settings, notices: NoticeBar,
        tell_hover: Callable[[str], None], theme: Theme, window: QMainWindow,
    ) -> None:
        """Args: `act` are the recording's commands, `window_act` the others; `tell_hover` shows
        what is under the pointer."""
        super().__init__(window)
        self._song, self._stage, self._commands = song, stage, commands
        self._window_act, self._settings, self._window = window_act, settings, window
        self._notices, self._display = notices, display
        self.act = act
        self.editing = SelectionEditing(song, stage, self)
        self.playback = LoopSpeedMix(song, stage, self)
        editor = LaneEditor(stage.plot)
        self.sections = SectionCommands(song, stage, self.playback, act.sections, editor, window)
        self.chords = ChordCommands(
            SongChords(song), stage, commands, act.chords, display, settings, editor, window
        )
        self.trainer = SpeedTrainer(song, stage, self.playback, self)
        self.bars = BarCommands(song, stage, display, act.bars, window)
        self.metronome = MetronomeCommands(song, commands, display.metronome, act.bars, window)
        self._mouse = NoteMouse(stage, self.editing, self.playback, self)
        self.hover = HoverReadout(song, stage, display, theme, tell_hover, window)
        self._solo = SoloKey(act.solo, self._meant, commands.song, self.playback, self.refused.emit,
                             window)
        self.handle = MidiHandle()
        self.bar = SongBar(act, self.handle, theme)
        self.bar.hide()
        view = ProjectView(stage, self.playback)
        self.files = ProjectCommands(song, commands, view, notices, window)
        self.parts = PartChoice(commands, self.editing, self.playback)
        self.exporting = Exporting(commands, self.parts, display, settings, self.handle, window)
        for part in (self.editing, self.sections, self.bars, self.metronome, self.chords):
            part.refused.connect(self.refused)
        for told in (self.bars.told, song.rhythm.failed):
            told.connect(self.refused)
        self._connect()
        self._connect_notes()
        self._connect_told()
        self._show()

    def _connect(self) -> None:
        act, playback = self.act, self.playback
        act.save.triggered.connect(self.files.save)
        act.save_as.triggered.connect(self.files.save_as)
        act.copy_text.triggered.connect(lambda: self.exporting.copy_text())
        act.play_part.triggered.connect(self._play_part)
        act.loop.triggered.connect(self._loop)
        act.clear_span.triggered.connect(playback.clear_span)
        act.slower.triggered.connect(lambda: playback.set_speed(playback.speed - SPEED_STEP))
        act.faster.triggered.connect(lambda: playback.set_speed(playback.speed + SPEED_STEP))
        act.normal_speed.triggered.connect(lambda: playback.set_speed(NORMAL))
        act.other_mix.triggered.connect(playback.next_mix)
        places = act.sections
        places.loop_from.triggered.connect(lambda: self._set_edge(playback.begin_span))
        places.loop_to.triggered.connect(lambda: self._set_edge(playback.end_span))
        places.trainer.triggered.connect(self.trainer.set_on)
        self.trainer.told.connect(self.refused)
        for action, by in (
            (places.lower, -100), (places.higher, 100), (places.flatter, -10),
            (places.sharper, 10),
        ):
            action.triggered.connect(partial(self._change_cents, by))
        places.own_pitch.triggered.connect(lambda: playback.set_cents(0))
        act.why.toggled.connect(self.hover.set_on)
        self._window_act.export.triggered.connect(self.exporting.ask)
        bar, sensitivity = self.bar, self._commands.sensitivity
        bar.speed_changed.connect(playback.set_speed)
        bar.cents_changed.connect(playback.set_cents)
        bar.mix_changed.connect(playback.set_mix)
        bar.shortest_changed.connect(sensitivity.set_shortest)

    def _connect_notes(self) -> None:
        act, editing = self.act, self.editing
        act.edit.toggled.connect(self._set_editing)
        act.undo.triggered.connect(editing.undo)
        act.redo.triggered.connect(editing.redo)
        act.select_all.triggered.connect(editing.choose_all)
        act.next_note.triggered.connect(lambda: editing.choose_beside(1))
        act.previous_note.triggered.connect(lambda: editing.choose_beside(-1))
        act.delete.triggered.connect(editing.delete)
        act.split.triggered.connect(editing.split)
        act.join.triggered.connect(editing.join)
        act.pitch_up.triggered.connect(lambda: self._change_pitch(1))
        act.pitch_down.triggered.connect(lambda: self._change_pitch(-1))
        act.louder.triggered.connect(lambda: self._change_velocity(1))
        act.softer.triggered.connect(lambda: self._change_velocity(-1))
        act.earlier.triggered.connect(lambda: editing.move(seconds=-NUDGE_S))
        act.later.triggered.connect(lambda: editing.move(seconds=NUDGE_S))

    def _connect_told(self) -> None:
        commands, comparison = self._commands, self._song.comparison
        for changed in (
            commands.changed, self.editing.changed, self.playback.changed, self.trainer.changed,
            self.files.keeper.changed, commands.sensitivity.moved, comparison.changed,
            self._song.rhythm.changed,
        ):
            changed.connect(self._show)
        comparison.failed.connect(commands.failed)
        self._stage.keyboard.struck.connect(self._strike_key)
        self._display.tuned.connect(self._tune)
        self.playback.failed.connect(self._output_failed)
        self.playback.heard.connect(lambda: self._notices.settle(_OUTPUT))
        self.files.failed.connect(commands.failed)
        self.handle.pointed.connect(
            lambda: self.handle.show_notes(self.parts.meant.count_text)
        )
        self.exporting.failed.connect(commands.failed)
        self.chords.failed.connect(commands.failed)
        self.exporting.copied.connect(self._copied)
        commands.exporting.connect(self._exporting)
        commands.export_ended.connect(lambda: self._notices.settle("export"))

    def set_theme(self, theme: Theme) -> None:
        """Dresses all of it."""
        self.hover.set_theme(theme)
        self.bar.set_theme(theme)
        self.act.set_theme(theme)

    def close(self) -> None:
        """The window closes; everything was asked."""
        self.files.close()
        self.exporting.close()
        self.metronome.close()
        self.chords.close()

    # Showing.

    def _show(self) -> None:
        act, editing, playback = self.act, self.editing, self.playback
        is_song = self._commands.song.is_open and not self._commands.has_take
        if not is_song and editing.is_on:
            act.edit.setChecked(False)
        has_chosen = is_song and editing.has_chosen
        enabled = (
            dict.fromkeys(act.own, is_song)
            | dict.fromkeys(
                (act.select_all, act.next_note, act.previous_note, act.split),
                is_song and editing.is_on,
            )
            | dict.fromkeys(act.on_notes, has_chosen)
            | {
                act.copy_text: self._commands.note_count > 0,
                act.clear_comparison: is_song and self._song.comparison.path is not None,
                act.play_part: (
                    is_song and (playback.span is not None or bool(editing.chosen))
                ),
                act.clear_span: is_song and playback.span is not None,
                act.other_mix: is_song and playback.can_mix,
                # Of a MIDI file nothing is heard, so nothing says why.
                act.why: is_song and self._commands.hears,
                # The same keys scroll while no note is chosen.
                self._window_act.up: not has_chosen,
                self._window_act.down: not has_chosen,
            }
            | self.sections.enabled(is_song)
            | self.bars.enabled(is_song)
        )
        for action, word, label in (
            (act.undo, "Undo", editing.undo_label), (act.redo, "Redo", editing.redo_label),
        ):
            text = word if label is None else f"{word} {label[0].lower()}{label[1:]}"
            enabled[action] = is_song and label is not None
            action.setText(text)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{text} ({keys})")
        # Each once: a command that is off and on again would be painted twice.
        for action, can_do in enabled.items():
            action.setEnabled(can_do)
        for action in act.sections.numbered:
            action.setVisible(enabled[action])
        self.chords.show_state()
        act.loop.setChecked(playback.loops)
        act.sections.trainer.setChecked(self.trainer.is_on)
        self._mouse.is_enabled = self._stage.time_axis.selects = is_song
        self.bar.setVisible(is_song)
        self.handle.setEnabled(self._commands.note_count > 0)
        self.bar.show_values(
            speed=playback.speed, is_rising=self.trainer.is_on, cents=playback.cents,
            mix=playback.mix, can_mix=playback.can_mix,
            shortest_ms=self._commands.sensitivity.shortest_ms,
        )
        self.bar.shortest.setEnabled(self._commands.recording is not None)
        self._window.setWindowModified(is_song and self.files.must_ask)

    # What the commands do.

    def _set_editing(self, is_on: bool) -> None:
        self._mouse.rest()
        self._commands.is_editing = is_on
        self.editing.set_on(is_on)
        self._commands.changed.emit()
        if is_on:
            self._stage.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _set_edge(self, set_edge: Callable[[float], None]) -> None:
        set_edge(self._stage.cursor_s)
        self.refused.emit(f"Selected: {self.playback.span_text}." if self.playback.span else "")

    def _change_cents(self, by: int, *_: object) -> None:
        self.playback.set_cents(self.playback.cents + by)

    def _change_pitch(self, semitones: int) -> None:
        self.editing.move(semitones=semitones)
        self._strike_chosen()

    def _change_velocity(self, steps: int) -> None:
        self.editing.louder(steps)
        self._strike_chosen()

    def _strike_chosen(self) -> None:
        note = self.editing.only_chosen
        if note is not None:
            self.playback.strike(note.pitch, note.velocity)

    def _strike_key(self, pitch: int) -> None:
        # While one plays live, the microphone would hear it.
        if self.bar.isVisible():
            self.playback.strike(pitch)

    def _tune(self, a4: float) -> None:
        self._song.player.tune(a4)

    def _meant(self) -> Note | None:
        """The note to be heard alone, or what could be one under the pointer."""
        chosen = self.editing.chosen
        return self.hover.note or (chosen[0] if chosen else self.hover.spot)

    def _play_part(self) -> None:
        part, span = self.parts.meant, self.playback.span
        if part.name == "chosen":
            # What fades after the last of them is heard as well.
            self._commands.song.play_part(part.begin_s, part.end_s + _FADES_S, part.notes)
            told = part.count_text
        elif span is not None:
            self._commands.song.play_part(*span)
            told = self.playback.span_text
        else:
            return
        # Without a loudspeaker that was said instead.
        if self._commands.song.is_playing:
            self.refused.emit(f"Playing {told}.")

    def _loop(self, loops: bool) -> None:
        meant = self.parts.meant
        if loops and self.playback.span is None and meant.name == "chosen":
            self.playback.set_span(meant.begin_s, meant.end_s)
        self.playback.set_loops(loops)

    # What is told.

    def _output_failed(self, sentence: str) -> None:
        self._notices.tell(Notice(_OUTPUT, sentence, is_warning=True))

    def _copied(self, part: NotesPart) -> None:
        copy_all = [("Copy all", lambda: self.exporting.copy_text(all_notes=True))]
        self._notices.tell(Notice(
            _COPIED, f"Copied {part.count_text} as text.", [] if part.is_all else copy_all
        ))

    def _exporting(self, path: Path) -> None:
        text = f"Exporting {path.name}…"
        self._notices.tell(Notice(
            "export", text, [("Cancel", self._commands.cancel_export)], stays=True
        ))
