"""The menus of the window's commands."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMenuBar

from app.live.midi_port_choice import MidiPortChoice
from app.midi.pitch_bend import Bends
from app.settings.settings import MIDI_CHANNELS
from app.views.plain_text import menu_text, plain_tip
from app.views.shortcuts.practice_shortcuts import PracticeActions
from app.views.shortcuts.score_shortcuts import ScoreActions
from app.views.shortcuts.song_shortcuts import SongActions
from app.views.shortcuts.window_shortcuts import Actions

# How live notes follow the pitch that sounds, and what that does.
_BENDS: dict[Bends, tuple[str, str]] = {
    "off": ("Off", "Notes are sent at the pitches of the keys"),
    "channel": ("One channel, for one note at a time",
                "The channel is bent as the note that began last is, 2 semitones either way"),
    "mpe": ("A channel for each note (MPE)",
            "Every note is bent by itself, for instruments that understand MPE"),
}


@dataclass(frozen=True)
class Menus:
    """Those whose content changes: recent files, what was played lately, where MIDI goes."""

    recent: QMenu
    playing: QMenu
    midi: QMenu


def fill_menus(
    bar: QMenuBar, actions: Actions, song: SongActions, practice: PracticeActions,
    score: ScoreActions,
) -> Menus:
    """Puts the commands into the menu bar; returns the menus that are still empty."""
    file = bar.addMenu("&File")
    file.addAction(actions.open)
    recent = file.addMenu("Open recent")
    file.addAction(actions.demo)
    playing = file.addMenu("Recent playing")
    file.addSeparator()
    file.addActions([song.save, song.save_as])
    file.addSeparator()
    file.addActions([actions.export, score.save_pdf, score.print_score, song.chords.export,
                     actions.picture])
    file.addSeparator()
    file.addAction(actions.quit)

    edit = bar.addMenu("&Edit")
    edit.addActions([song.undo, song.redo])
    edit.addSeparator()
    edit.addActions([song.edit, song.select_all, song.next_note, song.previous_note])
    edit.addSeparator()
    edit.addActions([song.delete, song.split, song.join])
    change = edit.addMenu("Change")
    change.addActions([song.pitch_up, song.pitch_down, song.louder, song.softer, song.earlier,
                       song.later])
    edit.addSeparator()
    chords = edit.addMenu("Chords")
    chords.addActions(song.chords.of_song)
    edit.addSeparator()
    edit.addActions([song.copy_text, song.chords.copy])

    view = bar.addMenu("&View")
    view.addAction(actions.display_panel)
    view.addSeparator()
    pages = view.addMenu("Score")
    pages.addActions([score.next_view, score.next_staves])
    pages.addSeparator()
    pages.addActions([score.next_page, score.previous_page, score.larger, score.smaller])
    view.addAction(score.next_fretboard)
    view.addSeparator()
    view.addActions([actions.next_style, actions.next_accidentals, actions.only_names,
                     actions.detail, actions.unsure, actions.pitch_lines, song.bars.show,
                     song.chords.show])
    view.addSeparator()
    view.addActions([actions.fit, actions.follow])
    zoom = view.addMenu("Zoom and scroll")
    zoom.addActions([actions.zoom_in, actions.zoom_out, actions.earlier, actions.later])
    zoom.addSeparator()
    zoom.addActions([actions.pitch_zoom_in, actions.pitch_zoom_out, actions.up, actions.down])
    view.addSeparator()
    theme = view.addMenu("Theme")
    theme.addActions(list(actions.themes.values()))
    theme.addSeparator()
    theme.addAction(actions.next_theme)
    view.addActions([actions.full_screen, actions.stage_view])

    playback = bar.addMenu("&Playback")
    playback.addActions([actions.play, song.play_part, actions.to_start, actions.back,
                         actions.forward])
    playback.addSeparator()
    places = song.sections
    playback.addActions([song.loop, places.loop_from, places.loop_to, song.clear_span,
                         places.trainer])
    playback.addSeparator()
    playback.addMenu(places.menu)
    playback.addActions([places.next, places.previous, places.add, places.rename, places.loop,
                         places.delete])
    playback.addSeparator()
    playback.addActions([song.slower, song.faster, song.normal_speed])
    playback.addSeparator()
    playback.addMenu("Pitch").addActions(places.of_pitch)
    playback.addSeparator()
    playback.addActions([song.other_mix, song.solo])

    playback.addActions([song.bars.metronome, song.bars.count_in])
    bars = playback.addMenu("Beats and bars")
    beats = song.bars
    bars.addActions([beats.tap, beats.begin_bar, beats.next_meter])
    bars.addSeparator()
    bars.addActions([beats.halve, beats.double, beats.tempo])
    bars.addSeparator()
    bars.addAction(beats.reset)

    notes = bar.addMenu("&Notes")
    notes.addActions([actions.more_notes, actions.fewer_notes, actions.own_notes])
    notes.addSeparator()
    notes.addActions([song.why, song.compare, song.clear_comparison])
    notes.addSeparator()
    notes.addAction(actions.measure_a4)
    notes.addSeparator()
    notes.addAction(actions.cancel)

    practising = bar.addMenu("P&ractice")
    practising.addActions([actions.practise, practice.again, practice.worst])
    practising.addSeparator()
    practising.addActions([practice.skip, practice.end, practice.direction, practice.score])
    practising.addSeparator()
    practising.addActions([practice.next_fault, practice.previous_fault])
    practising.addSeparator()
    practising.addAction(practice.delay)

    live = bar.addMenu("&Live")
    live.addActions([actions.live, actions.record, actions.keep, actions.freeze])
    live.addSeparator()
    live.addActions([actions.input_panel, actions.refresh_inputs])
    live.addActions([actions.louder, actions.quieter, actions.gate])
    live.addSeparator()
    midi = live.addMenu("MIDI out")
    live.addSeparator()
    live.addActions([actions.show_takes, actions.choose_takes])

    about = bar.addMenu("&Help")
    about.addActions([actions.guide, actions.shortcuts, actions.about])
    return Menus(recent, playing, midi)


class MidiMenu(QObject):
    """Fills the menu of where MIDI goes whenever it opens, for ports come and go."""

    def __init__(self, menu: QMenu, toggle: QAction, midi: MidiPortChoice) -> None:
        """Args: `toggle` turns MIDI on and off."""
        super().__init__(menu)
        self._menu, self._toggle, self._midi = menu, toggle, midi
        self._ports = QActionGroup(self)
        self._channels = menu.addMenu("")
        self._channel_actions = QActionGroup(self)
        for channel in range(MIDI_CHANNELS[0], MIDI_CHANNELS[1] + 1):
            action = self._channels.addAction(str(channel))
            action.setCheckable(True)
            action.triggered.connect(lambda _, channel=channel: midi.set_channel(channel))
            self._channel_actions.addAction(action)
        self._bends = menu.addMenu("")
        self._bend_actions = QActionGroup(self)
        for bends, (text, tip) in _BENDS.items():
            action = self._bends.addAction(text)
            action.setToolTip(tip)
            action.setCheckable(True)
            action.setData(bends)
            action.triggered.connect(lambda _, bends=bends: midi.set_bends(bends))
            self._bend_actions.addAction(action)
        self._bends.setToolTipsVisible(True)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Lists the ports that there are now."""
        menu, midi = self._menu, self._midi
        for action in self._ports.actions():
            menu.removeAction(action)
            action.deleteLater()
        menu.clear()
        menu.addAction(self._toggle)
        menu.addSeparator()
        ports = midi.ports()
        own = self._add_port("New port “Noteglow”", "")
        own.setToolTip("A port that other programs on this computer connect to")
        for port in ports:
            self._add_port(port, port)
        if midi.port and midi.port not in ports:
            self._add_port(f"{midi.port} (not there)", midi.port)
        menu.addSeparator()
        menu.addMenu(self._channels)
        self._channels.setTitle(f"Channel {midi.channel}")
        self._channel_actions.actions()[midi.channel - 1].setChecked(True)
        # MPE has a zone of all channels.
        self._channels.setEnabled(midi.bends != "mpe")
        menu.addMenu(self._bends)
        for action in self._bend_actions.actions():
            if action.data() == midi.bends:
                action.setChecked(True)
                self._bends.setTitle(f"Pitch bends: {action.text().partition(',')[0].lower()}")

    def _add_port(self, text: str, port: str) -> QAction:
        action = QAction(menu_text(text), self)
        action.setToolTip(plain_tip(text))
        action.setCheckable(True)
        self._ports.addAction(action)
        action.setChecked(self._midi.is_on and port == self._midi.port)
        action.triggered.connect(lambda _: self._midi.turn_on(port))
        self._menu.addAction(action)
        return action
