"""Clips from the processes that read them, with their errors in one sentence."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator

from torch import Tensor

from training.errors import DataError

Batch = tuple[Tensor, dict[str, Tensor]]


def clips(
    loader: Iterable[Batch], is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Batch]:
    """The loader's batches.

    Args:
        is_stopped: whether all of it was asked to stop. A signal to the whole group may end a
            process that reads clips, too: then the batches end there.

    Raises:
        DataError: a file cannot be read, or a process that read clips died.
    """
    batches = iter(loader)
    while True:
        try:
            batch = next(batches)
            _tell_of_deaths_here_alone()
        except StopIteration:
            return
        except DataError as error:
            # From another process it comes with that one's traceback before it.
            last = str(error).strip().splitlines()[-1]
            raise DataError(last.partition("DataError: ")[2] or last) from None
        except (RuntimeError, ConnectionError, EOFError) as error:
            # What a dead one has sent lies with it: asking for that ends in the latter two.
            if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
                raise
            if is_stopped():
                return
            raise DataError(
                "a process that read clips died, perhaps for lack of memory: --resume goes on, "
                "with fewer --num-workers"
            ) from None
        yield batch


def _tell_of_deaths_here_alone() -> None:
    """Takes away the handler by which PyTorch tells of a dead process in the midst of a step.

    Asked for the next batch, it looks whether its processes live, and tells as well.
    """
    if hasattr(signal, "SIGCHLD") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
