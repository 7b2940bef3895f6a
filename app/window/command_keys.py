"""What the window's commands do, by the actions of menus, buttons and keys."""

from __future__ import annotations

from app.views.bars.top_bar import TopBar
from app.views.shortcuts.window_shortcuts import Actions
from app.window.commands import SKIP_S, Commands

_SENSITIVITY_STEP = 5


def connect_commands(commands: Commands, act: Actions, bar: TopBar) -> None:
    """Connects playing, listening and the sensitivity, which the bar shows."""
    act.play.triggered.connect(commands.song.play_or_pause)
    act.to_start.triggered.connect(commands.song.to_start)
    act.back.triggered.connect(lambda: commands.skip(-SKIP_S))
    act.forward.triggered.connect(lambda: commands.skip(SKIP_S))
    act.cancel.triggered.connect(commands.song.cancel)
    act.live.triggered.connect(commands.toggle_live)
    act.record.triggered.connect(commands.toggle_record)
    act.keep.triggered.connect(commands.keep)
    act.freeze.triggered.connect(commands.freeze)
    sensitivity = commands.sensitivity
    for action, steps in (
        (act.more_notes, _SENSITIVITY_STEP), (act.fewer_notes, -_SENSITIVITY_STEP)
    ):
        action.triggered.connect(
            lambda _=False, steps=steps: sensitivity.move(sensitivity.place + steps)
        )
    act.own_notes.triggered.connect(sensitivity.reset)
    bar.sensitivity_changed.connect(sensitivity.move)
    sensitivity.moved.connect(bar.set_sensitivity)
