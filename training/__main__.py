"""`python -m training`: builds data sets, trains the network and scores it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

try:
    from model.checkpoint import CheckpointError
    from training import options as command_line
    from training.corpora.recording import CorpusError
    from training.datasets.clip_dataset import DataError
    from training.options import UsageError
    from training.state import StateError
except ModuleNotFoundError as error:
    # Listening needs less than training, and may be all that was set up.
    if error.name is None or error.name.split(".")[0] in ("model", "training"):
        raise
    sys.exit(f"training: the Python package {error.name} is missing: `make train` installs it")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one action; returns the exit status."""
    parser = command_line.parser()
    options = parser.parse_args(argv)
    try:
        return _action(options.action)(options)
    except UsageError as error:
        parser.error(str(error))
    except (CorpusError, DataError, StateError, CheckpointError, OSError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _action(name: str) -> Callable[[Namespace], int]:
    """The function behind an action; each imports only what it needs itself."""
    if name in ("process-train", "process-test"):
        from training import process_action

        return process_action.run
    if name in ("train", "train-val"):
        from training import train_action

        return train_action.run
    if name == "tune":
        from training import tune_action

        return tune_action.run
    if name == "export":
        from training import export

        return export.run
    from training import test_action

    return test_action.run


if __name__ == "__main__":
    sys.exit(main())
