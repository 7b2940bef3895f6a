"""Beginnings and ends of notes as the decoder tells them."""

from __future__ import annotations

from model.notes import NoteOff, NoteOn


def on(pitch: int, onset_s: float, velocity: int = 100) -> NoteOn:
    return NoteOn(pitch, velocity, onset_s, onset_s + 0.05, 0.9)


def off(pitch: int, onset_s: float, offset_s: float) -> NoteOff:
    return NoteOff(pitch, 100, onset_s, offset_s, offset_s + 0.05, 0.9)
