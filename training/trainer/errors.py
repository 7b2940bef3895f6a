"""What training runs fail with."""

from __future__ import annotations


class StateError(ValueError):
    """A training state cannot be used, or a run cannot go on; the message names why."""
