"""What a command that fails says on standard error, and the exit status that tells of it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.system.fault_hooks import fault_text
from app.system.paths import IS_INSTALLED

if TYPE_CHECKING:
    from app.system.crash_log import CrashLog

_INTERRUPTED = 130
_BROKEN_PIPE = 141


def exit_status(command: Callable[[], int], log: CrashLog | None) -> int:
    """Runs a command and returns the program's exit status.

    0 is done, 1 something could not be done (said in one line on standard error), 2 the arguments
    are wrong, 130 interrupted by Ctrl-C.

    Args:
        log: takes the faults of the program; without one they are raised.
    """
    try:
        status = command()
        # What the output does not take shall be told, not lost at the very end.
        sys.stdout.flush()
        return status
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _forget_output()
        return _BROKEN_PIPE
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in ("app", "model"):
            raise
        return failed(
            f"the Python package {error.name} is missing: "
            + ("install noteglow again" if IS_INSTALLED
               else "run `make venv`, then start with .venv/bin/python")
        )
    except _told_errors() as error:
        return failed(str(error))
    except Exception as fault:
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
            _forget_output()
            what = f"{fault.filename}: it" if fault.filename else "the output"
            return failed(f"{what} cannot be written ({fault.strerror})")
        if log is None:
            raise
        log.faults.note("The command ended", fault)
        known = f"; {log.path} holds what is known of it" if log.failure is None else ""
        return failed(f"this ended by a fault of the program ({fault_text(fault)}){known}")


def failed(sentence: str) -> int:
    """Says why, and returns the exit status."""
    print(f"noteglow: {sentence}", file=sys.stderr)
    return 1


def _forget_output() -> None:
    """Python must not try again to write what was refused."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told_errors() -> tuple[type[Exception], ...]:
    """The errors whose message is a sentence for the user."""
    from app.audio.devices.device_list import AudioDeviceError
    from app.audio.files.audio_source import AudioFileError
    from app.midi.rtmidi_client import MidiError
    from app.practice.piece import PieceError
    from app.system.atomic_write import WriteError
    from app.takes.take_paths import TakeError
    from model.checkpoint_header import CheckpointError
    from model.processes.dask_cluster import ClusterError

    return (
        AudioFileError, AudioDeviceError, WriteError, MidiError, TakeError, PieceError,
        CheckpointError, ClusterError,
    )
