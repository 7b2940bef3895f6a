"""What librosa asks of numba, without a compiler: its functions run as the Python that they are.

It stands in the bundle for numba, whose compiler is a quarter of all that is there, and takes half
a minute at its first use. Of librosa the program runs the beat tracker alone, and that only for
sound without notes: an hour of it takes some minutes.
"""

from __future__ import annotations

import builtins
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__version__ = "0.61.0"


def jit(*arguments: Any, **settings: Any) -> Any:
    """The function itself, with `@jit` and with `@jit(...)`."""
    if arguments and callable(arguments[0]):
        return arguments[0]
    return lambda function: function


njit = jit


def stencil(*arguments: Any, **settings: Any) -> Any:
    """The function of an element and those about it, for all of an array but its ends: there 0."""
    if not (arguments and callable(arguments[0])):
        return stencil
    kernel = arguments[0]

    @functools.wraps(kernel)
    def call(values: np.ndarray) -> np.ndarray:
        met = _Offsets()
        kernel(met)
        before, after = -min(0, *met.seen), max(0, *met.seen)
        inner = np.asarray(kernel(_Around(values, before, after)))
        result = np.zeros(values.shape, inner.dtype)
        result[before : len(values) - after] = inner
        return result

    return call


class _Offsets:
    """Notes how far a stencil reaches."""

    def __init__(self) -> None:
        self.seen: list[int] = [0]

    def __getitem__(self, offset: int) -> int:
        self.seen.append(offset)
        return 0


class _Around:
    """For every element at once, what lies so far from it."""

    def __init__(self, values: np.ndarray, before: int, after: int) -> None:
        self._values, self._before, self._after = values, before, after

    def __getitem__(self, offset: int) -> np.ndarray:
        end = len(self._values) - self._after + offset
        return self._values[self._before + offset : end]


def vectorize(*arguments: Any, **settings: Any) -> Any:
    """The function for every element of arrays."""
    if arguments and callable(arguments[0]):
        return np.vectorize(arguments[0])
    return np.vectorize


def guvectorize(
    signatures: Sequence[str], layout: str, **settings: Any
) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """The function for the last dimensions of arrays, as many as `layout` says.

    It writes into its last arguments. Those that are left out are made like the first one, of the
    types that the signature of its type names.
    """
    given, written = (re.findall(r"\(([^)]*)\)", side) for side in layout.split("->"))
    depths = [len(part.split(",")) if part.strip() else 0 for part in (*given, *written)]
    types = [
        [np.dtype(getattr(np, name)) for name in re.findall(r"\w+", str(one).partition("(")[2])]
        for one in signatures
    ]

    def decorated(function: Callable[..., None]) -> Callable[..., Any]:
        # Compiled, it takes whole numbers in a float.
        function.__globals__.setdefault("range", _whole_range)

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            arrays = [np.asarray(argument) for argument in arguments]
            # As NumPy chooses the loop of a function of its own.
            fitting = next(
                row for row in types if all(
                    np.can_cast(array.dtype, kind) for array, kind in zip(arrays, row, strict=False)
                    if array.ndim
                )
            )
            arrays[: len(given)] = [
                array.astype(kind, copy=False)
                for array, kind in zip(arrays[: len(given)], fitting, strict=False)
            ]
            arrays += [np.empty(arrays[0].shape, kind) for kind in fitting[len(arrays) :]]
            outer = np.broadcast_shapes(*(
                array.shape[: array.ndim - depth]
                for array, depth in zip(arrays, depths, strict=True)
            ))
            spread = [
                np.broadcast_to(array, outer + array.shape[array.ndim - depth :])
                if number < len(given) else array
                for number, (array, depth) in enumerate(zip(arrays, depths, strict=True))
            ]
            with np.errstate(all="ignore"):
                for place in np.ndindex(outer):
                    function(*(
                        _one(array, place) if number >= len(given) and not depths[number]
                        else array[place]
                        for number, array in enumerate(spread)
                    ))
            outputs = arrays[len(given) :]
            return outputs[0] if len(outputs) == 1 else tuple(outputs)

        return call

    return decorated


def _one(array: np.ndarray, place: tuple[int, ...]) -> np.ndarray:
    """A single number to be written, as an array of one."""
    # With the dots it is the array's own memory also without dimensions.
    return array[(*(slice(number, number + 1) for number in place), ...)].reshape(1)


def _whole_range(*ends: float) -> builtins.range:
    return builtins.range(*map(int, ends))
