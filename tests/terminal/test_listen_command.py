"""`main.py listen`: what it writes and sends, how it ends, and the real chain of sound."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
import scipy.signal
import soundfile
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from pytestqt.qtbot import QtBot

from app.audio.devices.device_list import AudioDeviceError
from app.audio.devices.input_choice import InputChoice
from app.audio.files.audio_file import read
from app.midi.midi_output import MidiOutput
from app.music.note_naming import NoteNaming
from app.system.atomic_write import WriteError
from app.takes.take_recorder import TakeRecorder, read_events
from app.terminal.command_line import main
from app.terminal.listen_command import Listener
from app.terminal.live_line import LiveLine, live_text
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities
from model.transcriber import Heard
from tests.conftest import TONE_RATE, tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.virtual_cable import Cable, virtual_cable, why_no_portaudio
from tests.midi.test_midi_output import ALL_NOTES_OFF, SYNTH, Clients

ROOT = Path(__file__).resolve().parents[2]


class LiveStandIn(QObject):
    """Has the signals of a live session; a test says what happens once it is started."""

    started = Signal(str)
    heard = Signal(object)
    level = Signal(float, bool)
    lost = Signal(str)
    resumed = Signal(str)
    warned = Signal(str)
    failed = Signal(str)

    def __init__(self, happens: Callable[[LiveStandIn], None]) -> None:
        super().__init__()
        self.is_listening = False
        self.heard_s = 2.5
        self.choice: InputChoice | None = None
        self.sinks: list[object] = []
        self._happens = happens

    def record(self, sink: object) -> None:
        self.sinks.append(sink)

    def start(self, choice: InputChoice) -> None:
        self.choice = choice
        self.is_listening = True
        self.started.emit("Interface")
        QTimer.singleShot(0, self._happen)

    def stop(self) -> None:
        if self.is_listening:
            self.is_listening = False
            self.heard.emit(heard(NoteOff(64, 70, 1.0, 2.0, 2.5, 0.5)))

    def _happen(self) -> None:
        self._happens(self)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def heard(*events: NoteEvent) -> Heard:
    return Heard(0, np.zeros((0, 1), np.float32), Probabilities.join([]), list(events))


@dataclass(frozen=True)
class Stage:
    """A listener between a stand-in for the live session and outputs that can be looked at."""

    live: LiveStandIn
    listener: Listener
    screen: Terminal
    events: io.StringIO
    midi: MidiOutput
    machine: Clients


def stage(
    happens: Callable[[LiveStandIn], None],
    *,
    events: io.StringIO | None = None,
    take: TakeRecorder | None = None,
) -> Stage:
    machine = Clients(SYNTH)
    midi = MidiOutput(open_client=machine)
    midi.open(SYNTH)
    live, screen = LiveStandIn(happens), Terminal()
    events = io.StringIO() if events is None else events
    listener = Listener(live, LiveLine(screen, NoteNaming()), events, midi, take)  # type: ignore[arg-type]
    return Stage(live, listener, screen, events, midi, machine)


def end_later() -> None:
    QTimer.singleShot(0, QCoreApplication.quit)


def test_what_is_heard_is_written_and_sent_and_every_note_ended(qtbot: QtBot) -> None:
    def happens(live: LiveStandIn) -> None:
        live.level.emit(0.5, False)
        live.heard.emit(heard(NoteOn(60, 90, 0.5, 0.6, 0.75), NoteOn(64, 70, 1.0, 1.1, 0.5)))
        live.heard.emit(heard(NoteOff(60, 90, 0.5, 1.5, 1.6, 0.75)))
        end_later()

    on = stage(happens)
    on.listener.listen(InputChoice("Interface", channel=1), None)
    assert on.live.choice == InputChoice("Interface", channel=1)
    lines = [json.loads(line) for line in on.events.getvalue().splitlines()]
    assert [(line["event"], line["pitch"]) for line in lines] == [
        ("on", 60), ("on", 64), ("off", 60), ("off", 64)
    ]  # fmt: skip
    assert on.machine.sent == [
        (0x90, 60, 90), (0x90, 64, 70), (0x80, 60, 64), (0x80, 64, 64), ALL_NOTES_OFF,
    ]  # fmt: skip
    assert on.screen.getvalue().startswith("Listening to Interface, Ctrl-C ends.\n")
    on.midi.close()


def test_the_line_says_what_sounds_and_goes_when_it_ends(qtbot: QtBot) -> None:
    def happens(live: LiveStandIn) -> None:
        live.level.emit(0.5, False)
        live.heard.emit(heard(*(NoteOn(pitch, 90, 0.5, 0.6, 0.75) for pitch in (67, 60, 64))))
        # Once it is on the screen it has been seen.
        timer = QTimer(live, interval=5)
        timer.timeout.connect(lambda: "G4" in on.screen.getvalue() and QCoreApplication.quit())
        timer.start()

    on = stage(happens)
    on.listener.listen(InputChoice(), None)
    assert "\r0:02 [========= ] C4 E4 G4  (C)\x1b[K" in on.screen.getvalue()
    assert on.screen.getvalue().endswith("\r\x1b[K")
    for timer in on.live.findChildren(QTimer):
        timer.stop()
    on.midi.close()


def test_the_line_fits_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    screen = Terminal()
    line = LiveLine(screen, NoteNaming())
    line.show(3661.9, 0.0, range(60, 72))
    line.show(3661.9, 0.0, range(60, 72))
    assert screen.getvalue() == "\r1:01:01 [          ] C4 C#4 D\x1b[K"
    plain = io.StringIO()
    line = LiveLine(plain, NoteNaming())
    line.show(1.0, 1.0, [60])
    line.say("No terminal.")
    assert plain.getvalue() == "No terminal.\n"


@pytest.mark.parametrize(
    ("peak", "meter"), [(0.0, ""), (0.001, ""), (0.0015, "="), (0.5, "=" * 9), (2.0, "=" * 10)]
)
def test_the_meter_counts_in_steps_of_6_db(peak: float, meter: str) -> None:
    assert live_text(0.0, peak, [], NoteNaming()) == f"0:00 [{meter:10s}] "


def test_a_lost_device_silences_and_is_waited_for(qtbot: QtBot) -> None:
    def happens(live: LiveStandIn) -> None:
        live.heard.emit(heard(NoteOn(60, 90, 0.5, 0.6, 0.75)))
        live.lost.emit("It is lost.")
        assert on.machine.sent[1:] == [(0x80, 60, 64), ALL_NOTES_OFF]
        live.resumed.emit("Interface")
        live.warned.emit("It may not be used.")
        end_later()

    on = stage(happens)
    on.listener.listen(InputChoice(), None)
    said = [line for line in on.screen.getvalue().splitlines() if "\r" not in line]
    assert said == [
        "Listening to Interface, Ctrl-C ends.", "It is lost.", "Listening to Interface again.",
        "It may not be used.",
    ]  # fmt: skip
    on.midi.close()


def test_a_session_that_breaks_off_is_an_error(qtbot: QtBot) -> None:
    on = stage(lambda live: live.failed.emit("It broke off."))
    with pytest.raises(AudioDeviceError, match="It broke off"):
        on.listener.listen(InputChoice(), None)
    assert not on.live.is_listening
    on.midi.close()


@pytest.mark.parametrize(
    ("error", "told"), [(BrokenPipeError(), BrokenPipeError), (OSError(28, "full"), WriteError)]
)
def test_events_that_cannot_be_written_end_it(
    qtbot: QtBot, error: OSError, told: type[Exception]
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise error

    on = stage(
        lambda live: live.heard.emit(heard(NoteOn(60, 90, 0.5, 0.6, 0.75))), events=Full()
    )
    with pytest.raises(told):
        on.listener.listen(InputChoice(), None)
    assert on.machine.sent[-1] == ALL_NOTES_OFF
    on.midi.close()


def test_a_midi_port_that_vanishes_is_said_and_the_rest_goes_on(qtbot: QtBot) -> None:
    def happens(live: LiveStandIn) -> None:
        on.machine.breaks = "send"
        live.heard.emit(heard(NoteOn(60, 90, 0.5, 0.6, 0.75)))
        end_later()

    on = stage(happens)
    on.listener.listen(InputChoice(), None)
    assert f"The MIDI port {SYNTH} is lost: no notes are sent to it any more.\n" in (
        on.screen.getvalue()
    )
    assert len(on.events.getvalue().splitlines()) == 2


def test_a_take_that_breaks_off_is_said_once_and_the_rest_goes_on(
    qtbot: QtBot, tmp_path: Path
) -> None:
    writer = TakeRecorder(tmp_path / "take.flac")

    def happens(live: LiveStandIn) -> None:
        writer._writing.error = "The take ended."
        timer = QTimer(live, interval=5)
        timer.timeout.connect(lambda: None in live.sinks and QCoreApplication.quit())
        timer.start()

    on = stage(happens, take=writer)
    on.listener.listen(InputChoice(), None)
    on.listener.look_at_take()
    assert on.live.sinks == [writer, None]
    assert on.screen.getvalue().count("The take ended.\n") == 1
    for timer in on.live.findChildren(QTimer):
        timer.stop()
    writer.finish()
    assert writer.wait(60)
    on.midi.close()


def test_it_ends_after_the_seconds_that_were_asked_for(qtbot: QtBot) -> None:
    on = stage(lambda live: None)
    on.listener.listen(InputChoice(), 0.01)
    assert not on.live.is_listening
    on.midi.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--take", "a.mp3"], "a.mp3: a take's name must end in .flac or .wav"),
        (["--checkpoint", "missing.safetensors"], "missing.safetensors"),
        (["--jsonl", "."], ".: it cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["listen", *arguments, "--take", "take.wav", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def cable() -> Iterator[Cable]:
    with virtual_cable() as cable:
        yield cable


class Program:
    """`main.py listen` on the end of the cable."""

    def __init__(self, cable: Cable, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "main.py", "listen", *arguments],
            env=cable.environment, cwd=ROOT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,))
        self._reader.start()

    def _read(self, out: IO[str]) -> None:
        self.lines.extend(out)

    def said(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def end(self) -> tuple[int, list[str], str]:
        """Interrupts it; returns its status, its lines, and the rest of what it said."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(60)
        self._reader.join()
        assert self.process.stderr is not None
        return status, self.lines, self.process.stderr.read()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


def test_the_real_chain(cable: Cable, exported_checkpoint: Path, tmp_path: Path) -> None:
    """A player, a sound server, PortAudio, the network, and the files at the end."""
    sound = cable.folder / "tones.wav"
    soundfile.write(sound, tones(), TONE_RATE)
    take = tmp_path / "takes" / "one.flac"
    network = ["--checkpoint", str(exported_checkpoint)]
    program = Program(cable, "--jsonl", "-", "--take", str(take), *network)
    try:
        assert program.said() == "Listening to the default input, Ctrl-C ends.\n"
        cable.play(sound)
        # The player ends when the last of it was taken; it has to arrive, and be on the disk.
        unfinished = take.with_name("one.unfinished.flac")
        while True:
            written, _ = read(unfinished)
            if np.abs(written).max() > 0.1 > np.abs(written[-5000:]).max():
                break
        status, lines, said = program.end()
    finally:
        program.kill()

    recorded, rate = read(take)
    # The device's own rate, and both channels.
    assert (status, rate in (44_100, 48_000), soundfile.info(take).channels) == (0, True, 2)
    assert said.startswith(f"{take}: 0:0")
    # What was played arrived.
    played = scipy.signal.resample_poly(tones(), rate, TONE_RATE)
    products = scipy.signal.correlate(recorded, played, mode="valid")
    first = int(np.argmax(products))
    arrived = recorded[first : first + len(played)]
    assert arrived @ played / np.linalg.norm(arrived) / np.linalg.norm(played) > 0.99
    # The events that were printed are the notes of the take, and those of the recording.
    notes = take.with_name("one.notes.jsonl")
    assert notes.read_text().splitlines() == [line.rstrip("\n") for line in lines]
    events = tmp_path / "stream.jsonl"
    assert main(["stream", str(take), "--jsonl", str(events), *network]) == 0
    assert len(lines) >= 10
    assert [facts(event) for event in read_events(notes)] == [
        facts(event) for event in read_events(events)
    ]


def facts(event: NoteEvent) -> tuple[Any, ...]:
    """All but when it came out, which depends on the blocks that the driver sends."""
    offset_s = event.offset_s if isinstance(event, NoteOff) else None
    return (
        type(event), event.pitch, event.velocity, event.onset_s, offset_s,
        pytest.approx(event.confidence, abs=2e-4),
    )  # fmt: skip


@pytest.mark.skipif(why_no_portaudio() is not None, reason=str(why_no_portaudio()))
def test_a_device_of_no_such_name_is_refused(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = tmp_path / "take.flac"
    arguments = ["--checkpoint", str(tiny_checkpoint), "--take", str(take)]
    assert main(["listen", "--device", "Harpsichord", *arguments]) == 1
    assert capsys.readouterr().err == "noteglow: The sound input Harpsichord is not there.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_dies_is_said_and_the_end_is_clean(exported_checkpoint: Path) -> None:
    with virtual_cable() as cable:
        source = "Monitor of Cable"
        program = Program(cable, "--device", source, "--checkpoint", str(exported_checkpoint))
        try:
            assert source in program.said()
            cable.close()
            # PortAudio's own library may have its say before.
            while f"{source} is lost" not in program.said():
                assert program.process.poll() is None
            status, lines, said = program.end()
        finally:
            program.kill()
    assert (status, lines) == (0, [])
    assert "Traceback" not in said
