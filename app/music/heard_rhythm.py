"""The rhythm of a recording: its beats and bars, as its notes tell them, or else its sound."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.audio.files.audio_file import AudioFile
from app.music.bar_finding import rhythm_of
from app.music.bar_rhythm import rhythm_of_bars
from app.music.beat_tracking import find_beats
from app.music.beats.given_rhythm import GivenRhythm
from app.music.rhythm import Rhythm
from app.system.paths import BAR_NETWORK, BEAT_NETWORK
from app.system.progress import GoOn, to_the_end
from model.beats.beat_finder import LEAST_NOTES, BeatFinder
from model.notes import Note

# Where fewer notes are heard, on average, what is heard is hardly what makes the rhythm.
_LEAST_NOTES_PER_S = 0.2


def hear_rhythm(
    path: Path, notes: Sequence[Note], given: GivenRhythm = GivenRhythm(),  # noqa: B008
    heard: Callable[[float], object] = lambda _: None,
) -> Rhythm:
    """The rhythm of a recording whose notes are known.

    Beats and bars are found together in the notes. Where hardly any are heard, the beats are those
    of the sound.

    Args:
        heard: told the seconds of sound read so far, again and again where the sound is read; it
            may raise to break off.

    Raises:
        AudioFileError: the file cannot be used.
        CheckpointError: the beat network cannot be used.
    """
    heard(0.0)
    with AudioFile(path) as file:
        # Not every file says beforehand how long it is.
        duration_s = file.duration_s or max((note.offset_s for note in notes), default=0.0)
    if len(notes) >= max(LEAST_NOTES, _LEAST_NOTES_PER_S * duration_s):
        return rhythm_of_notes(notes, given, lambda: heard(0.0))
    read_s = 0.0

    def told(blocks: Iterable[NDArray[np.float32]], rate: int) -> Iterable[NDArray[np.float32]]:
        nonlocal read_s
        for block in blocks:
            yield block
            read_s += len(block) / rate
            heard(read_s)

    with AudioFile(path) as file:
        beats_s = find_beats(
            told(file.blocks(), file.sample_rate), file.sample_rate, lambda: heard(read_s),
            given.beats_per_minute,
        )
    heard(read_s)
    return rhythm_of(beats_s, notes, given)


def rhythm_of_notes(
    notes: Sequence[Note], given: GivenRhythm = GivenRhythm(),  # noqa: B008
    go_on: GoOn = to_the_end,
) -> Rhythm:
    """The rhythm of notes alone; a plain steady tempo of fewer than a handful.

    Args:
        go_on: is called now and then, and may raise to break off.

    Raises:
        CheckpointError: the beat network cannot be used.
    """
    if len(notes) >= LEAST_NOTES:
        found = _finder(BEAT_NETWORK, BAR_NETWORK).find(notes, given.known, go_on=go_on)
        if found:
            return rhythm_of_bars(found, given.meter)
    return rhythm_of([], notes, given)


@functools.cache
def _finder(beat_network: Path, bar_network: Path) -> BeatFinder:
    """The networks, which stay for the next piece: opening them takes as long as asking them."""
    return BeatFinder.load(beat_network, bar_network)
