"""What the program and the trainer write, each as a deed that can be killed at any moment."""

from __future__ import annotations

import importlib

from tests.soak.deed import Deed

# Where each is: who does one does not wait for the libraries of the others.
_PLACES = {
    "recording": ("take_deeds", "Recording"),
    "recovering": ("take_deeds", "Recovering"),
    "keeping": ("take_deeds", "Keeping"),
    "exports": ("file_deeds", "Exports"),
    "settings": ("file_deeds", "SettingsChanges"),
    "projects": ("file_deeds", "Projects"),
    "autosaves": ("file_deeds", "Autosaves"),
    "building": ("training_deeds", "Building"),
    "training": ("training_deeds", "Training"),
}
NAMES = tuple(_PLACES)


def deed_of(name: str) -> Deed:
    """The deed of one of `NAMES`."""
    module, kind = _PLACES[name]
    deed: Deed = getattr(importlib.import_module(f"tests.soak.{module}"), kind)()
    return deed
