"""What configurations read from a file may hold, checked before anything is built of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The least and the most of whole numbers, and of others.
_WHOLE = {
    "sample_rate": (1_000, 384_000), "hop_length": (1, 65_536), "bins_per_octave": (12, 240),
    "n_octaves": (8, 12), "stem_channels": (1, 1_024), "channels": (1, 1_024),
    "harmonic_channels": (1, 1_024), "n_blocks": (0, 64), "temporal_kernel": (1, 64),
    "memory_units": (0, 2_048), "context_units": (0, 2_048), "delay_frames": (0, 1_000),
    "settled_delay_frames": (0, 1_000), "settled_channels": (1, 1_024),
    "late_frames": (1, 1_000), "held_frames": (0, 10_000), "release_frames": (1, 1_000),
}  # fmt: skip
_REAL = {
    "a4": (400.0, 480.0), "range_db": (1.0, 200.0), "level_floor_db": (-200.0, 0.0),
    "level_fall_db_per_s": (0.0, 1_000.0), "min_note_ms": (0.0, 10_000.0),
    "onset_bias_ms": (-1_000.0, 1_000.0), "late_bias_ms": (-1_000.0, 1_000.0),
    "held_bias_ms": (-1_000.0, 1_000.0), "onset_threshold": (0.0, 1.0),
    "confirm_threshold": (0.0, 1.0), "late_threshold": (0.0, 1.0),
    "late_confirm_threshold": (0.0, 1.0), "frame_threshold": (0.0, 1.0),
    "late_confidence": (0.0, 1.0), "held_confidence": (0.0, 1.0),
}  # fmt: skip
_WINDOW = (1, 262_144)
_MOST_WINDOWS, _MOST_POINTS = 16, 1_000
# Samples of all windows times bins: what the spectrogram's kernels are made of. The program's own
# have 3.5 million.
_MOST_KERNEL = 200_000_000
# Weights of the network, roughly. The program's own has a third of a million.
_MOST_WEIGHTS = 50_000_000


def require_sizes(values: Mapping[str, Any]) -> None:
    """Refuses values of another type, beyond all sense, or too large together.

    Raises:
        ValueError: one of them is; the message names it and what it must be.
    """
    for name, value in values.items():
        if name in _WHOLE:
            _require_whole(name, value, *_WHOLE[name])
        elif name in _REAL:
            _require_real(name, value, *_REAL[name])
        elif name == "windows":
            for window in _list(name, value, _MOST_WINDOWS):
                _require_whole(name, window, *_WINDOW)
        elif name == "onset_rise_ms":
            for number in _list(name, value, 4):
                _require_real(name, number, -1_000.0, 1_000.0)
        elif name == "reliability":
            for point in _list(name, value, _MOST_POINTS):
                for number in _list(name, point, 2):
                    _require_real(name, number, 0.0, 1.0)
        elif name in ("only_note_names", "monophonic"):
            if not isinstance(value, bool):
                raise ValueError(f"{name} must be true or false, not {_short(value)}")
        elif not isinstance(value, str):
            raise ValueError(f"{name} must be a word, not {_short(value)}")
    n_bins = values.get("bins_per_octave", 0) * values.get("n_octaves", 0)
    if sum(values.get("windows", ())) * n_bins > _MOST_KERNEL:
        raise ValueError("windows, bins_per_octave and n_octaves are too many together")
    channels = values.get("channels", 0)
    blocks = values.get("n_blocks", 0) * values.get("temporal_kernel", 0) * 6 * channels**2
    memories = 3 * (values.get("memory_units", 0) + channels) * values.get("memory_units", 0)
    if blocks + memories > _MOST_WEIGHTS:
        raise ValueError("channels, n_blocks and memory_units are too many together")


def _require_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(
            f"{name} must be a whole number from {low} to {high}, not {_short(value)}"
        )


def _require_real(name: str, value: object, low: float, high: float) -> None:
    # What is no number (nan) lies within no limits.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not low <= value <= high
    ):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {_short(value)}")


def _list(name: str, value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{name} must be a list of at most {most}, not {_short(value)}")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
