"""Which recordings a command is given, and where what is made of each of them goes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.system.atomic_write import WriteError

# What a folder is searched for. A recording that is named itself may be called anything.
SUFFIXES = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".m4a", ".mp4", ".aac",
    ".webm", ".mkv", ".mov", ".wma", ".caf", ".au",
)


@dataclass(frozen=True)
class Recording:
    """A recording's file, and the folder below the output in which its notes belong."""

    path: Path
    below: Path = Path()


def find_recordings(inputs: Sequence[Path]) -> tuple[list[Recording], list[str]]:
    """The recordings that files and folders name, and a sentence for each folder without success.

    Folders are searched to the bottom, in order of their names; what they hold keeps its place
    among them. Hidden files and folders are left out, and links to folders not followed. What is
    named twice is there once.
    """
    found: dict[str, Recording] = {}
    failures: list[str] = []
    for given in inputs:
        if given.is_dir():
            before = len(failures)
            inside = list(_inside(given, failures))
            if not inside and len(failures) == before:
                failures.append(f"{given}: this is a folder without a recording")
        else:
            inside = [Recording(given)]
        for recording in inside:
            found.setdefault(os.path.abspath(recording.path), recording)
    return list(found.values()), failures


def _inside(folder: Path, failures: list[str]) -> Iterator[Recording]:
    def failed(error: OSError) -> None:
        failures.append(f"{error.filename}: the folder cannot be read ({error.strerror})")

    for place, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(place).relative_to(folder)
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Recording(Path(place) / name, below)


def plan_outputs(
    recordings: Sequence[Recording], output: str, *, into_folder: bool = False
) -> dict[Path, Path]:
    """The MIDI file for every recording.

    In a folder a MIDI file is named after its recording. Where several recordings have the same
    name but for the suffix, the suffix stays (song.wav.mid, song.mp3.mid), and what is still the
    same gets a number.

    Args:
        into_folder: whether `output` is a folder even for one recording.

    Raises:
        WriteError: `output` fits neither one MIDI file nor a folder.
    """
    path = Path(output)
    is_midi = path.suffix.lower() in (".mid", ".midi")
    is_folder = path.is_dir() or output.endswith(("/", os.sep))
    if len(recordings) == 1 and not is_folder and not into_folder:
        if not is_midi:
            raise WriteError(
                f"{output}: a MIDI file must end in .mid, and a new folder's name in /"
            )
        return {recordings[0].path: path}
    if not is_folder and (path.exists() or is_midi):
        raise WriteError(f"{output}: the output of several recordings must be a folder")
    stems = Counter(_key(recording, recording.path.stem) for recording in recordings)
    taken: set[tuple[str, str]] = set()
    outputs = {}
    for recording in recordings:
        source = recording.path
        base = source.stem if stems[_key(recording, source.stem)] == 1 else source.name
        name, number = base, 1
        while _key(recording, name) in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(_key(recording, name))
        outputs[source] = path / recording.below / f"{name}.mid"
    return outputs


def _key(recording: Recording, name: str) -> tuple[str, str]:
    """What may not be the same twice, also where a file system ignores case."""
    return str(recording.below).casefold(), name.casefold()
