"""Measures `listen` beside processes that take all of the machine, and after they have ended.

    python tests/benchmarks/busy_machine.py [--busy 2] [--seconds 10]

Notes are played through a PulseAudio daemon of its own into `main.py listen`, which records a take:
for some seconds alone, for as many beside busy processes, and again alone. Printed are the sound
that was lost, and how late notes are said compared with the earliest: before, meanwhile, and the
time after which they are as early again. Run it on a machine that is otherwise idle. The exit
status is 1 when sound was lost, or the delay is not back within a second. Without PulseAudio or
PortAudio it says so, and the status is 0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.live.session import LiveSession
from app.terminal import command_line as cli
from tests.conftest import tones
from tests.live.virtual_cable import Cable, virtual_cable, why_not

ROOT = Path(__file__).resolve().parents[2]
_RATE = 48_000
_BACK_S = 1.0
# So much later than the latest of before is no delay.
_TOLERANCE_S = 0.02


class Said:
    """The notes of a program's output, and how late each was said."""

    def __init__(self, listener: subprocess.Popen[str]) -> None:
        self.at: list[float] = []
        self.heard_s: list[float] = []
        self._listener = listener
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        assert self._listener.stdout is not None
        for line in self._listener.stdout:
            self.at.append(time.monotonic())
            self.heard_s.append(json.loads(line)["heard_s"])

    def late_s(self) -> tuple[np.ndarray, np.ndarray]:
        """The moments, and by how much each event came later than the earliest one."""
        at, heard_s = np.array(self.at), np.array(self.heard_s)
        since = at - heard_s
        return at, since - since.min()


def main() -> int:
    """Returns 1 when a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--busy", type=int, default=2, help="processes (2)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of three parts (10)")
    options = parser.parse_args()
    if (reason := why_not()) is not None:
        print(reason)
        return 0
    with virtual_cable() as cable:
        return _measure(cable, options.busy, options.seconds)


def _measure(cable: Cable, n_busy: int, seconds: float) -> int:
    take, music = cable.folder / "take.flac", cable.folder / "music.wav"
    soundfile.write(music, tones(3 * seconds + 4, _RATE), _RATE)
    words = [__file__, "listen", "--jsonl", "-", "--take", str(take)]
    with (
        subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=cable.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as listener,
        subprocess.Popen(["paplay", "--device=cable", str(music)], env=cable.environment) as player,
    ):  # fmt: skip
        said = Said(listener)
        _wait_for_notes(said, listener)
        time.sleep(seconds)
        busy_at = time.monotonic()
        with _busy(n_busy):
            time.sleep(seconds)
        free_at = time.monotonic()
        time.sleep(seconds)
        ended_at = time.monotonic()
        player.kill()
        listener.terminate()
        said.thread.join()
        told = listener.stderr.read() if listener.stderr else ""
        counts = json.loads(next(line for line in told.splitlines() if line.startswith("{")))
    at, late_s = said.late_s()
    # What ends because the music was broken off tells nothing.
    at, late_s = at[at < ended_at], late_s[at < ended_at]
    before, meanwhile = late_s[at < busy_at], late_s[(at >= busy_at) & (at < free_at)]
    usual_s = float(before.max()) + _TOLERANCE_S
    late = at[(at >= free_at) & (late_s > usual_s)]
    back_s = float(late.max() - free_at) if len(late) else 0.0
    if late_s[-1] > usual_s:
        back_s = np.inf
    length_s = soundfile.info(take).duration
    print(f"sound lost     {counts['overflows']} times by the driver, "
          f"{counts['lost_samples']} samples by the program, of {length_s:.1f} s")
    for name, part in (("before", before), (f"beside {n_busy}", meanwhile),
                       ("after", late_s[at >= free_at])):  # fmt: skip
        low, middle, high = np.percentile(part, (5, 50, 100)) * 1000
        print(f"later, {name:9}{low:6.0f} ms at the least {middle:6.0f} ms median "
              f"{high:6.0f} ms at the most, {len(part)} events")
    print(f"as early again {back_s:.2f} s after they had ended (at most {_BACK_S:g} s)")
    return 0 if not any(counts.values()) and back_s <= _BACK_S else 1


def _wait_for_notes(said: Said, listener: subprocess.Popen[str]) -> None:
    while len(said.at) < 8:
        if listener.poll() is not None:
            raise SystemExit(listener.stderr.read() if listener.stderr else "it did not listen")
        time.sleep(0.05)


@contextmanager
def _busy(count: int) -> Iterator[None]:
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _listen() -> int:
    """The program, which tells at its end what was lost."""
    stop = LiveSession.stop

    def stop_and_tell(live: LiveSession) -> None:
        was_listening = live.is_listening
        stop(live)
        if was_listening:
            counts = {"overflows": live.overflows, "lost_samples": live.lost_samples}
            sys.stderr.write(f"\n{json.dumps(counts)}\n")

    LiveSession.stop = stop_and_tell  # type: ignore[method-assign]
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_listen() if sys.argv[1:2] == ["listen"] else main())
