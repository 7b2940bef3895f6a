"""A piece practised live: from the count-in to the report."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.devices.device_list import AudioDeviceError
from app.audio.playback.time_stretch import Samples
from app.live.session import LiveSession
from app.practice.clock_practice import ClockPractice
from app.practice.judging.schedule import Clock
from app.practice.marks import Extra, Mark, Marked, PracticeEvent, Reached
from app.practice.practice_report import PracticeResult
from app.practice.session.free_practice import FreePractice
from app.practice.session.practice_plan import PracticePlan
from app.practice.session.practice_sound import PracticeSound, accompaniment
from app.practice.session.result_of import result_of
from app.practice.session.sound_link import SoundLink
from app.practice.waiting_practice import WaitingPractice
from app.system.smooth_clock import SmoothClock
from app.transcription.lazy_transcriber import TranscriberLike
from model.heard import Heard
from model.notes import NoteEvent

_POLL_MS = 16
# Before the first note is due the clock is fixed: earlier than anything is judged.
_FIXED_BEFORE_S = 0.4
# After its last note is judged, a piece that was played freely or waited for is over in silence.
_SILENT_S = 2.0
_SETTLING_S = 0.8
# The network has caught up with the sound when it is no farther behind.
_BEHIND_S = 0.15


class PracticeSession(QObject):
    """Listens with the live session and tells what became of each note.

    Signals:
        began(): the network hears; with the clock, the count-in begins.
        told(list): events, in order: `Marked`, `Extra`, `Reached`.
        ended(PracticeResult): it is over; None where nothing of it was played.
        silent(str): what should sound cannot be heard; one sentence; it goes on without.
    """

    began = Signal()
    told = Signal(list)
    ended = Signal(object)
    silent = Signal(str)

    def __init__(
        self, live: LiveSession, transcriber: TranscriberLike, sound: PracticeSound,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._live, self._transcriber, self._sound = live, transcriber, sound
        self._plan: PracticePlan | None = None
        self._is_ending = False
        self._practice: ClockPractice | WaitingPractice | FreePractice | None = None
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._look)
        live.heard.connect(self._hear)
        live.lost.connect(self._lost)
        live.stopped.connect(self.end)

    # What is shown.

    @property
    def is_on(self) -> bool:
        """Whether a piece is being practised."""
        return self._plan is not None

    @property
    def has_begun(self) -> bool:
        """Whether the network hears."""
        return self._has_begun if self.is_on else False

    @property
    def place_s(self) -> float:
        """The piece's moment that is played now; before its beginning while it is counted in."""
        plan = self._plan
        assert plan is not None
        if not self._has_begun:
            return plan.begin_s - plan.count_in_s()
        if plan.how.way == "clock":
            return plan.begin_s - plan.count_in_s() + self._clock_s() / plan.slowness
        if isinstance(self._practice, FreePractice):
            place = self._practice.place(self._live.heard_s)
            return plan.begin_s if place is None else place.piece_s
        return self._reached_s

    @property
    def expected(self) -> frozenset[int]:
        """The pitches of the chord that is played next."""
        return self._chords[self._next].pitches if self._next < len(self._chords) else frozenset()

    @property
    def marks(self) -> list[Mark | None]:
        """Of each note of the piece; None where nothing is known yet."""
        if self._practice is not None:
            return self._practice.marks
        return [None] * len(self._plan.piece.notes) if self._plan else []

    def place_of(self, time_s: float) -> float:
        """The piece's moment that belongs to a moment of the sound."""
        if self._clock is not None:
            return self._clock.place_s(time_s)
        places = [piece_s for at_s, piece_s in self._passed if at_s <= time_s]
        return places[-1] if places else self._reached_s

    # Commands.

    def start(
        self, plan: PracticePlan, listen: Callable[[], None], *, delay_s: float = 0.0,
        recording: tuple[Samples, int] | None = None, a4: float = 440.0,
    ) -> None:
        """Begins.

        Args:
            listen: begins a live session, or tells why not; then `is_on` is False afterwards.
            delay_s: how late what is played with the sound is heard.
            recording: samples and rate of the recording that sounds.
            a4: tunes what sounds, in Hz.
        """
        self._plan, self._delay_s = plan, delay_s
        self._recording, self._a4 = recording, a4
        self._chords, self._next = plan.piece.chords(), 0
        self._clock: Clock | None = None
        self._link = SoundLink()
        self._reached_s = plan.piece.notes[0].onset_s if plan.piece.notes else 0.0
        # When the piece came to a place, where it has no clock.
        self._passed: list[tuple[float, float]] = []
        self._pending: list[tuple[float, Heard]] = []
        self._events: list[NoteEvent] = []
        self._has_begun = self._sounds = False
        self._began_s = self._last_attack_s = 0.0
        self._over_at_s: float | None = None
        self._practice = self._waiting_or_free(plan)
        listen()
        if not self._live.is_listening:
            self._plan = None

    def skip(self) -> None:
        """Passes what is waited for, unplayed."""
        if isinstance(self._practice, WaitingPractice):
            self._tell(self._practice.skip(self._live.heard_s))

    def end(self) -> None:
        """Ends it; what was reached is judged by what was heard of it."""
        plan = self._plan
        if plan is None or self._is_ending:
            return
        self._is_ending = True
        self._poll.stop()
        self._sound.end()
        now_s = self._live.heard_s
        # Hears out what is on its way.
        self._live.stop()
        practice, self._practice, self._plan = self._practice, None, None
        result: PracticeResult | None = None
        if practice is not None:
            result = result_of(practice, plan, self._clock, now_s, self._events)
            if isinstance(practice, FreePractice):
                self._clock = practice.clock
        self._is_ending = False
        self.ended.emit(result)

    # Within.

    def _waiting_or_free(self, plan: PracticePlan) -> WaitingPractice | FreePractice | None:
        heard_by = self._transcriber.features, self._transcriber.network_config
        if plan.how.way == "wait":
            return WaitingPractice(plan.piece, *heard_by, plan.tolerances)
        if plan.how.way == "free":
            return FreePractice(plan.piece, *heard_by, plan.tolerances)
        return None

    def _clock_s(self) -> float:
        """Seconds since the count-in began, as the ear has them."""
        played_s = self._sound.position_s if self._sounds else None
        if played_s is not None and self._sounds:
            self._shown_s = played_s
        elif self._clock is not None and self._plan is not None:
            at_s = self._clock.place_s(self._smooth())
            count_in_s = self._plan.count_in_s()
            self._shown_s = (at_s - self._plan.begin_s + count_in_s) * self._plan.slowness
        else:
            self._shown_s = self._smooth() - self._began_s
        return self._shown_s

    def _hear(self, heard: Heard) -> None:
        if self._plan is None:
            return
        now_s = self._live.heard_s
        if not self._has_begun:
            if self._live.behind_s > _BEHIND_S:
                return
            self._begin()
        self._events += heard.events_of("settled")
        if heard.events:
            self._last_attack_s = now_s
        if self._practice is None:
            self._pending.append((now_s, heard))
        else:
            self._tell(self._practice.push(heard, now_s))
        self._look()

    def _begin(self) -> None:
        assert self._plan is not None
        self._has_begun, self._began_s = True, self._live.heard_s
        self._smooth = SmoothClock(lambda: self._live.heard_s)
        self._shown_s = 0.0
        if self._plan.how.way == "clock":
            try:
                self._sound.begin(self._plan, self._recording, self._a4)
                self._sounds = True
            except AudioDeviceError as error:
                self.silent.emit(str(error))
        self._poll.start()
        self.began.emit()

    def _look(self) -> None:
        plan = self._plan
        if plan is None or not self._has_begun or self._is_ending:
            return
        if plan.how.way == "clock" and self._practice is None:
            self._fix_clock(plan)
        if self._is_over(plan):
            self.end()

    def _fix_clock(self, plan: PracticePlan) -> None:
        """Once the count-in is nearly over, it is known when the notes are due."""
        played_s = self._sound.position_s if self._sounds else None
        if played_s is not None:
            self._link.look(self._live.heard_s, played_s)
        count_in_s = plan.count_in_s() * plan.slowness
        passed_s = self._live.heard_s - self._began_s if played_s is None else played_s
        if passed_s < count_in_s - _FIXED_BEFORE_S:
            return
        if self._link.is_known:
            begins_s = self._link.heard_s(count_in_s) + self._delay_s
        else:
            begins_s = self._began_s + count_in_s
        self._clock = Clock(
            (plan.begin_s, plan.begin_s + 1.0), (begins_s, begins_s + plan.slowness)
        )
        self._practice = ClockPractice(
            plan.piece, self._clock, self._transcriber.features,
            self._transcriber.network_config, plan.tolerances, accompaniment(plan),
        )
        pending, self._pending = self._pending, []
        for now_s, heard in pending:
            self._tell(self._practice.push(heard, now_s))

    def _is_over(self, plan: PracticePlan) -> bool:
        now_s = self._live.heard_s
        if isinstance(self._practice, ClockPractice) and self._clock is not None:
            reach_s = plan.tolerances.reach_ms / 1000
            return now_s > self._clock.due_s(plan.end_s) + reach_s + _SETTLING_S
        if isinstance(self._practice, WaitingPractice) and self._practice.is_over:
            if self._over_at_s is None:
                self._over_at_s = now_s
            return now_s > self._over_at_s + _SETTLING_S
        if isinstance(self._practice, FreePractice):
            is_last = self._practice.farthest >= len(self._chords) - 1
            return is_last and now_s > self._last_attack_s + _SILENT_S
        return False

    def _tell(self, events: list[PracticeEvent]) -> None:
        for event in events:
            if isinstance(event, Reached):
                self._next = event.chord
                if event.piece_s != self._reached_s and self._clock is None:
                    self._passed.append((self._live.heard_s, event.piece_s))
                self._reached_s = event.piece_s
        shown = [event for event in events if isinstance(event, Marked | Extra | Reached)]
        if shown:
            self.told.emit(shown)

    def _lost(self) -> None:
        # What waits goes on waiting; a clock does not.
        if self._plan is not None and self._plan.how.way == "clock":
            self.end()
