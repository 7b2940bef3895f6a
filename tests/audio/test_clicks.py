"""The metronome in the mixer: clicks on the beats, and a count-in before the music."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.playback.clicks import Clicks, ClickVoices
from app.audio.playback.mixer import Mixer
from app.audio.playback.synthesiser import Tones
from app.audio.playback.time_stretch import TimeStretcher

RATE = 8000


def mixer(beats_s: tuple[float, ...], seconds: float = 2.0) -> tuple[Mixer, NDArray[np.float32]]:
    made = Mixer(RATE, Tones(RATE), Clicks())
    made.clicks.set_beats(beats_s, [at == beats_s[0] for at in beats_s])
    return made, np.zeros(round(seconds * RATE), np.float32)


def begins(sound: NDArray[np.float32]) -> list[float]:
    """When a click begins, in seconds."""
    loud = np.flatnonzero(np.abs(sound) > 0.02)
    starts = loud[np.diff(loud, prepend=-RATE) > RATE // 10]
    return (starts / RATE).round(2).tolist()


def test_it_clicks_on_every_beat_higher_on_the_first() -> None:
    made, silence = mixer((0.5, 1.0, 1.5))
    made.start(TimeStretcher(silence, RATE))
    sound = np.concatenate([made.read(100) for _ in range(160)])
    assert begins(sound) == [0.5, 1.0, 1.5]
    crossings = [int((np.diff(np.sign(sound[at : at + 80])) != 0).sum())
                 for at in (4000, 8000, 12000)]
    assert crossings[0] > 1.3 * crossings[1]
    assert crossings[1] == crossings[2]


@pytest.mark.parametrize("speed", [0.5, 1.0])
def test_it_goes_with_the_speed_and_turns_with_the_loop(speed: float) -> None:
    made, silence = mixer((0.5, 1.0, 1.5))
    made.start(TimeStretcher(silence, RATE, 0.4 * RATE, speed, (3200, 8800)))
    sound = made.read(round(2.0 * RATE))
    expected = [(at + 0.7 * turn) / speed for turn in range(3) for at in (0.1, 0.6)]
    assert begins(sound) == pytest.approx([at for at in expected if at < 1.99], abs=0.011)


def test_a_bar_is_counted_in_and_the_place_waits() -> None:
    made, _ = mixer(())
    made.clicks.count_in([(0.75, True), (0.5, False), (0.25, False)])
    made.start(TimeStretcher(np.full(RATE, 0.5, np.float32), RATE))
    assert made.position(round(0.5 * RATE)) == 0
    sound = np.concatenate([made.read(100) for _ in range(160)])
    assert begins(sound[: round(0.74 * RATE)]) == [0, 0.25, 0.5]
    # The recording begins when it was counted in, and is whole.
    assert (sound[6000:14000] == 0.5).all()
    assert (sound[14000:] == 0).all()
    assert made.position(6000 + 800) == 800
    # The next start is not counted in.
    made.start(TimeStretcher(np.full(RATE, 0.5, np.float32), RATE))
    assert made.read(100)[-1] == 0.5


def test_its_level_is_heard_and_silence_ends_it() -> None:
    clicks = Clicks()
    voices = ClickVoices(RATE, clicks)
    peaks = []
    for level in (1.0, 0.25, 0.0):
        clicks.level = level
        voices.strike(True, 3)
        peaks.append(float(np.abs(voices.read(RATE)).max()))
    assert peaks[1] == pytest.approx(peaks[0] / 4)
    assert peaks[2] == 0
    assert not len(voices)
    voices.strike(True, 3)
    voices.clear()
    assert not voices.read(100).any()
