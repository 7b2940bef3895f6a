"""Scores as tables of Markdown, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from model.files.whole_file import whole_file

Table = Mapping[str, Mapping[str, float]]
Row = TypeVar("Row")


def markdown(table: Table, head: str, columns: Sequence[tuple[str, str]]) -> str:
    """A table with one line for each row.

    Args:
        head: what the rows' names are.
        columns: (key, format) of each column; a row may lack it.
    """
    lines = [[head, *(key.replace("_", " ") for key, _ in columns)]]
    for name, row in table.items():
        cells = [_cell(row.get(key, math.nan), style) for key, style in columns]
        lines.append([name, *cells])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rule = [":" + "-" * (width - 1) if column == 0 else "-" * (width - 1) + ":"
            for column, width in enumerate(widths)]
    padded = [
        [cell.ljust(width) if column == 0 else cell.rjust(width)
         for column, (cell, width) in enumerate(zip(line, widths, strict=True))]
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


def by_name(rows: Iterable[tuple[str, Row]]) -> dict[str, Row]:
    """Rows by name; a further one of the same name gets a number."""
    table: dict[str, Row] = {}
    for name, row in rows:
        number, free = 2, name
        while free in table:
            number, free = number + 1, f"{name} ({number})"
        table[free] = row
    return table


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Writes beside and renames; a number that does not exist (nan) becomes null."""
    text = json.dumps(_plain(values), indent=1, allow_nan=False) + "\n"
    with whole_file(path) as beside:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, "utf-8")


def _cell(value: float, style: str) -> str:
    return "–" if math.isnan(value) else format(value, style)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
