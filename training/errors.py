"""What data sets and training runs fail with."""

from __future__ import annotations


class DataError(ValueError):
    """A data set cannot be made or used; the message names the file and why."""


class StateError(ValueError):
    """A training state cannot be used, or a run cannot go on; the message names why."""
