"""Note events as lines of JSON: what `stream` and `listen` write, and the notes of a take."""

from __future__ import annotations

import json

from model.notes import NoteEvent, NoteOff


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
