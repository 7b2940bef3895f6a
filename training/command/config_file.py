"""Options in a TOML file: long command lines that can be kept, and repeated."""

from __future__ import annotations

import argparse
import json
import tomllib
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from training.command.parser import Parser

# What belongs to one start of a run, not to the run.
_NOT_KEPT = ("config", "resume", "anew")


class ConfigError(ValueError):
    """The file cannot be used; the message names it and why."""


def words(path: Path, options: Mapping[str, argparse.Action]) -> list[str]:
    """The file's options as the words of a command line.

    Args:
        options: all that there are, by name.

    Raises:
        ConfigError: the file is missing, is not TOML, or names what is no option.
    """
    try:
        held = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config {path} is not TOML ({error})") from None
    except OSError as error:
        raise ConfigError(f"--config {path} cannot be read ({error.strerror})") from None
    found: list[str] = []
    for key, value in held.items():
        option = options.get(key.replace("-", "_"))
        if option is None or option.dest == "config":
            raise ConfigError(f"--config {path}: there is no option {key!r}")
        if isinstance(value, dict):
            raise ConfigError(f"--config {path}: {key} is a table, not a value")
        found += _words(path, option, value)
    return found


def _words(path: Path, option: argparse.Action, value: Any) -> list[str]:
    flag = option.option_strings[-1]
    if option.nargs == 0:
        if not isinstance(value, bool):
            raise ConfigError(f"--config {path}: {option.dest} is true or false, not {value!r}")
        flags = [name for name in option.option_strings if name.startswith("--no-") != value]
        # One without a "--no-" is off where it is not named.
        return flags[-1:] if value or len(option.option_strings) > 1 else []
    values = value if isinstance(value, list) else [value]
    if any(isinstance(one, (bool, list, dict)) for one in values):
        raise ConfigError(f"--config {path}: {value!r} is no value of {option.dest}")
    if isinstance(option, argparse._AppendAction):
        return [f"{flag}={one}" for one in values]
    if option.nargs in ("*", "+"):
        return [flag, *map(str, values)]
    if len(values) != 1:
        raise ConfigError(f"--config {path}: {option.dest} takes one value, not {value!r}")
    return [f"{flag}={values[0]}"]


def text(options: Namespace, parser: Parser) -> str:
    """The options that the action uses, as such a file; those that are none are left out."""
    lines = [f'action = "{options.action}"']
    for name, actions in parser.used_by.items():
        value = getattr(options, name)
        if name in (*_NOT_KEPT, "action") or value is None:
            continue
        # What the data says itself is kept only where the user said it too.
        if options.action not in actions and not (
            options.action in parser.checked_by[name] and name in options.given
        ):
            continue
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        # A kind of corpus and its folder.
        return _toml(":".join(map(str, value)))
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, (bool, int)):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    # TOML's strings are written as JSON's, but for one character that JSON leaves as it is.
    held = json.dumps(str(value) if isinstance(value, PurePath) else value, ensure_ascii=False)
    return held.replace("\x7f", "\\u007F")
