"""The real chain: a player, PulseAudio as a virtual cable, PortAudio, a live session.

Each test that needs it starts its own sound server in a folder of its own, and a process of its
own for the session, because PortAudio lists the devices once for each process.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal
import soundfile
from numpy.typing import NDArray

from app.audio.devices.input_choice import InputChoice
from app.takes.event_lines import event_json
from model.resampler import Resampler
from model.transcriber import Heard
from tests.conftest import tones
from tests.live.virtual_cable import Cable, virtual_cable, why_no_portaudio

ROOT = Path(__file__).resolve().parents[2]
RATE = 22_050
TONES_HZ = (261.63, 440.0, 659.26)


class Session:
    """A live session in a process of its own; what it tells comes as lines of JSON."""

    def __init__(
        self,
        environment: dict[str, str],
        checkpoint: Path,
        record: Path,
        choice: InputChoice = InputChoice(),  # noqa: B008, it never changes
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", __file__, str(checkpoint), str(record),
             json.dumps(choice.as_json())],
            env=environment | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def ask(self, for_what: str) -> None:
        assert self.process.stdin is not None
        print(for_what, file=self.process.stdin, flush=True)

    def wait_for(self, *events: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["event"] in events:
                return told
        _, error = self.process.communicate()
        raise AssertionError(f"the session ended without {' or '.join(events)}: {error}")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass(frozen=True)
class Run:
    """What came of a session that heard tones, lost its server, got it back and heard them again.

    `frames` arrived, at `rate` Hz with all channels; `events` is what the model made of it.
    """

    started: dict[str, Any]
    first: dict[str, Any]
    listed: dict[str, Any]
    lost: dict[str, Any]
    resumed: dict[str, Any]
    stopped: dict[str, Any]
    killed_at: float
    exit_status: int
    played: NDArray[np.float32]
    frames: NDArray[np.float32]
    rate: float
    spectrum: NDArray[np.float32]
    events: list[dict[str, Any]]

    @functools.cached_property
    def recorded(self) -> NDArray[np.float32]:
        """What arrived, as one channel at the rate of what was played."""
        return Resampler(self.rate, RATE).push(self.frames.mean(axis=1), last=True)


@pytest.fixture(scope="module")
def cable() -> Iterator[Cable]:
    with virtual_cable("cable", "other") as cable:
        soundfile.write(cable.folder / "music.wav", music(), RATE)
        yield cable


@pytest.fixture(scope="module")
def run(cable: Cable, exported_checkpoint: Path) -> Run:
    path = cable.folder / "record.npz"
    session = Session(cable.environment, exported_checkpoint, path)
    try:
        started = session.wait_for("started")
        first = session.wait_for("heard")
        session.ask("list")
        listed = session.wait_for("listed")
        cable.play(cable.folder / "music.wav", "cable")
        # The player ends when the last of it was taken; it still has to arrive.
        session.wait_for("quiet")
        killed_at = time.monotonic()
        cable.close()
        lost = session.wait_for("lost")
        cable.start()
        resumed = session.wait_for("resumed")
        cable.play(cable.folder / "music.wav", "cable")
        session.wait_for("quiet")
        session.ask("stop")
        stopped = session.wait_for("stopped")
        exit_status = session.process.wait(60)
    finally:
        session.kill()
    with np.load(path) as record:
        return Run(
            started, first, listed, lost, resumed, stopped, killed_at, exit_status, music(),
            record["samples"], float(record["rate"]), record["spectrum"],
            json.loads(str(record["events"])),
        )  # fmt: skip


def music() -> NDArray[np.float32]:
    """What is played: three steady tones to see, then struck ones that give notes."""
    return np.concatenate([*(tone(hz) for hz in TONES_HZ), tones(1.5, RATE)])


def tone(hz: float) -> NDArray[np.float32]:
    time_s = np.arange(round(0.4 * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time_s, 0.4 - time_s) / 0.02)
    return np.asarray(0.4 * fade * np.sin(2 * np.pi * hz * time_s), np.float32)


def test_the_device_is_the_systems_default(run: Run) -> None:
    assert run.started["name"] == "default"


def test_it_listens_within_a_second(run: Run) -> None:
    """From the call of `start` to what the model says of the first sound."""
    assert run.started["at"] - run.started["asked_at"] < 1.0
    assert run.first["at"] - run.started["asked_at"] < 1.0


def test_it_listens_to_all_channels_at_the_devices_own_rate(run: Run) -> None:
    assert run.frames.shape[1] == 2
    assert run.rate in (44_100, 48_000)


def test_no_sample_was_lost(run: Run) -> None:
    assert run.stopped["overflows"] == 0
    assert run.stopped["lost_samples"] == 0
    assert run.stopped["dropped_pictures"] == 0


def places(run: Run) -> list[int]:
    """Where in the recording the played sound begins, both times."""
    products = scipy.signal.correlate(run.recorded, run.played, mode="valid")
    first = int(np.argmax(products))
    products[max(0, first - len(run.played)) : first + len(run.played)] = 0
    return sorted((first, int(np.argmax(products))))


def test_the_sound_that_arrived_is_the_sound_that_was_played(run: Run) -> None:
    """Compared wave by wave: a single missing or doubled sample would part them."""
    for first in places(run):
        arrived = run.recorded[first : first + len(run.played)]
        correlation = arrived @ run.played / np.linalg.norm(arrived) / np.linalg.norm(run.played)
        assert correlation > 0.99
    assert np.abs(run.recorded).max() == pytest.approx(0.4, abs=0.05)


def test_the_pictures_show_the_tones_in_their_order(run: Run) -> None:
    """One column for each hop of what arrived, the strongest bin at the tone that sounds."""
    hops = len(run.recorded) / 441
    assert len(run.spectrum) == pytest.approx(hops, abs=5)
    bins = [round(36 * np.log2(hz / 27.5)) + 1 for hz in TONES_HZ]
    for first in places(run):
        columns = slice(first // 441, (first + round(1.2 * RATE)) // 441)
        strongest = run.spectrum[columns].argmax(axis=1)
        shown = [np.flatnonzero(np.abs(strongest - wanted) <= 1) for wanted in bins]
        assert all(len(columns) >= 10 for columns in shown)
        starts_s = [columns[0] * 441 / RATE for columns in shown]
        assert np.diff(starts_s) == pytest.approx([0.4, 0.4], abs=0.1)


def test_the_inputs_are_listed_while_it_goes_on_listening(run: Run) -> None:
    names = [(name, is_monitor) for name, is_monitor in run.listed["inputs"]]
    assert names[:2] == [("Monitor of Cable", True), ("Monitor of Other", True)]
    assert ("default", False) in names


def test_a_server_that_dies_is_told_within_two_seconds(run: Run) -> None:
    assert run.lost["at"] - run.killed_at < 2.0
    assert run.lost["message"] == (
        "The sound input default is lost: no sound comes from it any more. "
        "It is taken up again when it comes back."
    )


def test_a_server_that_comes_back_is_taken_up_by_itself(run: Run) -> None:
    assert run.resumed["name"] == "default"
    assert run.exit_status == 0
    first, second = places(run)
    assert second - first > len(run.played)


def test_the_notes_of_a_take_are_those_of_its_recording(
    run: Run, exported_checkpoint: Path, tmp_path: Path
) -> None:
    """Through the file and the command line, with blocks of another length."""
    path = tmp_path / "take.flac"
    steps = np.rint(run.frames.astype(np.float64) * 2**23).astype(np.int32)
    soundfile.write(path, steps << 8, round(run.rate), subtype="PCM_24")
    streamed = subprocess.run(
        [sys.executable, "main.py", "stream", str(path), "--jsonl", "-",
         "--checkpoint", str(exported_checkpoint)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    expected = [json.loads(line) for line in streamed.splitlines()]
    assert len(expected) > 10

    def notes(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [
            tuple(event[key] for key in ("event", "pitch", "onset_s", "offset_s"))
            for event in events
        ]

    assert notes(run.events) == notes(expected)


def test_what_the_computer_plays_can_be_chosen(
    cable: Cable, exported_checkpoint: Path, run: Run
) -> None:
    """The monitor of a sink that is not the default one's."""
    path = cable.folder / "other.npz"
    choice = InputChoice("Monitor of Other", "PulseAudio", channel=1, sample_rate=44_100)
    session = Session(cable.environment, exported_checkpoint, path, choice)
    try:
        assert session.wait_for("started")["name"] == "Monitor of Other"
        session.wait_for("heard")
        cable.play(cable.folder / "music.wav", "cable")
        cable.play(cable.folder / "music.wav", "other")
        session.wait_for("quiet")
        session.ask("stop")
        session.wait_for("stopped")
        assert session.process.wait(60) == 0
    finally:
        session.kill()
    with np.load(path) as record:
        loud = np.flatnonzero(np.abs(record["samples"][:, 0]) > 0.01)
        # It was played twice and heard once.
        seconds = len(run.played) / RATE
        assert (loud[-1] - loud[0]) / 44_100 == pytest.approx(seconds, abs=0.1)


@pytest.mark.skipif(why_no_portaudio() is not None, reason=str(why_no_portaudio()))
def test_a_machine_without_any_device_says_so(exported_checkpoint: Path, tmp_path: Path) -> None:
    session = Session(dict(os.environ), exported_checkpoint, tmp_path / "record.npz")
    try:
        told = session.wait_for("started", "failed")
        if told["event"] == "started":
            pytest.skip(f"this machine has a sound input, {told['name']}")
        assert told["message"] == "There is no microphone or other sound input on this machine."
        assert session.process.wait(60) == 0
    finally:
        session.kill()


class KeepingSink:
    """A take in memory."""

    def __init__(self) -> None:
        self.samples: list[NDArray[np.float32]] = []
        self.events: list[dict[str, Any]] = []

    def begin(self, sample_rate: int, n_channels: int) -> None:
        self.sample_rate = sample_rate

    def write(self, samples: NDArray[np.float32]) -> None:
        self.samples.append(samples)

    def hear(self, heard: Heard) -> None:
        self.events += [json.loads(event_json(event)) for event in heard.events]

    def finish(self) -> None:
        pass


def listen(checkpoint: Path, record: Path, choice: InputChoice) -> int:
    """The session's process: listens until it is asked to stop by a line of its input."""
    from PySide6.QtCore import QCoreApplication, QSocketNotifier

    from app.audio.devices.device_list_refresh import DeviceListRefresh
    from app.live.session import LiveSession
    from model.transcriber import Transcriber

    application = QCoreApplication([])
    live = LiveSession(Transcriber.load(checkpoint))
    tape = KeepingSink()
    spectra: list[NDArray[np.float32]] = []
    is_loud = False

    def tell(event: str, **more: object) -> None:
        print(json.dumps({"event": event, "at": time.monotonic()} | more), flush=True)

    def heard(chunk: Heard) -> None:
        nonlocal is_loud
        if not spectra:
            tell("heard")
        spectra.append(chunk.spectrum)
        # The tones have come, and half a second of silence after them.
        latest = np.concatenate(tape.samples[-300:])[-round(0.5 * tape.sample_rate) :]
        peak = float(np.abs(latest).max(initial=0))
        if is_loud and peak < 0.01:
            tell("quiet")
        is_loud = peak > 0.1 or (is_loud and peak >= 0.01)

    def asked() -> None:
        if sys.stdin.readline().strip() == "list":
            inputs.refresh()
        else:
            live.stop()

    inputs = DeviceListRefresh()
    inputs.listed.connect(
        lambda devices: tell(
            "listed", inputs=[(device.name, device.is_monitor) for device in devices]
        )
    )
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(asked)
    live.started.connect(lambda name: tell("started", name=name, asked_at=asked_at))
    live.heard.connect(heard)
    live.lost.connect(lambda message: tell("lost", message=message))
    live.resumed.connect(lambda name: tell("resumed", name=name))
    live.failed.connect(lambda message: tell("failed", message=message))
    live.stopped.connect(application.quit)
    live.record(tape)
    asked_at: float = time.monotonic()
    live.start(choice)
    if live.is_listening:
        application.exec()
        np.savez(
            record, samples=np.concatenate(tape.samples), spectrum=np.concatenate(spectra),
            events=json.dumps(tape.events), rate=tape.sample_rate,
        )  # fmt: skip
        tell(
            "stopped",
            overflows=live.overflows,
            lost_samples=live.lost_samples,
            dropped_pictures=live.dropped_pictures,
        )
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(
        listen(
            Path(arguments[0]), Path(arguments[1]), InputChoice.from_json(json.loads(arguments[2]))
        )
    )
