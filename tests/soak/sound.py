"""Hours of sound through the live engine, faster than real time, from a device that misbehaves."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEventLoop

from app.audio.capture import reconnecting_input
from app.live.session import LiveSession
from app.system.paths import DEFAULT_CHECKPOINT
from app.takes.take_recorder import TakeRecorder, notes_path
from model.heard import Heard
from model.processes.freed_memory import give_back_freed_memory
from model.transcriber import Transcriber
from tests.soak.sound_check import Session, faults_of
from tests.soak.unreliable_input import UnreliableInput, plan

# Sessions before the memory is looked at, and how much it may grow after them, in bytes.
_WARM_UP = 12
_MOST_GROWTH = 10 * 2**20
_PRINT_S = 600.0


class _Counted:
    """A take that tells what went into it. A `TakeSink`."""

    def __init__(self, recorder: TakeRecorder) -> None:
        self.recorder = recorder
        self.given_s = 0.0
        self._rate = 1

    def begin(self, sample_rate: int, n_channels: int) -> None:
        self._rate = sample_rate
        self.recorder.begin(sample_rate, n_channels)

    def write(self, samples: NDArray[np.float32]) -> None:
        self.given_s += len(samples) / self._rate
        self.recorder.write(samples)

    def hear(self, heard: Heard) -> None:
        self.recorder.hear(heard)

    def finish(self) -> None:
        self.recorder.finish()


class SoundSoak:
    """Sessions one after the other. For the main thread, with a Qt application.

    Attributes:
        sound_s: seconds of sound that were recorded.
        takes, losses: how many.
    """

    def __init__(self, transcriber: Transcriber, folder: Path, seed: int) -> None:
        self.sound_s = 0.0
        self.takes = self.losses = 0
        self._folder = folder
        self._rng = np.random.default_rng(seed)
        self._device = UnreliableInput(seed)
        self._live = LiveSession(
            transcriber, open_input=self._device.open, find_input=self._device.find
        )
        self._live.lost.connect(self._lost)
        self._failures: list[str] = []
        self._live.failed.connect(self._failures.append)

    def session(self, most_s: float) -> tuple[Session, list[str]]:
        """Plays and records one; returns it, and what went wrong already.

        Args:
            most_s: seconds of sound until the device is lost, at most.
        """
        segments = plan(self._rng, most_s)
        sinks: list[_Counted] = []
        self._failures.clear()

        def next_take() -> None:
            path = self._folder / f"take {self.takes:06d}.flac"
            sinks.append(_Counted(TakeRecorder(path)))
            self.takes += 1
            self._live.record(sinks[-1])

        self._device.begin(segments, lambda: sum(sink.recorder.written_s for sink in list(sinks)))
        next_take()
        self._live.start()
        length_s = self._rng.uniform(1, 2 * most_s)
        while not self._device.is_played_out.is_set() and self._live.is_listening:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
            time.sleep(0.005)
            if sinks[-1].given_s > length_s:
                next_take()
                length_s = self._rng.uniform(1, 2 * most_s)
        self._live.stop()
        faults = list(self._failures)
        for sink in sinks:
            sink.recorder.wait(60)
            if sink.recorder.error is not None:
                faults.append(sink.recorder.error)
        self.sound_s += sum(sink.recorder.written_s for sink in sinks)
        lost = self._live.lost_samples, self._live.overflows
        if lost != (0, self._device.overflows):
            faults.append(f"{lost} samples and times were lost, not (0, {self._device.overflows})")
        takes = [path for sink in sinks if (path := sink.recorder.saved) is not None]
        return Session(segments, takes), faults

    def _lost(self, sentence: str) -> None:
        self.losses += 1


def soak(hours: float, seed: int) -> int:
    """Soaks so many hours of sound and prints what comes of it; returns how many faults."""
    # As every program that listens does.
    give_back_freed_memory()
    application = QCoreApplication.instance() or QCoreApplication(["noteglow"])
    faults: list[str] = []
    checking: list[Future[list[str]]] = []
    began, printed_s, sessions, least, most = time.monotonic(), 0.0, 0, 0, 0
    with (
        tempfile.TemporaryDirectory(prefix="noteglow-soak-") as folder,
        # Others look at the takes, so that this process's memory is the engine's.
        ProcessPoolExecutor(1, get_context("spawn")) as checker,
        patch.object(reconnecting_input, "RETRY_S", 0.01),
        # A busy machine is no loss: the device waits for the disk before it goes on.
        patch.object(reconnecting_input, "SILENCE_S", 15.0),
    ):
        run = SoundSoak(Transcriber.load(DEFAULT_CHECKPOINT), Path(folder), seed)

        def look(wait: Callable[[Future[list[str]]], bool]) -> None:
            for future in [future for future in checking if wait(future)]:
                checking.remove(future)
                _tell(future.result(), faults)

        def report() -> None:
            print(f"{run.sound_s / 3600:6.2f} h of sound {sessions:5} sessions {run.takes:5} takes"
                  f"{run.losses:5} losses {run.sound_s / (time.monotonic() - began):5.1f} x "
                  f"real time, memory {most / 2**20:.0f} MB ({(most - least) / 2**20:+.1f}), "
                  f"{len(faults)} faults", flush=True)  # fmt: skip

        try:
            while run.sound_s < hours * 3600:
                session, told = run.session(60.0)
                _tell(told, faults)
                checking.append(checker.submit(_check, session))
                look(Future.done)
                if len(checking) > 4:
                    _tell(checking.pop(0).result(), faults)
                sessions += 1
                gc.collect()
                if sessions == _WARM_UP:
                    least = most = _resident()
                elif sessions > _WARM_UP:
                    most = max(most, _resident())
                if run.sound_s - printed_s >= _PRINT_S:
                    printed_s = run.sound_s
                    report()
        except KeyboardInterrupt:
            print("stopped")
        look(lambda _: True)
        if most - least > _MOST_GROWTH:
            _tell([f"the memory grew by {(most - least) / 2**20:.0f} MB"], faults)
        report()
    del application
    return len(faults)


def _tell(found: list[str], faults: list[str]) -> None:
    for fault in found:
        print(fault, flush=True)
    faults += found


def _check(session: Session) -> list[str]:
    """In the other process; the takes are removed."""
    found = faults_of(session, _transcriber())
    for take in session.takes:
        take.unlink()
        notes_path(take).unlink()
    return found


@cache
def _transcriber() -> Transcriber:
    return Transcriber.load(DEFAULT_CHECKPOINT)


def _resident() -> int:
    """This process's memory in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as told:
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
