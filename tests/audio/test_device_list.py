"""The list of sound devices, and how one is found in it and spoken of."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.audio.devices import device_list as devices
from app.audio.devices import portaudio_streams as device_streams
from app.audio.devices import pulse_sources as input_pulse
from app.audio.devices.device_list import (
    AudioDeviceError,
    Device,
    DeviceBusyError,
    find_input,
    input_devices,
    open_stream,
    refresh_inputs,
)
from app.audio.devices.device_names import MACOS_PERMISSION, is_monitor_name, silence_hint
from app.audio.devices.input_choice import InputChoice
from app.audio.devices.portaudio import PortAudioLibrary, library
from app.audio.devices.pulse_sources import PulseSource, pointed_at, sources_of

PULSE = json.dumps(
    [
        {"name": "alsa_input.usb", "description": "Scarlett Solo",
         "sample_specification": "s32le 2ch 44100Hz", "monitor_source": ""},
        {"name": "speakers.monitor", "description": "Monitor of Speakers",
         "sample_specification": "s16le 2ch 48000Hz", "monitor_source": "speakers"},
    ]
)  # fmt: skip
SOURCES = [
    PulseSource("alsa_input.usb", "Scarlett Solo", 2, 44_100.0, False),
    PulseSource("speakers.monitor", "Monitor of Speakers", 2, 48_000.0, True),
]


class PortAudioError(Exception):
    pass


class Machine:
    """Stands for the `sounddevice` module on a machine with some devices."""

    PortAudioError = PortAudioError

    def __init__(
        self, *rows: tuple[str, int, int], apis: tuple[str, ...] = ("MME", "ASIO")
    ) -> None:
        """Args: `rows` are names, numbers of host APIs and numbers of input channels."""
        self.apis = apis
        self.plugged = rows
        self._initialized = 0
        self.starts = 0
        self._initialize()

    def _initialize(self) -> None:
        self._initialized += 1
        self.starts += 1
        self.rows = [
            {"name": name, "hostapi": api, "index": index, "max_input_channels": channels,
             "max_output_channels": 2, "default_samplerate": 48_000.0}
            for index, (name, api, channels) in enumerate(self.plugged)
        ]  # fmt: skip

    def _terminate(self) -> None:
        self._initialized -= 1

    def query_devices(self, kind: str | None = None) -> object:
        if kind is None:
            return self.rows
        for row in self.rows:
            if row[f"max_{kind}_channels"]:
                return row
        raise PortAudioError("Error querying device -1")

    def query_hostapis(self, index: int) -> dict[str, str]:
        return {"name": self.apis[index]}


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Machine]:
    """Makes a machine and puts it in the place of the real one."""
    monkeypatch.setattr(input_pulse, "pulse_sources", list)

    def made(*rows: tuple[str, int, int], **more: Any) -> Machine:
        machine = Machine(*rows, **more)
        monkeypatch.setattr(importlib, "import_module", lambda name: machine)
        monkeypatch.setitem(sys.modules, "sounddevice", machine)
        return machine

    return made


IN_USE = "another program is using it. Close that program or choose another device."
INTERFACE = Device("Interface", "ASIO", 1, 4, 48_000.0)


def test_the_inputs_are_listed_with_what_identifies_them(install: Callable[..., Machine]) -> None:
    install(("Speakers", 0, 0), ("Interface", 1, 4), ("Stereo Mix (Realtek)", 0, 2))
    assert input_devices() == [
        INTERFACE, Device("Stereo Mix (Realtek)", "MME", 2, 2, 48_000.0, is_monitor=True),
    ]  # fmt: skip
    assert devices.default_input() == INTERFACE
    assert devices.default_output() == Device("Speakers", "MME", 0, 2, 48_000.0)


def test_a_device_is_found_by_its_name_its_host_api_or_a_part(
    install: Callable[..., Machine],
) -> None:
    install(("Interface", 0, 2), ("Interface", 1, 4), ("Interface 2", 1, 4), ("Webcam", 0, 1))
    indices = {
        InputChoice(): 0,
        InputChoice("Interface"): 0,
        InputChoice("Interface", "ASIO"): 1,
        InputChoice("interface 2"): 2,
        InputChoice("webc"): 3,
    }
    for choice, index in indices.items():
        assert find_input(choice).index == index


def test_a_device_that_is_not_there_or_not_clear_is_named(install: Callable[..., Machine]) -> None:
    install(("USB Audio one", 0, 2), ("USB Audio two", 0, 2))
    for choice, sentence in {
        InputChoice("Scarlett"): "The sound input Scarlett is not there.",
        # What is remembered is not taken for another device.
        InputChoice("USB Audio", "MME"): "The sound input USB Audio is not there.",
        InputChoice("usb"): "Several sound inputs are called usb: USB Audio one, USB Audio two.",
    }.items():
        with pytest.raises(AudioDeviceError) as caught:
            find_input(choice)
        assert str(caught.value) == sentence


def test_a_card_is_known_again_under_another_number(install: Callable[..., Machine]) -> None:
    install(("HDA: ALC (hw:0,0)", 0, 2), ("USB Audio: - (hw:3,0)", 0, 2))
    assert find_input(InputChoice("USB Audio: - (hw:1,0)", "MME")).index == 1


def test_without_an_input_one_sentence_says_so(install: Callable[..., Machine]) -> None:
    install(("Speakers", 0, 0))
    with pytest.raises(AudioDeviceError, match="There is no microphone or other sound input"):
        find_input(InputChoice())
    assert input_devices() == []


def test_what_was_plugged_in_later_is_seen(install: Callable[..., Machine]) -> None:
    machine = install(("Webcam", 0, 1))
    machine.plugged = (("Webcam", 0, 1), ("Interface", 1, 4))
    assert [device.name for device in input_devices()] == ["Webcam"]
    assert [device.name for device in refresh_inputs()] == ["Webcam", "Interface"]
    assert (machine.starts, machine._initialized) == (2, 1)


def test_while_a_stream_runs_another_process_lists_the_inputs(
    install: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = install(("Webcam", 0, 1))
    later = [Device("Interface", "ASIO", 0, 4, 48_000.0), Device("Webcam", "MME", 1, 1, 48_000.0)]
    listing = json.dumps([dataclasses.asdict(device) for device in later]).encode()

    def run(command: list[str], **how: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 0, listing)

    monkeypatch.setattr(subprocess, "run", run)
    with library().in_use():
        found = refresh_inputs()
    # The indices are those of this process: the new one has none yet.
    assert [(device.name, device.index) for device in found] == [("Interface", -1), ("Webcam", 0)]
    assert machine.starts == 1


def test_a_listing_process_that_fails_leaves_the_list_of_before(
    install: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(("Webcam", 0, 1))

    def run(command: list[str], **how: object) -> None:
        raise subprocess.TimeoutExpired(command, 10)

    monkeypatch.setattr(subprocess, "run", run)
    with library().in_use():
        assert [device.name for device in refresh_inputs()] == ["Webcam"]


def test_a_child_process_really_lists_the_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has: the child's code runs and its lines are read."""
    try:
        here = refresh_inputs()
    except AudioDeviceError as error:
        pytest.skip(str(error))
    listings: list[list[Any]] = []
    really_run = subprocess.run

    def run(command: list[str], **how: Any) -> subprocess.CompletedProcess[Any]:
        done = really_run(command, **how)
        if command[0] == sys.executable:
            listings.append(json.loads(done.stdout))
        return done

    monkeypatch.setattr(subprocess, "run", run)
    with library().in_use():
        assert refresh_inputs() == here
    # A child that failed would have left the list of before.
    assert len(listings) == 1


def test_portaudio_is_only_started_anew_while_nobody_uses_it(
    install: Callable[..., Machine],
) -> None:
    install()
    used = PortAudioLibrary()
    used.hold()
    used.hold()
    used.release()
    assert not used.restart()
    used.release()
    assert used.restart()


class Stream:
    """A stream of the sound library that may not start."""

    time = 1.5

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = 0

    def start(self) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed += 1


def test_an_open_stream_keeps_portaudio_as_it_is(install: Callable[..., Machine]) -> None:
    machine = install()
    stream = Stream()
    opened = open_stream("It cannot be opened", lambda module: stream)
    assert opened.time == 1.5
    assert not library().restart()
    opened.close()
    opened.close()
    assert stream.closed == 1
    assert library().restart()
    assert machine.starts == 2


@pytest.mark.parametrize(
    ("error", "sentence", "kind"),
    [
        (PortAudioError("Error opening InputStream: Invalid sample rate", -9997),
         "It cannot be opened: Invalid sample rate.", AudioDeviceError),
        (PortAudioError("Error: Unanticipated host error", -9999, (0, -5, "Unplugged")),
         "It cannot be opened: Unplugged.", AudioDeviceError),
        (PortAudioError("Error opening InputStream: Device unavailable", -9985),
         f"It cannot be opened: {IN_USE}", DeviceBusyError),
        (PortAudioError("Error: host error", -9999, (0, -16, "Device or resource busy")),
         f"It cannot be opened: {IN_USE}", DeviceBusyError),
        (PortAudioError("Error: Unanticipated host error", -9999, (0, -66748, "Unknown Error")),
         f"It cannot be opened: {MACOS_PERMISSION}.", AudioDeviceError),
    ],
)  # fmt: skip
def test_a_stream_that_does_not_start_is_closed_and_says_why(
    install: Callable[..., Machine], error: Exception, sentence: str, kind: type[Exception]
) -> None:
    install()
    stream = Stream(error)
    with pytest.raises(kind) as caught:
        open_stream("It cannot be opened", lambda module: stream)
    assert str(caught.value) == sentence
    assert stream.closed == 1
    assert library().restart()


def test_a_driver_that_hangs_does_not_hold_the_next_device(
    install: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    monkeypatch.setattr(device_streams, "_TURN_S", 0.01)
    is_opening, may_open = threading.Event(), threading.Event()

    def hang(module: object) -> Stream:
        is_opening.set()
        may_open.wait(20)
        return Stream()

    opened = []
    thread = threading.Thread(target=lambda: opened.append(open_stream("A", hang)))
    thread.start()
    assert is_opening.wait(20)
    with pytest.raises(AudioDeviceError, match="B: another device is still being opened"):
        open_stream("B", lambda module: Stream())
    may_open.set()
    thread.join()
    opened[0].close()


def test_the_sources_of_a_sound_server_are_read() -> None:
    assert sources_of(PULSE) == SOURCES
    assert sources_of("[]") == []
    for listing in ("", "{}", "pactl: unknown option"):
        with pytest.raises(ValueError, match=r".*"):
            sources_of(listing)


def test_the_sources_of_a_sound_server_are_devices(
    install: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_pulse, "pulse_sources", lambda: SOURCES)
    install(("hw", 0, 2), ("pulse", 0, 32), apis=("ALSA", "OSS"))
    assert [device.name for device in input_devices()] == [
        "Scarlett Solo", "Monitor of Speakers", "hw", "pulse",
    ]  # fmt: skip
    monitor = find_input(InputChoice("Monitor of Speakers", "PulseAudio"))
    assert monitor == Device(
        "Monitor of Speakers", "PulseAudio", 1, 2, 48_000.0, True, "speakers.monitor"
    )
    # A PortAudio that has them lists them itself, and one without the plugin cannot open them.
    install(("Mic", 1, 2), ("pulse", 0, 32), apis=("ALSA", "PulseAudio"))
    assert [device.name for device in input_devices()] == ["Mic", "pulse"]
    install(("hw", 0, 2), apis=("ALSA", "OSS"))
    assert [device.name for device in input_devices()] == ["hw"]


def test_the_plugin_is_pointed_at_a_source_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for before in (None, "mine"):
        monkeypatch.delenv("PULSE_SOURCE", raising=False)
        if before:
            monkeypatch.setenv("PULSE_SOURCE", before)
        with pointed_at(None):
            assert os.environ.get("PULSE_SOURCE") == before
        with pointed_at("speakers.monitor"):
            assert os.environ["PULSE_SOURCE"] == "speakers.monitor"
        assert os.environ.get("PULSE_SOURCE") == before


def test_the_computers_own_sound_is_told_by_its_name() -> None:
    monitors = (
        "Monitor of Built-in Audio Analog Stereo", "alsa_output.pci.monitor",
        "Speakers (Realtek(R) Audio) [Loopback]", "Stereo Mix (Realtek(R) Audio)",
        "Mixage stéréo", "BlackHole 2ch", "Soundflower (64ch)", "Loopback Audio",
        "Loopback: PCM (hw:2,1)", "CABLE Output (VB-Audio Virtual Cable)", "Background Music",
    )  # fmt: skip
    inputs = (
        "Built-in Microphone", "Scarlett 2i2 USB", "Studio Monitor Mic", "default", "pulse",
        "Stereo Microphone", "USB Audio: - (hw:1,0)",
    )  # fmt: skip
    assert all(is_monitor_name(name) for name in monitors)
    assert not any(is_monitor_name(name) for name in inputs)


def test_a_microphone_that_may_not_be_used_is_explained() -> None:
    assert silence_hint("darwin", "MacBook Microphone", False, 1.9) is None
    hint = silence_hint("darwin", "MacBook Microphone", False, 2.0)
    assert hint is not None
    assert "MacBook Microphone" in hint
    assert "System Settings > Privacy & Security > Microphone" in hint
    # Nothing plays: that is no fault.
    assert silence_hint("darwin", "BlackHole 2ch", True, 60.0) is None


def test_an_input_that_only_sends_zeros_may_be_muted() -> None:
    assert silence_hint("linux", "Webcam", False, 4.9) is None
    assert silence_hint("linux", "Webcam", False, 5.0) == (
        "Webcam sends nothing but silence: it may be muted or switched off."
    )
    assert silence_hint("linux", "Monitor of Webcam", True, 60.0) is None
    hint = silence_hint("win32", "Webcam", False, 5.0)
    assert hint is not None
    assert "Settings > Privacy & security > Microphone" in hint


def test_a_choice_comes_back_from_what_was_remembered() -> None:
    for choice in (InputChoice(), InputChoice("Interface", "ASIO", 0, 48_000)):
        assert InputChoice.from_json(json.loads(json.dumps(choice.as_json()))) == choice
    assert InputChoice.from_json({}) == InputChoice()


@pytest.mark.parametrize(
    "values",
    [None, [], "Interface", {"name": 3}, {"host_api": []}, {"channel": -1}, {"channel": "left"},
     {"channel": True}, {"sample_rate": 0}, {"sample_rate": 44_100.5}],
)  # fmt: skip
def test_what_is_no_choice_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match="sound input"):
        InputChoice.from_json(values)
