"""A recording in which there are no notes: the window says so, and goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES, opened
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(2 * 22_050, np.float32), 22_050)
    return path


def test_silence_is_opened_and_said_to_have_no_notes(bench: Bench, silence: Path) -> None:
    opened(bench, silence, [])
    window = bench.window
    assert "No notes were found" in window.commands.hint
    assert not window.act.export.isEnabled()
    # It plays like any other, and notes can be added by hand.
    window.act.play.trigger()
    assert window.commands.song.is_playing
    bench.song.add_note(0.5, 60)
    assert window.act.export.isEnabled()
    assert "No notes" not in window.commands.hint


def test_what_has_notes_is_not_said_to_have_none(bench: Bench, tone_wav: Path) -> None:
    bench.window.open(tone_wav)
    # Neither while it is looked for them.
    assert "No notes" not in bench.window.commands.hint
    bench.until(lambda: not bench.song.is_transcribing)
    bench.song.edits.restore(NOTES)
    assert "No notes" not in bench.window.commands.hint
