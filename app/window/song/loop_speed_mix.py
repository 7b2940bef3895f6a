"""How the opened recording is heard: part, speed, pitch, mix, single notes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from app.audio.devices.device_list import AudioDeviceError
from app.song.song import Song, SongInfo
from app.system.clock_text import clock_text
from app.views.bars.song_bar import (
    BOTH,
    FASTEST,
    HIGHEST_CENTS,
    NORMAL,
    ONLY_NOTES,
    ONLY_RECORDING,
    SLOWEST,
)
from app.views.stage.stage import Stage
from model.notes import Note

# A shorter span is a slip of the hand.
_SHORTEST_SPAN_S = 0.05
# An end that is dragged so near to a beat is meant to be there.
_NEAR_PX = 7.0
# How long a struck note sounds by itself, and at most while its key is held; it fades before.
_STRUCK_S, _HELD_S = 0.6, 30.0


class LoopSpeedMix(QObject):
    """What the player is told besides playing and seeking, and shown on the stage.

    Signals:
        changed(): span, loop, speed, pitch or mix are others.
        failed(str): a sound cannot be heard; one sentence.
        heard(): a sound is heard after all.
    """

    changed = Signal()
    failed = Signal(str)
    heard = Signal()

    def __init__(
        self, song: Song, stage: Stage, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._song, self._stage = song, stage
        self._speed, self._mix, self._cents = NORMAL, ONLY_RECORDING, 0
        self._span: tuple[float, float] | None = None
        self._loops = False
        song.opened.connect(self._opened)
        song.rhythm.changed.connect(self._show_span)
        stage.time_axis.selected.connect(self.drag_span)

    # The part that was selected.

    @property
    def span(self) -> tuple[float, float] | None:
        """The selected seconds, first and last; None without any."""
        return self._span

    @property
    def loops(self) -> bool:
        """Whether they are played again and again."""
        return self._loops

    def set_span(self, first_s: float, last_s: float) -> None:
        """Selects a part; a loop goes there."""
        last_s = min(last_s, self._song.player.duration_s)
        if last_s - first_s >= _SHORTEST_SPAN_S:
            self._span = max(0.0, first_s), last_s
            self._apply_loop()

    def drag_span(self, first_s: float, last_s: float) -> None:
        """The same by the mouse: ends that come near to a beat that is shown are that beat, unless
        Alt is held."""
        ends = self._near_beat(first_s), self._near_beat(last_s)
        self.set_span(*(ends if ends[0] < ends[1] else (first_s, last_s)))

    def _near_beat(self, moment_s: float) -> float:
        grid = self._stage.plot.bar_lane.grid
        if grid is None or QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier:
            return moment_s
        beat_s = float(grid.beats_s[grid.nearest(moment_s)])
        is_near = abs(beat_s - moment_s) <= _NEAR_PX * self._stage.view_box.seconds_per_pixel
        return beat_s if is_near else moment_s

    def begin_span(self, at_s: float) -> None:
        """The part begins here; without one, or after its end, it reaches to the recording's."""
        last_s = self._song.player.duration_s if self._span is None else self._span[1]
        if at_s >= last_s - _SHORTEST_SPAN_S:
            last_s = self._song.player.duration_s
        self.set_span(at_s, last_s)

    def end_span(self, at_s: float) -> None:
        """The part ends here; without one, or before its beginning, it is all up to here."""
        first_s = 0.0 if self._span is None else self._span[0]
        self.set_span(first_s if at_s > first_s + _SHORTEST_SPAN_S else 0.0, at_s)

    @property
    def span_text(self) -> str:
        """How long the part is, such as "4.2 s, 2 bars"; empty without one."""
        if self._span is None:
            return ""
        first_s, last_s = self._span
        texts = [f"{last_s - first_s:.1f} s" if last_s - first_s < 60 else clock_text(
            last_s - first_s
        )]  # fmt: skip
        grid = self._song.rhythm.grid
        if grid is not None:
            bars = f"{grid.bars_between(first_s, last_s):.1f}".removesuffix(".0")
            texts.append(f"{bars} bar{'' if bars == '1' else 's'}")
        return ", ".join(texts)

    def clear_span(self) -> None:
        """Nothing is selected, and nothing loops."""
        self._span, self._loops = None, False
        self._apply_loop()

    def set_loops(self, loops: bool) -> None:
        """Plays the selected part again and again, or what is in view where none is selected."""
        if loops and self._span is None and self._song.info is not None:
            view_box = self._stage.view_box
            self._span = view_box.start_s, min(view_box.end_s, self._song.info.duration_s)
        self._loops = loops and self._span is not None
        self._apply_loop()

    def _apply_loop(self) -> None:
        player = self._song.player
        if self._loops and self._span is not None:
            self._try(lambda: player.set_loop(*self._span))  # type: ignore[misc]
            if not self._stage.is_running:
                self._stage.seek_asked.emit(player.position_s)
        elif player.loop is not None:
            self._try(player.clear_loop)
        self._show_span()
        self.changed.emit()

    def _show_span(self) -> None:
        self._stage.plot.set_span(self._span, loops=self._loops, text=self.span_text)

    # Speed and mix.

    @property
    def speed(self) -> int:
        """Per cent of the recording's own."""
        return self._speed

    def set_speed(self, percent: int) -> None:
        """Plays slower or faster at the same pitch, at once."""
        self._speed = min(max(percent, SLOWEST), FASTEST)
        self._try(lambda: self._song.player.set_speed(self._speed / 100))
        self.changed.emit()

    @property
    def cents(self) -> int:
        """How much higher than the recording it is heard; 100 are a semitone."""
        return self._cents

    def set_cents(self, cents: int) -> None:
        """Hears recording and notes so much higher at the same speed, at once; an octave at most.
        """
        self._cents = min(max(cents, -HIGHEST_CENTS), HIGHEST_CENTS)
        self._try(lambda: self._song.player.set_transposition(self._cents / 100))
        self.changed.emit()

    @property
    def mix(self) -> int:
        """0 for the recording alone, 100 for the notes alone, both in between."""
        return self._mix

    @property
    def can_mix(self) -> bool:
        """Whether there is a recording to be mixed with the notes."""
        info = self._song.info
        return info is not None and not info.is_midi

    def set_mix(self, mix: int) -> None:
        """Hears more of the recording or more of the notes, at once."""
        self._mix = min(max(mix, ONLY_RECORDING), ONLY_NOTES)
        if self.can_mix:
            share = self._mix / ONLY_NOTES
            self._song.player.set_mix(min(1.0, 2 - 2 * share), min(1.0, 2 * share))
        self.changed.emit()

    def next_mix(self) -> None:
        """The recording, both, the notes, in turns."""
        order = (ONLY_RECORDING, BOTH, ONLY_NOTES)
        self.set_mix(next((mix for mix in order if mix > self._mix), ONLY_RECORDING))

    # Single notes.

    def strike(self, pitch: int, velocity: int = 80) -> None:
        """Sounds a note of the built-in instrument."""
        self._try(lambda: self._song.player.strike(pitch, velocity))

    def solo(self, note: Note, *, is_held: bool = False) -> None:
        """Plays what the recording has at this note; a MIDI file's notes are struck.

        Args:
            is_held: it sounds on, again and again, until `end_solo`.
        """
        player = self._song.player
        if self.can_mix:
            self._try(lambda: player.solo(note, again=is_held))
        else:
            seconds = _HELD_S if is_held else _STRUCK_S
            self._try(lambda: player.strike(note.pitch, note.velocity, seconds))

    def end_solo(self) -> None:
        """Lets go of the note that is held."""
        self._song.player.end_solo()

    # Within.

    def _opened(self, info: SongInfo) -> None:
        self._span, self._loops = None, False
        self._apply_loop()
        self.set_mix(self._mix)
        self.set_speed(self._speed)
        # It is the recording's, as its tuning is.
        self.set_cents(0)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except AudioDeviceError as error:
            self.failed.emit(str(error))
        else:
            self.heard.emit()
