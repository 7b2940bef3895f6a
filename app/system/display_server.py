"""Whether a window can be shown here, found out without ending the program."""

from __future__ import annotations

import os
import subprocess
import sys

# Qt's platforms that draw, but show nobody anything.
_UNSEEN = ("offscreen", "minimal", "minimalegl", "vnc")
_PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
_PROBE_LIMIT_S = 30


def missing() -> str | None:
    """Why no window can be opened, as half a sentence; None when one can.

    A window that is only drawn (QT_QPA_PLATFORM=offscreen) counts as opened.
    """
    if not sys.platform.startswith("linux"):
        return None
    if not any(
        os.environ.get(name) for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    ):
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    # Qt ends the program when a display does not answer or a library is missing, so a second
    # program finds out.
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=_PROBE_LIMIT_S, check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the display did not answer within {_PROBE_LIMIT_S} s"
    if probe.returncode == 0:
        return None
    return f"Qt cannot start ({_reason(probe.stderr)})"


def unseen() -> str | None:
    """Why nobody would see a window, as half a sentence; None when somebody would."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform in _UNSEEN:
        return f"there is no display (QT_QPA_PLATFORM is {platform})"
    return missing()


def _reason(stderr: str) -> str:
    """The first line of an error that says what is wrong: Qt's own, or Python's last."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if not lines:
        return "it gives no reason"
    said = [line for line in lines if line.startswith("qt.")]
    return (said[0] if said else lines[-1]).rstrip(".")
