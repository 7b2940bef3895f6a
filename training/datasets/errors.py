"""What data sets fail with."""

from __future__ import annotations


class DataError(ValueError):
    """A data set cannot be made or used; the message names the file and why."""
