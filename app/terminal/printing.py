"""What the commands show in a terminal."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tqdm import tqdm

from app.music.note_naming import fitting
from model.notes import Note
from model.pitch import note_name

_FIRST_NOTES = 8
_NAME_WIDTH = 30


@contextlib.contextmanager
def progress_bar(name: str, duration_s: float | None) -> Iterator[Callable[[float], None]]:
    """A bar on standard error while it is a terminal; told the seconds heard so far.

    Nothing of it stays behind. Without a known duration it counts alone.
    """
    if len(name) > _NAME_WIDTH:
        name = name[: _NAME_WIDTH - 1] + "…"
    with tqdm(
        desc=name, total=duration_s, disable=not sys.stderr.isatty(), leave=False,
        bar_format="{desc} {percentage:3.0f} % {bar} {remaining} left"
        if duration_s else "{desc} {n:.0f} s",
    ) as bar:

        def heard(seconds: float) -> None:
            # A header can claim less than there is.
            at = seconds if duration_s is None else min(seconds, duration_s)
            bar.update(at - bar.n)

        yield heard


def hz_text(hz: float) -> str:
    """A frequency with all the digits that make a difference: `stream --a4` takes it back."""
    return f"{hz:.10g}"


def table_row(
    width: int, recording: str, length: str, notes: str, a4: str, seconds: str, result: str
) -> str:
    """A line of the table of several recordings; `width` is that of the longest name."""
    return f"{recording:{width}}  {length:>7}  {notes:>6}  {a4:>5}  {seconds:>7}  {result}"


def summary(notes: Sequence[Note], duration_s: float) -> list[str]:
    """Lines that tell what notes there are, and the first of them."""
    if not notes:
        return ["notes      none"]
    pitches = [note.pitch for note in notes]
    lengths = [note.offset_s - note.onset_s for note in notes]
    often = Counter(pitch % 12 for pitch in pitches).most_common(5)
    mean, most = polyphony(notes)
    per_second = len(notes) / duration_s
    lines = [
        f"notes      {len(notes)}, {per_second:.1f} a second",
        f"range      {note_name(min(pitches))} to {note_name(max(pitches))}",
        f"polyphony  {mean:.1f} notes at once on average, {most} at most",
        f"length     {min(lengths):.2f} to {max(lengths):.2f} s, "
        f"half of them under {statistics.median(lengths):.2f} s",
        "most often " + ", ".join(
            f"{note_name(pitch, octave=False)} {count}" for pitch, count in often
        ),
        "",
        "the first notes:",
    ]
    for note in notes[:_FIRST_NOTES]:
        lines.append(
            f"  {note.onset_s:6.2f} s  {note_name(note.pitch):4s} "
            f"for {note.offset_s - note.onset_s:5.2f} s, velocity {note.velocity}"
        )
    return [fitting(line, sys.stdout.encoding) for line in lines]


def polyphony(notes: Sequence[Note]) -> tuple[float, int]:
    """How many notes sound at once: the mean over the time when any does, and the most."""
    changes = sorted(
        change for note in notes for change in ((note.onset_s, 1), (note.offset_s, -1))
    )
    sounding, most, any_s, sum_s, before_s = 0, 0, 0.0, 0.0, 0.0
    for time_s, change in changes:
        if sounding:
            any_s += time_s - before_s
            sum_s += (time_s - before_s) * sounding
        sounding += change
        most = max(most, sounding)
        before_s = time_s
    return (sum_s / any_s if any_s else 0.0), most
