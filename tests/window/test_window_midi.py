"""Live notes that the window sends to a MIDI port."""

from __future__ import annotations

from collections.abc import Callable

from model.transcriber import Transcriber
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.window_bench import Bench, Played, bench, make, played  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def notes_sent(bench: Bench) -> list[tuple[str, int]]:
    """The notes that were begun and ended on channel 1."""
    kinds = {0x90: "on", 0x80: "off"}
    return [
        (kinds[message[0]], message[1]) for message in bench.midi.sent if message[0] in kinds
    ]


def midi_menu(bench: Bench) -> dict[str, object]:
    """The entries of the menu of ports."""
    bench.window._midi_menu.fill()
    return {action.text(): action for action in bench.window._midi_menu._menu.actions()}


def test_nothing_is_sent_before_midi_is_turned_on(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    assert bench.midi.opened == []
    assert not bench.window.status.midi.isVisible()


def test_notes_go_to_the_chosen_port(bench: Bench, make: Callable[[], Bench]) -> None:
    window = bench.window
    entries = midi_menu(bench)
    assert {"New port “Noteglow”", "A synthesizer", "A sampler"} <= entries.keys()
    entries["A sampler"].trigger()
    assert bench.midi.opened == ["A sampler"]
    assert window.status.midi.text() == "MIDI to A sampler, channel 1"
    assert window.act.midi.isChecked()
    window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    bench.live.hear(2.0, off(60, 0.5, 1.5), on(64, 1.8))
    assert notes_sent(bench) == [("on", 60), ("off", 60), ("on", 64)]
    # A sounding note never outlives the session.
    window.act.live.trigger()
    assert notes_sent(bench)[-1] == ("off", 64)
    window.close()
    again = make()
    assert again.midi.opened == ["A sampler"]
    assert again.window.act.midi.isChecked()
    again.window.act.midi.trigger()
    assert not again.window.act.midi.isChecked()
    assert not again.window.status.midi.isVisible()
    again.window.close()
    assert make().midi.opened == []


def test_midi_stops_at_the_end_of_the_device_s_sound(bench: Bench) -> None:
    bench.window.midi.turn_on("")
    assert bench.midi.opened == [""]
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    bench.live.lose()
    assert notes_sent(bench) == [("on", 60), ("off", 60)]
    bench.live.resume()
    bench.live.hear(2.0, on(62, 1.5))
    bench.window.close()
    assert notes_sent(bench)[-1] == ("off", 62)


def test_the_channel_is_chosen(bench: Bench, make: Callable[[], Bench]) -> None:
    midi = bench.window.midi
    midi.turn_on("A synthesizer")
    midi.set_channel(10)
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    assert [0x99, 60, 100] in bench.midi.sent
    assert "channel 10" in bench.window.status.midi.text()
    bench.window.close()
    assert make().window.midi.channel == 10


def test_a_port_that_is_gone_is_told_and_midi_is_off(bench: Bench) -> None:
    bench.midi.names.remove("A sampler")
    bench.window.midi.turn_on("A sampler")
    assert "A sampler" in bench.window.notice.text
    assert not bench.window.act.midi.isChecked()
    assert not bench.settings.midi_on
    assert "A sampler (not there)" in midi_menu(bench)
    bench.window.midi.turn_on("A synthesizer")
    assert not bench.window.notice.isVisible()


def test_midi_follows_the_sensitivity_and_the_instrument(
    bench: Bench, played: Played, transcriber: Transcriber
) -> None:
    window = bench.window
    window.midi.turn_on("")
    window.bar.sensitivity.setValue(100)
    bench.until(lambda: not window.commands.sensitivity._timer.isActive())
    window.act.live.trigger()
    played.play(bench, 0, 41)
    decoder = window.commands.sensitivity.decoder
    expected = sorted(
        note.pitch for note in transcriber.decode(played.probabilities, decoder)
    )
    assert sorted(pitch for kind, pitch in notes_sent(bench) if kind == "on") == expected
    bench.midi.sent.clear()
    window.display.set_instrument("Bass guitar")
    window.act.live.trigger()
    window.act.live.trigger()
    played.play(bench, 0, 41)
    bass = window.display.instrument
    sent = {pitch for _, pitch in notes_sent(bench)}
    assert sent == {pitch for pitch in expected if bass.lowest <= pitch <= bass.highest}
    assert sent < set(expected)


def test_bends_are_chosen_in_the_menu(bench: Bench, make: Callable[[], Bench]) -> None:
    window = bench.window
    window.midi.turn_on("A synthesizer")
    menu = midi_menu(bench)["Pitch bends: off"].menu()  # type: ignore[attr-defined]
    assert [action.isChecked() for action in menu.actions()] == [True, False, False]
    menu.actions()[2].trigger()
    assert window.status.midi.text() == "MIDI to A synthesizer, MPE"
    window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5), on(64, 0.5))
    begun = [message[0] for message in bench.midi.sent if message[0] & 0xF0 == 0x90]
    assert len(set(begun)) == 2, "every note has a channel of its own"
    assert 0x90 not in begun, "the first one is the zone's master"
    assert not midi_menu(bench)["Channel 1"].isEnabled()  # type: ignore[attr-defined]
    window.close()
    again = make()
    assert again.window.midi.bends == "mpe"
    again.window.midi.set_bends("channel")
    assert again.window.status.midi.text() == "MIDI to A synthesizer, channel 1, bent"
    assert "Pitch bends: one channel" in midi_menu(again)
