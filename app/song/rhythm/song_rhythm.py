"""The beats and bars of the open recording: found in the background, corrected by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.music.beats.beat_grid import BeatGrid
from app.music.beats.given_rhythm import TEMPI, GivenRhythm
from app.music.rhythm import Meter, Rhythm
from app.song.note_table import NoteTable
from app.song.opening import SongInfo
from app.song.rhythm.rhythm_search import find_rhythm
from app.system.worker_thread import Ended, Worker, stop_workers
from model.notes import Note

# Edits have settled when none came for so long.
_SETTLED_MS = 700
# A beat that is moved keeps so far from those beside it.
_LEAST_BEAT_S = 0.06


@dataclass(frozen=True)
class FoundRhythm:
    """What a search brings; None where nothing has a rhythm."""

    rhythm: Rhythm | None
    grid: BeatGrid | None


class SongRhythm(QObject):
    """Beats and bars of one recording at a time. Lives in the GUI thread.

    They are found in a thread, once the recording is transcribed, and anew once edits of its notes
    have settled; until then the old ones stay. Those of a MIDI file are its own. What a hand
    corrects holds for every later search, and is undone in its turn with the notes.

    Attributes:
        rhythm, grid: what was found, the same two ways; None while nothing is known.
        workers: those that run; for whoever ends them.

    Signals:
        changed(): `rhythm` and `grid` are others.
        failed(str): they cannot be found; one sentence.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, edits: NoteTable, parent: QObject | None = None) -> None:
        """Args: `edits` keeps the corrections, to be undone."""
        super().__init__(parent)
        self.workers: list[Worker] = []
        self.rhythm: Rhythm | None = None
        self.grid: BeatGrid | None = None
        self._edits = edits
        self._info: SongInfo | None = None
        self._notes: list[Note] = []
        # What the last search was for.
        self._sought: tuple[list[Note], GivenRhythm] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self._seek)

    # What it is about.

    def begin(self, info: SongInfo) -> None:
        """Is about another recording from now on."""
        self.clear()
        self._info = info

    def clear(self) -> None:
        """There is no recording any more."""
        self._timer.stop()
        stop_workers(self.workers)
        self._info = self._sought = None
        self._notes = []
        if self.rhythm is not None:
            self.rhythm = self.grid = None
            self.changed.emit()

    def look_for(self, notes: Sequence[Note]) -> None:
        """Looks for the beats of these notes, unless it has."""
        self._notes = list(notes)
        self._timer.stop()
        self._seek()

    def look_soon(self, notes: Sequence[Note]) -> None:
        """The same, once no other notes have come for a moment; corrections count at once."""
        self._notes = list(notes)
        if self._info is None or self._sought == (self._notes, self.given):
            return
        if self._sought is not None and self._sought[1] != self.given:
            self.look_for(notes)
        else:
            self._timer.start()

    @property
    def given(self) -> GivenRhythm:
        """What a hand has said."""
        return self._edits.annotations.rhythm

    @property
    def is_corrected(self) -> bool:
        """Whether a hand has said anything of them."""
        return self.given != GivenRhythm()

    # Corrections; each is one step to undo. Without beats those that need some do nothing.

    def move_beat(self, beat: int, to_s: float) -> None:
        """The beat of this index in `grid` is at another moment, between those beside it."""
        grid = self.grid
        if grid is None:
            return
        beats_s, from_s = grid.beats_s, float(grid.beats_s[beat])
        if beat > 0:
            to_s = max(to_s, float(beats_s[beat - 1]) + _LEAST_BEAT_S)
        if beat + 1 < len(beats_s):
            to_s = min(to_s, float(beats_s[beat + 1]) - _LEAST_BEAT_S)
        is_bar = grid.is_bar(beat)
        self._correct("Move bar line" if is_bar else "Move beat", self._base().with_beat(
            max(0.0, to_s), from_s, bpm=grid.beats_per_minute, is_downbeat=is_bar
        ))  # fmt: skip

    def halve(self) -> None:
        """Every second beat is one."""
        if self.grid is not None and self.grid.beats_per_minute / 2 >= TEMPI[0]:
            self._correct("Halve beats", self._base().halved(self.grid.beats_per_minute))

    def double(self) -> None:
        """There is another beat between every two."""
        if self.grid is not None and self.grid.beats_per_minute * 2 <= TEMPI[1]:
            self._correct("Double beats", self._base().doubled(self.grid.beats_per_minute))

    def tap(self, taps_s: Sequence[float]) -> None:
        """These moments, rising, are beats; fewer than two change nothing."""
        kept = list(taps_s[:1])
        for at_s in taps_s[1:]:
            if at_s >= kept[-1] + _LEAST_BEAT_S:
                kept.append(at_s)
        if len(kept) > 1:
            self._correct("Tap beats", self._base().with_taps(kept))

    def begin_bar(self, at_s: float) -> None:
        """A bar begins at the beat that is nearest to a moment."""
        if self.grid is not None:
            self._correct("Begin bar", self._base().with_downbeat(self._beat_s(at_s)))

    def set_meter(self, meter: Meter, from_s: float | None = None) -> None:
        """A time signature holds throughout, or from the beat nearest to a moment on."""
        if from_s is not None:
            from_s = self._beat_s(from_s)
        self._correct("Set time signature", self._base().with_meter(meter, from_s))

    def set_tempo(self, beats_per_minute: float) -> None:
        """The usual tempo is this one."""
        self._correct("Set tempo", self._base().with_tempo(beats_per_minute))

    def reset(self) -> None:
        """Beats and bars are as they were found."""
        self._correct("Forget beats set by hand", GivenRhythm())

    # Within.

    def _beat_s(self, near_s: float) -> float:
        grid = self.grid
        return near_s if grid is None else float(grid.beats_s[grid.nearest(near_s)])

    def _base(self) -> GivenRhythm:
        """What corrections start from: of a MIDI file, all that it says of its own."""
        info = self._info
        has_own = info is not None and info.is_midi and info.beats is not None
        if has_own and not self.is_corrected and self.grid is not None:
            return GivenRhythm.of_grid(self.grid)
        return self.given

    def _correct(self, label: str, given: GivenRhythm) -> None:
        if self._info is not None:
            annotations = dataclasses.replace(self._edits.annotations, rhythm=given)
            self._edits.annotate(label, annotations)

    def _seek(self) -> None:
        info, sought = self._info, (self._notes, self.given)
        if info is None or self._sought == sought:
            return
        self._sought = sought
        stop_workers(self.workers)
        worker = Worker(partial(_find, info, *sought), self._receive, can_wait=True)
        self.workers.append(worker)
        worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case FoundRhythm():
                    self.rhythm, self.grid = item.rhythm, item.grid
                    self.changed.emit()
                case Ended(error=str() as error):
                    self.failed.emit(error)


def _find(info: SongInfo, notes: list[Note], given: GivenRhythm, worker: Worker) -> None:
    rhythm = find_rhythm(info, notes, given, worker)
    if not worker.is_stopping:
        grid = None if rhythm is None else BeatGrid.of(rhythm, info.duration_s, notes)
        worker.post(FoundRhythm(rhythm, grid))
