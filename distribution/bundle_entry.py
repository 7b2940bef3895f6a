"""What the bundle begins with: the program, or one of the processes that it starts itself."""

from __future__ import annotations

import multiprocessing
import runpy
import sys


def ran_as_python() -> bool:
    """Runs `-m MODULE ...` or `-c CODE ...` as Python does; false for anything else.

    The bundle is no Python, but it is what `sys.executable` names: joblib's processes are started
    so, and the program's own look at the display and the devices.
    """
    flags = ("-B", "-E", "-I", "-O", "-S", "-s", "-u")
    words = [word for word in sys.argv[1:] if word not in flags]
    match words:
        case ["-m", str(module), *rest]:
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__")
        case ["-c", str(code), *rest]:
            sys.argv = ["-c", *rest]
            exec(code, {"__name__": "__main__"})  # nosec B102 - what `python -c` does
        case _:
            return False
    return True


if __name__ == "__main__":
    multiprocessing.freeze_support()
    if not ran_as_python():
        from main import run

        sys.exit(run())
