"""A live session on a device that sends what the tests tell it to."""

from __future__ import annotations

import gc
import importlib
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app import live as live_module
from app import worker as worker_module
from app.live import Live
from model.notes import NoteOff, NoteOn, Probabilities
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.test_capture import STEREO, Input

RATE = 22_050
HOP = 441
SIGNALS = ("started", "heard", "level", "failed", "stopped")


@pytest.fixture(scope="session")
def transcriber(tiny_checkpoint: Path) -> Transcriber:
    return Transcriber.load(tiny_checkpoint)


@pytest.fixture(autouse=True)
def _busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, a session may hear out its end."""
    monkeypatch.setattr(live_module, "_HEAR_OUT_S", 60.0)


@pytest.fixture
def device() -> Input:
    return Input()


@pytest.fixture
def live(transcriber: Transcriber, device: Input, qtbot: QtBot) -> Iterator[Live]:
    live = Live(transcriber, open_input=device.open)
    yield live
    live.stop()


class Log:
    """What a session told, in order: (signal, values)."""

    def __init__(self, live: Live) -> None:
        self.entries: list[tuple[str, tuple[object, ...]]] = []
        for name in SIGNALS:
            getattr(live, name).connect(self.note(name))

    def note(self, name: str) -> Callable[..., None]:
        return lambda *values: self.entries.append((name, values))

    def names(self) -> list[str]:
        """Without the levels, and heard only once in a row."""
        names: list[str] = []
        for name, _ in self.entries:
            if name != "level" and (name != "heard" or names[-1:] != ["heard"]):
                names.append(name)
        return names

    def chunks(self) -> list[Heard]:
        return [value for _, values in self.entries for value in values if isinstance(value, Heard)]


def send(device: Input, sound: NDArray[np.float32], block: int = 300) -> None:
    for first in range(0, len(sound), block):
        device.receive(sound[first : first + block, None], False)


def wait_until_heard(live: Live, seconds: float) -> None:
    """Without running the GUI thread's events."""
    until = time.monotonic() + 20
    while live.heard_s < seconds:
        assert time.monotonic() < until
        time.sleep(0.002)


def test_what_is_heard_live_is_what_the_stream_gives(
    live: Live, device: Input, transcriber: Transcriber, qtbot: QtBot
) -> None:
    log = Log(live)
    sound = tones(3.0, RATE)
    live.start(STEREO)
    was_listening = live.is_listening
    # In the middle the window takes its part, at the end the rest comes with the stop.
    send(device, sound[:40_000])
    qtbot.waitUntil(lambda: live.heard_s >= 40_000 / RATE, timeout=20_000)
    send(device, sound[40_000:])
    live.stop()

    assert log.names() == ["started", "heard", "stopped"]
    assert log.entries[0] == ("started", ("Interface",))
    assert (was_listening, live.is_listening, device.is_open) == (True, False, False)
    assert live.heard_s == pytest.approx(3.0)
    assert (live.overflows, live.lost_samples, live.dropped_pictures) == (0, 0, 0)
    whole = list(transcriber.file([sound], RATE))
    expected = Probabilities.join(part.probabilities for part in whole)
    chunks = log.chunks()
    joined = Probabilities.join(chunk.probabilities for chunk in chunks)
    np.testing.assert_allclose(joined.onset, expected.onset, atol=1e-4)
    np.testing.assert_allclose(joined.frame, expected.frame, atol=1e-4)
    lengths = [len(chunk.probabilities) for chunk in chunks]
    assert [chunk.first_frame for chunk in chunks] == [0, *np.cumsum(lengths)[:-1]]
    events = [event for chunk in chunks for event in chunk.events]
    wanted = [event for part in whole for event in part.events]
    assert len(wanted) > 10
    assert [(type(event), event.pitch, event.onset_s) for event in events] == [
        (type(event), event.pitch, event.onset_s) for event in wanted
    ]


def test_every_note_has_ended_when_it_is_stopped(live: Live, device: Input) -> None:
    log = Log(live)
    live.start(STEREO)
    send(device, tones(1.1, RATE))
    live.stop()
    sounding: set[int] = set()
    begun = 0
    for chunk in log.chunks():
        for event in chunk.events:
            if isinstance(event, NoteOn):
                sounding.add(event.pitch)
                begun += 1
            elif isinstance(event, NoteOff):
                sounding.remove(event.pitch)
    assert begun > 3
    assert not sounding


def test_sound_at_another_rate_is_heard_at_the_devices(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input(lambda rate, channels: rate == 48_000 and channels == 2)
    live = Live(transcriber, open_input=device.open)
    log = Log(live)
    live.start(STEREO)
    sound = tones(1.0, 48_000)
    device.receive(np.stack([sound, sound], axis=1), False)
    live.stop()
    assert live.heard_s == pytest.approx(1.0)
    assert sum(len(chunk.probabilities) for chunk in log.chunks()) == pytest.approx(50, abs=4)


def test_the_level_is_told_while_sound_comes(live: Live, device: Input, qtbot: QtBot) -> None:
    levels: list[tuple[float, bool]] = []
    live.level.connect(lambda peak, clipped: levels.append((peak, clipped)))
    live.start(STEREO)

    def silence_goes_on() -> bool:
        send(device, np.zeros(HOP, np.float32))
        return levels[-1:] == [(0.0, False)]

    for peak in (0.25, 1.0):
        levels.clear()
        sound = np.zeros(HOP, np.float32)
        sound[100] = -peak
        send(device, sound)
        qtbot.waitUntil(silence_goes_on, timeout=20_000)
        assert [level for level in levels if level[0] > 0] == [(peak, peak == 1.0)]


def test_the_level_is_told_at_most_thirty_times_a_second(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    began = time.monotonic()
    live.start(STEREO)

    def hop_heard(hop: int) -> bool:
        return live.heard_s >= (hop + 1) * HOP / RATE

    for hop in range(60):
        send(device, np.full(HOP, 0.1, np.float32))
        qtbot.waitUntil(partial(hop_heard, hop), timeout=20_000)
    seconds = time.monotonic() - began
    levels = sum(name == "level" for name, _ in log.entries)
    assert 1 <= levels <= 30 * seconds + 1


def test_without_a_device_one_sentence_says_so(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoDevices:
        class PortAudioError(Exception):
            pass

        def query_devices(self, kind: str) -> None:
            raise self.PortAudioError("Error querying device -1")

    monkeypatch.setattr(importlib, "import_module", lambda name: NoDevices())
    log = Log(live)
    live.start()
    sentence = "There is no microphone or other sound input on this machine."
    assert log.entries == [("failed", (sentence,))]
    assert not live.is_listening
    live.stop()
    assert len(log.entries) == 1


def test_without_portaudio_one_sentence_says_what_to_install(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(importlib, "import_module", refuse)
    log = Log(live)
    live.start()
    assert log.names() == ["failed"]
    assert "libportaudio2" in str(log.entries[0][1][0])


def test_a_device_that_does_not_open_fails_and_a_later_one_works(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input(lambda rate, channels: False)
    live = Live(transcriber, open_input=device.open)
    log = Log(live)
    live.start(STEREO)
    assert log.names() == ["failed"]
    device.accepts = lambda rate, channels: True
    live.start(STEREO)
    live.stop()
    assert log.names() == ["failed", "started", "heard", "stopped"]


def test_a_device_that_stops_is_lost_after_its_last_sample(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start(STEREO)
    send(device, tones(1.0, RATE))
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        device.ended()
    assert log.names() == ["started", "heard", "failed", "stopped"]
    assert "Interface is lost" in str(log.entries[-2][1][0])
    assert not live.is_listening
    assert live.heard_s == pytest.approx(1.0)


def test_a_device_that_falls_silent_is_lost(
    live: Live, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live_module._SILENCE_S == 1.0
    monkeypatch.setattr(live_module, "_SILENCE_S", 0.05)
    log = Log(live)
    live.start(STEREO)
    send(device, tones(0.5, RATE))
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        pass
    assert log.names() == ["started", "heard", "failed", "stopped"]


def test_a_device_that_never_sends_is_lost(
    live: Live, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_START_S", 0.05)
    log = Log(live)
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        live.start(STEREO)
    assert log.names() == ["started", "heard", "failed", "stopped"]


def test_a_driver_that_hangs_does_not_hold_the_window(
    transcriber: Transcriber, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, closed = threading.Event(), threading.Event()

    class Hanging(Input):
        def close(self) -> None:
            released.wait(20)
            closed.set()

    monkeypatch.setattr(live_module, "_START_S", 0.05)
    live = Live(transcriber, open_input=Hanging().open)
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        live.start(STEREO)
    assert not closed.is_set()
    released.set()
    assert closed.wait(10)


def test_samples_that_are_no_numbers_do_no_lasting_harm(
    live: Live, device: Input, transcriber: Transcriber
) -> None:
    log = Log(live)
    live.start(STEREO)
    sound = tones(1.0, RATE)
    bad = sound.copy()
    bad[5000:5100] = np.nan
    bad[6000] = np.inf
    sound[5000:5100] = sound[6000] = 0
    send(device, bad)
    live.stop()
    joined = Probabilities.join(chunk.probabilities for chunk in log.chunks())
    expected = Probabilities.join(
        part.probabilities for part in transcriber.file([sound], RATE)
    )
    np.testing.assert_allclose(joined.onset, expected.onset, atol=1e-4)


def test_a_window_that_is_behind_loses_pictures_but_nothing_heard(
    live: Live, device: Input, transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "MOST_PICTURES", 5)
    log = Log(live)
    live.start(STEREO)
    sound = tones(1.0, RATE)
    for hop in range(20):
        send(device, sound[hop * HOP : (hop + 1) * HOP])
        wait_until_heard(live, (hop + 1) * HOP / RATE)
    live.stop()
    chunks = log.chunks()
    blank = [not chunk.spectrum.any() for chunk in chunks]
    dropped = live.dropped_pictures
    assert dropped >= 10
    assert blank[:dropped] == [True] * dropped
    assert not any(blank[dropped:])
    for chunk in chunks:
        assert chunk.spectrum.shape == (len(chunk.probabilities), transcriber.features.n_bins)
    joined = Probabilities.join(chunk.probabilities for chunk in chunks)
    expected = list(transcriber.file([sound[: 20 * HOP]], RATE))
    np.testing.assert_allclose(
        joined.onset, Probabilities.join(part.probabilities for part in expected).onset, atol=1e-4
    )
    assert [event.pitch for chunk in chunks for event in chunk.events] == [
        event.pitch for part in expected for event in part.events
    ]


def test_sound_that_came_too_fast_is_counted_as_lost(live: Live, device: Input) -> None:
    live.start(STEREO)
    device.receive(np.zeros((12 * RATE, 1), np.float32), True)
    live.stop()
    assert live.lost_samples == 2 * RATE
    assert live.overflows == 2
    assert live.heard_s == pytest.approx(10.0)


def test_starting_again_ends_the_session_before(live: Live, device: Input, qtbot: QtBot) -> None:
    log = Log(live)
    live.start(STEREO)
    send(device, tones(0.5, RATE))
    live.start(STEREO)
    assert log.names() == ["started", "heard", "stopped", "started"]
    send(device, tones(0.2, RATE))
    live.stop()
    assert live.heard_s == pytest.approx(0.2)
    restart = log.entries.index(("started", ("Interface",)), 1)
    first = next(values[0] for name, values in log.entries[restart:] if name == "heard")
    assert isinstance(first, Heard)
    assert first.first_frame == 0


def test_stopping_from_within_a_signal(live: Live, device: Input, qtbot: QtBot) -> None:
    log = Log(live)
    live.heard.connect(live.stop)
    live.start(STEREO)
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        send(device, tones(1.0, RATE))
    assert log.names() == ["started", "heard", "stopped"]


def test_starting_anew_when_the_device_is_lost(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.failed.connect(lambda message: live.start(STEREO))
    live.start(STEREO)
    with qtbot.waitSignals([live.started, live.failed], timeout=20_000):
        device.ended()
    assert live.is_listening
    live.stop()
    assert [name for name in log.names() if name != "heard"] == [
        "started", "failed", "stopped", "started", "stopped",
    ]  # fmt: skip


def test_a_stop_is_not_taken_for_a_loss(live: Live, device: Input, qtbot: QtBot) -> None:
    """The driver tells that its stream ended in either case."""
    log = Log(live)
    for _ in range(5):
        live.start(STEREO)
        send(device, tones(0.1, RATE))
        wait_until_heard(live, 0.1)
        live.stop()
    assert "failed" not in log.names()


def test_stop_without_a_session_does_nothing(live: Live) -> None:
    log = Log(live)
    live.stop()
    assert log.entries == []
    assert (live.is_listening, live.heard_s, live.overflows) == (False, 0.0, 0)


def test_a_session_forgotten_while_it_listens_closes_the_device(
    transcriber: Transcriber, device: Input, qtbot: QtBot
) -> None:
    live = Live(transcriber, open_input=device.open)
    live.start(STEREO)
    send(device, tones(0.5, RATE))
    del live
    gc.collect()
    assert not device.is_open


def test_a_further_reader_gets_every_sample(live: Live, device: Input) -> None:
    live.start(STEREO)
    assert live.capture is not None
    reader = live.capture.ring.reader()
    sound = tones(1.0, RATE)
    send(device, sound)
    np.testing.assert_array_equal(live.capture.ring.read_available(reader), sound)
