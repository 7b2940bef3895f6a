"""The options of a run, from the command line and from a file."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from training import options as command_line
from training.command import config_file
from training.command.config_file import ConfigError
from training.command.parser import Parser
from training.options import UsageError

# Of these one takes the other's place: the command line's that of the file.
_EITHER = (("c", "channels"), ("resume", "anew"))


def parse(argv: Sequence[str] | None = None) -> Namespace:
    """All options, with two more attributes.

    `typed` holds the names of those that the command line itself names, `given` also those that the
    file does.

    Raises:
        SystemExit: an option is unknown or its value impossible; one sentence has been printed.
        UsageError: the file cannot be used, or no action is given.
    """
    parser = command_line.parser()
    said = _given(parser, argv)
    in_file: dict[str, Any] = {}
    if "config" in said:
        try:
            in_file = _read(parser, said)
        except ConfigError as error:
            raise UsageError(str(error)) from None
    values = {option.dest: _default(option) for option in options_of(parser)} | in_file | said
    if values["action"] is None:
        raise UsageError(f"--action is needed: one of {', '.join(command_line.ACTIONS)}")
    return Namespace(**values, typed=frozenset(said),
                     given=frozenset({*said, *in_file}))


def options_of(parser: Parser) -> list[argparse.Action]:
    """All options but `--help`."""
    return [option for option in parser._actions if option.dest != "help"]


def _given(parser: Parser, argv: Sequence[str] | None) -> dict[str, Any]:
    """The options that are named, by name, without the defaults of the others."""
    blank = Namespace(**{option.dest: None for option in options_of(parser)})
    found = vars(parser.parse_args(argv, blank))
    return {name: value for name, value in found.items() if value is not None}


def _read(parser: Parser, said: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the file that the command line does not name."""
    path = said["config"]
    words = config_file.words(path, {option.dest: option for option in options_of(parser)})

    class Strict(Parser):
        def error(self, message: str) -> Any:
            raise ConfigError(f"{path}: {message}")

    reader = command_line.parser(Strict)
    found = _given(reader, words)
    hidden = {name for pair in _EITHER for name in pair if said.keys() & set(pair)}
    return {name: value for name, value in found.items() if name not in said.keys() | hidden}


def _default(option: argparse.Action) -> Any:
    # A list of its own, that nobody else's appending changes.
    return list(option.default) if isinstance(option.default, list) else option.default
