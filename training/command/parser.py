"""A parser whose help says every default, and that knows which actions use an option."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any, NoReturn

PROCESS = ("process-train", "process-test")
TRAIN = ("train", "train-val")


class Help(argparse.HelpFormatter):
    """Says the default of every option whose text does not."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help
        if text is None or "default" in text or action.default is argparse.SUPPRESS:
            return text
        default = action.default
        if isinstance(default, (list, tuple)):
            default = " ".join(map(str, default)) or None
        said = {None: "none", True: "on", False: "off"}.get(default, "%(default)s")
        # 1 and 0 are equal to on and off, but are none of them.
        if isinstance(default, (int, float)) and not isinstance(default, bool):
            said = "%(default)s"
        elif isinstance(action.default, (list, tuple)) and default is not None:
            said = default
        return f"{text} (default: {said})"


class Parser(argparse.ArgumentParser):
    """A parser that knows which actions use an option.

    Attributes:
        used_by: the actions that use an option, by the option's name in the namespace.
        checked_by: those that take it only to refuse what contradicts it.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.used_by: dict[str, frozenset[str]] = {}
        self.checked_by: dict[str, frozenset[str]] = {}

    def error(self, message: str) -> NoReturn:
        """One sentence, not the whole list of options above it."""
        self.exit(2, f"training: {message}\n")


class Group:
    """A titled group of options, all of them used by the same actions but for those that say so."""

    def __init__(
        self,
        parser: Parser,
        title: str,
        used_by: Collection[str],
        checked_by: Collection[str] = (),
    ) -> None:
        self._parser = parser
        self._group = parser.add_argument_group(title)
        self._used_by = frozenset(used_by)
        self._checked_by = frozenset(checked_by)

    def add_argument(
        self,
        *flags: str,
        used_by: Collection[str] | None = None,
        checked_by: Collection[str] | None = None,
        **settings: Any,
    ) -> None:
        """As `ArgumentParser.add_argument`; what is not said of its actions is the group's."""
        option = self._group.add_argument(*flags, **settings)
        actions = self._used_by if used_by is None else frozenset(used_by)
        self._parser.used_by[option.dest] = actions
        if checked_by is None:
            checked_by = self._checked_by if used_by is None else ()
        self._parser.checked_by[option.dest] = frozenset(checked_by)
