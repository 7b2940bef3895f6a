"""Whole files, damaged: what a fuzzer gives a reader."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from hypothesis import strategies

# Numbers at the edges of what fits somewhere, as bytes of any order.
_NUMBERS = [
    value.to_bytes(size, order)
    for size in (1, 2, 4, 8)
    for value in (0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1)
    for order in ("big", "little")
] + [(10**6).to_bytes(4, "big"), (10**6).to_bytes(4, "little")]
# What may stand in a text in place of a value.
_WORDS = [
    b"null", b"true", b"0", b"-1", b"0.5", b"1e3", b"1e999", b"-1e999", b"NaN", b"nan", b"inf",
    b"1e308", b"9" * 400, b"9" * 5_000, b"-" + b"9" * 20, b"1" + b"0" * 12, b"65536", b'""',
    b'"x"', b'"\\ud800"', b'"\\u0000"', b"\xff\xfe", b"\0", b"[]", b"{}", b"[[1]]", b'{"a":1}',
    b"[" * 3_000, b'{"a":' * 3_000, b"", b" ", b",", b"\n", b'"', b"1_000", b"0x10",
    b"\xe2\x80\xa8", b"x" * 140_000,
]
# In a longer text single values are not looked for.
_LONG = 50_000
_VALUE = re.compile(rb'"[^"\\]*"|[-+\w.]+')


def damaged(wholes: Sequence[bytes], *, is_text: bool) -> strategies.SearchStrategy[bytes]:
    """One of the files with one to eight changes, in whatever way."""
    return strategies.builds(
        lambda whole, seed: _changed(whole, random.Random(seed), is_text=is_text),
        strategies.sampled_from(list(wholes)),
        strategies.integers(0, 2**64 - 1),
    )


def _changed(whole: bytes, rng: random.Random, *, is_text: bool) -> bytes:
    content = bytearray(whole)
    # Mostly one or two.
    for _ in range(int(2 ** rng.triangular(0, 3.2, 0))):
        _change(content, rng, is_text=is_text)
    return bytes(content)


def _change(content: bytearray, rng: random.Random, *, is_text: bool) -> None:
    if is_text and len(content) <= _LONG and rng.random() < 0.75:
        values = list(_VALUE.finditer(content))
        if values:
            first, last = rng.choice(values).span()
            content[first:last] = rng.choice(_WORDS)
            return
    # Most of what is believed stands at the beginning.
    end = len(content) if rng.random() < 0.5 else min(len(content), 512)
    first = rng.randrange(end + 1)
    last = min(len(content), first + int(2 ** rng.uniform(0, 12)))
    match rng.randrange(8):
        case 0 | 1:
            content[first : first + 1] = bytes([rng.randrange(256)])
        case 2 | 3:
            number = rng.choice(_NUMBERS)
            content[first : first + len(number)] = number
        case 4:
            del content[first:last]
        case 5:
            content[last:last] = content[first:last]
        case 6:
            content[first:last] = rng.randbytes(last - first)
        case _ if rng.random() < 0.3:
            del content[first:]
        case _:
            other = rng.randrange(len(content) + 1)
            content[other : other + last - first] = content[first:last]
