"""Runs the program as `main.py` does, with probes around it, and does what its input says.

    python tests/benchmarks/live_probes.py RECORD.npz [--keep S] [--size WxH] [ARGUMENTS OF main.py]

`live.py` starts this in a process of its own. The program itself knows nothing of it: the probes
wrap some of its functions and watch its widgets. Each line of the input is one order: `listen` and
`record` trigger the window's own actions, `counts` asks for the figures so far, `quit` closes the
window. What happens is told as lines of JSON. The times of everything that was watched are written
to RECORD.npz at the end, all of them on the clock of `time.monotonic`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier, Qt

from app.audio.capture.ring_buffer import RingBuffer
from app.live.session import LiveSession
from app.settings.settings import Settings
from app.song.song import Song
from app.terminal import command_line as cli
from app.transcription.lazy_transcriber import LazyTranscriber, TranscriberLike
from app.views.stage.feed.note_index import Bar
from app.window import startup
from app.window.main_window import MainWindow
from model.heard import Heard
from model.notes import NoteOn

# So often does a driver call at most, and so often may the window be painted.
_CALLS_PER_SECOND = 500
_PAINTS_PER_SECOND = 70


class Arrivals:
    """Samples as PortAudio's callback hands them over: how many, when, and which.

    Attributes:
        samples: how many came.
    """

    def __init__(self, keep_s: float) -> None:
        """Args: `keep_s` is how many seconds are kept of what came."""
        self.samples = 0
        self._calls = 0
        # Filled with ones, so that the memory is there from the beginning.
        self._kept = np.ones(round(keep_s * 48_000), np.float32)
        self._at = np.ones(round(keep_s * _CALLS_PER_SECOND))
        self._until = np.ones(round(keep_s * _CALLS_PER_SECOND), np.int64)

    def watch(self) -> None:
        """Wraps the ring's writing, which is all that the callback does."""
        write = RingBuffer.write

        def write_and_note(ring: RingBuffer, samples: NDArray[np.float32]) -> None:
            self._note(time.monotonic(), samples)
            write(ring, samples)

        RingBuffer.write = write_and_note  # type: ignore[assignment, method-assign]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The samples, and of each call its moment and how many had come after it."""
        return {
            "samples": self._kept[: self.samples],
            "arrived_at": self._at[: self._calls],
            "arrived_until": self._until[: self._calls],
        }

    def _note(self, at: float, samples: NDArray[np.float32]) -> None:
        first, self.samples = self.samples, self.samples + len(samples)
        if self.samples <= len(self._kept) and self._calls < len(self._at):
            # Of a virtual cable each channel holds the same.
            self._kept[first : self.samples] = samples[:, 0]
            self._at[self._calls], self._until[self._calls] = at, self.samples
            self._calls += 1


class Network:
    """Processor time of the thread that hears, within the network and its spectrogram.

    Attributes:
        seconds: of processor time so far. Waiting for a core, or for Python's lock, is no part.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self) -> None:
        """Wraps both once they are loaded; importing them here would delay the window."""
        load = LazyTranscriber.load

        def load_and_watch(engine: LazyTranscriber) -> None:
            load(engine)
            from model.spectrogram import Spectrogram

            watched: list[type] = [Spectrogram]
            # Whichever runs the network is loaded by now.
            for module, name in (("onnx_runtime", "OnnxStream"), ("torch_runtime", "TorchStream")):
                loaded = sys.modules.get(f"model.runtimes.{module}")
                if loaded is not None:
                    watched.append(getattr(loaded, name))
            for owner in watched:
                owner.push = self._timed(owner.push)  # type: ignore[attr-defined]
            tell("loaded")

        LazyTranscriber.load = load_and_watch  # type: ignore[assignment, method-assign]

    def _timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            began = time.thread_time()
            try:
                return work(*args)
            finally:
                self.seconds += time.thread_time() - began

        return timed


class Screen(QObject):
    """When the window was painted, and with which notes.

    A note is shown once its bar is on the plot and its key is lit, both painted. The paint has
    ended when everything is with the display server: all widgets are painted in one go, and an
    event that is posted meanwhile is delivered right after it.

    Attributes:
        paints: how many times the plot was painted.
    """

    def __init__(self, window: MainWindow, seconds: float, *, keeps: bool) -> None:
        """Args: `seconds` is how long it watches, `keeps` whether it watches the notes as well."""
        super().__init__(window)
        self._window, self._stage = window, window.stage
        self._has_told = self._is_painting = self._has_plot = False
        self.paints = 0
        self._at = np.ones(round(seconds * _PAINTS_PER_SECOND))
        self._seen = 0
        self._known: set[tuple[int, float]] = set()
        self._waiting: list[Bar] = []
        self._lit: set[int] = set()
        self._shown: list[tuple[int, float, float]] = []
        self._keeps = keeps
        self._plot = self._stage.plot.viewport()
        for widget in (window, self._plot):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            if watched is self._plot:
                self._see_bars()
                self._lit = set(self._stage.keyboard.lit)
            if not self._is_painting:
                self._is_painting = True
                painted, soon = QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority
                QCoreApplication.postEvent(self, painted, soon.value)
        return False

    def customEvent(self, event: QEvent) -> None:
        now = time.monotonic()
        if not self._has_told:
            tell("painted")
        self._has_told = True
        if self._has_plot and self.paints < len(self._at):
            self._at[self.paints] = now
            self.paints += 1
        if self._keeps:
            lit = [bar for bar in self._waiting if bar.pitch in self._lit]
            self._shown += [(bar.pitch, bar.onset_s, now) for bar in lit]
            self._waiting = [bar for bar in self._waiting if bar not in lit]
        self._is_painting = self._has_plot = False

    def arrays(self) -> dict[str, NDArray[Any]]:
        """When each paint ended; of each note its pitch, its onset and when it was shown."""
        shown = np.array(self._shown).reshape(-1, 3)
        return {"painted_at": self._at[: self.paints], "shown": shown}

    def _see_bars(self) -> None:
        self._has_plot = True
        if not self._keeps:
            return
        track, settling = self._stage.roll.track, self._stage.roll.settling
        if settling.is_on:
            # Notes are on the plot as they were said at once, before they settle.
            said = {(early.bar.pitch, early.bar.onset_s) for early in settling._earlies}
            bars = [one.bar for one in settling.shown(self._stage.roll._head_s)]
            new = [bar for bar in bars if (bar.pitch, bar.onset_s) in said - self._known]
            self._waiting += new
            self._known |= {(bar.pitch, bar.onset_s) for bar in new}
            return
        if track.count < self._seen:
            # Another take has begun.
            self._seen, self._waiting = 0, []
        self._waiting += track.bars[self._seen :]
        self._seen = track.count


class Probes(QObject):
    """Everything that is watched of one window, and what is done to it."""

    def __init__(
        self, window: MainWindow, live: LiveSession, arrivals: Arrivals, network: Network,
        options: argparse.Namespace,
    ) -> None:
        super().__init__(window)
        self._window, self._live, self._arrivals, self._network = window, live, arrivals, network
        self._record = options.record
        self._keeps = options.keep > 0
        self._screen = Screen(window, options.seconds, keeps=self._keeps)
        self._is_asked = False
        # Of each note its pitch, its onset and when the window was told of it.
        self._told: list[tuple[int, float, float]] = []
        self._live.heard.connect(self._hear)
        self._live.failed.connect(lambda sentence: tell("failed", sentence=sentence))
        self._live.lost.connect(lambda sentence: tell("failed", sentence=sentence))
        window.stage.notes_changed.connect(self._tell_first_note)
        window.commands.live.saved.connect(lambda path, _: tell("saved", path=str(path)))
        self._orders = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._orders.activated.connect(self._obey)
        window.resize(*map(int, options.size.split("x")))

    def _hear(self, heard: Heard) -> None:
        if self._is_asked:
            self._is_asked = False
            tell("heard")
        if self._keeps:
            self._told += [
                (event.pitch, event.onset_s, time.monotonic())
                for event in heard.events if isinstance(event, NoteOn)
            ]

    def _tell_first_note(self) -> None:
        if self._window.commands.note_count:
            self._window.stage.notes_changed.disconnect(self._tell_first_note)
            tell("noted")

    def _obey(self) -> None:
        act, live = self._window.act, self._live
        match sys.stdin.readline().strip():
            case "listen" | "record" as order:
                self._is_asked = not live.is_listening
                tell("asked")
                (act.live if order == "listen" else act.record).trigger()
                if not live.is_listening:
                    tell("stopped", **self._counts())
            case "counts":
                tell("counts", **self._counts())
            case _:
                self._save()
                self._window.close()

    def _save(self) -> None:
        told = np.array(self._told).reshape(-1, 3)
        arrays = self._arrivals.arrays() | self._screen.arrays() | {"told": told}
        np.savez(self._record, allow_pickle=False, **arrays)

    def _counts(self) -> dict[str, float]:
        live = self._live
        return {
            "network_s": self._network.seconds, "paints": self._screen.paints,
            "arrived": self._arrivals.samples, "sample_rate": live.sample_rate,
            "heard_s": live.heard_s, "lost_samples": live.lost_samples,
            "overflows": live.overflows, "dropped_pictures": live.dropped_pictures,
        }


def tell(event: str, **more: object) -> None:
    """One line for whoever started this."""
    print(json.dumps({"event": event, "at": time.monotonic()} | more), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("record", type=Path)
    parser.add_argument("--keep", type=float, default=0.0, help="seconds of sound that are kept")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long it runs at most")
    parser.add_argument("--size", default="1600x900", help="of the window in pixels")
    options, arguments = parser.parse_known_args()
    arrivals, network = Arrivals(options.keep), Network()
    arrivals.watch()
    network.watch()

    def make_window(
        song: Song, live: LiveSession, transcriber: TranscriberLike, settings: Settings
    ) -> MainWindow:
        window = MainWindow(song, live, transcriber, settings)
        # Qt keeps it: it is a child of the window.
        Probes(window, live, arrivals, network, options)
        return window

    startup.MainWindow = make_window  # type: ignore[assignment, attr-defined]
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
