"""The notes of a MusicXML file, read in a process of their own.

The library of scores makes millions of objects of a long one, and every thread of its process waits
while they are collected; and what a damaged file makes of it stays in that process.
"""

from __future__ import annotations

import contextlib
import io
import re
import signal
import warnings
import zipfile
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from app.music.rhythm import Meter
from app.practice.piece import Piece, PieceError, PieceNote, in_order
from app.system.progress import GoOn, to_the_end

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from music21 import stream

SUFFIXES = (".musicxml", ".mxl", ".xml")
_CONTAINER = "META-INF/container.xml"
# No score is longer; what claims to be would only fill the memory.
_MOST_BYTES = 64_000_000
_USUAL_BPM = 120.0
_LONGEST_S = 86_400.0
# Of such a time signature the library makes lists that fill the memory.
_ABSURD = re.compile(rb"<beat(s|-type)>\s*\d{4}")
_ASKING_S = 0.05

# Onset and offset in seconds, pitch, part, bar, staff.
_Row = tuple[float, float, int, int, int, int]
# Title, names of the parts, notes, bars, the number of the first, beats, the usual time signature.
_Answer = tuple[str, tuple[str, ...], list[_Row], tuple[float, ...], int, tuple[float, ...], str]


def is_musicxml(path: Path) -> bool:
    """Whether a file's name says that it is a MusicXML file."""
    return path.suffix.lower() in SUFFIXES


def read_musicxml(path: Path, go_on: GoOn = to_the_end) -> Piece:
    """The score as it sounds, with its repeats played; grace notes are left out.

    Args:
        go_on: is called now and then, and may raise to break off.

    Raises:
        PieceError: it is missing, damaged or no MusicXML file.
    """
    import multiprocessing

    text = _text_of(path)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, text), daemon=True)
    process.start()
    theirs.close()
    try:
        while not ours.poll(_ASKING_S):
            go_on()
        answer = ours.recv()
    except (EOFError, ConnectionError):
        raise PieceError(f"{path}: the process that read the score ended unexpectedly") from None
    finally:
        process.kill()
        process.join()
        ours.close()
    return _piece(path, answer)


def read_musicxml_here(path: Path) -> Piece:
    """The same in this process, which a damaged file may fill or keep busy.

    Raises:
        PieceError: it is missing, damaged or no MusicXML file.
    """
    return _piece(path, _answer_to(_text_of(path)))


def _piece(path: Path, answer: _Answer | None) -> Piece:
    if answer is None:
        raise PieceError(f"{path}: it is damaged, or no MusicXML file")
    title, names, rows, bars_s, first_bar, beats_s, signature = answer
    meter = None
    with contextlib.suppress(ValueError):
        meter = Meter.parse(signature)
    return in_order(Piece(
        title or path.stem, tuple(PieceNote(*row) for row in rows), names, bars_s, first_bar,
        beats_s, meter,
    ))  # fmt: skip


def _text_of(path: Path) -> bytes:
    try:
        return _text(path)
    except FileNotFoundError:
        raise PieceError(f"{path}: there is no such file") from None
    except OSError as error:
        raise PieceError(f"{path}: it cannot be read ({error.strerror or error})") from None
    except (ValueError, KeyError, zipfile.BadZipFile, ElementTree.ParseError, RuntimeError):
        raise PieceError(f"{path}: it is damaged, or no MusicXML file") from None


def _text(path: Path) -> bytes:
    """The score itself, out of its archive if it is in one."""
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too long")
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo(_CONTAINER).file_size > _MOST_BYTES:
            raise ValueError("it is too long")
        container = ElementTree.fromstring(archive.read(_CONTAINER))
        name = next(
            element.get("full-path", "") for element in container.iter()
            if element.tag.endswith("rootfile")
        )
        if archive.getinfo(name).file_size > _MOST_BYTES:
            raise ValueError("it is too long")
        return archive.read(name)


def _answer(connection: Connection, text: bytes) -> None:
    """What runs in the process: sends what `_score` finds, or None for what is no score."""
    # A terminal sends Ctrl-C to all processes; the other side decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection.send(_answer_to(text))


def _answer_to(text: bytes) -> _Answer | None:
    from music21.exceptions21 import Music21Exception

    if _ABSURD.search(text):
        return None
    try:
        with warnings.catch_warnings():
            # What it can do without, it would tell the terminal.
            warnings.simplefilter("ignore")
            answer = _score(text)
        # Nothing that somebody wrote lasts so long.
        return answer if all(row[1] <= _LONGEST_S for row in answer[2]) else None
    except (
        Music21Exception, ElementTree.ParseError, ValueError, LookupError, TypeError,
        AttributeError, ArithmeticError, RecursionError, AssertionError, MemoryError,
    ):
        # The library tells damage by whatever it stumbles over.
        return None


def _score(text: bytes) -> _Answer:
    from music21.musicxml.xmlToM21 import MusicXMLImporter
    from music21.repeat import ExpanderException

    score: stream.Score = MusicXMLImporter().scoreFromFile(io.BytesIO(text))
    title = str(score.metadata.bestTitle or "") if score.metadata is not None else ""
    # With repeat signs that lead nowhere, it is played as it stands.
    with contextlib.suppress(ExpanderException):
        score = score.expandRepeats()
    score = score.toSoundingPitch()
    seconds = _Seconds(score)
    names: list[str] = []
    parts: dict[str, int] = {}
    rows: list[_Row] = []
    bars: list[Fraction | float] = []
    beats: list[Fraction | float] = []
    first_bar, signature = 1, ""
    for part in score.parts:
        # The staves of one instrument are parts of their own, P1-Staff1 and P1-Staff2.
        key, _, staff = str(part.id).partition("-Staff")
        if key not in parts:
            parts[key] = len(names)
            names.append(str(part.partName or ""))
        measures = list(part.getElementsByClass("Measure"))
        if not bars and measures:
            bars = [measure.offset for measure in measures]
            beats, signature = _beats(measures), _usual_signature(measures)
            first_bar = 0 if _is_pickup(measures) else 1
        number = int(staff) if staff.isdigit() else 0
        for element in part.stripTies().flatten().notes:
            if element.quarterLength <= 0:
                continue
            onset, end = element.offset, element.offset + element.quarterLength
            bar = first_bar + sum(begin <= onset for begin in bars) - 1
            rows += [
                (seconds.at(onset), seconds.at(end), int(pitch.midi), parts[key], bar, number)
                for pitch in element.pitches
            ]
    ends = float(score.highestTime)
    bars_s = tuple(seconds.at(begin) for begin in [*bars, max(ends, *map(float, bars), 0.0) + 1e-3])
    beats_s = tuple(seconds.at(beat) for beat in beats)
    return title, tuple(names), rows, bars_s, first_bar, beats_s, signature


def _beats(measures: list[Any]) -> list[Fraction | float]:
    """Where beats are, by the time signatures; a pickup has those of its end."""
    found: list[Fraction | float] = []
    length: Fraction | float = 1.0
    for measure in measures:
        if measure.timeSignature is not None:
            length = measure.timeSignature.beatDuration.quarterLength or 1.0
        lasts = measure.duration.quarterLength
        n_beats = min(64, int(-(-lasts // length)))
        found += [measure.offset + lasts - length * beat for beat in range(n_beats, 0, -1)]
    return [max(0.0, beat) for beat in found]


def _usual_signature(measures: list[Any]) -> str:
    """The time signature that most bars have; empty where there is none."""
    now, counts = "", Counter[str]()
    for measure in measures:
        if measure.timeSignature is not None:
            now = str(measure.timeSignature.ratioString)
        counts[now] += 1
    return counts.most_common(1)[0][0]


def _is_pickup(measures: list[Any]) -> bool:
    if measures[0].number == 0 or len(measures) < 2:
        return bool(measures[0].number == 0)
    return bool(measures[0].duration.quarterLength < measures[1].duration.quarterLength)


class _Seconds:
    """Quarter notes of a score in seconds, by its metronome marks."""

    def __init__(self, score: stream.Score) -> None:
        marks = sorted(
            (float(mark.getOffsetInHierarchy(score)), float(mark.getQuarterBPM() or _USUAL_BPM))
            for mark in score.recurse().getElementsByClass("MetronomeMark")
        )
        self._marks = [(0.0, _USUAL_BPM), *marks] if not marks or marks[0][0] > 0 else marks
        if marks and marks[0][0] > 0:
            self._marks[0] = (0.0, marks[0][1])

    def at(self, quarters: Fraction | float) -> float:
        """The moment that lies so many quarter notes after the beginning."""
        total_s = 0.0
        ends = [begin for begin, _ in self._marks[1:]]
        for (begin, bpm), end in zip(self._marks, [*ends, float("inf")], strict=True):
            if float(quarters) <= begin and begin > 0:
                break
            total_s += (min(float(quarters), end) - begin) * 60 / min(1000.0, max(4.0, bpm))
        return total_s
