"""The line of a terminal that says what sounds, written over as long as it is live."""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Collection
from typing import TextIO

from app.music.chords.chord_names import chord_name
from app.music.note_naming import NoteNaming, fitting
from app.system.clock_text import clock_text

_METER_WIDTH = 10
# The meter begins here, in dB of full scale.
_QUIETEST_DB = -60.0
_ERASE_TO_END = "\x1b[K"


class LiveLine:
    """Writes one line again and again, and sentences above it.

    Where the output is no terminal only the sentences are written.
    """

    def __init__(self, out: TextIO, naming: NoteNaming, *, is_shown: bool = True) -> None:
        """Args: `is_shown` is False where the terminal is needed for something else."""
        self._out = out
        self._naming = naming
        self._is_shown = is_shown and out.isatty()
        self._shown = ""

    def show(self, seconds: float, peak: float, pitches: Collection[int]) -> None:
        """Shows how much was heard, its level (0 to 1) and the MIDI pitches that sound."""
        if not self._is_shown:
            return
        text = live_text(seconds, peak, pitches, self._naming)
        # In the last column many terminals go on to the next line.
        text = fitting(text, self._out.encoding)[: shutil.get_terminal_size().columns - 1]
        if text != self._shown:
            self._write(f"\r{text}{_ERASE_TO_END}")
            self._shown = text

    def say(self, sentence: str) -> None:
        """Writes a sentence that stays, on a line of its own."""
        self.clear()
        self._write(f"{sentence}\n")

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._write(f"\r{_ERASE_TO_END}")
            self._shown = ""

    def _write(self, text: str) -> None:
        # A terminal that was closed takes nothing more; the take shall have its end all the same.
        with contextlib.suppress(OSError):
            self._out.write(text)
            self._out.flush()


def live_text(seconds: float, peak: float, pitches: Collection[int], naming: NoteNaming) -> str:
    """Such as "0:12 [=====     ] C4 E4 G4  (C)", the chord's name at the end if it has one."""
    names = " ".join(naming.name(pitch) for pitch in sorted(pitches))
    chord = chord_name(pitches, naming)
    text = f"{clock_text(math.floor(seconds))} [{_meter(peak)}] {names}"
    return f"{text}  ({chord})" if chord else text


def _meter(peak: float) -> str:
    db = 20 * math.log10(peak) if peak > 0 else -math.inf
    filled = math.ceil(_METER_WIDTH * min(1.0, max(0.0, 1 - db / _QUIETEST_DB)))
    return ("=" * filled).ljust(_METER_WIDTH)
