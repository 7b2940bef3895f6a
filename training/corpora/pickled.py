"""The object arrays in musicnet.npz, which are pickled, read without running anything in them.

A pickle is a little program that may call any function it names. This reader knows seven names,
those that MusicNet's arrays and interval trees are made of, and gives each of them a harmless
stand-in that only keeps numbers, texts and lists. Any other name is refused, so a file can build
nothing but such data.
"""

from __future__ import annotations

import pickle  # noqa: TID251 # nosec B403 - its unpickler, with every name but seven refused
import pickletools  # nosec B403 - which runs nothing
import re
import tokenize
import warnings
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

# What a damaged pickle makes the unpickler raise.
_DAMAGED = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, MemoryError, RecursionError, SyntaxError, tokenize.TokenError,
)
# Whatever is kept for later is numbered. Python 2 begins with 1.
_KEEPING = ("PUT", "BINPUT", "LONG_BINPUT")
# Nothing that numpy or MusicNet's authors wrote; the length is believed before it is read.
_NEVER = ("BYTEARRAY8", "NEXT_BUFFER", "READONLY_BUFFER", "EXT1", "EXT2", "EXT4", "PERSID",
          "BINPERSID", "INST", "OBJ")  # fmt: skip


class PickledError(ValueError):
    """The pickle is damaged, or holds something else than arrays and interval trees."""


def read_object_array(file: IO[bytes]) -> list[Any]:
    """The elements of a .npy file of objects.

    Arrays come as numpy arrays, interval trees as lists of (begin, end, data).

    Raises:
        PickledError: see there.
    """
    try:
        version = np.lib.format.read_magic(file)
        read_header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        _, _, dtype = read_header(file)
        if dtype != np.dtype(object):
            raise PickledError(f"an array of {dtype} in place of one of objects")
        begin = file.tell()
        _require_sizes(file)
        file.seek(begin)
        whole = _Reader(file, encoding="latin1").load()
    except PickledError:
        raise
    except _DAMAGED as error:
        raise PickledError(f"{type(error).__name__}: {error}") from None
    if not isinstance(whole, _Array) or not isinstance(whole.content, list):
        raise PickledError("no array of objects")
    return [part.content if isinstance(part, _Array) else part for part in whole.content]


def _require_sizes(file: IO[bytes]) -> None:
    """Refuses what would make the unpickler ask for memory that the file does not fill.

    Raises:
        PickledError: something is in it that would.
        ValueError: something is longer than the file.
    """
    n_kept = 0
    with warnings.catch_warnings():
        # Of escapes in the texts of a damaged file.
        warnings.simplefilter("ignore", DeprecationWarning)
        for code, value, _ in pickletools.genops(file):
            if code.name in _NEVER:
                raise PickledError(f"it holds {code.name}, which is not read")
            if code.name in _KEEPING:
                n_kept += 1
                if value > n_kept:
                    raise PickledError(f"it keeps {n_kept} things and calls one number {value}")


class _Dtype:
    """Stands for numpy.dtype: of numbers, and of objects for the outermost array."""

    def __init__(self, code: str, *_: object) -> None:
        if re.fullmatch("[fiu][1248]|O[48]?", code) is None:
            raise PickledError(f"an array of the type {code!r}")
        self.dtype = np.dtype(object if code.startswith("O") else code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for numpy.ndarray: a numpy array of numbers, or a list of objects."""

    def __init__(self, *_: object) -> None:
        self.content: NDArray[Any] | list[Any] = []

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, _, raw = state
        if isinstance(raw, list):
            self.content = raw
        else:
            self.content = np.frombuffer(_bytes(raw), dtype.dtype).reshape(shape)


def _bytes(raw: str | bytes, _encoding: str = "latin1") -> bytes:
    """Python 2 pickles bytes as texts, Python 3 as a call of this on a text, or as bytes."""
    return raw.encode("latin1") if isinstance(raw, str) else raw


def _scalar(dtype: _Dtype, raw: str | bytes) -> int | float:
    value: int | float = np.frombuffer(_bytes(raw), dtype.dtype)[0].item()
    return value


def _interval(begin: float, end: float, data: object = None) -> tuple[float, float, object]:
    return begin, end, data


def _tree(intervals: list[Any]) -> list[Any]:
    return intervals


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # numpy 2 calls numpy.core numpy._core.
        stand_in = {
            ("numpy.core.multiarray", "_reconstruct"): _Array,
            ("numpy.core.multiarray", "scalar"): _scalar,
            ("numpy", "ndarray"): "ndarray",
            ("numpy", "dtype"): _Dtype,
            ("_codecs", "encode"): _bytes,
            ("intervaltree.intervaltree", "IntervalTree"): _tree,
            ("intervaltree.interval", "Interval"): _interval,
        }.get((module.replace("numpy._core", "numpy.core"), name))
        if stand_in is None:
            raise PickledError(f"it asks for {module}.{name}, which is not read")
        return stand_in
