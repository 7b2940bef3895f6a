"""Every command of the window with its shortcut and its explanation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.settings.settings import THEMES
from app.style import icons
from app.style.theme_colours import Theme

_RECORD_TIP = "Record sound and notes of what you play; since Live began, if it runs"
# What stands on the buttons whose commands change, at rest and while something runs.
RECORD_TEXTS = ("\u2002Record", "\u2002Stop")
FREEZE_TEXTS = ("\u2002Freeze", "\u2002Back to live")


@dataclass(frozen=True)
class Actions:
    """The window's commands. Texts, shortcuts and tool tips are set; nothing is connected."""

    open: QAction
    demo: QAction
    export: QAction
    picture: QAction
    clear_recent: QAction
    forget_sessions: QAction
    quit: QAction
    play: QAction
    to_start: QAction
    back: QAction
    forward: QAction
    cancel: QAction
    live: QAction
    record: QAction
    keep: QAction
    practise: QAction
    freeze: QAction
    input_panel: QAction
    refresh_inputs: QAction
    louder: QAction
    quieter: QAction
    gate: QAction
    midi: QAction
    show_takes: QAction
    choose_takes: QAction
    more_notes: QAction
    fewer_notes: QAction
    own_notes: QAction
    unsure: QAction
    pitch_lines: QAction
    display_panel: QAction
    next_style: QAction
    next_accidentals: QAction
    only_names: QAction
    detail: QAction
    measure_a4: QAction
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
    next_theme: QAction
    full_screen: QAction
    stage_view: QAction
    guide: QAction
    shortcuts: QAction
    about: QAction
    themes: dict[str, QAction]

    def all(self) -> list[QAction]:
        """The commands in the order above, without the themes."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [value for value in values if isinstance(value, QAction)]

    @property
    def of_view(self) -> list[QAction]:
        """Those that need something to be looked at."""
        return [self.fit, self.later, self.earlier, self.zoom_in, self.zoom_out,
                self.pitch_zoom_in, self.pitch_zoom_out]

    def set_button_texts(self) -> None:
        """What stands on the buttons, where that is shorter than in the menus."""
        for action, text in (
            (self.open, "Open"), (self.export, "Export"), (self.live, "Live"),
            (self.demo, "Try the demo"), (self.guide, "User’s guide"),
            (self.keep, "Keep"), (self.practise, "Practise"),
        ):
            # The style leaves no room between a symbol and its text.
            action.setIconText(f"\u2002{text}")
        self.cancel.setIconText("Cancel")

    def set_theme(self, theme: Theme) -> None:
        """Draws the symbols in the theme's colours."""
        for action, name in (
            (self.open, "open"), (self.to_start, "to-start"), (self.export, "export"),
            (self.refresh_inputs, "refresh"), (self.demo, "demo"), (self.guide, "guide"),
            (self.keep, "drag"), (self.practise, "practise"),
        ):
            action.setIcon(icons.icon(name, theme.text, theme.octave))
        for action, name in ((self.input_panel, "input"), (self.display_panel, "display")):
            action.setIcon(icons.icon(name, theme.text, theme.octave, checked=theme.accent))
        # White on the red of a running session.
        self.live.setIcon(icons.icon("live", theme.live, theme.octave, checked="#ffffff"))
        self.show_playing(bool(self.play.data()), theme)
        self.show_recording(self.record.isChecked(), theme)
        self.show_frozen(self.freeze.isChecked(), theme)

    def show_playing(self, is_playing: bool, theme: Theme) -> None:
        """Play turns into Pause while something plays."""
        self.play.setData(is_playing)
        if _is_drawn(self.play, is_playing, theme):
            return
        name, text = ("pause", "Pause") if is_playing else ("play", "Play")
        self.play.setIcon(icons.icon(name, theme.on_accent, theme.faint))
        self.play.setText(text)
        tip = "Pause where it is" if is_playing else "Play the recording from the cursor"
        self.play.setToolTip(f"{tip} (Space)")

    def show_recording(self, is_recording: bool, theme: Theme) -> None:
        """Record turns into Stop while a take is recorded."""
        self.record.setChecked(is_recording)
        if _is_drawn(self.record, is_recording, theme):
            return
        name = "stop" if is_recording else "record"
        self.record.setIcon(icons.icon(name, theme.live, theme.octave))
        self.record.setText("Stop recording" if is_recording else "Record a take")
        self.record.setIconText(RECORD_TEXTS[is_recording])
        tip = (
            "End the take and the listening; the take stays to be looked at"
            if is_recording
            else _RECORD_TIP
        )
        self.record.setToolTip(f"{tip} (R)")

    def show_frozen(self, is_frozen: bool, theme: Theme) -> None:
        """Freeze turns into Back to live while the view of a take stands still."""
        self.freeze.setChecked(is_frozen)
        name = "to-end" if is_frozen else "pause"
        self.freeze.setIcon(icons.icon(name, theme.text, theme.octave, checked=theme.accent))
        self.freeze.setText("Back to live" if is_frozen else "Freeze the view")
        self.freeze.setIconText(FREEZE_TEXTS[is_frozen])
        tip = (
            "Show what is played now"
            if is_frozen
            else "Let the view stand still, to look back through the take; listening goes on"
        )
        self.freeze.setToolTip(f"{tip} (Z)")


def _is_drawn(action: QAction, state: bool, theme: Theme) -> bool:
    """Whether an action shows this state already; drawing symbols takes milliseconds."""
    looks = f"{state} {theme.is_dark}"
    if action.property("looks") == looks:
        return True
    action.setProperty("looks", looks)
    return False


def make_action(
    window: QWidget, stage: QWidget, text: str, keys: str | list[str], tip: str,
    *, checkable: bool = False, on_stage: bool = False,
) -> QAction:
    """A command. Its shortcuts work anywhere in the window, or only while the stage has the focus,
    so that the same keys also move a slider that has it."""
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


def make_actions(window: QWidget, stage: QWidget) -> Actions:
    """All commands that are there at any time."""
    action = partial(make_action, window, stage)
    group = QActionGroup(window)
    themes = {}
    for name in THEMES:
        themes[name] = action(name.capitalize(), "", f"Use the {name} theme", checkable=True)
        group.addAction(themes[name])
    actions = Actions(
        open=action("Open…", "Ctrl+O", "Open a recording and see its notes"),
        demo=action("Try the demo", "Ctrl+D", "Open the recording that comes with Noteglow"),
        export=action("Export notes…", "Ctrl+E",
                      "Write the notes as MIDI, a score, a table or a picture"),
        picture=action("Save the view as a picture…", "Ctrl+Shift+P",
                       "Write what the stage shows as a PNG file, finer than on the screen"),
        clear_recent=action("Clear list", "", "Forget the recordings opened before"),
        forget_sessions=action("Forget all", "", "Remove what was played live lately"),
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
        record=action("Record a take", "R",
                      _RECORD_TIP, checkable=True),
        keep=action("Keep what I just played", "K",
                    "Make a recording of what you played last, and open it; Live ends"),
        practise=action("Practise…", "F6", "Play a piece along, and be told what was right"),
        freeze=action("Freeze the view", "Z",
                      "Let the view stand still, to look back through the take; listening goes on",
                      checkable=True),
        input_panel=action("Input settings", "I",
                           "Choose the sound input, its gain and its noise gate", checkable=True),
        refresh_inputs=action("Look for sound inputs", "F5",
                              "List the sound inputs anew; what is listened to goes on"),
        louder=action("Higher gain", "Ctrl+Shift+Up",
                      "Make the input 3 dB louder before it is listened to"),
        quieter=action("Lower gain", "Ctrl+Shift+Down",
                       "Make the input 3 dB quieter before it is listened to"),
        gate=action("Noise gate", "G", "Take what is quieter than the gate for silence",
                    checkable=True),
        midi=action("Send notes as MIDI", "M", "Send the notes to a MIDI port while you play",
                    checkable=True),
        show_takes=action("Show the folder of takes", "Ctrl+Shift+O",
                          "Open the folder that takes are recorded to"),
        choose_takes=action("Choose the folder of takes…", "Ctrl+Alt+O",
                            "Choose where takes are recorded to"),
        more_notes=action("Higher sensitivity", "Ctrl+Up",
                          "Find more notes: quieter and less certain ones too"),
        fewer_notes=action("Lower sensitivity", "Ctrl+Down",
                           "Find fewer notes: only the certain ones"),
        own_notes=action("Default sensitivity", "Ctrl+0",
                         "The sensitivity that scored best in tests"),
        unsure=action("Unsure notes", "U",
                      "Show faint bars of notes that were nearly taken for notes", checkable=True),
        pitch_lines=action("Pitch lines", "P",
                           "Draw how the pitch of each note moves, where rows are tall enough",
                           checkable=True),
        display_panel=action("Display settings", "D",
                             "Choose how notes are called and shown, and the tuning",
                             checkable=True),
        next_style=action("Other note names", "N", "Letters, Do Re Mi, German names, in turns"),
        next_accidentals=action("Other accidentals", "Shift+N", "Sharps, flats, by key, in turns"),
        only_names=action("Twelve notes", "T", "Show the twelve notes without their octaves",
                          checkable=True),
        detail=action("Hz and cents", "C", "Show frequency and cents of a single note",
                      checkable=True),
        measure_a4=action("Measure A4 from playing", "A",
                          "Measure the tuning of what was played in the last 15 seconds"),
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
        next_theme=action("Other theme", "Ctrl+T", "Dark, light, the system's, in turns"),
        full_screen=action("Full screen", "F11", "Fill the screen, to read from afar",
                           checkable=True),
        stage_view=action("Stage view", "Shift+F11",
                          "Fill the screen with names, chord and keyboard; Esc leaves",
                          checkable=True),
        guide=action("User’s guide", "Shift+F1", "Read what can be done, and how"),
        shortcuts=action("Keyboard shortcuts", "F1", "List every key"),
        about=action("About Noteglow", "Ctrl+F1", "What this program is"),
        themes=themes,
    )
    actions.set_button_texts()
    return actions
