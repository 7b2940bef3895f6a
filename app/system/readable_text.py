"""Names of files as texts that can be written anywhere."""

from __future__ import annotations


def readable(name: str) -> str:
    """The name with a question mark for what is no UTF-8 in it, as names of old disks may have."""
    return name.encode("utf-8", "replace").decode("utf-8")
