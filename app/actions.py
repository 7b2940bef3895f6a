"""Every command of the window with its shortcut and its explanation, and the menus of them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app import icons
from app.theme import THEME_NAMES, Theme


@dataclass(frozen=True)
class Actions:
    """The window's commands. Texts, shortcuts and tool tips are set; nothing is connected."""

    open: QAction
    export: QAction
    clear_recent: QAction
    quit: QAction
    play: QAction
    to_start: QAction
    back: QAction
    forward: QAction
    cancel: QAction
    live: QAction
    more_notes: QAction
    fewer_notes: QAction
    own_notes: QAction
    fit: QAction
    follow: QAction
    later: QAction
    earlier: QAction
    zoom_in: QAction
    zoom_out: QAction
    pitch_zoom_in: QAction
    pitch_zoom_out: QAction
    up: QAction
    down: QAction
    full_screen: QAction
    shortcuts: QAction
    about: QAction
    themes: dict[str, QAction]

    def all(self) -> list[QAction]:
        """The commands in the order above, without the themes."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [value for value in values if isinstance(value, QAction)]

    def set_button_texts(self) -> None:
        """What stands on the buttons, where that is shorter than in the menus."""
        for action, text in (
            (self.open, "Open"), (self.export, "Export MIDI"), (self.live, "Live")
        ):
            # The style leaves no room between a symbol and its text.
            action.setIconText(f"\u2002{text}")
        self.cancel.setIconText("Cancel")

    def set_theme(self, theme: Theme) -> None:
        """Draws the symbols in the theme's colours."""
        for action, name in (
            (self.open, "open"), (self.to_start, "to-start"), (self.export, "export")
        ):
            action.setIcon(icons.icon(name, theme.text, theme.octave))
        # White on the red of a running session.
        self.live.setIcon(icons.icon("live", theme.live, theme.octave, checked="#ffffff"))
        self.show_playing(bool(self.play.data()), theme)

    def show_playing(self, is_playing: bool, theme: Theme) -> None:
        """Play turns into Pause while something plays."""
        self.play.setData(is_playing)
        name, text = ("pause", "Pause") if is_playing else ("play", "Play")
        self.play.setIcon(icons.icon(name, theme.on_accent, theme.faint))
        self.play.setText(text)
        tip = "Pause where it is" if is_playing else "Play the recording from the cursor"
        self.play.setToolTip(f"{tip} (Space)")


def make_actions(window: QWidget, stage: QWidget) -> Actions:
    """All commands. Their shortcuts work anywhere in the window; the arrow keys and Home only
    where the stage has the focus, so that they also move a slider that has it."""

    def action(
        text: str, keys: str | list[str], tip: str,
        *, checkable: bool = False, on_stage: bool = False,
    ) -> QAction:
        made = QAction(text, window)
        sequences = [QKeySequence(key) for key in ([keys] if isinstance(keys, str) else keys)]
        made.setShortcuts([sequence for sequence in sequences if not sequence.isEmpty()])
        made.setCheckable(checkable)
        shown = made.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        made.setToolTip(f"{tip} ({shown})" if shown else tip)
        made.setWhatsThis(tip)
        if on_stage:
            made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        (stage if on_stage else window).addAction(made)
        return made

    group = QActionGroup(window)
    themes = {}
    for name in THEME_NAMES:
        themes[name] = action(name.capitalize(), "", f"Use the {name} theme", checkable=True)
        group.addAction(themes[name])
    actions = Actions(
        open=action("Open…", "Ctrl+O", "Open a recording and see its notes"),
        export=action("Export MIDI…", "Ctrl+E", "Write the notes as a MIDI file"),
        clear_recent=action("Clear list", "", "Forget the recordings opened before"),
        quit=action("Quit", "Ctrl+Q", "Close Noteglow"),
        play=action("Play", "Space", "Play the recording from the cursor"),
        to_start=action("Back to start", "Home", "Stop and go back to the beginning",
                        on_stage=True),
        back=action("Back 2 s", "Left", "Go two seconds back", on_stage=True),
        forward=action("Forward 2 s", "Right", "Go two seconds on", on_stage=True),
        cancel=action("Cancel transcription", "Esc",
                      "Stop transcribing; the notes found so far stay"),
        live=action("Live", "L", "Listen to the microphone and show the notes as you play",
                    checkable=True),
        more_notes=action("Higher sensitivity", "Ctrl+Up",
                          "Find more notes: quieter and less certain ones too"),
        fewer_notes=action("Lower sensitivity", "Ctrl+Down",
                           "Find fewer notes: only the certain ones"),
        own_notes=action("Default sensitivity", "Ctrl+0",
                         "The sensitivity that scored best in tests"),
        fit=action("Fit to window", "F", "Show the whole recording and the octaves it uses"),
        follow=action("Follow playback", "Shift+F", "Keep the cursor in view while it plays",
                      checkable=True),
        earlier=action("Scroll left", "Shift+Left", "Look at what comes earlier"),
        later=action("Scroll right", "Shift+Right", "Look at what comes later"),
        zoom_in=action("Zoom in on time", ["+", "="], "Show less time, larger"),
        zoom_out=action("Zoom out of time", "-", "Show more time, smaller"),
        pitch_zoom_in=action("Taller rows", ["Ctrl++", "Ctrl+="], "Show fewer octaves, larger"),
        pitch_zoom_out=action("Lower rows", "Ctrl+-", "Show more octaves, smaller"),
        up=action("Scroll up", "Up", "Look at higher notes", on_stage=True),
        down=action("Scroll down", "Down", "Look at lower notes", on_stage=True),
        full_screen=action("Full screen", "F11", "Fill the screen, to read from afar",
                           checkable=True),
        shortcuts=action("Keyboard shortcuts", "F1", "List every key"),
        about=action("About Noteglow", "", "What this program is"),
        themes=themes,
    )
    actions.set_button_texts()
    return actions


def fill_menus(bar: QMenuBar, actions: Actions) -> QMenu:
    """Puts the commands into the menu bar; returns the menu of recent files, still empty."""
    file = bar.addMenu("&File")
    file.addAction(actions.open)
    recent = file.addMenu("Open recent")
    file.addSeparator()
    file.addAction(actions.export)
    file.addSeparator()
    file.addAction(actions.quit)

    view = bar.addMenu("&View")
    theme = view.addMenu("Theme")
    theme.addActions(list(actions.themes.values()))
    view.addSeparator()
    view.addActions([actions.fit, actions.follow])
    view.addSeparator()
    view.addActions([actions.zoom_in, actions.zoom_out, actions.earlier, actions.later])
    view.addSeparator()
    view.addActions([actions.pitch_zoom_in, actions.pitch_zoom_out, actions.up, actions.down])
    view.addSeparator()
    view.addAction(actions.full_screen)

    playback = bar.addMenu("&Playback")
    playback.addActions([actions.play, actions.to_start, actions.back, actions.forward])

    notes = bar.addMenu("&Notes")
    notes.addActions([actions.more_notes, actions.fewer_notes, actions.own_notes])
    notes.addSeparator()
    notes.addAction(actions.cancel)

    live = bar.addMenu("&Live")
    live.addAction(actions.live)

    about = bar.addMenu("&Help")
    about.addActions([actions.shortcuts, actions.about])
    return recent
