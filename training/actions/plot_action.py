"""`plot`: the curves of several runs in one picture."""

from __future__ import annotations

from argparse import Namespace

from training.command.checks import refuse_overwriting
from training.options import UsageError
from training.scoring import curves, score_picture
from training.scoring.curves import Run


def run(options: Namespace) -> int:
    """Draws the runs' logs."""
    if not options.log or options.out is None:
        raise UsageError("plot needs --log FILE.log, one or more, and --out PICTURE.png or .svg")
    if options.out.suffix.lower() not in score_picture.SUFFIXES:
        raise UsageError(
            f"--out {options.out} is none of {', '.join(score_picture.SUFFIXES)}"
        )
    refuse_overwriting([("--out", options.out)], [("--log", path) for path in options.log])
    runs = [Run.read(path) for path in dict.fromkeys(options.log)]
    curves.draw(runs, options.out)
    print(f"{options.out}: {len(runs)} runs")
    return 0
