"""What a device that misbehaves sends is recorded to the last sample; `make soak` for hours."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.audio.capture import reconnecting_input
from app.live import session as live_module
from model.transcriber import Transcriber
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.soak.sound import SoundSoak
from tests.soak.sound_check import faults_of


@pytest.mark.parametrize("seed", [3, 5])
def test_takes_hold_all_that_was_sent_and_its_settled_notes(
    seed: int, two_answer_checkpoint: Path, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconnecting_input, "RETRY_S", 0.01)
    monkeypatch.setattr(reconnecting_input, "SILENCE_S", 3.0)
    monkeypatch.setattr(live_module, "_HEAR_OUT_S", 60.0)
    transcriber = Transcriber.load(two_answer_checkpoint)
    session, faults = SoundSoak(transcriber, tmp_path, seed).session(4.0)
    assert faults == []
    assert faults_of(session, transcriber) == []
