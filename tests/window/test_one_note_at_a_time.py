"""One note at a time: set by the instrument, by hand, and shown; it changes the notes at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.music.instruments import INSTRUMENTS, instrument_named
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.style.theme_colours import DARK
from app.transcription.sensitivity import Sensitivity
from app.views.panels.display_panel import DisplayPanel
from model.config import DecoderConfig

OWN = DecoderConfig(onset_threshold=0.6)
EARLY = DecoderConfig(onset_threshold=0.75)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.mark.parametrize(
    ("name", "is_monophonic"),
    [("Flute", True), ("Tenor voice", True), ("Violin", True), ("Trumpet in B♭", True),
     ("Piano", False), ("Guitar", False), ("Harmonica", False), ("Any instrument", False)],
)  # fmt: skip
def test_an_instrument_sets_it(settings: Settings, name: str, is_monophonic: bool) -> None:
    display = DisplaySettings(settings)
    told: list[bool] = []
    display.monophonic_changed.connect(told.append)
    display.set_monophonic(not is_monophonic)
    display.set_instrument(name)
    assert display.monophonic == is_monophonic == settings.monophonic
    assert told[-1] == is_monophonic
    # It is remembered, also where a hand has set it otherwise.
    display.set_monophonic(not is_monophonic)
    assert DisplaySettings(settings).monophonic != is_monophonic


def test_nearly_all_instruments_say_so() -> None:
    many = {preset.name for preset in INSTRUMENTS if not preset.is_monophonic}
    assert many == {"Any instrument", "Piano", "Guitar", "Bass guitar", "Ukulele", "Harmonica"}


def test_what_a_project_was_heard_with_is_shown_and_not_remembered(settings: Settings) -> None:
    display = DisplaySettings(settings)
    display.show_monophonic(True)
    assert display.monophonic
    assert not settings.monophonic


def test_the_panel_shows_and_sets_it(settings: Settings, qtbot: QtBot) -> None:
    display = DisplaySettings(settings)
    panel = DisplayPanel(display, QAction("Measure"), DARK)
    qtbot.addWidget(panel)
    panel.monophonic.click()
    assert display.monophonic
    display.set_instrument("Piano")
    assert not panel.monophonic.isChecked()
    display.set_instrument("Flute")
    assert panel.monophonic.isChecked()


def test_sensitivity_stands_for_both_answers() -> None:
    sensitivity = Sensitivity(OWN, early=EARLY)
    assert (sensitivity.decoder, sensitivity.early_decoder) == (OWN, EARLY)
    assert sensitivity.is_own
    sensitivity.move(70)
    assert sensitivity.decoder.onset_threshold < OWN.onset_threshold
    assert OWN.onset_threshold < EARLY.onset_threshold
    assert sensitivity.early_decoder.onset_threshold < EARLY.onset_threshold
    sensitivity.move(50)
    sensitivity.set_monophonic(True)
    assert not sensitivity.is_own
    assert sensitivity.decoder == dataclasses.replace(OWN, monophonic=True)
    assert sensitivity.early_decoder == dataclasses.replace(EARLY, monophonic=True)
    # The default sensitivity finds one note at a time as before.
    sensitivity.move(70)
    sensitivity.reset()
    assert sensitivity.is_monophonic


def test_a_project_shows_how_its_notes_were_found() -> None:
    sensitivity = Sensitivity(OWN)
    told: list[int] = []
    sensitivity.moved.connect(told.append)
    sensitivity.show(dataclasses.replace(OWN, monophonic=True))
    assert sensitivity.is_monophonic
    assert told == [50]


def test_the_setting_is_a_preset_of_the_name() -> None:
    assert instrument_named("Flute").is_monophonic
    assert not instrument_named("of another version").is_monophonic
