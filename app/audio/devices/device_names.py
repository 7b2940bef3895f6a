"""What the program can tell of a sound device from its name, and of its silence."""

from __future__ import annotations

import re

# The names under which systems and well-known virtual cables offer the computer's own sound:
# PulseAudio and PipeWire; PortAudio's WASAPI; the sound chips' own mixers on Windows in its larger
# languages; BlackHole, Soundflower, Loopback and Background Music on macOS; VB-Audio's cables.
_MONITOR = re.compile(
    r"""^monitor\ of\ | \.monitor$ | \[loopback\]$ | ^loopback\b
    | ^(stereo\ ?mix | what\ u\ hear | wave\ out\ mix | mixage\ st[ée]r[ée]o | mezcla\ est[ée]reo)
    | \bblackhole\b | \bsoundflower\b | ^background\ music\b | \bvb-audio\b | \bvoicemeeter\b
    | ^cable\ output\b""",
    re.IGNORECASE | re.VERBOSE,
)
# The card's number, which ALSA gives anew whenever a card is plugged in.
_CARD_NUMBER = re.compile(r" \(hw:\d+,\d+\)$")

# What must be done where the system keeps the microphone from the program.
MACOS_PERMISSION = (
    "allow the microphone for Noteglow, or for the terminal that it runs in, under System Settings "
    "> Privacy & Security > Microphone, and start Noteglow again"
)
_WINDOWS_PERMISSION = (
    "or Windows keeps it from desktop apps (Settings > Privacy & security > Microphone)"
)
# A microphone that works is never exactly silent for so long.
PERMISSION_S = 2.0
MUTED_S = 5.0


def is_monitor_name(name: str) -> bool:
    """Whether an input of this name carries what the computer itself plays."""
    return _MONITOR.search(name) is not None


def lasting_name(name: str) -> str:
    """The part of a device's name that stays the same when it is plugged in again."""
    return _CARD_NUMBER.sub("", name)


def spoken_name(name: str) -> str:
    """How a sentence calls the input of this name: ALSA's "default" would read as a verb."""
    return "the default input" if name in ("default", "sysdefault") else name


def silence_hint(platform: str, name: str, is_monitor: bool, silent_s: float) -> str | None:
    """What to say of an input that has sent nothing but zeros since it was opened.

    macOS gives such silence, and no error, to a program that may not use the microphone; Windows
    gives it or an error.

    Args:
        platform: as in `sys.platform`.
        name: the device's.
        is_monitor: whether it is the computer's own sound, which is silent while nothing plays.
        silent_s: for how many seconds it has sent zeros.

    Returns:
        What the user can do, or None while there is nothing to say.
    """
    if is_monitor:
        return None
    if platform == "darwin":
        if silent_s < PERMISSION_S:
            return None
        return f"macOS lets no sound through from {name}: {MACOS_PERMISSION}."
    if silent_s < MUTED_S:
        return None
    if platform == "win32":
        return (
            f"{name} sends nothing but silence: it may be muted or switched off, "
            f"{_WINDOWS_PERMISSION}."
        )
    return f"{name} sends nothing but silence: it may be muted or switched off."
