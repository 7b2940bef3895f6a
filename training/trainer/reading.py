"""Clips from the processes that read them, with their errors in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import Tensor

from training.datasets.clips import DataError

Batch = tuple[Tensor, dict[str, Tensor]]


def clips(loader: Iterable[Batch]) -> Iterator[Batch]:
    """The loader's batches.

    Raises:
        DataError: a file cannot be read, or a process that read clips died.
    """
    batches = iter(loader)
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except DataError as error:
            # From another process it comes with that one's traceback before it.
            last = str(error).strip().splitlines()[-1]
            raise DataError(last.partition("DataError: ")[2] or last) from None
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise DataError(
                "a process that read clips died, perhaps for lack of memory: --resume goes on, "
                "with fewer --num-workers"
            ) from None
        yield batch
