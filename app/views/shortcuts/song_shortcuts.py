"""Every command for an opened recording with its shortcut and its explanation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.style import icons
from app.style.theme_colours import Theme
from app.views.shortcuts.bar_shortcuts import BarActions, make_bar_actions
from app.views.shortcuts.chord_shortcuts import ChordActions, make_chord_actions
from app.views.shortcuts.section_shortcuts import SectionActions, make_section_actions
from app.views.shortcuts.window_shortcuts import make_action


@dataclass(frozen=True)
class SongActions:
    """The commands for a recording. Texts, keys and tool tips are set; nothing is connected."""

    save: QAction
    save_as: QAction
    copy_text: QAction
    compare: QAction
    clear_comparison: QAction
    undo: QAction
    redo: QAction
    edit: QAction
    select_all: QAction
    next_note: QAction
    previous_note: QAction
    delete: QAction
    split: QAction
    join: QAction
    pitch_up: QAction
    pitch_down: QAction
    louder: QAction
    softer: QAction
    earlier: QAction
    later: QAction
    play_part: QAction
    loop: QAction
    clear_span: QAction
    slower: QAction
    faster: QAction
    normal_speed: QAction
    other_mix: QAction
    solo: QAction
    why: QAction
    sections: SectionActions
    bars: BarActions
    chords: ChordActions

    def all(self) -> list[QAction]:
        """The commands in the order above."""
        return [*self.own, *self.sections.all(), *self.bars.all(), *self.chords.all()]

    @property
    def own(self) -> list[QAction]:
        """Those that are of no group."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [value for value in values if isinstance(value, QAction)]

    @property
    def on_notes(self) -> list[QAction]:
        """Those that change the chosen notes."""
        return [self.delete, self.join, self.pitch_up, self.pitch_down, self.louder, self.softer,
                self.earlier, self.later]

    def set_theme(self, theme: Theme) -> None:
        """Draws the symbols in the theme's colours."""
        for action, name in (
            (self.edit, "edit"), (self.undo, "undo"), (self.redo, "redo"), (self.loop, "loop"),
            (self.why, "why"), (self.sections.trainer, "trainer"),
        ):
            action.setIcon(icons.icon(name, theme.text, theme.octave, checked=theme.accent))


def make_song_actions(window: QWidget, stage: QWidget) -> SongActions:
    """All commands for a recording; disabled until there is one."""
    action = partial(make_action, window, stage)
    actions = SongActions(
        save=action("Save project", "Ctrl+S",
                    "Keep the notes and your changes in a project file"),
        save_as=action("Save project as…", "Ctrl+Shift+S", "Save under another name"),
        copy_text=action("Copy notes as text", "Ctrl+C",
                         "Copy the chosen notes, or all of them, as lines of text"),
        compare=action("Compare with a file…", "Ctrl+M",
                       "Lay another recording, a MIDI file or a score over these notes, and count "
                       "what differs"),
        clear_comparison=action("End the comparison", "Ctrl+Shift+M",
                                "Take the outlines away again"),
        undo=action("Undo", "Ctrl+Z", "Take the last change of the notes back"),
        redo=action("Redo", ["Ctrl+Shift+Z", "Ctrl+Y"], "Do again what was undone"),
        edit=action("Edit notes", "E",
                    "Choose, move, stretch, add and delete notes with the mouse", checkable=True),
        select_all=action("Choose all notes", "Ctrl+A", "Choose every note"),
        next_note=action("Next note", "Ctrl+Right", "Choose the note that begins next"),
        previous_note=action("Previous note", "Ctrl+Left", "Choose the note that begins before"),
        delete=action("Delete", ["Delete", "Backspace"], "Delete the chosen notes",
                      on_stage=True),
        split=action("Split at the cursor", "Ctrl+K",
                     "Cut the chosen notes in two at the cursor; all that sound if none is chosen"),
        join=action("Join", "J", "Make one note of the chosen ones of the same pitch"),
        pitch_up=action("Higher", "Up", "Move the chosen notes up by a semitone", on_stage=True),
        pitch_down=action("Lower", "Down", "Move the chosen notes down by a semitone",
                          on_stage=True),
        louder=action("Louder", "Shift+Up", "Give the chosen notes more velocity", on_stage=True),
        softer=action("Softer", "Shift+Down", "Give the chosen notes less velocity",
                      on_stage=True),
        earlier=action("Earlier", "Alt+Left", "Move the chosen notes 10 ms back", on_stage=True),
        later=action("Later", "Alt+Right", "Move the chosen notes 10 ms on", on_stage=True),
        play_part=action("Play the chosen notes", "Shift+Space",
                         "Play the chosen notes alone, or the selected part, once"),
        # Ctrl+L as in Ableton Live, where it loops what is selected.
        loop=action("Loop", "Ctrl+L",
                    "Play the part dragged over on the ruler again and again, or what is in view",
                    checkable=True),
        clear_span=action("End the selection", "Ctrl+Shift+L",
                          "Forget the part that was dragged over"),
        slower=action("Slower", ",", "Play slower, at the same pitch"),
        faster=action("Faster", ".", "Play faster, at the same pitch"),
        normal_speed=action("Normal speed", "Ctrl+.", "Play as fast as it was recorded"),
        other_mix=action("Recording, both, notes", "X",
                         "Hear the recording, its notes with it, or the notes alone, in turns"),
        solo=action("Hear this note alone", "S",
                    "While held, play only what the recording has at the note under the pointer"),
        why=action("Why?", "W",
                   "Show at the pointer what speaks for a note and against it; Ctrl held does too",
                   checkable=True),
        sections=make_section_actions(window, stage),
        bars=make_bar_actions(window, stage),
        chords=make_chord_actions(window, stage),
    )
    for made in actions.all():
        made.setEnabled(False)
    actions.edit.setIconText(" Edit")
    actions.why.setIconText(" Why?")
    return actions
