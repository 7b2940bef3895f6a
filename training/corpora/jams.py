"""Notes from JAMS annotations (Humphrey et al. 2014)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from training.corpora.recording import CorpusError

# How an observation's value becomes a MIDI pitch. The second name is of early copies of GuitarSet.
_PITCHES = {
    "note_midi": float,
    "pitch_midi": float,
    "note_hz": lambda hz: 69 + 12 * math.log2(hz / 440),
}

# Onset and offset in seconds, and the measured MIDI pitch, which is no whole number.
Observation = tuple[float, float, float]


def read(path: Path) -> list[Observation]:
    """All notes of a file's annotations, in order of onset.

    Raises:
        CorpusError: it is no JAMS file, or holds no annotation of notes.
    """
    try:
        annotations = json.loads(path.read_text(encoding="utf-8"))["annotations"]
        of_notes = [a for a in annotations if a["namespace"] in _PITCHES]
        if not of_notes:
            raise CorpusError(f"{path}: there is no annotation of {', '.join(_PITCHES)} in it")
        return sorted(
            _note(observation, annotation["namespace"])
            for annotation in of_notes
            for observation in _observations(annotation["data"])
        )
    except CorpusError:
        raise
    except OSError as error:
        raise CorpusError(f"{path}: the annotation cannot be read ({error})") from None
    except (
        AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError,
    ) as error:
        raise CorpusError(f"{path}: this is no JAMS annotation of notes ({error})") from None


def _observations(data: Any) -> list[dict[str, Any]]:
    """JAMS writes observations as rows, or as columns where they are dense."""
    if isinstance(data, list):
        return data
    return [
        dict(zip(data, values, strict=True)) for values in zip(*data.values(), strict=True)
    ]


def _note(observation: dict[str, Any], namespace: str) -> Observation:
    onset_s = float(observation["time"])
    pitch = _PITCHES[namespace](observation["value"])
    offset_s = onset_s + float(observation["duration"])
    if not all(map(math.isfinite, (onset_s, offset_s, pitch))):
        raise ValueError("a value is no number")
    return onset_s, offset_s, pitch
