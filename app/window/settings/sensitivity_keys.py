"""The sensitivity moved by its slider and its keys."""

from __future__ import annotations

from app.transcription.sensitivity import Sensitivity
from app.views.bars.top_bar import TopBar
from app.views.shortcuts.window_shortcuts import Actions

_STEP = 5


def connect_sensitivity(sensitivity: Sensitivity, act: Actions, bar: TopBar) -> None:
    """Keeps what is set, the commands and the slider in step."""
    act.more_notes.triggered.connect(lambda: sensitivity.move(sensitivity.place + _STEP))
    act.fewer_notes.triggered.connect(lambda: sensitivity.move(sensitivity.place - _STEP))
    act.own_notes.triggered.connect(sensitivity.reset)
    bar.sensitivity_changed.connect(sensitivity.move)
    sensitivity.moved.connect(bar.set_sensitivity)
