"""Every reader that is fuzzed, by name."""

from __future__ import annotations

from tests.fuzz.note_readers import NOTE_READERS
from tests.fuzz.sound_readers import SOUND_READERS

READERS = {reader.name: reader for reader in (*NOTE_READERS, *SOUND_READERS)}
