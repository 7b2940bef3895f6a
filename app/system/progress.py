"""What long work calls now and then, so that it can be broken off."""

from __future__ import annotations

from collections.abc import Callable

# Called again and again by what takes long; it may raise to break off.
GoOn = Callable[[], object]


def to_the_end() -> None:
    """Lets it go on."""
