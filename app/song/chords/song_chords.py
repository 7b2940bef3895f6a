"""The chords and the key of the open recording: found in the background, corrected by hand."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.music.chords.chord_editing import PlacedChord, cut, index_at, laid, laid_over
from app.music.chords.chord_finding import ChordSpan, find_chords
from app.music.chords.chord_names import Chord
from app.music.key_finding import Key, estimate_key
from app.music.rhythm import Rhythm
from app.song.song import Song
from app.system.worker_thread import Ended, Worker, WorkError, end_workers, stop_workers
from model.checkpoint_header import CheckpointError
from model.notes import Note

# A part of a chord that is cut is no shorter than this.
SHORTEST_S = 0.1
# How long a chord is that a hand sets where nothing is known of bars.
_USUAL_S = 2.0


@dataclass(frozen=True)
class FoundChords:
    """What a search brings."""

    spans: tuple[ChordSpan, ...]
    key: Key | None


class SongChords(QObject):
    """Chords of one recording at a time. Lives in the GUI thread, as long as somebody refers to it.

    They are found once its beats are, and anew with them. What a hand set stays, is laid over what
    is found, and undone in its turn with the notes.

    Attributes:
        placed: all chords in order, one after the other.

    Signals:
        changed(): `placed` or `key` are others.
        failed(str): they cannot be found; one sentence.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, song: Song) -> None:
        super().__init__()
        self._song = song
        self._workers: list[Worker] = []
        self._found = FoundChords((), None)
        self.placed: list[PlacedChord] = []
        self._shown: object = None
        # What the last search was for.
        self._sought: object = None
        song.rhythm.changed.connect(self._look)
        song.opened.connect(lambda _: self._show())
        song.notes_changed.connect(self._show)
        weakref.finalize(self, end_workers, self._workers)

    @property
    def spans(self) -> tuple[ChordSpan, ...]:
        """All chords, as exports take them."""
        return tuple(one.span for one in self.placed)

    @property
    def key(self) -> Key | None:
        """The key that a hand set, or that the notes tell; None while neither is known."""
        return self._song.edits.annotations.key or self._found.key

    @property
    def is_key_by_hand(self) -> bool:
        return self._song.edits.annotations.key is not None

    def close(self) -> None:
        """Ends the search."""
        end_workers(self._workers)

    # Corrections; each is one step to undo.

    def place_at(self, at_s: float) -> ChordSpan:
        """The chord at a moment; where none is, its bar without one."""
        number = index_at(self.placed, at_s)
        if number is not None:
            return self.placed[number].span
        grid, info = self._song.rhythm.grid, self._song.info
        start_s, end_s = at_s, at_s + _USUAL_S
        if grid is not None and at_s < float(grid.beats_s[-1]):
            start_s = grid.bar_at(at_s).start_s
            later = [bar.start_s for bar in grid.bars if bar.start_s > at_s]
            end_s = later[0] if later else float(grid.beats_s[-1])
        if info is not None and info.duration_s > start_s:
            end_s = min(end_s, info.duration_s)
        return ChordSpan(start_s, end_s, None)

    def name(self, span: ChordSpan, chord: Chord | None) -> None:
        """Calls what sounds there so; None is no chord."""
        label = "Name chord" if chord is not None else "Delete chord"
        self._lay(label, [dataclasses.replace(span, chord=chord)])

    def split(self, at_s: float) -> bool:
        """Makes two of the chord at a moment, at the beat that is near; False where none can be."""
        number = index_at(self.placed, at_s)
        if number is None:
            return False
        span = self.placed[number].span
        at_s = self._beat_near(at_s, span.start_s, span.end_s)
        if not span.start_s + SHORTEST_S <= at_s <= span.end_s - SHORTEST_S:
            return False
        self._lay("Split chord", [
            dataclasses.replace(span, end_s=at_s), dataclasses.replace(span, start_s=at_s),
        ])  # fmt: skip
        return True

    def move_edge(self, number: int, to_s: float) -> None:
        """Lets a chord begin at another moment, at the beat that is near, and the one before end
        there."""
        span = self.placed[number].span
        before = self.placed[number - 1].span if number else None
        if before is not None and before.end_s < span.start_s:
            before = None
        first_s = before.start_s if before is not None else -SHORTEST_S
        to_s = self._beat_near(to_s, first_s, span.end_s)
        to_s = max(min(to_s, span.end_s - SHORTEST_S), first_s + SHORTEST_S)
        changed = [dataclasses.replace(span, start_s=to_s)]
        if before is not None:
            changed.insert(0, dataclasses.replace(before, end_s=to_s))
        elif to_s > span.start_s:
            changed.insert(0, ChordSpan(span.start_s, to_s, None))
        self._lay("Move chord", changed)

    def merge(self, at_s: float) -> bool:
        """Lets the chord at a moment last through the next one as well; False without a next."""
        number = index_at(self.placed, at_s)
        if number is None or number + 1 >= len(self.placed):
            return False
        span, following = self.placed[number].span, self.placed[number + 1].span
        self._lay("Merge chords", [dataclasses.replace(span, end_s=following.end_s)])
        return True

    def reset(self, at_s: float) -> bool:
        """Takes back what a hand set at a moment; False where it set nothing."""
        number = index_at(self.placed, at_s)
        if number is None or not self.placed[number].by_hand:
            return False
        kept = cut(self._by_hand, [self.placed[number].span])
        self._annotate("Chord as found", tuple(kept))
        return True

    def set_key(self, key: Key | None) -> None:
        """The piece is in this key; None is the one that its notes tell."""
        edits = self._song.edits
        edits.annotate("Set key", dataclasses.replace(edits.annotations, key=key))

    # Within.

    @property
    def _by_hand(self) -> tuple[ChordSpan, ...]:
        return self._song.edits.annotations.chords

    def _beat_near(self, at_s: float, first_s: float, last_s: float) -> float:
        """The nearest beat, if it lies well between two moments."""
        grid = self._song.rhythm.grid
        if grid is not None:
            near_s = float(grid.beats_s[grid.nearest(at_s)])
            if first_s + SHORTEST_S <= near_s <= last_s - SHORTEST_S:
                return near_s
        return at_s

    def _lay(self, label: str, spans: Sequence[ChordSpan]) -> None:
        self._annotate(label, laid(self._by_hand, spans))

    def _annotate(self, label: str, chords: tuple[ChordSpan, ...]) -> None:
        edits = self._song.edits
        edits.annotate(label, dataclasses.replace(edits.annotations, chords=chords))

    def _look(self) -> None:
        song = self._song
        rhythm, notes = song.rhythm.rhythm, song.notes
        if song.info is None or rhythm is None:
            stop_workers(self._workers)
            self._sought = None
            self._take(FoundChords((), None))
            return
        if (notes, rhythm) == self._sought:
            return
        self._sought = notes, rhythm
        stop_workers(self._workers)
        worker = Worker(partial(_find, notes, rhythm), self._receive, can_wait=True)
        self._workers.append(worker)
        worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case FoundChords():
                    self._take(item)
                case Ended(error=str() as error):
                    self.failed.emit(error)

    def _take(self, found: FoundChords) -> None:
        self._found = found
        self._show()

    def _show(self) -> None:
        state = self._found, self._by_hand, self.key
        if state != self._shown:
            self._shown = state
            self.placed = laid_over(self._found.spans, self._by_hand)
            self.changed.emit()


def _find(notes: Sequence[Note], rhythm: Rhythm, worker: Worker) -> None:
    try:
        spans = find_chords(notes, rhythm)
    except CheckpointError as error:
        raise WorkError(str(error)) from None
    worker.post(FoundChords(tuple(spans), estimate_key(notes) if notes else None))
