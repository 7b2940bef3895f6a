"""A MIDI file in the window: what is there for sound alone is out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.exports.export_file import export
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture
def midi(tmp_path: Path) -> Path:
    export(NOTES, tmp_path / "a.mid")
    return tmp_path / "a.mid"


def test_what_the_network_heard_is_asked_of_recordings_alone(
    bench: Bench, midi: Path, tone_wav: Path
) -> None:
    window = bench.window
    act = window.act

    def asked() -> set[bool]:
        actions = (act.more_notes, act.fewer_notes, act.own_notes,
                   window.song_controller.act.why)
        return {window.bar.sensitivity.isEnabled(), *(action.isEnabled() for action in actions)}

    bench.open(tone_wav)
    assert asked() == {True}
    bench.open(midi)
    assert asked() == {False}
    bench.open(tone_wav)
    assert asked() == {True}
    bench.open(midi)
    # For what is played next the sensitivity counts.
    act.live.trigger()
    assert window.bar.sensitivity.isEnabled()
    assert act.more_notes.isEnabled()
