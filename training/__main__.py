"""`python -m training`: builds data sets, trains the network and scores it."""

from __future__ import annotations

import errno
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

from model.checkpoint_header import CheckpointError
from model.processes.dask_cluster import ClusterError
from training import options as command_line
from training.command.checks import odd
from training.command.parse import parse
from training.corpora.recording import CorpusError
from training.errors import DataError, StateError
from training.options import UsageError
from training.trainer.stop_signals import Stopped


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one action; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = command_line.parser()
    try:
        options = parse(words)
        options.words = words
        # Of several processes one speaks.
        if os.environ.get("RANK", "0") == "0":
            for sentence in odd(options, parser):
                print(f"training: {sentence}", file=sys.stderr)
        return _action(options.action)(options)
    except ModuleNotFoundError as error:
        # Listening needs less than training, and may be all that was set up.
        if error.name is None or error.name.split(".")[0] in ("model", "training"):
            raise
        print(f"training: the Python package {error.name} is missing: `make train` installs it, "
              "or pip install 'noteglow[train]'", file=sys.stderr)
        return 1
    except UsageError as error:
        parser.error(str(error))
    except OSError as error:
        print(f"training: {_said(error)}", file=sys.stderr)
        return 1
    except MemoryError:
        print("training: there is not enough memory for this", file=sys.stderr)
        return 1
    except (CorpusError, DataError, StateError, CheckpointError, ClusterError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Stopped):
        return 130


def _said(error: OSError) -> str:
    """One sentence that names the file, where the system told it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename:
        return f"{error.filename}: the disk is full"
    return str(error)


def _action(name: str) -> Callable[[Namespace], int]:
    """The function behind an action; each imports only what it needs itself."""
    if name in ("process-train", "process-test"):
        from training.actions import process_action

        return process_action.run
    if name in ("train", "train-val"):
        from training.actions import train_action

        return train_action.run
    if name == "train-beats":
        from training.actions import train_beats_action

        return train_beats_action.run
    if name == "train-chords":
        from training.actions import train_chords_action

        return train_chords_action.run
    if name == "plot":
        from training.actions import plot_action

        return plot_action.run
    if name == "tune":
        from training.actions import tune_action

        return tune_action.run
    if name == "export":
        from training.actions import export_onnx as export

        return export.run
    from training.actions import test_action

    return test_action.run


if __name__ == "__main__":
    sys.exit(main())
