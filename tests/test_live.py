"""A live session on a device that sends what the tests tell it to."""

from __future__ import annotations

import gc
import importlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app import input_list as input_list_module
from app import live as live_module
from app import worker as worker_module
from app.audio import input_source
from app.audio.device_words import silence_hint
from app.audio.devices import AudioDeviceError, Device, DeviceBusyError
from app.audio.input_choice import InputChoice
from app.input_list import InputList
from app.live import Live
from model.notes import NoteOff, NoteOn, Probabilities
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.test_capture import STEREO, Input, Opened

RATE = 22_050
HOP = 441
SIGNALS = (
    "started", "heard", "level", "lost", "resumed", "warned", "take_begun", "take_ended", "failed",
    "stopped",
)  # fmt: skip
LOST = (
    "The sound input Interface is lost: no sound comes from it any more. "
    "It is taken up again when it comes back."
)


def found(choice: InputChoice) -> Device:
    """Whatever is chosen, there is one device."""
    return STEREO


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
    live = Live(transcriber, open_input=device.open, find_input=found)
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
    live.start()
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
    live.start()
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
    live = Live(transcriber, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    sound = tones(1.0, 48_000)
    device.receive(np.stack([sound, sound], axis=1), False)
    live.stop()
    assert live.heard_s == pytest.approx(1.0)
    assert sum(len(chunk.probabilities) for chunk in log.chunks()) == pytest.approx(50, abs=4)


def test_the_level_is_told_while_sound_comes(live: Live, device: Input, qtbot: QtBot) -> None:
    levels: list[tuple[float, bool]] = []
    live.level.connect(lambda peak, clipped: levels.append((peak, clipped)))
    live.start()

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
    live.start()

    def hop_heard(hop: int) -> bool:
        return live.heard_s >= (hop + 1) * HOP / RATE

    for hop in range(60):
        send(device, np.full(HOP, 0.1, np.float32))
        qtbot.waitUntil(partial(hop_heard, hop), timeout=20_000)
    seconds = time.monotonic() - began
    levels = sum(name == "level" for name, _ in log.entries)
    assert 1 <= levels <= 30 * seconds + 1


def test_without_a_device_one_sentence_says_so(transcriber: Transcriber, qtbot: QtBot) -> None:
    def find(choice: InputChoice) -> Device:
        raise AudioDeviceError("There is no microphone.")

    live = Live(transcriber, find_input=find)
    log = Log(live)
    live.start()
    assert log.entries == [("failed", ("There is no microphone.",))]
    assert not live.is_listening
    live.stop()
    assert len(log.entries) == 1


def test_without_portaudio_one_sentence_says_what_to_install(
    transcriber: Transcriber, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(importlib, "import_module", refuse)
    live = Live(transcriber)
    log = Log(live)
    live.start()
    assert log.names() == ["failed"]
    assert "libportaudio2" in str(log.entries[0][1][0])


def test_what_was_chosen_is_found_and_opened(transcriber: Transcriber, qtbot: QtBot) -> None:
    device = Input()
    choices: list[InputChoice] = []

    def find(choice: InputChoice) -> Device:
        choices.append(choice)
        return STEREO

    live = Live(transcriber, open_input=device.open, find_input=find)
    choice = InputChoice("Interface", "ALSA", channel=1, sample_rate=96_000)
    live.start(choice)
    assert choices == [choice]
    assert device.asked == [(96_000, 2)]
    assert (live.device, live.sample_rate) == (STEREO, 96_000)
    live.stop()


def test_a_device_that_does_not_open_fails_and_a_later_one_works(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input(lambda rate, channels: False)
    live = Live(transcriber, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    assert log.names() == ["failed"]
    device.accepts = lambda rate, channels: True
    live.start()
    live.stop()
    assert log.names() == ["failed", "started", "heard", "stopped"]


def test_a_lost_device_ends_its_notes_and_is_waited_for(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start()
    send(device, tones(1.0, RATE))
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    # What was heard may be told in one piece or in two.
    assert [name for name in log.names() if name != "heard"] == ["started", "lost"]
    assert ("lost", (LOST,)) in log.entries
    assert live.is_listening
    assert live.is_waiting
    # Half a second of silence, in which what sounded ends.
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(1.5), timeout=10_000)
    live.stop()
    assert log.names()[-1] == "stopped"
    assert not live.is_waiting


def test_a_lost_device_that_comes_back_is_taken_up(
    live: Live, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_source, "RETRY_S", 0.01)
    log = Log(live)
    live.start()
    send(device, tones(1.0, RATE))
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(1.0), timeout=10_000)
    device.accepts = lambda rate, channels: False
    asked = len(device.asked)
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    qtbot.waitUntil(lambda: len(device.asked) > asked, timeout=10_000)
    # It comes back, and now takes another rate only.
    device.accepts = lambda rate, channels: rate == 48_000
    qtbot.waitUntil(lambda: device.is_open, timeout=10_000)
    assert device.asked[-1][0] == 48_000
    with qtbot.waitSignal(live.resumed, timeout=10_000) as resumed:
        send(device, tones(1.0, 48_000))
    assert resumed.args == ["Interface"]
    assert not live.is_waiting
    qtbot.waitUntil(lambda: live.heard_s > 2.4, timeout=10_000)
    live.stop()
    assert log.names() == ["started", "heard", "lost", "heard", "resumed", "heard", "stopped"]
    assert live.heard_s == pytest.approx(2.5, abs=0.05)
    assert live.sample_rate == RATE
    chunks = log.chunks()
    lengths = [len(chunk.probabilities) for chunk in chunks]
    assert [chunk.first_frame for chunk in chunks] == [0, *np.cumsum(lengths)[:-1]]


def test_a_driver_that_hangs_does_not_hold_the_window(
    transcriber: Transcriber, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, closed = threading.Event(), threading.Event()

    class Hanging(Input):
        def close(self) -> None:
            released.wait(20)
            closed.set()

    monkeypatch.setattr(input_source, "START_S", 0.05)
    live = Live(transcriber, open_input=Hanging().open, find_input=found)
    with qtbot.waitSignal(live.lost, timeout=10_000):
        live.start()
    live.stop()
    was_closed = closed.is_set()
    assert not was_closed
    released.set()
    assert closed.wait(10)


def test_a_device_that_hangs_when_it_is_opened_again_does_not_hold_the_window(
    transcriber: Transcriber, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_source, "RETRY_S", 0.01)
    opening, released = threading.Event(), threading.Event()
    device = Input()

    def find(choice: InputChoice) -> Device:
        if choice.name is not None:
            opening.set()
            released.wait(20)
        return STEREO

    live = Live(transcriber, open_input=device.open, find_input=find)
    live.start()
    device.ended()
    qtbot.waitUntil(opening.is_set, timeout=10_000)
    live.stop()
    assert not live.is_listening
    released.set()
    # What it opens too late is let go.
    qtbot.waitUntil(lambda: len(device.asked) == 2 and not device.is_open, timeout=10_000)


def test_samples_that_are_no_numbers_do_no_lasting_harm(
    live: Live, device: Input, transcriber: Transcriber
) -> None:
    log = Log(live)
    live.start()
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
    live.start()
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
    live.start()
    device.receive(np.zeros((12 * RATE, 1), np.float32), True)
    live.stop()
    assert live.lost_samples == 2 * RATE
    assert live.overflows == 2
    assert live.heard_s == pytest.approx(10.0)


def test_starting_again_ends_the_session_before(live: Live, device: Input, qtbot: QtBot) -> None:
    log = Log(live)
    live.start()
    send(device, tones(0.5, RATE))
    live.start()
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
    live.start()
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        send(device, tones(1.0, RATE))
    assert log.names() == ["started", "heard", "stopped"]


def test_starting_anew_when_the_device_is_lost(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.lost.connect(lambda message: live.start())
    live.start()
    with qtbot.waitSignals([live.started, live.lost], timeout=20_000):
        device.ended()
    assert live.is_listening
    assert not live.is_waiting
    live.stop()
    assert [name for name in log.names() if name != "heard"] == [
        "started", "lost", "stopped", "started", "stopped",
    ]  # fmt: skip


def test_switching_to_a_device_that_does_not_open_keeps_the_old_one(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input()
    other = replace(STEREO, name="Other")

    def find(choice: InputChoice) -> Device:
        return other if choice.name == "Other" else STEREO

    def open_input(asked: Device, *how: Any) -> Opened:
        if asked == other:
            raise DeviceBusyError("Other cannot be opened: another program is using it.")
        return device.open(asked, *how)

    live = Live(transcriber, open_input=open_input, find_input=find)
    log = Log(live)
    live.start()
    sound = tones(2.0, RATE)
    send(device, sound[:RATE])
    live.start(InputChoice("Other"))
    assert live.is_listening
    send(device, sound[RATE:])
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(2.0), timeout=10_000)
    live.stop()
    assert [name for name in log.names() if name != "heard"] == ["started", "failed", "stopped"]
    expected = Probabilities.join(part.probabilities for part in transcriber.file([sound], RATE))
    joined = Probabilities.join(chunk.probabilities for chunk in log.chunks())
    np.testing.assert_allclose(joined.onset, expected.onset, atol=1e-4)


def test_a_device_that_opens_only_once_can_be_opened_another_way(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input()
    device.accepts = lambda rate, channels: not device.is_open
    live = Live(transcriber, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    live.start(InputChoice(sample_rate=48_000))
    assert live.sample_rate == 48_000
    live.stop()
    assert "failed" not in log.names()
    assert "lost" not in log.names()


def test_an_old_device_that_does_not_open_again_either_is_waited_for(
    transcriber: Transcriber, qtbot: QtBot
) -> None:
    device = Input()
    live = Live(transcriber, open_input=device.open, find_input=found)
    live.start()
    device.accepts = lambda rate, channels: False
    with qtbot.waitSignals([live.failed, live.lost], timeout=10_000, order="strict"):
        live.start(InputChoice(sample_rate=48_000))
    assert live.is_waiting
    live.stop()


def test_a_stop_is_not_taken_for_a_loss(live: Live, device: Input, qtbot: QtBot) -> None:
    """The driver tells that its stream ended in either case."""
    log = Log(live)
    for _ in range(5):
        live.start()
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
    live = Live(transcriber, open_input=device.open, find_input=found)
    live.start()
    send(device, tones(0.5, RATE))
    del live
    gc.collect()
    assert not device.is_open


class Tape:
    """A sink that keeps all that it is given."""

    def __init__(self) -> None:
        self.rates: list[int] = []
        self.blocks: list[NDArray[np.float32]] = []
        self.heard: list[Heard] = []
        self.is_finished = False
        self.threads: set[threading.Thread] = set()

    def begin(self, sample_rate: int) -> None:
        self.rates.append(sample_rate)
        self.threads.add(threading.current_thread())

    def write(self, samples: NDArray[np.float32]) -> None:
        assert not self.is_finished
        self.blocks.append(samples.copy())

    def hear(self, heard: Heard) -> None:
        assert not self.is_finished
        self.heard.append(heard)

    def finish(self) -> None:
        assert not self.is_finished
        self.is_finished = True
        self.threads.add(threading.current_thread())

    @property
    def samples(self) -> NDArray[np.float32]:
        return np.concatenate(self.blocks)


def notes(chunks: list[Heard]) -> list[tuple[object, ...]]:
    return [
        (type(event), event.pitch, event.onset_s, getattr(event, "offset_s", None))
        for chunk in chunks
        for event in chunk.events
    ]


def test_a_take_holds_what_was_heard_and_its_notes_are_those_of_its_sound(
    live: Live, device: Input, transcriber: Transcriber, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start()
    live.set_gain(-3.0)
    sound = tones(3.0, RATE)
    send(device, sound[:10_000])
    qtbot.waitUntil(lambda: live.heard_s >= 10_000 / RATE, timeout=20_000)
    tape = Tape()
    live.record(tape)
    recording = [live.is_recording]
    with qtbot.waitSignal(live.take_begun, timeout=20_000):
        send(device, sound[10_000:10_100])
    send(device, sound[10_100:50_000])
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(40_000 / RATE), timeout=20_000)
    with qtbot.waitSignal(live.take_ended, timeout=20_000):
        live.record(None)
    recording.append(live.is_recording)
    send(device, sound[50_000:])
    live.stop()

    assert recording == [True, False]
    assert tape.rates == [RATE]
    assert tape.is_finished
    assert len(tape.threads) == 1
    assert threading.main_thread() not in tape.threads
    samples = tape.samples
    steps = samples.astype(np.float64) * 2**23
    np.testing.assert_array_equal(steps, np.rint(steps))
    np.testing.assert_allclose(samples, sound[10_000:50_000] * 10 ** (-3 / 20), atol=2**-23)
    expected = notes(list(transcriber.file([samples], RATE)))
    assert len(expected) > 10
    assert notes(tape.heard) == expected
    # What is shown is what is recorded, and counts from the beginning of the take.
    names = [name for name, _ in log.entries]
    begun, ended = names.index("take_begun"), names.index("take_ended")
    shown = [values[0] for name, values in log.entries[begun:ended] if name == "heard"]
    assert notes([chunk for chunk in shown if isinstance(chunk, Heard)]) == expected
    for first in (begun, ended):
        chunk = next(values[0] for name, values in log.entries[first:] if name == "heard")
        assert isinstance(chunk, Heard)
        assert chunk.first_frame == 0


def test_a_take_may_begin_with_the_session_and_ends_with_it(
    live: Live, device: Input, transcriber: Transcriber
) -> None:
    log = Log(live)
    tape = Tape()
    live.record(tape)
    live.start()
    sound = tones(1.0, RATE)
    send(device, sound)
    live.stop()
    assert tape.is_finished
    assert not live.is_recording
    np.testing.assert_allclose(tape.samples, sound, atol=2**-23)
    assert notes(tape.heard) == notes(list(transcriber.file([tape.samples], RATE)))
    assert log.names() == ["started", "take_begun", "heard", "take_ended", "stopped"]
    # The next session is not recorded.
    live.start()
    send(device, sound[:100])
    live.stop()
    assert len(tape.rates) == 1


def test_a_take_goes_on_when_the_device_comes_back(
    live: Live, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_source, "RETRY_S", 0.01)
    tape = Tape()
    live.record(tape)
    live.start()
    send(device, tones(0.5, RATE))
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    qtbot.waitUntil(lambda: len(device.asked) == 2 and device.is_open, timeout=10_000)
    with qtbot.waitSignal(live.resumed, timeout=10_000):
        send(device, tones(0.5, RATE))
    live.stop()
    assert len(tape.rates) == 1
    # With the silence in which the notes ended.
    assert len(tape.samples) == pytest.approx(1.5 * RATE, abs=2)


def test_a_take_can_be_ended_while_the_device_is_lost(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    tape = Tape()
    live.record(tape)
    live.start()
    with qtbot.waitSignal(live.lost, timeout=10_000):
        device.ended()
    with qtbot.waitSignal(live.take_ended, timeout=10_000):
        live.record(None)
    assert tape.is_finished
    live.stop()


def test_a_fault_of_the_program_still_ends_the_take(
    live: Live, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Tape):
        def hear(self, heard: Heard) -> None:
            raise ZeroDivisionError

    tape = Broken()
    live.record(tape)
    log = Log(live)
    with (
        qtbot.captureExceptions(),
        qtbot.waitSignal(live.stopped, timeout=10_000),
    ):
        live.start()
        send(device, tones(0.5, RATE))
    assert tape.is_finished
    assert "fault of the program" in str(
        next(values[0] for name, values in log.entries if name == "failed")
    )


def test_the_gate_gives_the_model_silence_but_the_meter_the_sound(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    tape = Tape()
    live.record(tape)
    live.set_gain(6.0)
    live.set_gate(-30.0)
    live.start()
    send(device, np.full(RATE // 2, 0.01, np.float32))
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(0.5), timeout=10_000)
    assert not tape.samples.any()
    qtbot.waitUntil(lambda: any(name == "level" for name, _ in log.entries), timeout=10_000)
    peak = next(values[0] for name, values in log.entries if name == "level")
    assert peak == pytest.approx(0.01 * 10 ** (6 / 20))
    # At once, without a new session.
    live.set_gate(None)
    send(device, np.full(RATE // 2, 0.01, np.float32))
    live.stop()
    assert tape.samples[-1] == pytest.approx(0.01 * 10 ** (6 / 20), rel=1e-4)


def test_a_gain_does_not_hide_that_the_device_clipped(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    live.set_gain(-20.0)
    live.start()
    with qtbot.waitSignal(live.level, timeout=10_000) as level:
        send(device, np.ones(HOP, np.float32))
        qtbot.waitUntil(lambda: live.heard_s > 0, timeout=10_000)
    assert level.args == [pytest.approx(0.1), True]
    live.stop()


def test_a_session_that_only_hears_zeros_says_so_once(
    live: Live, device: Input, qtbot: QtBot
) -> None:
    log = Log(live)
    live.start()
    with qtbot.waitSignal(live.warned, timeout=10_000):
        send(device, np.zeros(6 * RATE, np.float32), RATE)
    send(device, np.zeros(6 * RATE, np.float32), RATE)
    qtbot.waitUntil(lambda: live.heard_s == pytest.approx(12.0), timeout=10_000)
    live.stop()
    assert [values for name, values in log.entries if name == "warned"] in (
        [("Interface sends nothing but silence: it may be muted or switched off.",)],
        # As macOS would.
        [(silence_hint("darwin", "Interface", False, 5.0),)],
    )


def test_a_loaded_machine_catches_up_without_a_loss(
    live: Live, device: Input, transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine seconds wait in the ring: they are heard at several times their speed."""
    log = Log(live)
    held = threading.Event()
    pull = input_source.InputSource.pull

    def held_up(source: input_source.InputSource) -> object:
        held.wait(20)
        return pull(source)

    monkeypatch.setattr(input_source.InputSource, "pull", held_up)
    live.start()
    sound = tones(9.0, RATE)
    send(device, sound)
    held.set()
    wait_until_heard(live, 9.0)
    live.stop()
    assert (live.overflows, live.lost_samples) == (0, 0)
    frames = sum(len(chunk.probabilities) for chunk in log.chunks())
    assert frames == sum(
        len(part.probabilities) for part in transcriber.file([sound], RATE)
    )


def test_listing_the_inputs_does_not_hold_the_window(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    threads: list[threading.Thread] = []

    def refresh() -> list[Device]:
        threads.append(threading.current_thread())
        return [STEREO]

    monkeypatch.setattr(input_list_module, "refresh_inputs", refresh)
    inputs = InputList()
    with qtbot.waitSignal(inputs.listed, timeout=10_000) as listed:
        inputs.refresh()
        # One that runs serves both.
        inputs.refresh()
    assert listed.args == [[STEREO]]
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()

    def fail() -> list[Device]:
        raise AudioDeviceError("PortAudio is missing.")

    monkeypatch.setattr(input_list_module, "refresh_inputs", fail)
    with qtbot.waitSignal(inputs.failed, timeout=10_000) as failed:
        inputs.refresh()
    assert failed.args == ["PortAudio is missing."]
