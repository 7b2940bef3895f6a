"""Note events as lines of JSON: what `stream` and `listen` write, and the notes of a take.

Among the notes of a take may stand marks: moments at which the player asked for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from model.notes import NoteEvent, NoteOff, NoteOn


@dataclass(frozen=True)
class Mark:
    """At `time_s` of what was played, the player asked for it to be recorded."""

    time_s: float


def event_json(event: NoteEvent) -> str:
    """One event as a line of JSON, times to the microsecond."""
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
    if isinstance(event, NoteOff) and event.cents:
        values["cents"] = event.cents
    return json.dumps(values)


def mark_json(mark: Mark) -> str:
    """A mark as a line of JSON, its time to the microsecond."""
    return json.dumps({"event": "mark", "time_s": round(mark.time_s, 6)})


def from_json(line: str) -> NoteEvent | Mark | None:
    """What a line says; None where it was not written to its end, or says something else."""
    try:
        values = json.loads(line)
        kind = values.pop("event")
        if kind == "mark":
            return Mark(float(values["time_s"]))
        offset_s = values.pop("offset_s")
        if kind != "off":
            return NoteOn(**values)
        cents = tuple(map(float, values.pop("cents", ())))
        return NoteOff(offset_s=offset_s, cents=cents, **values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def is_note_on(line: str) -> bool:
    """Whether a line of `event_json` says that a note began; quicker than to read it."""
    return line.startswith('{"event": "on"')


def is_mark(line: str) -> bool:
    """The same for a line of `mark_json`."""
    return line.startswith('{"event": "mark"')
