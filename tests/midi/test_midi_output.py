"""Notes that go out live: on a port that is not there, since test machines have no MIDI."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.midi import rtmidi_client as midi_client
from app.midi.midi_output import MidiError, MidiOutput, midi_ports
from app.midi.rtmidi_client import MidiDriverError, RtMidiClient, find_port
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities
from model.transcriber import Heard

ROOT = Path(__file__).resolve().parents[2]
SYNTH = "FLUID Synth (4711):Synth input port (4711:0) 128:0"
THROUGH = "Midi Through:Midi Through Port-0 14:0"
ALL_NOTES_OFF = (0xB0, 123, 0)


class Clients:
    """The MIDI of a machine: opens clients that write down what is sent."""

    def __init__(self, *ports: str) -> None:
        self.there = list(ports)
        self.sent: list[tuple[int, ...]] = []
        self.open_ports: list[str] = []
        self.breaks: str | None = None
        self.n_clients = 0

    def __call__(self) -> Client:
        if self.breaks == "open":
            raise MidiDriverError("it is broken")
        self.n_clients += 1
        return Client(self)


class Client:
    def __init__(self, machine: Clients) -> None:
        self.machine = machine

    def ports(self) -> list[str]:
        self.stop_if("list")
        return list(self.machine.there)

    def open_port(self, index: int) -> None:
        self.stop_if("connect")
        self.machine.open_ports.append(self.machine.there[index])

    def open_virtual_port(self) -> None:
        self.stop_if("make")
        self.machine.open_ports.append("its own")

    def send(self, message: Sequence[int]) -> None:
        self.stop_if("send")
        assert self.machine.open_ports
        self.machine.sent.append(tuple(message))

    def delete(self) -> None:
        self.machine.n_clients -= 1
        self.machine.open_ports.clear()

    def stop_if(self, what: str) -> None:
        if self.machine.breaks == what:
            raise MidiDriverError("it is broken")


@pytest.fixture
def machine() -> Clients:
    return Clients(THROUGH, SYNTH)


def on(pitch: int, onset_s: float, velocity: int = 90) -> NoteOn:
    return NoteOn(pitch, velocity, onset_s, onset_s + 0.1, 0.9)


def off(pitch: int, onset_s: float) -> NoteOff:
    return NoteOff(pitch, 90, onset_s, onset_s + 0.2, onset_s + 0.3, 0.9)


def heard(*events: NoteEvent) -> Heard:
    return Heard(0, np.zeros((0, 1), np.float32), Probabilities.join([]), list(events))


def test_nothing_is_sent_before_a_port_is_chosen(machine: Clients) -> None:
    out = MidiOutput(open_client=machine)
    out.hear(heard(on(60, 0.0)))
    out.silence()
    out.close()
    assert (out.port_name, machine.sent, machine.n_clients) == (None, [], 0)


def test_notes_go_to_the_chosen_port_with_their_velocity(machine: Clients) -> None:
    out = MidiOutput(channel=10, open_client=machine)
    out.open("fluid")
    assert (out.port_name, machine.open_ports) == (SYNTH, [SYNTH])
    out.hear(heard(on(60, 0.0, 101), on(64, 0.0, 3)))
    out.hear(heard(off(60, 0.0), off(64, 0.0)))
    assert machine.sent == [(0x99, 60, 101), (0x99, 64, 3), (0x89, 60, 64), (0x89, 64, 64)]
    out.close()


def test_a_port_of_its_own_stays_until_it_is_closed(machine: Clients) -> None:
    now = [0.0]
    out = MidiOutput(open_client=machine, now_s=lambda: now[0])
    out.open(None)
    assert (out.port_name, machine.open_ports) == ("Noteglow", ["its own"])
    now[0] = 10.0
    out.hear(heard(on(60, 0.0)))
    assert machine.sent == [(0x90, 60, 90)]
    out.close()
    assert machine.n_clients == 0


def test_a_pitch_that_is_struck_again_ends_before_it_begins(machine: Clients) -> None:
    out = MidiOutput(open_client=machine)
    out.open(SYNTH)
    # The end of the first comes late, and ends nothing any more.
    out.hear(heard(on(60, 0.0), on(60, 1.0), off(60, 0.0)))
    assert machine.sent == [(0x90, 60, 90), (0x80, 60, 64), (0x90, 60, 90)]
    out.hear(heard(off(60, 1.0), off(60, 1.0), off(61, 1.0)))
    assert machine.sent[3:] == [(0x80, 60, 64)]
    out.close()


@pytest.mark.parametrize("how", ["silence", "close", "open", "let go"])
def test_every_note_is_ended(machine: Clients, how: str) -> None:
    out: MidiOutput | None = MidiOutput(open_client=machine)
    assert out is not None
    out.open(SYNTH)
    out.hear(heard(on(60, 0.0), on(64, 0.0), off(60, 0.0), on(67, 0.5)))
    del machine.sent[:]
    if how == "silence":
        out.silence()
    elif how == "close":
        out.close()
    elif how == "open":
        out.open(THROUGH)
    else:
        out = None
        gc.collect()
    assert machine.sent == [(0x80, 64, 64), (0x80, 67, 64), ALL_NOTES_OFF]
    if out is not None:
        out.hear(heard(off(64, 0.0)))
        assert len(machine.sent) == 3
        out.close()
    assert machine.n_clients == 0


def test_the_end_of_the_program_ends_every_note() -> None:
    code = (
        "from tests.midi.test_midi_output import *\n"
        "class Told(Client):\n"
        "    def send(self, message): print(*message, flush=True)\n"
        "out = MidiOutput(open_client=lambda: Told(Clients(SYNTH)))\n"
        "out.open(SYNTH)\n"
        "out.hear(heard(on(60, 0.0)))\n"
        "raise ValueError('a fault')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stdout.splitlines() == ["144 60 90", "128 60 64", "176 123 0"]


def test_another_channel_ends_what_sounds_on_the_old_one(machine: Clients) -> None:
    out = MidiOutput(open_client=machine)
    out.open(SYNTH)
    out.hear(heard(on(60, 0.0)))
    out.set_channel(16)
    out.hear(heard(on(62, 1.0)))
    assert machine.sent == [(0x90, 60, 90), (0x80, 60, 64), ALL_NOTES_OFF, (0x9F, 62, 90)]
    out.close()
    for channel in (0, 17):
        with pytest.raises(ValueError, match="1 to 16"):
            MidiOutput(channel=channel)


@pytest.mark.parametrize("how", ["gone", "list", "send"])
def test_a_port_that_vanishes_is_said_once_and_closed(machine: Clients, how: str) -> None:
    now = [0.0]
    out = MidiOutput(open_client=machine, now_s=lambda: now[0])
    out.open(SYNTH)
    out.hear(heard(on(60, 0.0)))
    now[0] = 2.0
    if how == "gone":
        machine.there.remove(SYNTH)
    else:
        machine.breaks = how
    with pytest.raises(MidiError) as told:
        out.hear(heard(on(62, 1.0)))
    assert str(told.value) == (
        f"The MIDI port {SYNTH} is lost: no notes are sent to it any more."
    )
    assert (out.port_name, machine.n_clients) == (None, 0)
    out.hear(heard(off(62, 1.0)))


@pytest.mark.parametrize(
    ("breaks", "name", "said"),
    [
        ("open", None, "There is no MIDI on this machine: it is broken."),
        ("make", None, "The MIDI port Noteglow cannot be opened: it is broken."),
        ("list", "fluid", "The MIDI port fluid cannot be opened: it is broken."),
        ("connect", "fluid", f"The MIDI port {SYNTH} cannot be opened: it is broken."),
        ("", "piano", f"There is no MIDI port called piano: there are {THROUGH}, {SYNTH}."),
        ("", "i", f"Several MIDI ports are called i: {THROUGH}, {SYNTH}."),
    ],
)
def test_a_port_that_cannot_be_opened_is_one_sentence(
    machine: Clients, breaks: str, name: str | None, said: str
) -> None:
    machine.breaks = breaks
    out = MidiOutput(open_client=machine)
    with pytest.raises(MidiError) as told:
        out.open(name)
    assert str(told.value) == said
    assert (out.port_name, machine.n_clients) == (None, 0)


def test_ports_are_found_by_name() -> None:
    ports = ["USB MIDI 20:0", "USB MIDI 24:0", "Piano 1", "Piano 10"]
    assert find_port("USB MIDI 24:0", ports) == 1
    # The numbers were others when the name was remembered.
    assert find_port("piano 3", ports[2:3]) == 0
    assert find_port("10", ports) == 3
    with pytest.raises(MidiError, match="Several"):
        find_port("USB MIDI", ports)
    with pytest.raises(MidiError, match="none to send to"):
        find_port("Piano", [])


def test_the_ports_of_a_machine_are_listed(machine: Clients) -> None:
    assert midi_ports(machine) == [THROUGH, SYNTH]
    machine.breaks = "list"
    with pytest.raises(MidiError, match=r"^The MIDI ports cannot be listed: it is broken\.$"):
        midi_ports(machine)
    assert machine.n_clients == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this is about ALSA")
def test_a_machine_without_a_sequencer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(midi_client, "_SEQUENCER", tmp_path / "seq")
    with pytest.raises(MidiError) as told:
        midi_ports()
    assert str(told.value) == (
        f"There is no MIDI on this machine: ALSA's sequencer {tmp_path / 'seq'} is missing."
    )
    # RtMidi's own libraries would have said more.
    assert capfd.readouterr().err == ""


def test_the_library_speaks_as_this_program_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    """RtMidi has a client that leads nowhere; what it does not know fails like a real one."""
    import supriya_midi

    class Dummy(supriya_midi.MidiOut):
        def __init__(self, client_name: str) -> None:
            super().__init__(supriya_midi.RtMidiAPI.RTMIDI_DUMMY, client_name)

    monkeypatch.setattr(supriya_midi, "MidiOut", Dummy)
    monkeypatch.setattr(midi_client, "_SEQUENCER", Path("/dev/null"))
    assert midi_ports() == []
    client = RtMidiClient()
    client.open_virtual_port()
    client.send([0x90, 60, 90])
    with pytest.raises(MidiDriverError, match=r"^Port already opened$"):
        client.open_port(0)
    client.delete()


def test_without_the_library_all_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supriya_midi", None)
    monkeypatch.setattr(midi_client, "_SEQUENCER", Path("/dev/null"))
    with pytest.raises(MidiError, match=r"^There is no MIDI on this machine: .*supriya_midi"):
        MidiOutput().open(None)


def sounding(cents: dict[int, float], *events: NoteEvent) -> Heard:
    rows = np.full((1, 88), np.nan, np.float32)
    for pitch, off_by in cents.items():
        rows[0, pitch - 21] = off_by
    nothing = np.zeros((1, 88), np.float32)
    probabilities = Probabilities(nothing, nothing, nothing, rows)
    return Heard(0, np.zeros((0, 1), np.float32), probabilities, list(events))


def bend(channel: int, cents: float, semitones: int) -> tuple[int, int, int]:
    value = 8192 + round(cents / 100 / semitones * 8192)
    return 0xE0 | channel, value & 127, value >> 7


def test_the_one_channel_is_bent_as_its_last_note_sounds(machine: Clients) -> None:
    out = MidiOutput(channel=3, bends="channel", open_client=machine)
    out.open(SYNTH)
    assert machine.sent[:4] == [(0xB2, 101, 0), (0xB2, 100, 0), (0xB2, 6, 2), (0xB2, 38, 0)]
    machine.sent.clear()
    out.hear(sounding({60: 20.0}, on(60, 0.0)))
    out.hear(sounding({60: 20.4}))
    out.hear(sounding({60: 25.0, 64: -10.0}, on(64, 1.0)))
    out.hear(sounding({60: 30.0}, off(64, 1.0)))
    assert machine.sent == [
        bend(2, 20, 2), (0x92, 60, 90),
        bend(2, -10, 2), (0x92, 64, 90),
        (0x82, 64, 64), bend(2, 30, 2),
    ]
    # Nothing stays bent.
    out.set_bends("off")
    assert machine.sent[-1] == bend(2, 0, 2)
    out.close()


def test_mpe_gives_every_note_a_channel_that_is_bent_for_itself(machine: Clients) -> None:
    out = MidiOutput(open_client=machine)
    out.open(SYNTH)
    out.hear(sounding({60: 20.0}, on(60, 0.0)))
    out.set_bends("mpe")
    assert (0x80, 60, 64) in machine.sent
    assert machine.sent.index((0xB0, 100, 6)) < machine.sent.index((0xB0, 6, 15))
    assert [sent for sent in machine.sent if sent[1:] == (6, 48)] == [
        (0xB0 | channel, 6, 48) for channel in range(1, 16)
    ]
    machine.sent.clear()
    out.hear(sounding({60: 20.0, 64: -10.0}, on(60, 1.0), on(64, 1.0)))
    out.hear(sounding({60: 33.0}, off(64, 1.0), on(64, 2.0)))
    assert machine.sent == [
        bend(1, 20, 48), (0x91, 60, 90), bend(2, -10, 48), (0x92, 64, 90),
        (0x82, 64, 64), (0x93, 64, 90), bend(1, 33, 48),
    ]
    machine.sent.clear()
    out.hear(sounding({}, *(on(70 + step, 3.0) for step in range(20))))
    assert {sent[0] & 15 for sent in machine.sent if sent[0] >> 4 == 9} <= {*range(1, 9),
                                                                          *range(10, 16)}
    out.close()
    begun = {sent[1] for sent in machine.sent if sent[0] >> 4 == 9}
    assert {sent[1] for sent in machine.sent if sent[0] >> 4 == 8} == begun | {60, 64}
