"""A log as it is shown to others: no names of files and people, and still of use."""

from __future__ import annotations

import pytest

from app.system.paths import HOME
from app.system.scrubbing import scrubbed


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f'  File "{HOME}/app/song/song.py", line 3, in open', None),
        ('  File "/home/anna/env/lib/python3.13/site-packages/numpy/core.py", line 3 in f',
         '  File "numpy/core.py", line 3 in f'),
        ('  File "/home/anna/geheim/mine.py", line 3, in f', '  File "<path>", line 3, in f'),
        ('  File "<frozen importlib._bootstrap>", line 3 in h',
         '  File "<frozen importlib._bootstrap>", line 3 in h'),
        ("    return a / b + x[1:2]", "    return a / b + x[1:2]"),
        ("IndexError: index 3 is out of bounds for axis 0 with size 3",
         "IndexError: index 3 is out of bounds for axis 0 with size 3"),
        ("soundfile.LibsndfileError: Error opening '/home/anna/Mein Stück: b.WAV': System error.",
         "soundfile.LibsndfileError: <file>': System error."),
        ("2026-01-02 12:00:00,123 55 WARNING app.takes: Ein Lied.unfinished.flac: it ended",
         "2026-01-02 12:00:00,123 55 WARNING app.takes: <file>: it ended"),
        ("2026-01-02 12:00:00,123 55 WARNING Qt: /home/anna/Mein Ordner: it cannot be made (no)",
         "2026-01-02 12:00:00,123 55 WARNING Qt: <path>: it cannot be made (no)"),
        ("FileNotFoundError: [Errno 2] No such file: '/home/anna/geheim'",
         "FileNotFoundError: [Errno 2] No such file: <path>"),
        (r"PermissionError: [WinError 5] Denied: 'C:\\Users\\Anna\\geheim'",
         "PermissionError: [WinError 5] Denied: <path>"),
        (r"C:\Users\Anna\Mein Lied: bad", "<path>: bad"),
        ("qrc: file:///home/anna/geheim x", "qrc: <path>"),
        ("KeyError: 'Lied der Anna'", "KeyError: 'Lied der <name>'"),
        ("Annanas", "Annanas"),
    ],
)  # fmt: skip
def test_lines(line: str, shown: str | None) -> None:
    expected = '  File "app/song/song.py", line 3, in open' if shown is None else shown
    assert scrubbed(line, ["Anna", "a"]) == expected


def test_lines_stay_lines() -> None:
    assert scrubbed("one\n\ntwo\n") == "one\n\ntwo\n"
