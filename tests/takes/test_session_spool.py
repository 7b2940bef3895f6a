"""Sessions in parts: no sound is lost between them, and notes are where they sounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.takes.session_spool import SessionSpool
from app.takes.take_paths import notes_path
from app.takes.take_recorder import TakeRecorder, read_events, read_marks, read_notes
from model.heard import Heard
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities

RATE = 22_050


def heard(*events: NoteEvent) -> Heard:
    return Heard(0, np.zeros((0, 1), np.float32), Probabilities.join([]), list(events))


def on(pitch: int, onset_s: float) -> NoteOn:
    return NoteOn(pitch, 80, onset_s, onset_s + 0.05, 0.5)


def off(pitch: int, onset_s: float, offset_s: float) -> NoteOff:
    return NoteOff(pitch, 80, onset_s, offset_s, offset_s + 0.05, 0.5)


def stereo(seconds: float, seed: int) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).integers(-(2**23), 2**23, (round(seconds * RATE), 2))
    return (values / 2**23).astype(np.float32)


def sound_of(path: Path) -> NDArray[np.float32]:
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(samples)


@pytest.fixture
def recorders(tmp_path: Path) -> list[TakeRecorder]:
    return [TakeRecorder(tmp_path / f"{name}.flac") for name in ("first", "second")]


def finish(*recorders: TakeRecorder) -> None:
    for recorder in recorders:
        assert recorder.wait(60)
        assert recorder.error is None


def test_parts_hold_the_whole_sound_and_begin_where_nothing_sounds(
    recorders: list[TakeRecorder]
) -> None:
    first, second = recorders
    spool = SessionSpool(first)
    spool.begin(RATE, 2)
    blocks = [stereo(1.0, seed) for seed in range(4)]
    spool.write(blocks[0])
    spool.hear(heard(on(60, 0.5)))
    spool.continue_in(second)
    # The note sounds yet.
    spool.write(blocks[1])
    assert spool.recorder is first
    assert spool.is_first_part
    spool.hear(heard(off(60, 0.5, 1.75)))
    spool.write(blocks[2])
    assert spool.recorder is second
    assert not spool.is_first_part
    spool.hear(heard(on(64, 2.25), off(64, 2.25, 2.5)))
    spool.write(blocks[3])
    spool.finish()
    finish(first, second)
    np.testing.assert_array_equal(
        np.concatenate([sound_of(first.path), sound_of(second.path)]), np.concatenate(blocks)
    )
    assert read_notes(first.path) == [Note(0.5, 1.75, 60, 80, 0.5)]
    # Counted from the beginning of its part.
    assert read_notes(second.path) == [Note(0.25, 0.5, 64, 80, 0.5)]


def test_a_note_that_never_ends_is_in_both_parts(
    recorders: list[TakeRecorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.takes.session_spool._MOST_PATIENCE_S", 1.5)
    first, second = recorders
    spool = SessionSpool(first)
    spool.begin(RATE, 2)
    spool.hear(heard(on(60, 0.5)))
    spool.continue_in(second)
    for seed in range(4):
        spool.write(stereo(1.0, seed))
    spool.hear(heard(off(60, 0.5, 3.5)))
    spool.finish()
    finish(first, second)
    assert read_notes(first.path) == [Note(0.5, 2.0, 60, 80, 0.5)]
    assert read_notes(second.path) == [Note(0.0, 1.5, 60, 80, 0.5)]
    assert len(read_events(notes_path(second.path))) == 2


def test_a_part_that_is_asked_for_becomes_a_take_elsewhere(
    recorders: list[TakeRecorder], tmp_path: Path
) -> None:
    first, second = recorders
    spool = SessionSpool(first)
    spool.begin(RATE, 2)
    spool.write(stereo(2.0, 0))
    spool.continue_in(second)
    take = tmp_path / "takes" / "take.flac"
    assert spool.take_over(take) is first
    assert first.path == take
    # From now on it is one take, however long.
    spool.write(stereo(1.0, 1))
    spool.hear(heard(on(60, 2.5), off(60, 2.5, 2.75)))
    spool.finish()
    finish(first, second)
    assert first.saved == take
    assert second.saved is None
    np.testing.assert_array_equal(
        sound_of(take), np.concatenate([stereo(2.0, 0), stereo(1.0, 1)])
    )
    assert read_marks(take) == [2.0]
    assert read_notes(take) == [Note(2.5, 2.75, 60, 80, 0.5)]
    assert [path.name for path in tmp_path.iterdir()] == ["takes"]


def test_a_take_that_cannot_be_brought_to_its_folder_stays(
    recorders: list[TakeRecorder], tmp_path: Path
) -> None:
    first, second = recorders
    (tmp_path / "takes").write_bytes(b"a file in the way")
    spool = SessionSpool(first)
    spool.begin(RATE, 2)
    spool.write(stereo(2.0, 0))
    spool.take_over(tmp_path / "takes" / "take.flac")
    spool.finish()
    assert first.wait(60)
    assert first.saved == tmp_path / "first.flac"
    assert first.error is not None
    assert "stays" in first.error
    assert len(sound_of(first.saved)) == 2 * RATE
    second.finish()
    assert second.wait(60)
