"""The newest notes of a take: as they were said at once, on the way to what they settle as."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.views.stage.feed.note_index import Bar, Span
from model.notes import NoteEvent, NoteOn
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH

# A bar slides to its settled place, or fades in, within so long; one that is not confirmed fades
# out within so long, after this much grace for notes that settle late.
SLIDE_S = 0.15
FADE_S, _GRACE_S = 0.25, 0.15
# A settled note is the early one of its pitch that begins so near to it, or overlaps it.
_SAME_ONSET_S = 0.12
# What began further away was said as another note.
_SLIDE_AT_MOST_S = 0.25
# What has ended that long ago is of no interest.
_PAST_S = 2.0


@dataclass(eq=False)
class _Settled:
    """A settled note: when it was said, and when its end was, by the take's clock."""

    bar: Bar
    on_s: float
    off_s: float = math.inf
    earlies: list[_Early] = field(default_factory=list)


@dataclass(eq=False)
class _Early:
    """A note that was said at once."""

    bar: Bar
    settled: _Settled | None = None


@dataclass(frozen=True)
class SettlingBar:
    """A bar as it is drawn now, with its opacity from 0 to 1."""

    bar: Bar
    opacity: float = 1.0


class SettlingNotes:
    """Follows both answers while a take is heard. For the GUI thread.

    What it shows takes the place of the settled bars that `holds` says yes to.

    Attributes:
        is_on: whether both answers are heard, and differ.
        lag_s: how long after a moment its notes have settled.
        lowest, highest: the MIDI pitches that are shown.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.lag_s = 0.0
        self.lowest, self.highest = LOWEST_PITCH, HIGHEST_PITCH
        self.clear()

    def clear(self) -> None:
        """Nothing is on its way any more."""
        self._earlies: list[_Early] = []
        self._settled: list[_Settled] = []
        self._held: set[tuple[float, int]] = set()

    def hear(
        self, now_s: float, early: Iterable[NoteEvent], settled: Iterable[NoteEvent]
    ) -> None:
        """Takes the events that came at a moment of the take."""
        for event in early:
            if isinstance(event, NoteOn):
                self._earlies.append(_Early(_bar(event)))
                self._match_early(self._earlies[-1])
            else:
                for sounding in reversed(self._earlies):
                    if sounding.bar.pitch == event.pitch and sounding.bar.is_open:
                        sounding.bar = _ended(sounding.bar, event.offset_s, event.velocity)
                        break
        for event in settled:
            if isinstance(event, NoteOn):
                self._settle(_Settled(_bar(event), now_s))
            else:
                for note in reversed(self._settled):
                    if note.bar.pitch == event.pitch and note.bar.is_open:
                        self._let_go(note)
                        note.bar = _ended(note.bar, event.offset_s, event.velocity)
                        note.off_s = now_s
                        self._held.add((note.bar.onset_s, note.bar.pitch))
                        break

    def rebuild(self, bars: Iterable[Bar]) -> None:
        """The settled notes are others from now on: these are the newest of them."""
        self._settled, self._held = [], set()
        for early in self._earlies:
            early.settled = None
        for bar in bars:
            off_s = math.inf if bar.is_open else -math.inf
            self._settle(_Settled(bar, -math.inf, off_s))

    def holds(self, bar: Bar) -> bool:
        """Whether a settled bar is on its way, and drawn by what is shown here."""
        return (bar.onset_s, bar.pitch) in self._held

    def sounding(self, time_s: float) -> dict[int, float]:
        """Strength (0..1) of every pitch that sounds, by what was said at once."""
        return {
            early.bar.pitch: early.bar.strength
            for early in self._earlies
            if early.bar.onset_s <= time_s < early.bar.offset_s and self._is_shown(early.bar)
        }

    def shown(self, now_s: float) -> list[SettlingBar]:
        """The bars on their way as they look at a moment, in order of onset."""
        horizon_s = now_s - self.lag_s
        shown = [self._unconfirmed(early, horizon_s) for early in self._earlies
                 if early.settled is None]  # fmt: skip
        shown += [
            self._on_its_way(note, now_s, horizon_s)
            for note in self._settled if now_s - max(note.on_s, note.off_s) < SLIDE_S
        ]  # fmt: skip
        shown = [one for one in shown if one.opacity > 0 and self._is_shown(one.bar)]
        return sorted(shown, key=lambda one: one.bar.onset_s)

    def arrived(self, now_s: float) -> list[Span]:
        """Forgets what has come to its place, and returns that."""
        spans = []
        for note in self._settled:
            place = note.bar.onset_s, note.bar.pitch
            if now_s - max(note.on_s, note.off_s) >= SLIDE_S and place in self._held:
                self._let_go(note)
                spans.append((note.bar.onset_s, note.bar.offset_s, note.bar.pitch))
        past_s = now_s - self.lag_s - _PAST_S
        self._settled = [note for note in self._settled if note.bar.offset_s > past_s]
        self._earlies = [early for early in self._earlies if early.bar.offset_s > past_s]
        return spans

    def _let_go(self, note: _Settled) -> None:
        self._held.discard((note.bar.onset_s, note.bar.pitch))

    def _settle(self, note: _Settled) -> None:
        self._settled.append(note)
        if note.bar.is_open or note.off_s > -math.inf:
            self._held.add((note.bar.onset_s, note.bar.pitch))
        for early in self._earlies:
            if _is_same(early.bar, note.bar):
                early.settled = note
                note.earlies.append(early)

    def _match_early(self, early: _Early) -> None:
        """An early note within one that has settled already is nothing new."""
        for note in reversed(self._settled):
            if note.bar.is_open and note.bar.pitch == early.bar.pitch:
                early.settled = note
                note.earlies.append(early)
                break

    def _is_shown(self, bar: Bar) -> bool:
        return self.lowest <= bar.pitch <= self.highest

    def _unconfirmed(self, early: _Early, horizon_s: float) -> SettlingBar:
        late_s = horizon_s - _GRACE_S - early.bar.onset_s
        return SettlingBar(early.bar, min(1.0, max(0.0, 1 - late_s / FADE_S)))

    def _on_its_way(self, note: _Settled, now_s: float, horizon_s: float) -> SettlingBar:
        bar, opacity = note.bar, 1.0
        way = min(1.0, (now_s - note.on_s) / SLIDE_S)
        onset_s, offset_s = bar.onset_s, bar.offset_s
        if note.earlies:
            before_s = note.earlies[0].bar.onset_s
            if abs(before_s - onset_s) <= _SLIDE_AT_MOST_S:
                onset_s = _between(before_s, onset_s, way)
        else:
            opacity = way
        last = note.earlies[-1].bar if note.earlies else None
        if bar.is_open:
            # Beyond what has settled, the bar is as long as it was said at once.
            offset_s = max(horizon_s, onset_s) if last is None else max(last.offset_s, horizon_s)
        elif last is not None:
            before_s = min(last.offset_s, note.off_s)
            offset_s = _between(before_s, offset_s, min(1.0, (now_s - note.off_s) / SLIDE_S))
        return SettlingBar(
            Bar(onset_s, max(offset_s, onset_s), bar.pitch, bar.velocity, bar.confidence), opacity
        )


def _bar(event: NoteOn) -> Bar:
    return Bar(event.onset_s, math.inf, event.pitch, event.velocity, event.confidence)


def _ended(bar: Bar, offset_s: float, velocity: int) -> Bar:
    return Bar(bar.onset_s, offset_s, bar.pitch, velocity, bar.confidence)


def _is_same(early: Bar, settled: Bar) -> bool:
    if early.pitch != settled.pitch:
        return False
    overlaps = early.onset_s < settled.offset_s and early.offset_s > settled.onset_s
    return overlaps or abs(early.onset_s - settled.onset_s) <= _SAME_ONSET_S


def _between(one: float, other: float, way: float) -> float:
    return one + (other - one) * way
