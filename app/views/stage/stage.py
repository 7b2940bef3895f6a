"""The stage: what was heard, live or of a recording, and the moment of it that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.style.theme_colours import Theme
from app.system.disk_rows import temporary_file
from app.views.stage.feed.live_queue import LiveQueue
from app.views.stage.scrolling.frame_timer import FrameTimer
from app.views.stage.scrolling.live_view import LiveView
from app.views.stage.scrolling.page_turning import PageTurner
from app.views.stage.stage_layout import StageLayout
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.heard import Heard
from model.notes import Note
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH

# In view before there are notes; the view widens as notes come that lie beyond.
_FIRST_PITCHES = (48, 84)
_FIRST_LIVE_PITCHES = (45, 84)


class Stage(StageLayout):
    """Draws what was heard and what sounds, at most 60 times a second, and only what is new.

    Attributes:
        follows: whether the view stays with the cursor while it moves.

    Signals:
        seek_asked(float): the user pointed at a moment, in seconds.
        advanced(float): the moment shown moved on by itself, in seconds.
        follow_changed(bool): the view stopped following because it was moved by hand.
        frozen_changed(bool): the view of a live take stands still, or runs again.
        notes_changed(): there are other notes than before.
        history_lost(str): the temporary disk takes no more of what is heard; one sentence, once
            for each take or recording.
    """

    seek_asked = Signal(float)
    advanced = Signal(float)
    follow_changed = Signal(bool)
    frozen_changed = Signal(bool)
    notes_changed = Signal()
    history_lost = Signal(str)

    def __init__(
        self,
        features: FeatureConfig,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        network: NetworkConfig,
        decoder: DecoderConfig,
        open_file: Callable[[], BinaryIO] = temporary_file,
    ) -> None:
        """Args: `network` and `decoder` (of the settled answer) are those of the checkpoint."""
        super().__init__(features, network, theme, open_file, parent)
        self._clock: Callable[[], float] | None = None
        self._cursor_s = 0.0
        self.follows = True

        self._pages = PageTurner(self.view_box)
        self._live = LiveView(self.view_box, self)
        self._queue = LiveQueue(
            self.spectrogram, self.roll.track, self.roll.unsure, features, network, decoder,
            self.roll.settling, self.roll.curves, open_file, self,
        )
        self._timer = FrameTimer(self)
        self._timer.frame.connect(self.refresh)
        self._queue.grown.connect(self.plot.tiles.grow)
        self._queue.note_ended.connect(self.plot.tiles.forget_note)
        self._queue.redecoded.connect(self._notes_replaced)
        self._queue.history_lost.connect(self.history_lost)
        self.view_box.clicked.connect(lambda moment_s, _: self.seek_asked.emit(moment_s))
        self.view_box.panned.connect(self._panned)
        self.view_box.zoomed.connect(self._zoomed)
        self.view_box.fit_asked.connect(self.fit)
        self.overview.moved.connect(self._panned)
        self.time_axis.seek_asked.connect(self.seek_asked)
        self._live.frozen_changed.connect(self._show_frozen)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Stage")
        self.set_range(LOWEST_PITCH, HIGHEST_PITCH)

    def set_range(self, lowest: int, highest: int) -> None:
        super().set_range(lowest, highest)
        if len(self.roll.track):
            self.view_box.fit_pitches(self.roll.track.pitches())
        self._redraw_notes()

    # What is on the stage.

    def clear(self) -> None:
        """Nothing is on the stage any more."""
        self._begin(is_take=False)

    def begin_song(self, duration_s: float) -> None:
        """An empty stage for a recording of this length."""
        self._begin(is_take=False)
        self.view_box.set_extent(duration_s)
        self.view_box.fit(_FIRST_PITCHES)

    def hear_anew(self, notes: Sequence[Note]) -> None:
        """The recording is heard once more from its beginning; these notes and the view stay."""
        self._queue.begin(is_take=False)
        self.roll.track.replace(notes)
        self._redraw_notes()

    def begin_take(self, clock: Callable[[], float]) -> None:
        """An empty stage for a live take; `clock` says how many seconds were heard."""
        self._begin(is_take=True)
        self.view_box.fit_pitches(_FIRST_LIVE_PITCHES)
        self._live.begin()
        self.run(clock)

    def _begin(self, *, is_take: bool) -> None:
        self.rest()
        self._live.end(0.0)
        self._pages.stop()
        self._queue.begin(is_take=is_take)
        self.names.set_large(is_take)
        self.names.clear()
        self.time_axis.set_marks(())
        self._redraw_notes()
        self.set_cursor(0.0)

    def add(self, heard: Heard) -> None:
        """Takes what was heard; it is drawn with the next frame."""
        self._queue.add(heard)
        self._timer.start()

    def set_notes(self, notes: Sequence[Note]) -> None:
        """Shows these finished notes in place of all notes so far."""
        self._take_in()
        self.roll.track.replace(notes)
        self.view_box.include_only(self.roll.track.pitches())
        self._redraw_notes()

    def redecode(self, decoder: DecoderConfig, early: DecoderConfig | None = None) -> None:
        """Shows what was heard under other settings, back to its start, and what comes as well.

        Of a live take these are all notes, of a recording the unsure ones: `set_notes` shows the
        others. Up to 40 s change at once, of longer ones each further 40 s take a frame.

        Args:
            early: for the notes of a take that have not settled; by default the same.
        """
        self._take_in()
        self._queue.redecode(decoder, early or decoder)
        self._timer.start()

    @property
    def notes(self) -> list[Note]:
        """The notes that are shown, unsure ones left out; those that sound on end now."""
        return [bar.note(self._queue.head_s) for bar in self.roll.track.bars]

    def end(self, heard_s: float | None = None) -> None:
        """Nothing more will be heard: bars that sound on end, and the view can be moved freely.

        A recording is shown as by `fit`, unless somebody chose what is in view.

        Args:
            heard_s: until when a take was heard; by default until what was shown last.
        """
        self._take_in()
        if self._queue.is_take:
            self.rest()
            self._queue.head_s = self._queue.head_s if heard_s is None else heard_s
            self._live.end(self._queue.head_s)
            self.names.set_large(False)
            self.set_cursor(self._queue.head_s)
        self._queue.end()
        self.view_box.settle(() if self._queue.is_take else self.roll.track.pitches())
        self._redraw_notes()
        self.refresh()

    # Time.

    def run(self, clock: Callable[[], float]) -> None:
        """Moves with `clock`, which says the moment to be shown in seconds, until `rest`."""
        self._clock = clock
        self._timer.start()

    def rest(self) -> None:
        """Stands still at the moment shown."""
        self._clock = None

    @property
    def is_running(self) -> bool:
        return self._clock is not None

    @property
    def is_frozen(self) -> bool:
        """Whether the view of a live take stands still while the take goes on."""
        return self._live.is_frozen

    def freeze(self, frozen: bool) -> None:
        """Lets the view of a live take stand still, or run on at its newest sound.

        Moving the view into the past by hand freezes it as well, and moving it back to the end
        lets it run. Without a live take this does nothing.
        """
        self._live.freeze(frozen)

    @property
    def cursor_s(self) -> float:
        """The moment whose notes are lit."""
        return self._cursor_s

    def set_cursor(self, cursor_s: float) -> None:
        """Shows this moment, in seconds."""
        self._cursor_s = cursor_s
        # In a live view that is not frozen, the cursor is the right edge itself.
        at_edge = self._live.is_running and not self._live.is_frozen
        self.plot.set_cursor(None if at_edge else cursor_s)
        self.plot.tiles.set_heard(cursor_s if self._live.is_running else None)
        self.overview.set_cursor(cursor_s)
        self._show_moment()

    def seek(self, cursor_s: float) -> None:
        """Shows this moment and, when following, brings it into view."""
        self.set_cursor(cursor_s)
        if self.follows:
            self._pages.show(cursor_s)

    def fit(self) -> None:
        """Shows everything, and the octaves that are used; a running live view only those."""
        self._pages.stop()
        pitches = self.roll.track.pitches()
        if self._live.is_running and not self._live.is_frozen:
            self.view_box.fit_pitches(pitches)
        else:
            self.view_box.fit(pitches)

    def shift(self, share: float, semitones: float) -> None:
        """Moves the view by a share of its width, and up by some semitones."""
        self.view_box.pan(share * self.view_box.span_s, semitones)
        if share:
            self._panned()

    def zoom_time(self, factor: float) -> None:
        """Shows `factor` times as much time, about the cursor, or the middle if that is away."""
        box = self.view_box
        seen = box.start_s <= self._cursor_s <= box.end_s
        box.zoom_time(factor, self._cursor_s if seen else (box.start_s + box.end_s) / 2)
        self._live.zoomed()

    def zoom_pitch(self, factor: float) -> None:
        """Shows `factor` times as many semitones, about the middle."""
        self.view_box.zoom_pitch(factor, (self.view_box.low + self.view_box.high) / 2)

    def refresh(self) -> None:
        """One frame: what came since the last one, and the moment that the clock says."""
        came = self._take_in()
        self._queue.advance()
        if self._clock is not None:
            moment_s = self._clock()
            if self._live.is_running:
                self._queue.head_s = max(self._queue.head_s, moment_s)
                self._live.follow(moment_s)
            elif self.follows:
                self._pages.turn(moment_s)
            self.set_cursor(moment_s)
            self.advanced.emit(moment_s)
        elif came:
            self._show_moment()
        self._pages.glide()
        self.keyboard.fade()
        self.names.fade()
        if not (self.is_running or self.keyboard.is_fading or self.names.is_fading
                or self._pages.is_gliding or self._queue.is_redecoding):
            self._timer.stop()

    def _take_in(self) -> bool:
        """Puts what is pending into the tracks and the picture; says whether anything came."""
        begun = self._queue.take_in()
        if begun is None:
            return False
        if not self.is_frozen:
            self.view_box.include(begun)
        self.plot.tiles.update()
        self.overview.heard(self._queue.head_s)
        if begun:
            self.notes_changed.emit()
        return True

    def _notes_replaced(self) -> None:
        if self._queue.is_take and not self.is_frozen:
            self.view_box.include_only(self.roll.track.pitches())
        self._redraw_notes()
        self.notes_changed.emit()

    def _redraw_notes(self) -> None:
        self.plot.redraw_notes()
        self.overview.notes_changed(self._queue.head_s)
        self._show_moment()

    def _show_moment(self) -> None:
        self.roll.set_moment(self._cursor_s, self._queue.head_s)
        self.keyboard.light(self.roll.sounding)
        self.names.show_notes(self.roll.sounding)
        if self.keyboard.is_fading or self.names.is_fading:
            self._timer.start()

    def _show_frozen(self, frozen: bool) -> None:
        if not frozen:
            self.view_box.include(self.roll.track.pitches())
        self.set_cursor(self._cursor_s)
        self.frozen_changed.emit(frozen)

    def _panned(self) -> None:
        self._live.panned()
        self._moved_by_hand()

    def _zoomed(self) -> None:
        self._live.zoomed()
        self._moved_by_hand()

    def _moved_by_hand(self) -> None:
        self._pages.stop()
        if self.is_running and not self._queue.is_take and self.follows:
            cursor_seen = self.view_box.start_s <= self._cursor_s <= self.view_box.end_s
            if not cursor_seen:
                self.follows = False
                self.follow_changed.emit(False)
