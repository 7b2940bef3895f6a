"""The stage shows notes as the display settings say."""

from __future__ import annotations

from app.settings.display_settings import DisplaySettings
from app.views.stage.stage import Stage


def follow_display(stage: Stage, display: DisplaySettings) -> None:
    """Shows the stage as it is set, now and whenever something is set differently."""

    def show_naming() -> None:
        stage.set_naming(display.naming)

    def show_range() -> None:
        stage.set_range(display.instrument.lowest, display.instrument.highest)

    def show_neck() -> None:
        stage.set_neck(display.score.fretboard)

    display.score.strung.connect(show_neck)
    display.naming_changed.connect(show_naming)
    display.instrument_changed.connect(show_range)
    display.only_names_changed.connect(stage.names.set_note_names_only)
    display.unsure_changed.connect(stage.set_unsure_visible)
    display.pitch_lines_changed.connect(stage.set_lines_visible)
    stage.set_lines_visible(display.pitch_lines)
    show_naming()
    stage.names.set_note_names_only(display.only_names)
    stage.set_unsure_visible(display.unsure)
    show_range()
    show_neck()
