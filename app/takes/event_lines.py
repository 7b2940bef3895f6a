"""Note events as lines of JSON: what `stream` and `listen` write, and the notes of a take.

Among the notes of a take may stand marks: moments at which the player asked for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.config import Answer
from model.heard import Heard
from model.notes import NoteEvent, NoteOff, NoteOn

# The first and the last second that make sense.
_TIMES_S = (-1.0, 1e6)
# Of a pitch curve, a hundred semitones and more.
_CENTS = (-20_000.0, 20_000.0)


@dataclass(frozen=True)
class Mark:
    """At `time_s` of what was played, the player asked for it to be recorded."""

    time_s: float


def event_json(
    event: NoteEvent, answer: Answer | None = None, *, with_cents: bool = False
) -> str:
    """One event as a line of JSON, times to the microsecond.

    Args:
        answer: which one it is of, where both are written.
        with_cents: whether the end of a note tells its pitch curve, as of a `Note`.
    """
    is_off = isinstance(event, NoteOff)
    values: dict[str, object] = {
        "event": "off" if is_off else "on",
        "pitch": event.pitch,
        "velocity": event.velocity,
        "onset_s": round(event.onset_s, 6),
        "offset_s": round(event.offset_s, 6) if isinstance(event, NoteOff) else None,
        "heard_s": round(event.heard_s, 6),
        "confidence": round(event.confidence, 4),
    }
    if answer is not None:
        values["answer"] = answer
    if with_cents and isinstance(event, NoteOff) and event.cents:
        values["cents"] = event.cents
    return json.dumps(values)


def mark_json(mark: Mark) -> str:
    """A mark as a line of JSON, its time to the microsecond."""
    return json.dumps({"event": "mark", "time_s": round(mark.time_s, 6)})


def from_json(line: str) -> NoteEvent | Mark | None:
    """What a line says; None where it was not written to its end, or what it says makes no sense.
    """
    try:
        values = json.loads(line)
        return _read(values) if isinstance(values, dict) else None
    except (ValueError, RecursionError):
        return None


def is_note_on(line: str) -> bool:
    """Whether a line of `event_json` says that a note began; quicker than to read it."""
    return line.startswith('{"event": "on"')


def is_mark(line: str) -> bool:
    """The same for a line of `mark_json`."""
    return line.startswith('{"event": "mark"')


class EventLines:
    """The lines that `stream` and `listen` write of what is heard."""

    def __init__(
        self, answers: tuple[Answer, ...] = ("early",), *, with_cents: bool = False
    ) -> None:
        """Args: `answers` are those whose events are written, `with_cents` as for `event_json`."""
        self._answers, self._with_cents = answers, with_cents

    def of(self, heard: Heard) -> Iterator[str]:
        """The lines of the events of one block; those of each answer in order."""
        for answer in self._answers:
            named = answer if len(self._answers) > 1 else None
            for event in heard.events_of(answer):
                yield event_json(event, named, with_cents=self._with_cents)


def _read(values: Mapping[str, Any]) -> NoteEvent | Mark:
    """Raises ValueError where a value is missing, or is none that `event_json` writes."""
    kind = values.get("event")
    if kind == "mark":
        return Mark(_number(values.get("time_s"), *_TIMES_S))
    if kind not in ("on", "off"):
        raise ValueError("it is no event")
    pitch, velocity = _whole(values.get("pitch"), 0), _whole(values.get("velocity"), 1)
    onset_s, heard_s = (_number(values.get(name), *_TIMES_S) for name in ("onset_s", "heard_s"))
    confidence = _number(values.get("confidence"), 0.0, 1.0)
    if kind == "on":
        return NoteOn(pitch, velocity, onset_s, heard_s, confidence)
    offset_s = _number(values.get("offset_s"), onset_s, _TIMES_S[1])
    cents = values.get("cents", [])
    if not isinstance(cents, list):
        raise ValueError("a pitch curve is a list")
    curve = tuple(_number(value, *_CENTS) for value in cents)
    return NoteOff(pitch, velocity, onset_s, offset_s, heard_s, confidence, curve)


def _whole(value: object, lowest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= 127:
        raise ValueError(f"there is no whole number from {lowest} to 127")
    return value


def _number(value: object, lowest: float, highest: float) -> float:
    # What is no number (nan) lies within no limits.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not lowest <= value <= highest
    ):
        raise ValueError(f"there is no number from {lowest:g} to {highest:g}")
    return float(value)
