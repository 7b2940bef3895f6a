"""Which settings that change results are not as usual, for the chips in the status line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject

from app.live.input_settings import InputSettings
from app.music.instruments import ANY
from app.settings.display_settings import DisplaySettings
from app.transcription.sensitivity import MIDDLE, Sensitivity
from app.views.bars.setting_chips import Chip
from app.views.panels.display_panel import transposition_texts
from app.window.commands import Commands
from app.window.song.loop_speed_mix import LoopSpeedMix
from model.pitch import STANDARD_A4


class ChangedSettings(QObject):
    """Follows everything that is set, and has the chips shown that tell of it.

    What is of no influence on the stage as it is, such as the gain of the input on a recording, is
    left out.
    """

    def __init__(
        self, show: Callable[[Sequence[Chip]], None], commands: Commands, playback: LoopSpeedMix,
        display: DisplaySettings, input_settings: InputSettings, parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._show_chips, self._commands, self._playback = show, commands, playback
        self._display, self._input = display, input_settings
        self._sensitivity: Sensitivity = commands.sensitivity
        for changed in (
            commands.changed, display.changed, input_settings.changed, self._sensitivity.moved,
            playback.changed,
        ):
            changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        song = self._commands.song
        is_song = song.is_open and not self._commands.has_take
        chips = [*self._tuning(), *self._instrument()]
        if not is_song or song.recording is not None:
            chips += self._decoding()
        chips += [*self._beats(), *self._pitch()] if is_song else self._live_input()
        self._show_chips(chips)

    def _beats(self) -> Iterator[Chip]:
        song = self._commands.song
        if song.has_own_beats:
            yield Chip(
                "Beats set by hand", "Bars, scores and MIDI files follow the beats that you set.",
                "as found", song.forget_own_beats,
            )

    def _tuning(self) -> Iterator[Chip]:
        a4 = self._display.a4
        if a4 != STANDARD_A4:
            yield Chip(
                f"A4 {a4:.1f} Hz", f"The tuning is {a4:.1f} Hz: notes are found and called by it.",
                "440 Hz", lambda: self._display.set_a4(STANDARD_A4),
            )

    def _instrument(self) -> Iterator[Chip]:
        display = self._display
        instrument, naming = display.instrument, display.naming
        if instrument.name != ANY.name:
            lowest, highest = map(naming.name, (instrument.lowest, instrument.highest))
            yield Chip(
                instrument.name,
                f"Only notes from {lowest} to {highest} are shown and exported"
                f"{', one at a time' * display.monophonic}.",
                "all notes", lambda: display.set_instrument(ANY.name),
            )
        if display.monophonic != instrument.is_monophonic:
            one = "One note at a time", "Each note ends the one before: chords are not heard."
            many = "Several notes at once", "Notes that sound together are all heard."
            told, back = (one, many) if display.monophonic else (many, one)
            yield Chip(
                *told, back[0].lower(),
                lambda: display.set_monophonic(instrument.is_monophonic),
            )
        semitones = naming.transposition
        if semitones != instrument.transposition:
            text = transposition_texts().get(semitones, f"{semitones:+} semitones")
            usual = transposition_texts().get(instrument.transposition, "the instrument’s names")
            yield Chip(
                text, "Notes are called as they stand in the part of such an instrument.",
                usual, lambda: display.set_transposition(instrument.transposition),
            )

    def _decoding(self) -> Iterator[Chip]:
        sensitivity = self._sensitivity
        if sensitivity.place != MIDDLE:
            many = "more" if sensitivity.place > MIDDLE else "fewer"
            yield Chip(
                f"Sensitivity {sensitivity.place}", f"There are {many} notes than by default.",
                f"{MIDDLE}", lambda: sensitivity.move(MIDDLE),
            )
        own_ms = sensitivity.own_shortest_ms
        if sensitivity.shortest_ms != own_ms:
            yield Chip(
                f"Shortest note {sensitivity.shortest_ms:.0f} ms",
                "No note that sounds is ended earlier than this after it began.",
                f"{own_ms:.0f} ms", lambda: sensitivity.set_shortest(own_ms),
            )

    def _pitch(self) -> Iterator[Chip]:
        cents = self._playback.cents
        if cents:
            yield Chip(
                f"Pitch {cents / 100:+.2f}".removesuffix(".00"),
                f"Recording and notes are played {abs(cents) / 100:g} semitones "
                f"{'higher' if cents > 0 else 'lower'} than they were recorded.",
                "the original pitch", lambda: self._playback.set_cents(0),
            )

    def _live_input(self) -> Iterator[Chip]:
        given = self._input
        if given.gain_db != 0:
            way = "louder" if given.gain_db > 0 else "quieter"
            yield Chip(
                f"Gain {given.gain_db:+.0f} dB", f"The input is made {way} before it is heard.",
                "0 dB", lambda: given.set_gain(0.0),
            )
        if given.gate_on:
            yield Chip(
                f"Gate {given.gate_db:.0f} dB", "What is quieter is taken for silence.",
                "no gate", lambda: given.set_gate(False, given.gate_db),
            )
        if given.choice.channel is not None and given.can_choose:
            yield Chip(
                f"Channel {given.choice.channel + 1}", "Only this channel of the input is heard.",
                "all channels", lambda: given.choose_channel(None),
            )
