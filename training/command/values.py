"""What options take: numbers within their bounds, and lists of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

# Wider networks, or longer windows, are slips of the finger: their size is checked before memory is
# asked for.
MOST_CHANNELS = 4096
MOST_BLOCKS = 64
LONGEST_WINDOW = 1 << 17
MOST_BINS = 480


def number(
    convert: Callable[[str], float], holds: Callable[[float], bool], wanted: str
) -> Callable[[str], float]:
    """A type for `add_argument` that names the value and what is wanted where it does not hold."""

    def parse(text: str) -> float:
        try:
            value = convert(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None
        if not holds(value):
            raise argparse.ArgumentTypeError(f"{text} is not {wanted}")
        return value

    return parse


def epochs(text: str) -> list[int]:
    """One epoch, or several with commas between them."""
    try:
        values = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        values = []
    if not values or min(values) < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, or several: 10,20")
    return values


class Joined(argparse.Action):
    """Keeps the lists of all words of an option as one list."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        assert isinstance(values, list)
        setattr(namespace, self.dest, [value for part in values for value in part])


positive = number(int, lambda value: value > 0, "a whole number above 0")
natural = number(int, lambda value: value >= 0, "a whole number, 0 or more")
positive_real = number(float, lambda value: 0 < value < float("inf"), "a number above 0")
real = number(float, lambda value: 0 <= value < float("inf"), "a number, 0 or more")
share = number(float, lambda value: 0 < value < 1, "a number between 0 and 1")
probability = number(float, lambda value: 0 <= value <= 1, "a number from 0 to 1")
decay = number(float, lambda value: 0 <= value < 1, "a number from 0 up to, but not, 1")
channels = number(
    int, lambda value: 0 < value <= MOST_CHANNELS, f"a whole number from 1 to {MOST_CHANNELS}"
)
units = number(
    int, lambda value: 0 <= value <= MOST_CHANNELS, f"a whole number from 0 to {MOST_CHANNELS}"
)
blocks = number(
    int, lambda value: 0 <= value <= MOST_BLOCKS, f"a whole number from 0 to {MOST_BLOCKS}"
)
bins = number(
    int, lambda value: 0 < value <= MOST_BINS, f"a whole number from 1 to {MOST_BINS}"
)
window = number(
    int, lambda value: 0 < value <= LONGEST_WINDOW, f"a whole number from 1 to {LONGEST_WINDOW}"
)
