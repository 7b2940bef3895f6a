"""What the program remembers from one start to the next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QByteArray, QSettings

from app.theme import THEME_NAMES

MOST_RECENT_FILES = 8

_log = logging.getLogger(__name__)
Value = TypeVar("Value")


class Settings:
    """Typed access to the stored settings. A value that makes no sense is dropped with a warning.

    Args:
        store: where they are kept; the user's own settings of Noteglow by default.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings("Noteglow", "Noteglow")
        if self._store.status() != QSettings.Status.NoError:
            _log.warning("%s: the settings cannot be read, so Noteglow starts with its own",
                         self._store.fileName())

    @property
    def theme(self) -> str:
        """One of `THEME_NAMES`."""
        return self._read("theme", _theme_name, "dark")

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def follow(self) -> bool:
        """Whether the view follows the cursor while a recording plays."""
        return self._read("follow", _truth, True)

    @follow.setter
    def follow(self, follow: bool) -> None:
        self._store.setValue("follow", follow)

    @property
    def geometry(self) -> QByteArray | None:
        """Place and size of the window, as Qt packs them; None when it was never open."""
        return self._read("geometry", _bytes, None)

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._store.setValue("geometry", geometry)

    @property
    def last_folder(self) -> Path:
        """The folder of the file opened or written last."""
        return self._read("last_folder", _folder, Path.home())

    @last_folder.setter
    def last_folder(self, folder: Path) -> None:
        self._store.setValue("last_folder", str(folder))

    @property
    def recent_files(self) -> list[Path]:
        """Recordings opened before, the newest first; they need not be there any more."""
        return self._read("recent_files", _paths, [])

    def add_recent_file(self, path: Path) -> None:
        """Puts a recording first among the recent ones."""
        path = path.absolute()
        others = [other for other in self.recent_files if other != path]
        files = [path, *others][:MOST_RECENT_FILES]
        self._store.setValue("recent_files", [str(file) for file in files])

    def clear_recent_files(self) -> None:
        self._store.remove("recent_files")

    def _read(self, key: str, convert: Callable[[Any], Value], default: Value) -> Value:
        stored = self._store.value(key)
        if stored is None:
            return default
        try:
            return convert(stored)
        except ValueError as error:
            _log.warning("the setting %r is dropped: %s", key, error)
            self._store.remove(key)
            return default


def _theme_name(stored: object) -> str:
    if stored not in THEME_NAMES:
        raise ValueError(f"{stored!r} is not one of {', '.join(THEME_NAMES)}")
    return str(stored)


def _truth(stored: object) -> bool:
    # Text files hold "true" and "false".
    values = {True: True, False: False, "true": True, "false": False}
    if not isinstance(stored, bool | str) or stored not in values:
        raise ValueError(f"{stored!r} is neither true nor false")
    return values[stored]


def _bytes(stored: object) -> QByteArray:
    if not isinstance(stored, QByteArray):
        raise ValueError(f"{type(stored).__name__} is not a window's geometry")
    return stored


def _folder(stored: object) -> Path:
    if not isinstance(stored, str) or "\0" in stored or not Path(stored).is_dir():
        raise ValueError(f"{stored!r} is not a folder")
    return Path(stored)


def _paths(stored: object) -> list[Path]:
    # A list of one comes back from a text file as the text alone.
    items = [stored] if isinstance(stored, str) else stored
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise ValueError(f"{stored!r} is not a list of files")
    return [Path(item) for item in items][:MOST_RECENT_FILES]
