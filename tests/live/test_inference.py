"""Listening closely: speed, loops, notes beside the recording, single notes, and the clock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from app.audio.devices.device_list import AudioDeviceError, Device
from app.audio.playback.output_stream import Fill, RateRefusedError
from app.audio.playback.player import Player
from app.system.smooth_clock import SmoothClock
from model.notes import Note

LATENCY_S = 0.06
PORTION = 160
# The model's frame, within which the cursor has to stay.
FRAME_S = 0.02


class Output:
    """A device whose clock runs a little differently from its samples, as real ones do."""

    def __init__(self, rate: int, fill: Fill, skew: float) -> None:
        self.rate, self.skew = rate, skew
        self.time = 50.0
        self.is_open = True
        self.asks = True
        self.sound: list[NDArray[np.float32]] = []
        # When each portion sounds.
        self.sounds_at: list[float] = []
        self._fill = fill

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * self.rate / PORTION)):
            if self.asks:
                out = np.full((PORTION, 1), 9, np.float32)
                self.sounds_at.append(self.time + LATENCY_S)
                self.asks = self._fill(out, self.sounds_at[-1])
                self.sound.append(out[:, 0])
            self.time += PORTION / self.rate * self.skew

    @property
    def now(self) -> float:
        """Which sample sounds now."""
        portion = int(np.searchsorted(self.sounds_at, self.time, side="right")) - 1
        if portion < 0:
            return 0.0
        late = (self.time - self.sounds_at[portion]) * self.rate
        return portion * PORTION + min(late, PORTION)

    @property
    def all(self) -> NDArray[np.float32]:
        return np.concatenate(self.sound)

    def close(self) -> None:
        self.is_open = False


class Bench:
    """A player and the outputs that it opened."""

    def __init__(self, rate: int = 8000, skew: float = 1.0) -> None:
        self.outputs: list[Output] = []
        self.refuses: set[int] = set()
        self.takes = 0
        self.rate, self.skew = rate, skew
        self.is_there = True
        self.player = Player(self.open)

    def open(self, rate: int, dtype: DTypeLike, fill: Fill, ended: Callable[[], None]) -> Output:
        if not self.is_there:
            raise AudioDeviceError("There is no loudspeaker.")
        if rate in self.refuses:
            raise RateRefusedError(Device("Box", "Test", 0, 2, self.takes), rate)
        self.outputs.append(Output(rate, fill, self.skew))
        return self.outputs[-1]

    @property
    def output(self) -> Output:
        return self.outputs[-1]

    def load(self, seconds: float, value: float = 0.0) -> None:
        count = round(seconds * self.rate)
        self.player.load(np.full(count, value, np.float32), self.rate)


def level(sound: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(sound**2)))


@pytest.mark.parametrize("speed", [1.0, 0.5, 1.3])
@pytest.mark.parametrize("skew", [1.0003, 0.9997])
def test_the_position_never_drifts_from_the_sound(speed: float, skew: float) -> None:
    """Ten minutes on a clock that goes wrong by 0.2 s in that time."""
    bench = Bench(500, skew)
    bench.load(800.0)
    player = bench.player
    player.set_speed(speed)
    player.play()
    worst = 0.0
    for _ in range(60):
        bench.output.run(10.0)
        heard_s = bench.output.now / bench.rate * speed
        worst = max(worst, abs(player.position_s - heard_s))
    assert player.is_playing
    assert player.position_s > 590 * speed
    assert worst < FRAME_S / 4


def test_at_half_speed_every_sound_comes_at_the_position_that_is_told() -> None:
    """The stretched sound itself, and not only the count of its samples."""
    bench = Bench()
    clicks_s = np.arange(0.5, 19.0, 2.3)
    samples = np.zeros(20 * 8000, np.float32)
    for moment in clicks_s:
        first = round(moment * 8000)
        samples[first : first + 400] = (
            0.7 * np.sin(np.arange(400) / 2) * np.exp(-np.arange(400) / 150)
        )
    bench.player.load(samples, 8000)
    bench.player.set_speed(0.5)
    bench.player.play()
    positions = []
    while bench.player.is_playing:
        bench.output.run(PORTION / 8000)
        positions.append((bench.output.now, bench.player.position_s))
    moments, told = np.array(positions).T
    sound = np.abs(bench.output.all)
    for click_s in clicks_s:
        around = round(click_s * 2 * 8000)
        part = sound[around - 1000 : around + 1000]
        heard = around - 1000 + int(np.argmax(part > 0.5 * part.max()))
        assert np.interp(heard, moments, told) == pytest.approx(click_s, abs=FRAME_S)


def test_the_speed_changes_while_it_plays_without_a_jump() -> None:
    bench = Bench()
    bench.load(20.0, 0.25)
    player = bench.player
    player.play()
    bench.output.run(1.0)
    before = player.position_s
    player.set_speed(0.5)
    assert player.speed == 0.5
    assert player.position_s == pytest.approx(before)
    # The sound that was handed over before still comes at the old speed.
    bench.output.run(0.06)
    assert player.position_s == pytest.approx(before + 0.06, abs=1e-3)
    bench.output.run(1.0)
    assert player.position_s == pytest.approx(before + 0.56, abs=1e-3)
    assert len(bench.outputs) == 1
    np.testing.assert_allclose(bench.output.all[1000:], 0.25, atol=0.03)


@pytest.mark.parametrize(("asked", "given"), [(0.05, 0.1), (9.0, 1.5), (0.7, 0.7)])
def test_the_speed_is_kept_within_its_bounds(asked: float, given: float) -> None:
    player = Player()
    player.set_speed(asked)
    assert player.speed == given


def test_the_end_comes_later_at_half_speed() -> None:
    bench = Bench()
    bench.load(1.0)
    bench.player.set_speed(0.5)
    bench.player.play()
    bench.output.run(1.9)
    assert bench.player.is_playing
    bench.output.run(0.3)
    assert not bench.player.is_playing
    assert bench.player.position_s == 1.0
    assert not bench.output.is_open


def test_a_loop_goes_round_and_the_position_with_it() -> None:
    bench = Bench()
    samples = np.linspace(0, 0.9, 8000 * 4, dtype=np.float32)
    bench.player.load(samples, 8000)
    bench.player.set_loop(1.0, 2.0)
    assert bench.player.position_s == 1.0
    bench.player.play()
    bench.output.run(0.5 + LATENCY_S)
    assert bench.player.position_s == pytest.approx(1.5, abs=1e-3)
    bench.output.run(1.0)
    assert bench.player.position_s == pytest.approx(1.5, abs=1e-3)
    bench.output.run(0.7)
    assert bench.player.position_s == pytest.approx(1.2, abs=1e-3)
    np.testing.assert_array_equal(bench.output.all[9000:15000], bench.output.all[1000:7000])
    bench.player.clear_loop()
    assert bench.player.loop is None
    bench.output.run(1.5)
    assert bench.player.position_s == pytest.approx(2.7, abs=2e-3)


def test_a_loop_is_kept_within_the_recording_and_not_too_short() -> None:
    bench = Bench()
    bench.load(4.0)
    bench.player.set_loop(3.0, 9.0)
    assert bench.player.loop == (3.0, 4.0)
    bench.player.set_loop(1.0, 1.0)
    assert bench.player.loop == pytest.approx((1.0, 1.05))
    bench.player.set_loop(3.99, 4.0)
    assert bench.player.loop == pytest.approx((3.95, 4.0))
    bench.load(2.0)
    assert bench.player.loop is None


def test_seeking_behind_a_loop_plays_to_the_end() -> None:
    bench = Bench()
    bench.load(4.0)
    bench.player.set_loop(1.0, 2.0)
    bench.player.play()
    bench.player.seek(3.0)
    bench.output.run(1.5)
    assert not bench.player.is_playing
    assert bench.player.position_s == 4.0
    # From there, play begins the loop again.
    bench.player.seek(3.5)
    bench.player.play()
    assert bench.player.position_s == 1.0


def test_the_notes_sound_with_the_recording_as_loud_as_they_shall() -> None:
    bench = Bench()
    bench.load(4.0, 0.1)
    player = bench.player
    player.set_notes([Note(1.0, 1.5, 60, 100), Note(3.0, 3.5, 72, 100)])
    player.set_mix(0.5, 1.0)
    player.play()
    bench.output.run(2.0)
    sound = bench.output.all
    np.testing.assert_allclose(sound[200:7990], 0.05, atol=1e-6)
    assert level(sound[8100:11900] - 0.05) > 0.03
    player.set_mix(0.0, 1.0)
    bench.output.run(0.8)
    assert not bench.output.all[16_200:].any()
    player.set_mix(1.0, 0.0)
    bench.output.run(0.9)
    np.testing.assert_allclose(bench.output.all[22_800:28_000], 0.1, atol=1e-6)


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_notes_come_with_the_recording_at_any_speed(speed: float) -> None:
    bench = Bench()
    bench.load(6.0)
    bench.player.set_mix(1.0, 1.0)
    bench.player.set_notes([Note(2.0, 2.6, 60, 100)])
    bench.player.set_speed(speed)
    bench.player.play()
    bench.output.run(4.0 / speed)
    sound = np.abs(bench.output.all)
    begins = int(np.argmax(sound > 1e-4))
    assert begins / 8000 * speed == pytest.approx(2.0, abs=0.005)
    after = round(2.6 / speed * 8000)
    assert sound[after - 400 : after].max() > 20 * sound[after + 2600 : after + 3000].max()


def test_playing_from_the_middle_of_a_note_sounds_it() -> None:
    bench = Bench()
    bench.load(6.0)
    bench.player.set_mix(1.0, 1.0)
    bench.player.set_notes([Note(0.0, 0.2, 50), Note(1.0, 5.0, 60, 100)])
    bench.player.seek(1.5)
    bench.player.play()
    bench.output.run(0.3)
    assert level(bench.output.all) > 0.01
    bench.player.seek(5.5)
    bench.output.run(0.5)
    assert not bench.output.all[-800:].any()


def test_notes_in_a_loop_are_struck_in_every_round() -> None:
    bench = Bench()
    bench.load(4.0)
    bench.player.set_mix(1.0, 1.0)
    # The second note lasts beyond the loop's end, where it is released.
    bench.player.set_notes([Note(1.25, 1.3, 60, 100), Note(1.9, 3.0, 72, 100)])
    bench.player.set_loop(1.0, 2.0)
    bench.player.play()
    bench.output.run(3.0)
    rounds = bench.output.all.reshape(3, 8000)
    for sound in rounds[1:]:
        assert level(sound[2000:3000]) > 0.02
        assert level(sound[7300:]) > 0.02
        assert level(sound[1800:2000]) < 0.05 * level(sound[7300:])


def test_notes_can_change_while_it_plays() -> None:
    bench = Bench()
    bench.load(4.0)
    bench.player.set_mix(1.0, 1.0)
    bench.player.set_notes([Note(2.0, 2.5, 60)])
    bench.player.play()
    bench.output.run(1.0)
    bench.player.set_notes([Note(1.5, 1.8, 60)])
    bench.output.run(1.0)
    assert level(bench.output.all[12_000:14_000]) > 0.01
    bench.output.run(1.0)
    assert level(bench.output.all[20_000:]) < 1e-4


def test_notes_without_a_recording() -> None:
    bench = Bench()
    bench.player.load_silence(3600.0)
    assert bench.player.duration_s == 3600.0
    bench.player.set_mix(1.0, 1.0)
    bench.player.set_notes([Note(0.1, 0.5, 60)])
    bench.player.play()
    bench.output.run(0.4)
    assert level(bench.output.all) > 0.01
    assert bench.player.position_s == pytest.approx(0.4 - LATENCY_S, abs=0.01)


def test_a_struck_note_sounds_while_nothing_plays_and_lets_the_device_go() -> None:
    bench = Bench()
    bench.load(4.0, 0.5)
    bench.player.seek(1.0)
    bench.player.strike(69, 100, 0.3)
    assert not bench.player.is_playing
    bench.output.run(0.3)
    assert level(bench.output.all) > 0.02
    bench.player.strike(72, 100, 0.3)
    bench.output.run(1.2)
    assert len(bench.outputs) == 1
    assert not bench.output.asks
    assert bench.player.position_s == 1.0
    assert not bench.output.is_open
    bench.player.strike(60)
    assert len(bench.outputs) == 2
    bench.player.close()


def test_a_struck_note_sounds_beside_the_recording() -> None:
    bench = Bench()
    bench.load(4.0, 0.1)
    bench.player.play()
    bench.output.run(0.5)
    bench.player.strike(60, 100, 0.3)
    bench.output.run(0.3)
    assert bench.player.is_playing
    assert level(bench.output.all[4100:] - 0.1) > 0.02
    assert bench.player.position_s == pytest.approx(0.8 - LATENCY_S, abs=1e-3)
    bench.player.play()
    assert len(bench.outputs) == 1


def test_play_while_a_struck_note_rings_begins_at_the_position() -> None:
    bench = Bench()
    bench.load(4.0, 0.1)
    bench.player.seek(2.0)
    bench.player.strike(60)
    bench.output.run(0.3)
    bench.player.play()
    assert bench.player.position_s == 2.0
    bench.output.run(0.5 + LATENCY_S)
    assert bench.player.position_s == pytest.approx(2.5, abs=1e-3)


def test_solo_plays_one_note_of_the_recording_and_stays_where_it_is() -> None:
    bench = Bench()
    time = np.arange(4 * 8000) / 8000
    low, high = (0.3 * np.sin(2 * np.pi * hz * time) for hz in (261.63, 370.0))
    bench.player.load((low + high).astype(np.float32), 8000)
    bench.player.seek(3.0)
    bench.player.play()
    bench.output.run(0.1)
    bench.player.solo(Note(1.0, 2.0, 60))
    assert not bench.player.is_playing
    assert len(bench.outputs) == 2
    bench.output.run(2.0)
    sound = bench.output.all
    spectrum = np.abs(np.fft.rfft(sound[:8000] * np.hanning(8000)))
    assert spectrum[255:268].max() > 30 * spectrum[364:376].max()
    assert 1.0 < np.flatnonzero(sound)[-1] / 8000 < 1.3
    assert bench.player.position_s == pytest.approx(3.04, abs=0.01)
    assert not bench.output.is_open


def test_a_solo_is_slow_with_the_rest() -> None:
    bench = Bench()
    bench.load(4.0, 0.0)
    bench.player.load(np.sin(np.arange(32_000) * 0.2055).astype(np.float32), 8000)
    bench.player.set_speed(0.5)
    bench.player.solo(Note(1.0, 1.5, 60))
    bench.output.run(3.0)
    assert 1.1 < np.flatnonzero(np.abs(bench.output.all) > 1e-3)[-1] / 8000 < 1.5


def test_a_device_that_refuses_the_rate_gets_its_own() -> None:
    bench = Bench()
    bench.refuses, bench.takes = {8000}, 11_025
    time = np.arange(3 * 8000) / 8000
    bench.player.load((0.5 * np.sin(2 * np.pi * 500 * time)).astype(np.float32), 8000)
    bench.player.play()
    assert bench.output.rate == 11_025
    bench.output.run(2.0)
    assert bench.player.position_s == pytest.approx(2.0 - LATENCY_S, abs=0.03)
    assert bench.player.position_s == pytest.approx(bench.output.now / 11_025, abs=1e-3)
    sound = bench.output.all[2000:20_000]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * 11_025 / len(sound) == pytest.approx(500, abs=1)
    while bench.player.is_playing:
        bench.output.run(0.1)
    assert bench.player.position_s == 3.0
    # Filled up with silence to whole chunks.
    assert len(bench.output.all) == pytest.approx(3 * 11_025, abs=1600)


def test_without_a_device_everything_but_sound_works() -> None:
    bench = Bench()
    bench.is_there = False
    bench.load(4.0)
    player = bench.player
    player.set_mix(1.0, 1.0)
    player.set_notes([Note(0.0, 1.0, 60)])
    for sounding in (player.play, lambda: player.strike(60),
                     lambda: player.solo(Note(0.0, 1.0, 60))):  # fmt: skip
        with pytest.raises(AudioDeviceError, match="no loudspeaker"):
            sounding()
        assert not player.is_playing
    player.seek(2.0)
    player.set_speed(0.5)
    player.set_loop(1.0, 3.0)
    assert player.position_s == 2.0
    bench.is_there = True
    player.play()
    bench.output.run(1.0)
    assert player.position_s > 2.3


def test_loud_moments_stay_within_full_scale() -> None:
    bench = Bench()
    bench.load(2.0, 0.9)
    bench.player.set_mix(1.0, 1.0)
    bench.player.set_notes([Note(0.1, 1.0, 40 + i, 127) for i in range(30)])
    bench.player.play()
    bench.output.run(1.5)
    assert np.abs(bench.output.all).max() <= 1.0


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 1.5])
def test_the_shown_cursor_stays_with_the_position_at_any_speed(speed: float) -> None:
    """Even on a device whose clock only moves on every 10 ms."""
    now = 0.0
    clock = SmoothClock(lambda: now // 0.01 * 0.01 * speed, lambda: now, lambda: speed)
    for _ in range(600):
        now += 1 / 60
        assert clock() == pytest.approx(now * speed, abs=FRAME_S)
