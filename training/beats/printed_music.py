"""Music with bars: MIDI files made from engraved scores, and POP909 with its list of beats."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import METERS
from training.corpora import midi
from training.corpora.recording import CorpusError

# POP909's list of beats, by piece, lies in an archive of its own.
_POP_BEATS = "{}/beat_midi.txt"
_USUAL_TEMPO = 500_000
# So many of the notes lie so near to a quarter of a beat, where beats are right; by chance half do.
_NEAR_GRID, _LEAST_ON_GRID = 0.06, 0.65


@dataclass(frozen=True)
class PrintedPiece:
    """A piece as its page has it; times in quarter notes from its beginning.

    Attributes:
        name: of its archive and its file.
        onset, length, pitch, velocity, part: of every note, in order of onset.
        beat: every beat, rising; a pickup has those that lie in it.
        is_downbeat, meter: whether each begins a bar, and its place in `METERS`.
        tempo_at, tempo: where a tempo begins, and seconds of a quarter note from there on.
        has_bars: whether the downbeats can be believed.
    """

    name: str
    onset: NDArray[np.float64]
    length: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.float64]
    part: NDArray[np.int64]
    beat: NDArray[np.float64]
    is_downbeat: NDArray[np.bool_]
    meter: NDArray[np.int64]
    tempo_at: NDArray[np.float64]
    tempo: NDArray[np.float64]
    has_bars: bool = True


def beats_in_bar(numerator: int, denominator: int) -> tuple[int, float]:
    """How many beats a bar has, and how many quarter notes each: three eighths in 6/8."""
    if denominator >= 8 and numerator % 3 == 0 and numerator > 3:
        return numerator // 3, 12 / denominator
    return numerator, 4 / denominator


def read_scores(path: Path) -> Iterator[PrintedPiece]:
    """The pieces of an archive of MIDI files with time signatures, in order of name.

    What has no notes or no time signature is passed over.

    Raises:
        CorpusError: the archive cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.lower().endswith((".mid", ".midi")):
                    piece = _score(archive.read(name), f"{path.stem}/{name}")
                    if piece is not None:
                        yield piece
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path}: this archive cannot be read ({error})") from None


def read_pop909(path: Path, rhythm: Path) -> Iterator[PrintedPiece]:
    """POP909's pieces, whose beats stand in another archive, in order of name.

    Raises:
        CorpusError: an archive cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(rhythm) as beats:
            for name in sorted(archive.namelist()):
                table = _POP_BEATS.format(Path(name).stem)
                if name.endswith(".mid") and table in beats.namelist():
                    rows = np.loadtxt(io.StringIO(beats.read(table).decode()), ndmin=2)
                    piece = _pop_piece(archive.read(name), rows, f"{path.stem}/{name}")
                    if piece is not None:
                        yield piece
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path}, {rhythm}: they cannot be read ({error})") from None


@dataclass(frozen=True)
class _Bar:
    begin: float
    numerator: int
    denominator: int

    @property
    def length(self) -> float:
        return self.numerator * 4 / self.denominator


def _score(data: bytes, name: str) -> PrintedPiece | None:
    music = midi.read_written(data, name)
    if not music.notes or not music.meters:
        return None
    notes = np.array(music.notes, np.float64)
    tempi = [(0.0, _USUAL_TEMPO), *music.tempi]
    end = float((notes[:, 0] + notes[:, 1]).max())
    bars = _merged(list(_bars(music.meters, end)))
    beats: list[float] = []
    downbeats: list[bool] = []
    meters: list[int] = []
    for index, bar in enumerate(bars):
        count, unit = beats_in_bar(bar.numerator, bar.denominator)
        is_pickup = index == 0 and len(bars) > 1 and bar.length < bars[1].length - 1e-6
        if is_pickup:
            # A pickup's beats are the last ones of a bar that is printed short.
            unit = beats_in_bar(bars[1].numerator, bars[1].denominator)[1]
            count = int(bar.length / unit + 1e-6)
            at = [bar.begin + bar.length - unit * (count - i) for i in range(count)]
        else:
            at = [bar.begin + unit * i for i in range(count)]
        like = bars[1] if is_pickup else bar
        beats += at
        downbeats += [i == 0 and not is_pickup for i in range(len(at))]
        meters += [_meter(like.numerator, like.denominator)] * len(at)
    return PrintedPiece(
        name, notes[:, 0], notes[:, 1], notes[:, 2].astype(np.int64), notes[:, 3],
        notes[:, 4].astype(np.int64), np.array(beats), np.array(downbeats), np.array(meters),
        np.array([at for at, _ in tempi]), np.array([us / 1e6 for _, us in tempi]),
    )


def _meter(numerator: int, denominator: int) -> int:
    text = f"{numerator}/{denominator}"
    return METERS.index(text) if text in METERS else len(METERS) - 1


def _bars(signatures: Sequence[tuple[float, int, int]], end: float) -> Iterator[_Bar]:
    for (begin, numerator, denominator), (after, *_) in zip(
        signatures, [*signatures[1:], (end, 0, 0)], strict=True
    ):
        at = begin
        while at < after - 1e-6:
            bar = _Bar(at, numerator, denominator)
            yield bar
            at += bar.length


def _merged(bars: list[_Bar]) -> list[_Bar]:
    """The bars, those joined that a repeat sign parts: 3/8 and 1/8 among bars of 2/4 are one."""
    lengths = [bar.length for bar in bars]
    usual = max(set(lengths), key=lengths.count)
    whole = next(bar for bar in bars if bar.length == usual)
    found: list[_Bar] = bars[:1]
    for bar in bars[1:]:
        last = found[-1]
        both = last.length + bar.length
        is_parted = len(found) > 1 and last.length < usual and abs(both - usual) < 1e-6
        if is_parted and bar.length < usual:
            found[-1] = _Bar(last.begin, whole.numerator, whole.denominator)
        else:
            found.append(bar)
    return found


def _pop_piece(
    data: bytes, rows: NDArray[np.float64], name: str
) -> PrintedPiece | None:
    music = midi.read_written(data, name)
    if not music.notes or len(rows) < 8:
        return None
    notes = np.array(music.notes, np.float64)
    # Its notes lie where they were played, at one tempo: ticks are seconds.
    tempo = music.tempi[0][1] if music.tempi else _USUAL_TEMPO
    beat_s, is_downbeat = rows[:, 0], rows[:, 2] > 0
    beats = np.arange(len(beat_s), dtype=np.float64)
    begin = _extended(notes[:, 0] * tempo / 1e6, beat_s)
    # Where notes lie anywhere between beats, the machine that listed these was lost.
    quarters = np.abs(begin * 4 - np.rint(begin * 4)) / 4
    if (quarters < _NEAR_GRID).mean() < _LEAST_ON_GRID:
        return None
    end = _extended((notes[:, 0] + notes[:, 1]) * tempo / 1e6, beat_s)
    gaps = np.diff(np.flatnonzero(is_downbeat))
    counts = np.bincount(gaps) if len(gaps) else np.zeros(1, np.int64)
    usual = int(counts.argmax())
    is_regular = len(gaps) > 0 and counts[usual] >= 0.97 * len(gaps) and usual == 4
    return PrintedPiece(
        name, begin, np.maximum(end - begin, 0.02), notes[:, 2].astype(np.int64), notes[:, 3],
        notes[:, 4].astype(np.int64), beats, is_downbeat,
        np.full(len(beats), _meter(4, 4)), beats[:-1], np.diff(beat_s), bool(is_regular),
    )


def _extended(times: NDArray[np.float64], beat_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds as beats, before the first and after the last as fast as there."""
    before = beat_s[0] + (beat_s[1] - beat_s[0]) * np.arange(-8, 0)
    after = beat_s[-1] + (beat_s[-1] - beat_s[-2]) * np.arange(1, 9)
    known = np.concatenate([before, beat_s, after])
    return np.interp(times, known, np.arange(-8, len(beat_s) + 8))
