"""Settings: what is stored comes back; what makes no sense never stops the start."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from app.audio.devices.input_choice import InputChoice
from app.music.note_naming import NoteNaming
from app.settings.settings import MOST_RECENT_FILES, Settings


def store(path: Path) -> QSettings:
    return QSettings(str(path), QSettings.Format.IniFormat)


def test_defaults(tmp_path: Path) -> None:
    settings = Settings(store(tmp_path / "none.ini"))
    assert settings.theme == "dark"
    assert settings.follow is True
    assert settings.geometry is None
    assert settings.last_folder == Path.home()
    assert settings.recent_files == []
    assert settings.panel == ""
    assert settings.input == InputChoice()
    assert (settings.gain_db, settings.gate_on) == (0.0, False)
    assert settings.naming == NoteNaming(accidentals="key", key=None)
    assert (settings.only_names, settings.detail, settings.unsure) == (False, True, True)
    assert settings.instrument == ""
    # What others might hear is off until somebody wants it.
    assert (settings.midi_on, settings.midi_port, settings.midi_channel) == (False, "", 1)
    assert (settings.takes_folder, settings.take_suffix) == (None, ".flac")
    assert (settings.keep_hours, settings.keep_gb) == (24, 4)


SET = {
    "panel": "display",
    "input": InputChoice("Gerät „1“, hw:1", "ALSA", 3, 96_000),
    "gain_db": -7.5,
    "gate_on": True,
    "gate_db": -42.0,
    "naming": NoteNaming("german", "key", -3, 14),
    "only_names": True,
    "detail": False,
    "unsure": False,
    "instrument": "Trumpet in B♭",
    "midi_on": True,
    "midi_port": "A synthesizer 14:0",
    "midi_channel": 16,
    "takes_folder": Path("/takes, mine"),
    "take_suffix": ".wav",
    "keep_hours": 0,
    "keep_gb": 16,
    "theme": "system",
    "follow": False,
}


@pytest.mark.parametrize("key", SET)
def test_every_setting_comes_back_at_the_next_start(tmp_path: Path, key: str) -> None:
    stored = store(tmp_path / "some.ini")
    setattr(Settings(stored), key, SET[key])
    stored.sync()
    assert getattr(Settings(store(tmp_path / "some.ini")), key) == SET[key]


def test_two_programs_see_what_the_other_has_set(tmp_path: Path) -> None:
    one, other = store(tmp_path / "some.ini"), store(tmp_path / "some.ini")
    first, second = Settings(one), Settings(other)
    first.gain_db = 6.0
    second.instrument = "Flute"
    one.sync()
    other.sync()
    one.sync()
    for settings in (first, second):
        assert (settings.gain_db, settings.instrument) == (6.0, "Flute")


def test_values_come_back_at_the_next_start(tmp_path: Path) -> None:
    stored = store(tmp_path / "some.ini")
    settings = Settings(stored)
    settings.theme = "light"
    settings.follow = False
    settings.geometry = QByteArray(b"\x01\x02\x00geometry")
    settings.last_folder = tmp_path
    settings.add_recent_file(tmp_path / "Größe, 1.wav")
    stored.sync()
    again = Settings(store(tmp_path / "some.ini"))
    assert again.theme == "light"
    assert again.follow is False
    assert again.geometry == QByteArray(b"\x01\x02\x00geometry")
    assert again.last_folder == tmp_path
    assert again.recent_files == [tmp_path / "Größe, 1.wav"]


def test_recent_files_newest_first_without_doubles(tmp_path: Path) -> None:
    settings = Settings(store(tmp_path / "some.ini"))
    for number in range(MOST_RECENT_FILES + 2):
        settings.add_recent_file(tmp_path / f"{number}.wav")
    settings.add_recent_file(tmp_path / "5.wav")
    names = [path.name for path in settings.recent_files]
    assert names == ["5.wav", "9.wav", "8.wav", "7.wav", "6.wav", "4.wav", "3.wav", "2.wav"]
    settings.clear_recent_files()
    assert settings.recent_files == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "neon"),
        ("theme", ["dark", "light"]),
        ("follow", "perhaps"),
        ("follow", [1]),
        ("geometry", "1280x800"),
        ("last_folder", "/there/is/no/such/folder"),
        ("last_folder", "a\0b"),
        ("last_folder", 7),
        ("recent_files", [1, 2]),
        ("recent_files", [""]),
        ("recent_files", 3),
        ("panel", "kitchen"),
        ("input", "no JSON"),
        ("input", "[]"),
        ("input", '{"channel": -1}'),
        ("input", '{"name": 4}'),
        ("gain_db", "loud"),
        ("gain_db", "nan"),
        ("gain_db", 1000),
        ("gain_db", True),
        ("gate_on", "ajar"),
        ("gate_db", -200),
        ("naming", '{"style": "Klingon"}'),
        ("naming", '{"key": "C major"}'),
        ("naming", '{"accidentals": []}'),
        ("naming", '{"transposition": 99}'),
        ("naming", "7"),
        ("instrument", ["Flute"]),
        ("midi_on", 2),
        ("midi_port", 5),
        ("midi_channel", 17),
        ("midi_channel", "1.5"),
        ("takes_folder", "a\0b"),
        ("takes_folder", 3),
        ("take_suffix", ".mp3"),
        ("keep_hours", -1),
        ("keep_hours", 0.5),
        ("keep_gb", 0),
        ("last_folder", "x" * 5000),
    ],
)
def test_nonsense_is_dropped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str, value: object
) -> None:
    stored = store(tmp_path / "some.ini")
    stored.setValue(key, value)
    settings = Settings(stored)
    fresh = Settings(store(tmp_path / "none.ini"))
    with caplog.at_level(logging.WARNING):
        assert getattr(settings, key) == getattr(fresh, key)
    assert key in caplog.text
    assert not stored.contains(key)


def test_an_unreadable_file_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.ini"
    path.write_bytes(b"[General\ntheme=\x00\xff light\n]]]=%%%\n")
    with caplog.at_level(logging.WARNING):
        assert Settings(store(path)).theme == "dark"
    assert "broken.ini" in caplog.text
