"""What of a recording's view is kept in its project: the place looked at, and how it is heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.views.stage.stage import Stage
from app.window.song.loop_speed_mix import LoopSpeedMix

# What no time and no setting exceeds.
_HIGHEST = 1e6


class ProjectView:
    """Collects the view as JSON values, and restores it as far as the values make sense."""

    def __init__(self, stage: Stage, playback: LoopSpeedMix) -> None:
        self._stage, self._playback = stage, playback

    def collect(self) -> dict[str, Any]:
        """The view as it is now."""
        box, playback = self._stage.view_box, self._playback
        return {
            "time_s": [box.start_s, box.end_s],
            "pitch": [box.low, box.high],
            "cursor_s": self._stage.cursor_s,
            "span_s": None if playback.span is None else list(playback.span),
            "loops": playback.loops,
            "speed": playback.speed,
            "cents": playback.cents,
            "mix": playback.mix,
        }

    def restore(self, view: Mapping[str, Any]) -> None:
        """Goes back to a view; what is missing or makes no sense is passed over."""
        box, playback = self._stage.view_box, self._playback
        pitch, time_s = _pair(view.get("pitch")), _pair(view.get("time_s"))
        if pitch is not None:
            low, high = pitch
            middle = (box.low + box.high) / 2
            box.zoom_pitch((high - low) / (box.high - box.low), middle)
            box.pan(0, low - box.low)
        if time_s is not None:
            start_s, end_s = time_s
            box.zoom_time((end_s - start_s) / box.span_s, box.start_s)
            box.show_from(start_s)
        span = _pair(view.get("span_s"))
        if span is not None:
            playback.set_span(*span)
            playback.set_loops(view.get("loops") is True)
        for name, change in (
            ("speed", playback.set_speed), ("cents", playback.set_cents), ("mix", playback.set_mix)
        ):
            value = _number(view.get(name))
            if value is not None:
                change(round(value))
        cursor_s = _number(view.get("cursor_s"))
        if cursor_s is not None and cursor_s > 0:
            self._stage.seek_asked.emit(cursor_s)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -_HIGHEST <= value <= _HIGHEST:
        return None
    return float(value)


def _pair(value: object) -> tuple[float, float] | None:
    """Two numbers of which the second one is greater."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    first, last = _number(value[0]), _number(value[1])
    return (first, last) if first is not None and last is not None and first < last else None
