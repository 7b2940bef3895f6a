"""What the bundle begins with: the program, or one of the processes that it starts itself."""

from __future__ import annotations

import multiprocessing
import runpy
import sys


def helper() -> bool:
    """Runs what joblib asks a Python for, `-m MODULE ...` or `-c CODE`; false for anything else.

    The bundle is no Python, but it is what `sys.executable` names.
    """
    flags = ("-B", "-E", "-I", "-O", "-S", "-s", "-u")
    words = [word for word in sys.argv[1:] if word not in flags]
    match words:
        case ["-m", str(module), *rest] if module.startswith("joblib.externals.loky."):
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__")
        case ["-c", str(code), *_] if code.startswith("from joblib.externals.loky."):
            exec(code, {"__name__": "__main__"})
        case _:
            return False
    return True


if __name__ == "__main__":
    multiprocessing.freeze_support()
    if not helper():
        from main import run

        sys.exit(run())
