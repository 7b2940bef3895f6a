"""The real chain: a player, PulseAudio as a virtual cable, PortAudio, a live session.

Each test that needs it starts its own sound server in a folder of its own, and a process of its
own for the session, because PortAudio lists the devices once for each process.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
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

ROOT = Path(__file__).resolve().parents[1]
RATE = 22_050
TONES_HZ = (261.63, 440.0, 659.26)


def why_not() -> str | None:
    """What is missing for the chain on this machine; None when nothing is."""
    for program in ("pulseaudio", "pactl", "paplay"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    libraries = Path("/usr")
    plugin = "alsa-lib/libasound_module_pcm_pulse.so"
    if not any(libraries.glob(f"lib*/{plugin}")) and not any(libraries.glob(f"lib/*/{plugin}")):
        return "ALSA's PulseAudio plugin is not installed (libasound2-plugins)"
    return why_no_portaudio()


def why_no_portaudio() -> str | None:
    try:
        import sounddevice  # noqa: F401
    except OSError:
        return "PortAudio is not installed (libportaudio2)"
    return None


class Cable:
    """A sound server whose one sink is also the one source."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o700)
        asoundrc = 'pcm.!default { type pulse\n device "cable.monitor" }\n'
        (folder / ".asoundrc").write_text(asoundrc)
        kept = {name: value for name, value in os.environ.items() if "PULSE" not in name}
        self.environment = kept | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{folder}/native",
        }
        # A null sink that may rewind sleeps up to two seconds between two portions.
        self.server = subprocess.Popen(
            ["pulseaudio", "-n", "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={folder}/native",
             "-L", "module-null-sink sink_name=cable rate=48000 norewinds=1"],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 10
        while "cable" not in self.run("pactl", "list", "short", "sinks"):
            if self.server.poll() is not None or time.monotonic() > until:
                self.server.kill()
                pytest.skip("the sound server does not start on this machine")
            time.sleep(0.05)

    def run(self, *command: str) -> str:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        ).stdout


class Session:
    """A live session in a process of its own; what it tells comes as lines of JSON."""

    def __init__(self, environment: dict[str, str], checkpoint: Path, record: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", __file__, str(checkpoint), str(record)],
            env=environment | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_for(self, *events: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["event"] in events:
                return told
        raise AssertionError(f"the session ended without {' or '.join(events)}")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass(frozen=True)
class Run:
    """What came of a session during which tones were played and then the server was killed."""

    started: dict[str, Any]
    failed: dict[str, Any]
    stopped: dict[str, Any]
    killed_at: float
    exit_status: int
    played: NDArray[np.float32]
    recorded: NDArray[np.float32]
    spectrum: NDArray[np.float32]


@pytest.fixture(scope="module")
def run(tiny_checkpoint: Path) -> Iterator[Run]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    # Not pytest's own folder: its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="cable-") as name:
        folder = Path(name)
        played = np.concatenate([tone(hz) for hz in TONES_HZ])
        soundfile.write(folder / "tones.wav", played, RATE)
        cable = Cable(folder)
        try:
            session = Session(cable.environment, tiny_checkpoint, folder / "record.npz")
            try:
                started = session.wait_for("started")
                session.wait_for("heard")
                cable.run("paplay", "--device=cable", str(folder / "tones.wav"))
                # The player ends when the last of it was taken; it still has to arrive.
                session.wait_for("quiet")
                killed_at = time.monotonic()
                cable.server.send_signal(signal.SIGKILL)
                failed = session.wait_for("failed")
                stopped = session.wait_for("stopped")
                exit_status = session.process.wait(60)
            finally:
                session.kill()
        finally:
            cable.server.kill()
            cable.server.wait()
        with np.load(folder / "record.npz") as record:
            yield Run(
                started, failed, stopped, killed_at, exit_status, played,
                record["samples"], record["spectrum"],
            )  # fmt: skip


def tone(hz: float) -> NDArray[np.float32]:
    time_s = np.arange(round(0.4 * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time_s, 0.4 - time_s) / 0.02)
    return np.asarray(0.4 * fade * np.sin(2 * np.pi * hz * time_s), np.float32)


def test_the_device_is_the_systems_default(run: Run) -> None:
    assert run.started["name"] == "default"


def test_no_sample_was_lost(run: Run) -> None:
    assert run.stopped["overflows"] == 0
    assert run.stopped["lost_samples"] == 0
    assert run.stopped["dropped_pictures"] == 0
    # What the model was given is what arrived.
    assert run.stopped["heard_s"] == pytest.approx(len(run.recorded) / RATE)


def test_the_sound_that_arrived_is_the_sound_that_was_played(run: Run) -> None:
    """Compared wave by wave: a single missing or doubled sample would part them."""
    products = scipy.signal.correlate(run.recorded, run.played, mode="valid")
    first = int(np.argmax(products))
    arrived = run.recorded[first : first + len(run.played)]
    correlation = arrived @ run.played / np.linalg.norm(arrived) / np.linalg.norm(run.played)
    assert correlation > 0.99
    assert np.abs(run.recorded).max() == pytest.approx(0.4, abs=0.05)


def test_the_pictures_show_the_tones_in_their_order(run: Run) -> None:
    """One column for each hop of what arrived, the strongest bin at the tone that sounds."""
    hops = len(run.recorded) / 441
    assert len(run.spectrum) == pytest.approx(hops, abs=5)
    bins = [round(36 * np.log2(hz / 27.5)) + 1 for hz in TONES_HZ]
    strongest = run.spectrum.argmax(axis=1)
    shown = [np.flatnonzero(np.abs(strongest - wanted) <= 1) for wanted in bins]
    assert all(len(columns) >= 10 for columns in shown)
    starts_s = [columns[0] * 441 / RATE for columns in shown]
    assert np.diff(starts_s) == pytest.approx([0.4, 0.4], abs=0.1)


def test_a_server_that_dies_is_told_within_three_seconds(run: Run) -> None:
    assert run.failed["at"] - run.killed_at < 3.0
    assert run.failed["message"] == (
        "The sound input default is lost: no sound comes from it any more."
    )
    assert run.exit_status == 0


@pytest.mark.skipif(why_no_portaudio() is not None, reason=str(why_no_portaudio()))
def test_a_machine_without_any_device_says_so(tiny_checkpoint: Path, tmp_path: Path) -> None:
    session = Session(dict(os.environ), tiny_checkpoint, tmp_path / "record.npz")
    try:
        told = session.wait_for("started", "failed")
        if told["event"] == "started":
            pytest.skip(f"this machine has a sound input, {told['name']}")
        assert told["message"] == "There is no microphone or other sound input on this machine."
        assert session.process.wait(60) == 0
    finally:
        session.kill()


def listen(checkpoint: Path, record: Path) -> int:
    """The session's process: listens to the default device until it is lost."""
    from PySide6.QtCore import QCoreApplication

    from app.audio.ring import Reader
    from app.live import Live
    from model.transcriber import Heard, Transcriber

    application = QCoreApplication([])
    live = Live(Transcriber.load(checkpoint))
    # The driver may send before the reader is made: it starts with the very first sample.
    reader = Reader(0)
    samples: list[NDArray[np.float32]] = []
    spectra: list[NDArray[np.float32]] = []
    peaks: list[float] = []

    def tell(event: str, **more: object) -> None:
        print(json.dumps({"event": event, "at": time.monotonic()} | more), flush=True)

    def read() -> None:
        if live.capture is not None:
            samples.append(live.capture.ring.read_available(reader))

    def heard(chunk: Heard) -> None:
        if not spectra:
            tell("heard")
        spectra.append(chunk.spectrum)
        read()
        peaks.append(float(np.abs(samples[-1]).max(initial=0)))
        # The tones have come, and half a second of silence after them.
        n_silent = round(0.5 * RATE / 441)
        if max(peaks[:-n_silent], default=0) > 0.1 > max(peaks[-n_silent:]):
            peaks.clear()
            tell("quiet")

    live.started.connect(lambda name: tell("started", name=name))
    live.heard.connect(heard)
    live.failed.connect(lambda message: tell("failed", message=message))
    live.stopped.connect(application.quit)
    live.start()
    if live.is_listening:
        application.exec()
        read()
        np.savez(record, samples=np.concatenate(samples), spectrum=np.concatenate(spectra))
        tell(
            "stopped",
            overflows=live.overflows,
            lost_samples=live.lost_samples,
            dropped_pictures=live.dropped_pictures,
            heard_s=live.heard_s,
        )
    return 0


if __name__ == "__main__":
    sys.exit(listen(Path(sys.argv[1]), Path(sys.argv[2])))
