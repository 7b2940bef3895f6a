"""Which accidentals a score prints: those that are not valid yet, and reminders."""

from __future__ import annotations

from collections.abc import Iterable

from music21 import note, pitch

from app.music.key_finding import Key

_SHARPS = "FCGDAEB"

# A step and an octave.
_Line = tuple[str, int | None]


class Accidentals:
    """The accidentals of one staff, bar by bar.

    An accidental is valid for its line until the bar ends. One is printed as a reminder where the
    bar before, or another octave in this bar, had another one.
    """

    def __init__(self, signature: Key) -> None:
        fifths = signature.fifths
        steps = _SHARPS[:fifths] if fifths >= 0 else _SHARPS[fifths:]
        self._usual = dict.fromkeys(steps, 1 if fifths > 0 else -1)
        self._before: dict[_Line, int] = {}
        self._now: dict[_Line, int] = {}

    def begin_bar(self) -> None:
        """Says that a bar line has come."""
        self._before, self._now = self._now, {}

    def write(self, heads: Iterable[note.NotRest]) -> None:
        """Marks what is printed of a bar's notes, which are given in order."""
        for head in heads:
            for written in head.pitches:
                self._write(written)

    @staticmethod
    def hide(head: note.NotRest) -> None:
        """Marks that nothing is printed: a note that is tied to the one before."""
        for written in head.pitches:
            if written.accidental is not None:
                written.accidental.displayStatus = False

    def _write(self, written: pitch.Pitch) -> None:
        line = written.step, written.octave
        alteration = round(written.alter)
        usual = self._usual.get(written.step, 0)
        if line in self._now:
            is_printed = self._now[line] != alteration
        else:
            others = [by for (step, _), by in self._now.items() if step == written.step]
            known = [usual, self._before.get(line, usual), *others]
            is_printed = any(by != alteration for by in known)
        if is_printed and written.accidental is None:
            written.accidental = pitch.Accidental("natural")
        if written.accidental is not None:
            written.accidental.displayStatus = is_printed
        self._now[line] = alteration
