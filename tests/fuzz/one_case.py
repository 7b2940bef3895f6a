"""One case given to a reader, and what is a fault."""

from __future__ import annotations

import contextlib
import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.readers import Reader

LONGEST_S = 5.0
_MOST_BYTES = 1 << 30


def run(reader: Reader, content: bytes, folder: Path) -> None:
    """Gives the reader a file.

    Raises:
        Exception: any but those that the reader is there to raise.
        AssertionError: it took longer than `LONGEST_S` of the processor's time.
    """
    folder.mkdir(exist_ok=True)
    path = folder / f"case{reader.suffix}"
    path.write_bytes(content)
    began_s = time.process_time()
    with contextlib.suppress(*reader.refusals):
        reader.read(path)
    took_s = time.process_time() - began_s
    assert took_s < LONGEST_S, f"it took {took_s:.1f} s"
    if len(list(folder.iterdir())) > 20:
        shutil.rmtree(folder)


@contextlib.contextmanager
def limited_memory() -> Iterator[None]:
    """A gigabyte more than there is in use now, and MemoryError beyond."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + _MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
