"""The report of a fault: versions, devices, the end of the log; no sound, no names of files."""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from app import __version__
from app.audio.devices.device_list import AudioDeviceError, Device, default_output, input_devices
from app.system.crash_log import CrashLog
from app.system.scrubbing import scrubbed

_LOG_LINES = 400
_LIBRARIES = (
    "PySide6-Essentials", "numpy", "onnxruntime", "torch", "sounddevice", "soundfile", "soxr",
    "librosa", "numba", "av", "supriya-midi", "pyqtgraph",
)


def report_text(log: CrashLog, screen: str, files: Iterable[Path] = ()) -> str:
    """All of it, as text to be pasted somewhere. Asks the sound library: not for the GUI thread.

    Args:
        screen: what the window is shown on, in a few words.
        files: whose names are taken out wherever they stand.
    """
    parts = [
        f"Noteglow {__version__}",
        f"Python {platform.python_version()}, {platform.platform()}, {platform.machine()}, "
        f"{os.cpu_count()} processors",
        ", ".join(_versions()),
        f"Screen: {screen}",
        *_devices(),
        "",
        "The end of the log:",
        log.tail(_LOG_LINES) or "(nothing)",
    ]
    return scrubbed("\n".join(parts), [*_people(), *_names(files)]) + "\n"


def _versions() -> list[str]:
    found = []
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return found


def _devices() -> list[str]:
    try:
        inputs: Sequence[Device] = input_devices()
    except AudioDeviceError as error:
        return [f"Inputs: {error}"]
    lines = [f"Input: {_device(device)}" for device in inputs] or ["Inputs: none"]
    try:
        lines.append(f"Output: {_device(default_output())}")
    except AudioDeviceError as error:
        lines.append(f"Output: {error}")
    return lines


def _device(device: Device) -> str:
    return (
        f"{device.host_api}, {device.name}, {device.channels} channels, "
        f"{device.default_sample_rate:g} Hz"
    )


def _people() -> list[str]:
    """What the user and this computer are called."""
    names = [platform.node(), platform.node().split(".")[0]]
    with contextlib.suppress(OSError, KeyError, ImportError):
        names.append(getpass.getuser())
    with contextlib.suppress(RuntimeError):
        names.append(Path.home().name)
    return names


def _names(files: Iterable[Path]) -> list[str]:
    """What files and their folders are called, with suffix and without."""
    return [
        name
        for file in files
        for name in (file.name, file.stem, *(part.name for part in file.parents))
    ]
