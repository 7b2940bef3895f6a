"""Takes the names of files and people out of a log before it is shown to others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from app.system.paths import HOME

_FILE, _PATH, _NAME = "<file>", "<path>", "<name>"
# Shorter ones would be found in half of all words.
_SHORTEST_NAME = 3
# What Python and faulthandler say of each call, and where code begins in such a path.
_FRAME = re.compile(r'^(\s*File ")(.*)(", line \d+.*)$')
_CODE_ROOTS = re.compile(r".*[\\/](?:site-packages|python3\.\d+)[\\/]")
# What stands before a message and tells nothing of files: the log's own words, a fault's kind.
_BEGINNING = re.compile(
    r"^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ [A-Z]+ [\w.]+: )?"
    r"(?:[\w.]*(?:Error|Exception|Warning)\b[:(] ?)?"
)
_SUFFIXES = (
    "wav|flac|ogg|oga|opus|mp3|wma|aif|aiff|m4a|mp4|aac|webm|mkv|mov|mid|midi|noteglow|json|jsonl|"
    "csv|xml|musicxml|mxl|png|svg|pdf|txt|zip|h5|npz|safetensors|onnx|sf2"
)
# Names may hold blanks, so everything before a known ending counts as the name.
_UP_TO_FILE = re.compile(rf"^.*\.(?:{_SUFFIXES})(?!\w)", re.IGNORECASE)
_QUOTED_PATH = re.compile(r"""(["'])(?=[^"']*[\\/]).*?\1""")
# A path that is not quoted ends where a reason follows it, as in "PATH: it cannot be read", or not
# at all.
_PATH_BEGINS = r"(?:(?<![\w.<])(?:file:)?/+(?=[^\s/])|\b[A-Za-z]:[\\/]|\\\\|~[\\/])"
_BARE_PATH = re.compile(rf"{_PATH_BEGINS}.*(?=: )|{_PATH_BEGINS}.*$")
_RELATIVE_PATH = re.compile(r"\w[^\s\"'()]*[\\/][^\s\"'()]*")


def scrubbed(text: str, names: Iterable[str] = ()) -> str:
    """The text without names of files, folders and people, as far as they can be told.

    Where it is in doubt, more is taken out than need be. The files of programs stay, from the
    folder of their library on.

    Args:
        names: further names to take out, such as the user's, and files that have no suffix.
    """
    known = sorted({name for name in names if len(name) >= _SHORTEST_NAME}, key=len, reverse=True)
    named = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in known))
    return "\n".join(_scrubbed_line(line, named if known else None) for line in text.split("\n"))


def _scrubbed_line(line: str, named: re.Pattern[str] | None) -> str:
    frame = _FRAME.match(line)
    if frame is not None:
        return f"{frame[1]}{_code_path(frame[2])}{frame[3]}"
    beginning = _BEGINNING.match(line)
    start = beginning.end() if beginning else 0
    rest = line[start:]
    if named is not None:
        rest = named.sub(_NAME, rest)
    rest = _UP_TO_FILE.sub(_FILE, rest)
    rest = _QUOTED_PATH.sub(_PATH, rest)
    rest = _BARE_PATH.sub(_PATH, rest)
    return line[:start] + _RELATIVE_PATH.sub(_PATH, rest)


def _code_path(path: str) -> str:
    """A path of code from the folder of its program or library on."""
    if PurePath(path).is_relative_to(HOME):
        return PurePath(path).relative_to(HOME).as_posix()
    within, found = _CODE_ROOTS.subn("", path)
    # Python's own, such as <frozen importlib>, have no folder.
    return within if found or not re.search(r"[\\/]", path) else _PATH
