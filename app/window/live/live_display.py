"""What the window's buttons and meters show of the live session."""

from __future__ import annotations

from app.style.theme_colours import Theme
from app.views.bars.top_bar import TopBar
from app.views.panels.level_meter import LevelMeter
from app.views.shortcuts.window_shortcuts import Actions
from app.window.commands import Commands


def show_live(
    commands: Commands, act: Actions, bar: TopBar, meters: tuple[LevelMeter, ...], theme: Theme
) -> None:
    """Shows how it stands with the session and its take."""
    live = commands.live
    act.live.setChecked(live.is_listening)
    act.freeze.setEnabled(live.is_listening)
    act.record.setEnabled(not live.is_lent)
    act.show_recording(live.is_recording, theme)
    bar.show_live(
        commands.has_take,
        can_keep=commands.has_take and live.can_keep
        and not (live.is_listening or live.is_taken),
    )
    bar.set_listening(live.is_listening and not live.is_waiting)
    for meter in meters:
        meter.set_lost(live.is_waiting)
        if not live.is_listening:
            meter.clear()
