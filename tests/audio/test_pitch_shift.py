"""Played at another pitch: the pitch, the time, the loop, and the notes with it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from app.audio.playback.pitch_shift import PitchShifter, tape
from app.audio.playback.player import Fill, Player
from app.audio.playback.time_stretch import TimeStretcher
from model.notes import Note

RATE = 22_050


def tone(hz: float, seconds: float = 3.0) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def hz_of(sound: NDArray[np.float32]) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**18))
    return float(spectrum.argmax() * RATE / 2**18)


def cents(hz: float, true_hz: float) -> float:
    return float(1200 * np.log2(hz / true_hz))


@pytest.mark.parametrize("semitones", [-12.0, -0.32, 1.0, 7.0, 12.0])
@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_the_pitch_is_another_and_the_time_is_not(semitones: float, speed: float) -> None:
    ratio = 2 ** (semitones / 12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shifted = tape(tone(440), RATE, 0.0, speed, None, ratio)
        sound = np.concatenate([shifted.read(256) for _ in range(round(1.6 * RATE / 256))])
    steady = sound[RATE // 2 :]
    assert abs(cents(hz_of(steady), 440 * ratio)) < 1
    assert np.abs(steady).max() == pytest.approx(0.3, abs=0.03)
    assert shifted.length == pytest.approx(3 * RATE / speed, abs=2)
    assert shifted.position(RATE) == pytest.approx(speed * RATE)


def test_what_is_heard_lies_where_it_is_said() -> None:
    samples = np.concatenate([np.zeros(RATE, np.float32), tone(440, 1.0)])
    sound = tape(samples, RATE, 0.5 * RATE, 1.0, None, 2 ** (3 / 12)).read(RATE)
    loud = np.abs(sound).reshape(-1, 50).max(axis=1) > 0.15
    assert np.argmax(loud) * 50 / RATE == pytest.approx(0.5, abs=0.03)


def test_a_loop_goes_round() -> None:
    loop = RATE, 2 * RATE
    shifted = tape(tone(440), RATE, RATE, 1.0, loop, 0.9)
    assert shifted.turns(RATE - 10) == 0
    assert shifted.turns(RATE + 10) == 1
    assert shifted.turns(2.5 * RATE) == 2
    assert np.abs(shifted.read(4 * RATE)[-RATE:]).max() > 0.25
    assert TimeStretcher(tone(440), RATE).turns(10**9) == 0


def test_the_own_pitch_takes_the_samples_as_they_are() -> None:
    assert not isinstance(tape(tone(440), RATE), PitchShifter)
    np.testing.assert_array_equal(tape(tone(440), RATE, 0, 1.0, None, 1.0).read(100),
                                  tone(440)[:100])


class Output:
    """A device that takes all there is at once."""

    def __init__(
        self, rate: int, dtype: DTypeLike, fill: Fill, ended: Callable[[], None]
    ) -> None:
        self.time, self._fill, self._ended = 0.0, fill, ended

    def run(self, seconds: float) -> NDArray[np.float32]:
        portions = []
        for _ in range(round(seconds * RATE / 512)):
            portions.append(np.zeros((512, 2), np.float32))
            self._fill(portions[-1], self.time)
            self.time += 512 / RATE
        return np.concatenate(portions)[:, 0]

    def close(self) -> None:
        pass


def made_player() -> tuple[Player, list[Output]]:
    """A player, and the outputs that it opens."""
    outputs: list[Output] = []

    def opened(*given: object) -> Output:
        outputs.append(Output(*given))  # type: ignore[arg-type]
        return outputs[-1]

    player = Player(opened)  # type: ignore[arg-type]
    return player, outputs


def test_recording_and_notes_are_as_much_higher() -> None:
    player, outputs = made_player()
    player.load(tone(440), RATE)
    player.set_notes([Note(0.0, 2.0, 69, 100)])
    player.set_transposition(-3)
    for mix in ((1.0, 0.0), (0.0, 1.0)):
        player.set_mix(*mix)
        player.seek(0.0)
        player.play()
        heard = outputs[-1].run(1.5)[RATE // 4 :]
        assert abs(cents(hz_of(heard), 440 * 2 ** (-3 / 12))) < 4
        player.pause()
    # While it plays, at once.
    player.set_mix(1.0, 0.0)
    player.play()
    outputs[-1].run(0.2)
    player.set_transposition(5)
    heard = outputs[-1].run(1.0)[RATE // 4 :]
    assert abs(cents(hz_of(heard), 440 * 2 ** (5 / 12))) < 2
    player.set_transposition(0)
    assert abs(cents(hz_of(outputs[-1].run(0.6)[RATE // 4 :]), 440)) < 2
    player.close()


def test_turns_of_the_loop_are_counted() -> None:
    player, outputs = made_player()
    player.load(tone(440), RATE)
    player.set_loop(0.5, 1.0)
    player.play()
    outputs[-1].run(0.4)
    assert player.turns == 0
    outputs[-1].run(0.2)
    assert player.turns == 1
    player.set_speed(0.5)
    outputs[-1].run(0.1)
    assert player.turns == 0, "another speed begins anew"
    outputs[-1].run(1.0)
    assert player.turns == 1
    player.close()
