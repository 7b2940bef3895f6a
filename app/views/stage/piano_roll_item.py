"""The notes of the stage as bars over time and pitch: which there are, and how they are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from PySide6.QtGui import QPainter

from app.music.note_naming import NoteNaming
from app.style.theme_colours import Theme
from app.views.stage.device_item import DeviceItem
from app.views.stage.feed.live_curves import LiveCurves
from app.views.stage.feed.live_notes import LEAST_UNSURE_S
from app.views.stage.feed.note_index import Bar, NoteIndex
from app.views.stage.feed.settling_notes import SettlingNotes
from app.views.stage.lines.pitch_line_renderer import MOST_CENTS, PitchLineRenderer
from app.views.stage.note_bar_renderer import NoteBarRenderer
from app.views.stage.view_scale import ViewScale
from model.notes import Note


def uncovered(unsure: Iterable[Bar], sure: NoteIndex, head_s: float) -> list[Bar]:
    """What is shown of unsure notes: each as far as the first sure note of its pitch within it.

    Args:
        head_s: until when those are drawn that sound on.
    """
    unsure = list(unsure)
    if not unsure:
        return []
    end_s = max(head_s if bar.is_open else bar.offset_s for bar in unsure)
    by_pitch: dict[int, list[Bar]] = {}
    for bar in sure.between(unsure[0].onset_s, end_s):
        by_pitch.setdefault(bar.pitch, []).append(bar)
    shown = []
    for bar in unsure:
        first_s = min(
            (other.onset_s for other in by_pitch.get(bar.pitch, ())
             if other.onset_s < bar.offset_s and other.offset_s > bar.onset_s),
            default=math.inf,
        )
        if min(first_s, bar.offset_s, head_s) - bar.onset_s >= LEAST_UNSURE_S:
            offset_s = min(first_s, bar.offset_s)
            shown.append(
                Bar(bar.onset_s, offset_s, bar.pitch, bar.velocity, bar.confidence)
            )
    return shown


class PianoRollItem(DeviceItem):
    """Two tracks of bars, the moment whose notes are lit, and how all that is painted.

    The item itself shows the bars that sound on, glow or keep their name at the left edge. What
    does not move while the view scrolls is painted by `paint_ended`, into tiles that are kept.

    Attributes:
        track: the notes.
        unsure: those that were nearly taken for notes, also where a note covers them.
        settling: the newest notes of a take, which were said at once and have not settled yet.
        unsure_visible: whether they are shown.
        curves: what is measured of notes that sound in a take.
        lines_visible: whether pitch curves are drawn.
    """

    def __init__(self, theme: Theme, curves: LiveCurves) -> None:
        super().__init__()
        self.track, self.unsure = NoteIndex(), NoteIndex()
        self.settling = SettlingNotes()
        self.unsure_visible = True
        self.curves = curves
        self.lines_visible = False
        self._lines = PitchLineRenderer(theme)
        self._renderer = NoteBarRenderer(theme)
        # Until when bars that still sound are drawn, and the moment whose notes glow.
        self._head_s = 0.0
        self._moment_s = -1.0
        self._sounding: dict[int, float] = {}

    def set_theme(self, theme: Theme) -> None:
        self._renderer.set_theme(theme)
        self._lines.set_theme(theme)

    def reach(self, scale: ViewScale) -> float:
        """How far from the middle of its row a note changes what is painted, in pixels."""
        if self._draws_lines(scale):
            return max(scale.reach, scale.y * MOST_CENTS / 100 + 3)
        return scale.reach

    def _draws_lines(self, scale: ViewScale) -> bool:
        return self.lines_visible and self._lines.is_readable(scale)

    def set_naming(self, naming: NoteNaming) -> None:
        """Writes these names upon the bars."""
        self._renderer.set_naming(naming)

    def set_range(self, lowest: int, highest: int) -> None:
        """Shows and lights only these MIDI pitches."""
        self.track.set_range(lowest, highest)
        self.unsure.set_range(lowest, highest)
        self.settling.lowest, self.settling.highest = lowest, highest

    @property
    def sounding(self) -> dict[int, float]:
        """Strength (0..1) of every pitch that sounds at the moment set last."""
        return self._sounding

    def set_moment(self, moment_s: float, head_s: float) -> None:
        """Lights the bars that sound at `moment_s`; bars without an end reach to `head_s`."""
        self._moment_s, self._head_s = moment_s, head_s
        # At the edge of a take, what was said at once.
        is_new = self.settling.is_on and moment_s >= head_s - self.settling.lag_s
        self._sounding = (self.settling if is_new else self.track).sounding(moment_s)
        self.update()

    def note_at(self, x_s: float, pitch: float, slack_s: float = 0.0) -> Note | None:
        """The note at a place of the roll, the one that began last if there are several.

        Args:
            x_s, pitch: the place, in seconds and fractional MIDI pitch.
            slack_s: how far beside it a note may end or begin, for notes that look wider.
        """
        return self._at(self.track.between, x_s, pitch, slack_s)

    def unsure_at(self, x_s: float, pitch: float, slack_s: float = 0.0) -> Note | None:
        """The unsure note that is drawn at a place; None where there is none, or a sure one."""
        if not self.unsure_visible or self.note_at(x_s, pitch, slack_s) is not None:
            return None
        return self._at(self._unsure_between, x_s, pitch, slack_s)

    def paint_ended(
        self, painter: QPainter, scale: ViewScale, top: float = 0.0, bottom: float = math.inf
    ) -> None:
        """The bars that have ended, where they are in a picture, from `top` to `bottom` of it."""
        # Bars are a little wider than their notes.
        notes, margin_s = self._renderer, 4 / scale.x
        start_s, end_s = scale.start_s - margin_s, scale.end_s + margin_s
        if notes.is_far(scale):
            unsure = self.unsure.ended_between(start_s, end_s) if self.unsure_visible else None
            sure = self.track.ended_between(start_s, end_s)
            notes.far(painter, sure, unsure, self._head_s, scale)
            return
        reach = self.reach(scale)
        lowest = scale.high - (bottom + reach) / scale.y
        highest = scale.high - (top - reach) / scale.y
        if self.unsure_visible:
            # First what has ended: most pictures have nothing of it to be looked for under notes.
            faint = uncovered(
                (bar for bar in self.unsure.between(start_s, end_s)
                 if lowest < bar.pitch < highest and not bar.is_open),
                self.track, self._head_s,
            )
            if faint:
                notes.unsure(painter, faint, self._head_s, scale)
        bars = [
            bar for bar in self.track.between(start_s, end_s)
            if lowest < bar.pitch < highest and not bar.is_open and not self.settling.holds(bar)
        ]
        # Most pictures have a few new columns only, in which nothing has ended yet.
        if bars:
            notes.bars(painter, bars, self._head_s, scale)
            if self._draws_lines(scale):
                self._lines.draw(painter, bars, self._head_s, scale)
            notes.names(
                painter, bars, self._head_s, scale, stay=False, between=self.track.between
            )

    def paint_rows(self, painter: QPainter, scale: ViewScale) -> None:
        """The lines and stripes of the pitch axis, at least as wide as the picture."""
        self._renderer.rows(painter, scale)

    def draw(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        """The bars that look different in every picture, and the rows that are lit."""
        notes, head_s, moment_s = self._renderer, self._head_s, self._moment_s
        notes.lit_rows(painter, self._sounding.items(), scale)
        if self.unsure_visible:
            faint = uncovered(self.unsure.opened(), self.track, head_s)
            if faint:
                notes.unsure(painter, faint, head_s, scale)
        after_s = math.nextafter(scale.start_s, math.inf)
        cut = [] if notes.is_far(scale) else self.track.between(scale.start_s, after_s)
        holds = self.settling.holds
        sounding = [
            bar for bar in self.track.between(moment_s, math.nextafter(moment_s, math.inf))
            if bar.onset_s < scale.end_s and not holds(bar)
        ]
        opened = [bar for bar in [*cut, *self.track.opened()] if not holds(bar)]
        for settling in self.settling.shown(head_s) if self.settling.is_on else ():
            if settling.opacity < 1:
                painter.setOpacity(settling.opacity)
                notes.bars(painter, [settling.bar], head_s, scale)
                painter.setOpacity(1.0)
            elif settling.bar.onset_s <= moment_s < settling.bar.offset_s:
                sounding.append(settling.bar)
            else:
                opened.append(settling.bar)
        lit = set(sounding)
        # What sounds on but is not lit yet: the moment shown is a little behind.
        plain = {bar: None for bar in opened if bar not in lit}
        notes.bars(painter, plain, head_s, scale)
        notes.sounding(painter, sounding, moment_s, head_s, scale)
        if self._draws_lines(scale):
            self._lines.draw(
                painter, [*plain, *sounding], head_s, scale, self.curves.between
            )
        notes.names(
            painter, [*plain, *sounding], head_s, scale, stay=True, between=self.track.between
        )

    def _unsure_between(self, start_s: float, end_s: float) -> list[Bar]:
        return uncovered(self.unsure.between(start_s, end_s), self.track, self._head_s)

    def _at(
        self, between: Callable[[float, float], list[Bar]], x_s: float, pitch: float,
        slack_s: float,
    ) -> Note | None:
        at_s = math.nextafter(x_s + slack_s, math.inf)
        bars = [bar for bar in between(x_s - slack_s, at_s) if bar.pitch == round(pitch)]
        return bars[-1].note(self._head_s) if bars else None
