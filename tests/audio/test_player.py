"""The player, with a device whose clock the tests turn."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from app.audio.devices import device_list as devices
from app.audio.devices.device_list import AudioDeviceError
from app.audio.playback.player import Fill, Player
from model.notes import Note

RATE = 1000
LATENCY_S = 0.05
PORTION = 20


class Output:
    """A device with a latency of 50 ms that takes a portion of 20 samples whenever it is told."""

    def __init__(
        self, sample_rate: int, dtype: DTypeLike, fill: Fill, ended: Callable[[], None]
    ) -> None:
        assert sample_rate == RATE
        self.time = 100.0
        self.dtype = np.dtype(dtype)
        self.is_open = True
        self.asks = True
        self.sound: list[float] = []
        self._fill = fill
        self._ended = ended

    def run(self, seconds: float) -> None:
        """Lets the clock run on, portion by portion."""
        for _ in range(round(seconds * RATE / PORTION)):
            if self.asks:
                out = np.full((PORTION, 2), 99, self.dtype)
                self.asks = self._fill(out, self.time + LATENCY_S)
                assert (out[:, 0] == out[:, 1]).all()
                self.sound += out[:, 0].tolist()
            self.time += PORTION / RATE

    def stop_by_itself(self) -> None:
        self._ended()

    def forget(self) -> None:
        del self._fill, self._ended

    def close(self) -> None:
        assert self.is_open
        self.is_open = False


class Outputs(list[Output]):
    """Opens outputs and remembers them."""

    def open(
        self, sample_rate: int, dtype: DTypeLike, fill: Fill, ended: Callable[[], None]
    ) -> Output:
        assert not any(output.is_open for output in self)
        self.append(Output(sample_rate, dtype, fill, ended))
        return self[-1]


@pytest.fixture
def outputs() -> Outputs:
    return Outputs()


@pytest.fixture
def player(outputs: Outputs) -> Player:
    player = Player(outputs.open)
    player.load(ramp(), RATE)
    return player


def ramp(length: int = 1000) -> NDArray[np.float32]:
    """Sample i is i thousandths."""
    return np.arange(length, dtype=np.float32) / 1000


def test_it_plays_every_sample_once(player: Player, outputs: Outputs) -> None:
    assert player.duration_s == 1.0
    player.play()
    outputs[0].run(1.0)
    assert outputs[0].sound == ramp().tolist()


def test_samples_of_16_bits_are_played_as_they_are(outputs: Outputs) -> None:
    player = Player(outputs.open)
    samples = np.array([0, 1, -1, 1000, 32767, -32767] * 20, np.int16)
    player.load(samples, RATE)
    player.play()
    outputs[0].run(0.12)
    np.testing.assert_array_equal(np.rint(np.multiply(outputs[0].sound, 32767)), samples)


def test_the_end_is_filled_with_silence(outputs: Outputs) -> None:
    player = Player(outputs.open)
    player.load(np.ones(30, np.float32), RATE)
    player.play()
    outputs[0].run(0.1)
    assert outputs[0].sound == [1.0] * 30 + [0.0] * 10


def test_the_position_is_what_sounds_not_what_was_handed_over(
    player: Player, outputs: Outputs
) -> None:
    player.play()
    assert player.position_s == 0.0
    outputs[0].run(0.04)
    assert player.position_s == 0.0
    outputs[0].run(0.26)
    # 300 ms after the start, of which the first 50 ms were the latency.
    assert player.position_s == pytest.approx(0.25)


def test_the_position_runs_on_between_portions_and_never_back(
    player: Player, outputs: Outputs
) -> None:
    player.play()
    outputs[0].run(0.2)
    before = player.position_s
    outputs[0].time += 0.007
    assert player.position_s == pytest.approx(before + 0.007)
    # A driver whose clock trembles.
    outputs[0].time -= 0.005
    assert player.position_s == pytest.approx(before + 0.007)


def test_the_position_is_monotone_to_the_end_and_stays_there(
    player: Player, outputs: Outputs
) -> None:
    player.play()
    positions = [player.position_s]
    while player.is_playing:
        outputs[0].run(0.02)
        positions.append(player.position_s)
    assert (np.diff(positions) >= 0).all()
    assert positions[-1] == player.duration_s
    assert len(positions) == pytest.approx((1.0 + LATENCY_S) / 0.02, abs=3)
    assert not outputs[0].is_open


def test_it_is_at_the_end_when_the_stream_has_played_out(player: Player, outputs: Outputs) -> None:
    player.play()
    outputs[0].run(1.0)
    outputs[0].stop_by_itself()
    assert not player.is_playing
    assert player.position_s == 1.0


def test_a_lost_device_leaves_the_position(player: Player, outputs: Outputs) -> None:
    player.play()
    outputs[0].run(0.5)
    outputs[0].stop_by_itself()
    assert not player.is_playing
    assert player.position_s == pytest.approx(0.45)
    player.play()
    outputs[1].run(0.02)
    assert outputs[1].sound[0] == pytest.approx(0.45, abs=0.001)


def test_a_device_that_hangs_does_not_carry_the_position_on(
    player: Player, outputs: Outputs
) -> None:
    player.play()
    outputs[0].run(0.1)
    outputs[0].time += 60
    assert player.position_s == pytest.approx(0.1)


def test_pause_keeps_the_position_and_play_goes_on_there(player: Player, outputs: Outputs) -> None:
    player.play()
    outputs[0].run(0.3)
    player.pause()
    assert not player.is_playing
    assert not outputs[0].is_open
    assert player.position_s == pytest.approx(0.25)
    player.play()
    assert player.position_s == pytest.approx(0.25)
    outputs[1].run(0.02)
    assert outputs[1].sound[0] == pytest.approx(0.25, abs=0.001)


def test_seek_while_playing_goes_on_there(player: Player, outputs: Outputs) -> None:
    player.play()
    outputs[0].run(0.5)
    player.seek(0.1)
    assert player.is_playing
    assert player.position_s == pytest.approx(0.1)
    outputs[0].run(0.2)
    # After a few milliseconds in which the old place fades out.
    assert outputs[0].sound[510:520] == ramp()[110:120].tolist()
    assert player.position_s == pytest.approx(0.25)


def test_seek_back_while_the_end_plays_out(player: Player, outputs: Outputs) -> None:
    player.play()
    outputs[0].run(1.0)
    assert player.is_playing
    player.seek(0.2)
    assert player.is_playing
    outputs[1].run(0.1)
    assert outputs[1].sound == ramp()[200:300].tolist()


@pytest.mark.parametrize(("asked", "given"), [(-3.0, 0.0), (0.4, 0.4), (7.0, 1.0)])
def test_seek_is_kept_within_the_recording(player: Player, asked: float, given: float) -> None:
    player.seek(asked)
    assert player.position_s == given
    assert not player.is_playing


def test_seek_to_the_end_while_playing_ends(player: Player, outputs: Outputs) -> None:
    player.play()
    player.seek(5.0)
    assert not player.is_playing
    assert player.position_s == 1.0
    assert not outputs[0].is_open


def test_play_at_the_end_begins_anew(player: Player, outputs: Outputs) -> None:
    player.seek(1.0)
    player.play()
    outputs[0].run(0.02)
    assert outputs[0].sound == ramp()[:20].tolist()


def test_another_recording_starts_at_its_beginning(player: Player, outputs: Outputs) -> None:
    player.play()
    outputs[0].run(0.3)
    player.load(ramp(500), RATE)
    assert not player.is_playing
    assert (player.position_s, player.duration_s) == (0.0, 0.5)
    assert not outputs[0].is_open


def test_closed_it_has_nothing_to_play(player: Player, outputs: Outputs) -> None:
    player.play()
    player.close()
    assert not outputs[0].is_open
    assert player.duration_s == 0.0
    player.play()
    player.seek(1.0)
    assert not player.is_playing
    assert len(outputs) == 1


def test_a_forgotten_player_closes_its_stream(outputs: Outputs) -> None:
    player = Player(outputs.open)
    player.load(ramp(), RATE)
    player.play()
    # PortAudio's own references do not count for the garbage collector either.
    outputs[0].forget()
    del player
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "closing a sound stream":
            thread.join()
    assert not outputs[0].is_open


def test_without_an_output_device_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDevices:
        class PortAudioError(Exception):
            pass

        def query_devices(self, kind: str) -> None:
            raise self.PortAudioError("Error querying device -1")

    monkeypatch.setattr(importlib, "import_module", lambda name: NoDevices())
    player = Player()
    player.load(ramp(), RATE)
    with pytest.raises(AudioDeviceError, match="There is no loudspeaker"):
        player.play()
    assert not player.is_playing
    player.seek(0.5)
    assert player.position_s == 0.5


def test_without_portaudio_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(importlib, "import_module", refuse)
    player = Player()
    player.load(ramp(), RATE)
    with pytest.raises(AudioDeviceError, match="libportaudio2"):
        player.play()
    with pytest.raises(AudioDeviceError, match="libportaudio2"):
        devices.input_devices()


def test_a_part_is_played_once_whatever_loops(player: Player, outputs: Outputs) -> None:
    player.set_loop(0.1, 0.2)
    player.play_part(0.3, 0.5)
    outputs[-1].run(0.1)
    assert 0.3 <= player.position_s <= 0.4
    outputs[-1].run(0.4)
    assert not player.is_playing
    assert player.position_s == 0.5
    heard = np.array(outputs[-1].sound)
    assert np.flatnonzero(heard).max() < 0.2 * RATE + PORTION
    # Afterwards all is as it was.
    player.clear_loop()
    player.play()
    outputs[-1].run(0.3)
    assert player.position_s > 0.6


def test_notes_of_a_part_sound_alone(player: Player, outputs: Outputs) -> None:
    chosen, other = Note(0.3, 0.4, 57, 100), Note(0.3, 0.4, 62, 100)
    player.play_part(0.3, 0.5, ())
    outputs[-1].run(0.1)
    # Neither the recording nor notes that change meanwhile, nor another mix: that is for later.
    player.set_notes([other])
    player.set_mix(1.0, 0.5)
    outputs[-1].run(0.1)
    assert not np.any(outputs[-1].sound)
    player.play_part(0.3, 0.5, [chosen])
    outputs[-1].run(0.2)
    assert np.any(outputs[-1].sound)
    player.pause()
    assert player._mixer.gains == (1.0, 0.5)
    assert player._mixer.score.notes == [other]
