"""`--help` of every command: a short manual."""

from __future__ import annotations

import re
import shlex

import pytest

from app.terminal import command_options as options
from app.terminal.command_options import Parser

PARSERS = (
    options.window_parser, options.transcribe_parser, options.stream_parser,
    options.listen_parser, options.devices_parser, options.demo_parser,
)


@pytest.fixture(params=PARSERS, ids=lambda make: make.__name__)
def parser(request: pytest.FixtureRequest) -> Parser:
    made = request.param()
    assert isinstance(made, Parser)
    return made


def test_every_option_says_its_default(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    # Wide enough for one line each.
    monkeypatch.setenv("COLUMNS", "1000")
    told = parser.format_help()
    for action in parser._actions:
        if not action.option_strings or action.required or "--help" in action.option_strings:
            continue
        if "--version" not in action.option_strings:
            [line] = [line for line in told.splitlines()
                      if re.match(rf"  {action.option_strings[-1]}\b", line)]
            assert "default" in line or "default" in told[told.index(line):].splitlines()[1]
    assert "--capo" not in told or "(default: 0)" in told


def test_examples_are_understood(parser: Parser) -> None:
    lines = parser.format_help().partition("examples:\n")[2].splitlines()
    examples = [line.strip() for line in lines[::2]]
    assert examples
    for example in examples:
        assert example == parser.prog or example.startswith(f"{parser.prog} ")
        parser.parse_args(shlex.split(example[len(parser.prog):]))
