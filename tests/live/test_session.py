"""A live session: what is heard, how it begins and ends, and which device it takes."""

from __future__ import annotations

import gc
import importlib
import threading
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.audio.capture import reconnecting_input as input_source
from app.audio.capture.ring_buffer import RingBuffer
from app.audio.devices.device_list import AudioDeviceError, Device
from app.audio.devices.input_choice import InputChoice
from app.live import inference
from app.live.session import LiveSession
from app.system import worker_thread as worker_module
from app.transcription.lazy_transcriber import LazyTranscriber
from model.notes import NoteOff, NoteOn, Probabilities
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.fake_input import STEREO, Input
from tests.live.live_session import (  # noqa: F401
    HOP,
    RATE,
    KeepingSink,
    Log,
    SlowTranscriber,
    busy_machine,
    device,
    found,
    live,
    notes,
    send,
    wait_until_heard,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_what_is_heard_live_is_what_the_stream_gives(
    live: LiveSession, device: Input, transcriber: Transcriber, qtbot: QtBot
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


def test_another_tuning_counts_while_one_plays(
    tiny_checkpoint: Path, device: Input, qtbot: QtBot
) -> None:
    engine = LazyTranscriber(tiny_checkpoint)
    live = LiveSession(engine, open_input=device.open, find_input=found)
    log = Log(live)
    tone = 0.3 * np.sin(2 * np.pi * 440 / RATE * np.arange(RATE)).astype(np.float32)
    live.start()
    send(device, tone)
    qtbot.waitUntil(lambda: live.heard_s >= 1.0, timeout=20_000)
    engine.tune(440 * 2 ** (-1 / 12))
    send(device, tone)
    live.stop()
    spectrum = np.concatenate([chunk.spectrum for chunk in log.chunks()])
    bins = engine.features.bins_per_semitone
    # The same sound is the next note.
    assert spectrum[90].argmax() == spectrum[48].argmax() + bins


def test_what_is_played_while_the_network_loads_is_heard(
    device: Input, transcriber: Transcriber, qtbot: QtBot
) -> None:
    loading = SlowTranscriber(transcriber)
    live = LiveSession(loading, open_input=device.open, find_input=found)
    log = Log(live)
    sink = KeepingSink()
    live.record(sink)
    live.start()
    # The device runs at once, and is said to.
    assert (device.is_open, live.is_listening, log.names()) == (True, True, ["started"])
    sound = tones(3.0, RATE)
    send(device, sound[:50_000])
    qtbot.wait(1)
    assert (live.heard_s, sink.blocks, log.names()) == (0.0, [], ["started"])
    loading.is_loaded.set()
    qtbot.waitUntil(lambda: live.heard_s >= 50_000 / RATE, timeout=20_000)
    send(device, sound[50_000:])
    live.stop()

    assert (live.lost_samples, live.overflows) == (0, 0)
    assert len(sink.samples) == len(sound)
    whole = list(transcriber.file([sound], RATE))
    assert len(notes(whole)) > 10
    # Times count from the press.
    assert notes(log.chunks()) == notes(whole)
    assert notes(sink.heard) == notes(whole)


def test_a_session_that_ends_before_the_network_is_there_hears_it_out(
    device: Input, transcriber: Transcriber, qtbot: QtBot
) -> None:
    loading = SlowTranscriber(transcriber)
    live = LiveSession(loading, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    sound = tones(1.1, RATE)
    send(device, sound)
    threading.Timer(0.05, loading.is_loaded.set).start()
    live.stop()
    assert log.names() == ["started", "heard", "stopped"]
    assert notes(log.chunks()) == notes(list(transcriber.file([sound], RATE)))


def test_sound_is_heard_when_it_comes_and_no_sooner_looked_for(
    live: LiveSession, device: Input, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever waited this long would never end the test.
    monkeypatch.setattr(inference, "_WAIT_S", 1e6)
    live.start()
    for part in np.array_split(tones(0.5, RATE), 5):
        before_s = live.heard_s
        send(device, part)
        qtbot.waitUntil(lambda before_s=before_s: live.heard_s > before_s, timeout=20_000)
    live.stop()
    assert live.heard_s == pytest.approx(0.5)


def test_every_note_has_ended_when_it_is_stopped(live: LiveSession, device: Input) -> None:
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
    live = LiveSession(transcriber, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    sound = tones(1.0, 48_000)
    device.receive(np.stack([sound, sound], axis=1), False)
    live.stop()
    assert live.heard_s == pytest.approx(1.0)
    assert sum(len(chunk.probabilities) for chunk in log.chunks()) == pytest.approx(50, abs=4)


def test_without_a_device_one_sentence_says_so(transcriber: Transcriber, qtbot: QtBot) -> None:
    def find(choice: InputChoice) -> Device:
        raise AudioDeviceError("There is no microphone.")

    live = LiveSession(transcriber, find_input=find)
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
    live = LiveSession(transcriber)
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

    live = LiveSession(transcriber, open_input=device.open, find_input=find)
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
    live = LiveSession(transcriber, open_input=device.open, find_input=found)
    log = Log(live)
    live.start()
    assert log.names() == ["failed"]
    device.accepts = lambda rate, channels: True
    live.start()
    live.stop()
    assert log.names() == ["failed", "started", "heard", "stopped"]


def test_a_window_that_is_behind_loses_pictures_but_nothing_heard(
    live: LiveSession, device: Input, transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
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


def test_sound_that_came_too_fast_is_counted_as_lost(live: LiveSession, device: Input) -> None:
    live.start()
    device.receive(np.zeros((12 * RATE, 1), np.float32), True)
    live.stop()
    assert live.lost_samples == 2 * RATE
    assert live.overflows == 2
    assert live.heard_s == pytest.approx(10.0)


def test_a_loaded_machine_catches_up_without_a_loss(
    live: LiveSession, device: Input, transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine seconds wait in the ring: they are heard at several times their speed."""
    log = Log(live)
    held = threading.Event()
    pull = input_source.ReconnectingInput.pull

    def held_up(source: input_source.ReconnectingInput) -> object:
        held.wait(20)
        return pull(source)

    monkeypatch.setattr(input_source.ReconnectingInput, "pull", held_up)
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


def test_starting_again_ends_the_session_before(
    live: LiveSession, device: Input, qtbot: QtBot
) -> None:
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


def test_stopping_from_within_a_signal(live: LiveSession, device: Input, qtbot: QtBot) -> None:
    log = Log(live)
    live.heard.connect(live.stop)
    live.start()
    with qtbot.waitSignal(live.stopped, timeout=10_000):
        send(device, tones(1.0, RATE))
    assert log.names() == ["started", "heard", "stopped"]


def test_the_sound_is_let_go_when_it_is_stopped(live: LiveSession, device: Input) -> None:
    def rings() -> int:
        return sum(
            isinstance(one, RingBuffer) and one.capacity > 1 for one in gc.get_objects()
        )

    gc.collect()
    before = rings()
    live.start()
    during = rings()
    live.stop()
    gc.collect()
    assert (during, rings()) == (before + 1, before)


def test_stop_without_a_session_does_nothing(live: LiveSession) -> None:
    log = Log(live)
    live.stop()
    assert log.entries == []
    assert (live.is_listening, live.heard_s, live.overflows) == (False, 0.0, 0)


def test_a_session_forgotten_while_it_listens_closes_the_device(
    transcriber: Transcriber, device: Input, qtbot: QtBot
) -> None:
    live = LiveSession(transcriber, open_input=device.open, find_input=found)
    live.start()
    send(device, tones(0.5, RATE))
    del live
    gc.collect()
    assert not device.is_open
