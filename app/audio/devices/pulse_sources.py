"""The sources of a PulseAudio or PipeWire server, each microphone and each "Monitor of ...".

On Linux most builds of PortAudio know ALSA alone. ALSA's PulseAudio plugin is one device there,
whatever the server has to offer, so the computer's own sound could not be chosen. The server's
sources are therefore asked for with `pactl`, and the plugin is pointed at one by the environment
variable PULSE_SOURCE, which libpulse reads whenever it connects (pulse-client.conf(5)).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

HOST_API = "PulseAudio"
# A server that hangs must not hold the list of devices.
_PATIENCE_S = 2.0
_SPECIFICATION = re.compile(r"(\d+)ch (\d+)Hz$")
_VARIABLE = "PULSE_SOURCE"


@dataclass(frozen=True)
class PulseSource:
    """One source of the server.

    Attributes:
        source: the server's name of it, unique and the same after every start.
        description: its name for people.
        channels, sample_rate: what the server itself takes from it, in Hz.
        is_monitor: it carries what a loudspeaker plays.
    """

    source: str
    description: str
    channels: int
    sample_rate: float
    is_monitor: bool


def pulse_sources() -> list[PulseSource]:
    """All sources of the server; none where there is no server or no `pactl` that tells them."""
    if not sys.platform.startswith("linux") or shutil.which("pactl") is None:
        return []
    try:
        run = subprocess.run(
            ["pactl", "--format=json", "list", "sources"],
            # In some languages its numbers have commas, which is not JSON.
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            capture_output=True, check=True, timeout=_PATIENCE_S,
        )  # fmt: skip
        return sources_of(run.stdout.decode("utf-8", "replace"))
    except (OSError, subprocess.SubprocessError, ValueError):
        # An old pactl, or a server that is gone: there is still what ALSA offers.
        return []


def sources_of(listing: str) -> list[PulseSource]:
    """The sources in what `pactl --format=json list sources` wrote.

    Raises:
        ValueError: it is no such listing.
    """
    rows = json.loads(listing)
    if not isinstance(rows, list):
        raise ValueError("not a list of sources")
    found = []
    for row in rows:
        specification = _SPECIFICATION.search(str(row.get("sample_specification")))
        if specification is not None and row.get("name"):
            found.append(
                PulseSource(
                    source=row["name"],
                    description=row.get("description") or row["name"],
                    channels=int(specification[1]),
                    sample_rate=float(specification[2]),
                    is_monitor=bool(row.get("monitor_source")),
                )
            )
    return found


@contextmanager
def pointed_at(source: str | None) -> Iterator[None]:
    """Streams that are opened within through the plugin come from this source of the server.

    For one thread at a time. None changes nothing.
    """
    if source is None:
        yield
        return
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = source
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
