"""What is odd about options that are possible: it is said, and the run goes on."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from training.command.parser import Parser
from training.options import UsageError

# Rates beyond this let no network here learn; others were tried between .0003 and .01.
_HIGHEST_RATE = 0.1
_LONGEST_CLIP_S = 60
# Processes for each core from which on they only take memory.
_PROCESSES_PER_CORE = 4


def odd(options: Namespace, parser: Parser) -> list[str]:
    """One sentence for each option that the action does not use, or whose value is implausible."""
    # An action that no option names reads what it likes.
    is_known = any(
        options.action in parser.used_by[name] for name in parser.used_by
        if name not in ("action", "config")
    )
    # A file of options may be that of another action: what it holds more is no slip.
    said = [
        f"{flag(name)} is of no use to {options.action}"
        for name in sorted(options.typed)
        if is_known and options.action not in parser.used_by[name] | parser.checked_by[name]
    ]
    used = {name for name, actions in parser.used_by.items() if options.action in actions}
    if "num_workers" in used:
        said += _workers(options.num_workers)
    if "lr" in used:
        said += _schedule(options)
    if options.action.startswith("process") and options.batch_seconds > _LONGEST_CLIP_S:
        said.append(
            f"--batch-seconds {options.batch_seconds:g}: clips so long make few, slow steps; 4 is "
            "usual"
        )
    return said


def _workers(n_workers: int) -> Iterable[str]:
    n_cores = os.cpu_count() or 1
    if n_workers > _PROCESSES_PER_CORE * n_cores:
        yield (
            f"--num-workers {n_workers}: this machine has {n_cores} cores, many more processes "
            "take memory and bring nothing"
        )


def _schedule(options: Namespace) -> Iterable[str]:
    if options.lr > _HIGHEST_RATE:
        yield f"--lr {options.lr:g} is far above what networks learn with; .0003 to .01 is usual"
    if options.gamma > 1 and options.milestones:
        yield f"--gamma {options.gamma:g} makes the learning rate rise at every milestone"
    shown = " ".join(map(str, options.milestones))
    if any(later <= earlier for earlier, later in pairwise(options.milestones)):
        yield f"--milestones {shown} do not rise: their order makes no difference"
    beyond = [epoch for epoch in options.milestones if epoch >= options.num_epochs]
    if beyond:
        yield (
            f"--milestones {shown}: with --num-epochs {options.num_epochs}, epoch "
            f"{beyond[0]} changes nothing any more"
        )


def flag(name: str) -> str:
    """An option as it is typed."""
    return "--" + name.replace("_", "-")


def refuse_overwriting(
    outputs: Iterable[tuple[str, Path | None]], inputs: Iterable[tuple[str, Path | None]]
) -> None:
    """Raises UsageError when a file to write is one of those that are read.

    Args:
        outputs, inputs: option and file; files that are None count not.
    """
    read = [(name, path, path.resolve()) for name, path in inputs if path is not None]
    for option, path in outputs:
        for name, source, resolved in read:
            if path is not None and _same(path, source, resolved):
                raise UsageError(
                    f"{option} {path} is {name} {source}, which would be lost: give another file "
                    "to write"
                )


def _same(path: Path, source: Path, resolved: Path) -> bool:
    # Two names of one file are told by the file, where there is one.
    if path.exists() and source.exists():
        return path.samefile(source)
    return path.resolve() == resolved
