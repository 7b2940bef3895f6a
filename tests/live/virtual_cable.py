"""A virtual cable: a PulseAudio server of its own, each of whose sinks is also a sound input."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest


def why_not() -> str | None:
    """What is missing for the cable on this machine; None when nothing is."""
    for program in ("pulseaudio", "pactl", "paplay"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    libraries = Path("/usr")
    plugin = "alsa-lib/libasound_module_pcm_pulse.so"
    if not any(libraries.glob(f"lib*/{plugin}")) and not any(libraries.glob(f"lib/*/{plugin}")):
        return "ALSA's PulseAudio plugin is not installed (libasound2-plugins)"
    return why_no_portaudio()


def why_no_portaudio() -> str | None:
    """Why no sound input can be opened at all; None when one might be."""
    try:
        import sounddevice  # noqa: F401
    except OSError:
        return "PortAudio is not installed (libportaudio2)"
    return None


class Cable:
    """A sound server, and the environment in which programs find it and nothing else.

    What is played into a sink comes out of its monitor; that of "cable" is the default input.

    Attributes:
        folder: a home folder of its own.
        environment: for programs on either side of the cable.
        server: its process.
    """

    def __init__(self, folder: Path, sinks: Sequence[str] = ("cable",)) -> None:
        folder.chmod(0o700)
        asoundrc = 'pcm.!default { type pulse\n device "cable.monitor" }\n'
        (folder / ".asoundrc").write_text(asoundrc)
        kept = {name: value for name, value in os.environ.items() if "PULSE" not in name}
        self.folder, self._sinks = folder, sinks
        self.environment = kept | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{folder}/native",
        }
        self.start()

    def start(self) -> None:
        """Starts the server, again after `close`."""
        # A null sink that may rewind sleeps up to two seconds between two portions.
        loads = [
            f"module-null-sink rate=48000 norewinds=1 sink_name={sink} "
            f"sink_properties=device.description={sink.capitalize()}"
            for sink in self._sinks
        ]
        self.server = subprocess.Popen(
            ["pulseaudio", "-n", "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.folder}/native",
             *(word for load in loads for word in ("-L", load))],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 10
        while self._sinks[-1] not in self.run("pactl", "list", "short", "sinks"):
            if self.server.poll() is not None or time.monotonic() > until:
                self.close()
                pytest.skip("the sound server does not start on this machine")
            time.sleep(0.05)

    def run(self, *command: str) -> str:
        """Runs a program to its end and returns what it writes."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        ).stdout

    def play(self, path: Path, sink: str = "cable") -> None:
        """Plays a sound file into a sink, to its end."""
        self.run("paplay", f"--device={sink}", str(path))

    def close(self) -> None:
        """Ends the server, as a crash would."""
        self.server.kill()
        self.server.wait()


@contextlib.contextmanager
def virtual_cable(*sinks: str) -> Iterator[Cable]:
    """A cable in a folder of its own; skips the test, with the reason, where there can be none."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    # Not pytest's own folder: its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="cable-") as name:
        cable = Cable(Path(name), sinks or ("cable",))
        try:
            yield cable
        finally:
            cable.close()
