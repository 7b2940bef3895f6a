"""What a crash or a power cut left of takes: found, recovered or discarded; and notes read back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.audio.files.audio_file import AudioFile, AudioFileError
from app.system.atomic_write import WriteError, written_beside
from app.takes.event_lines import Mark, event_json, from_json, is_mark, mark_json
from app.takes.flac_wav_writer import CONTAINERS, TakeSoundWriter, to_24_bits
from app.takes.take_paths import UNFINISHED, TakeError, TakeFiles, locked, notes_path, unused
from model.files.whole_file import remove_left
from model.notes import Note, NoteEvent, NoteOff, NoteOn, notes_from_events

# A file shorter than this may hold no sound at all and is looked into.
_SHORT_BYTES = 4096


def unfinished_takes(folder: Path) -> list[Path]:
    """The sound files of takes that a crash or a power cut left, the oldest first.

    Takes that a running program has open are left out. Takes without any sound are removed, for
    there is nothing to offer, and so is what else was left half-written. A folder that is missing
    or cannot be written holds none.
    """
    remove_left(folder)
    found = []
    for suffix in CONTAINERS:
        for path in folder.glob(f"*{UNFINISHED}{suffix}"):
            files = TakeFiles.of_unfinished(path)
            with contextlib.suppress(TakeError, OSError), locked(files):
                if _has_sound(path):
                    found.append((path.stat().st_mtime, path))
                else:
                    files.remove_unfinished()
    for path in (*folder.glob(f"*{UNFINISHED}.notes.jsonl"), *folder.glob(f"*{UNFINISHED}.lock")):
        name = path.name[: path.name.rindex(UNFINISHED)]
        takes = [TakeFiles(folder / f"{name}{suffix}") for suffix in CONTAINERS]
        if not any(take.unfinished_audio.exists() for take in takes):
            with contextlib.suppress(TakeError, OSError), locked(takes[0]):
                takes[0].unfinished_notes.unlink(missing_ok=True)
    return [path for _, path in sorted(found)]


def recover(path: Path) -> Path:
    """Makes an unfinished take into a finished one and returns its sound file.

    Sound and notes are kept up to the last whole frame; notes that sounded end there. Takes about
    a second for five minutes of sound, so windows should not wait for it. When it is killed, the
    next time it begins again.

    Args:
        path: one of `unfinished_takes`.

    Raises:
        TakeError: it is in use, or holds no sound.
        WriteError: the finished files cannot be written; what was recorded is there as before.
    """
    files = TakeFiles.of_unfinished(path)
    with locked(files):
        audio = files.audio if not files.audio.exists() else unused(files.audio)
        try:
            length_s = _mend_sound(path)
        except AudioFileError as error:
            raise TakeError(f"{files.audio}: nothing can be recovered ({error})") from None
        if files.unfinished_notes.exists():
            events = _completed(_whole_events(files.unfinished_notes), length_s)
            with written_beside(files.unfinished_notes) as beside:
                beside.write_text("".join(f"{_line(event)}\n" for event in events), "utf-8")
        try:
            files.finish(audio)
        except OSError as error:
            raise WriteError(f"{audio}: it cannot be written ({error.strerror})") from None
    return audio


def discard(path: Path) -> None:
    """Removes an unfinished take.

    Args:
        path: one of `unfinished_takes`.

    Raises:
        TakeError: it is in use, or cannot be removed.
    """
    files = TakeFiles.of_unfinished(path)
    with locked(files):
        try:
            files.remove_unfinished()
        except OSError as error:
            raise TakeError(f"{path}: it cannot be removed ({error.strerror})") from None


def read_events(path: Path) -> list[NoteEvent]:
    """The note events of a file of notes, as `event_json` wrote them.

    Raises:
        TakeError: the file cannot be read, or a line is not such an event.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TakeError(f"{path}: the notes cannot be read ({error})") from None
    events: list[NoteEvent] = []
    for number, line in enumerate(lines, start=1):
        event = from_json(line)
        if event is None:
            raise TakeError(f"{path}: line {number} is not a note event")
        if not isinstance(event, Mark):
            events.append(event)
    return events


def read_notes(audio: Path) -> list[Note]:
    """The notes of a finished take as they were heard, in order of onset, then pitch.

    Raises:
        TakeError: its file of notes is missing or damaged.
    """
    return notes_from_events(read_events(notes_path(audio)))


def read_marks(audio: Path) -> list[float]:
    """The moments in seconds at which the player asked for a take; none without a file of notes."""
    try:
        with notes_path(audio).open(encoding="utf-8", errors="replace") as lines:
            marks = [from_json(line) for line in lines if is_mark(line)]
    except OSError:
        return []
    return [mark.time_s for mark in marks if isinstance(mark, Mark)]


def _line(event: NoteEvent | Mark) -> str:
    return mark_json(event) if isinstance(event, Mark) else event_json(event)


def _whole_events(path: Path) -> Iterator[NoteEvent | Mark]:
    """The events up to the first line that was not written to its end."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            event = from_json(line)
            if event is None:
                return
            yield event


def _completed(
    events: Iterator[NoteEvent | Mark], length_s: float
) -> Sequence[NoteEvent | Mark]:
    """The events that were known at `length_s`, and the ends of the notes that sounded then."""
    known: list[NoteEvent | Mark] = []
    sounding: dict[int, NoteOn] = {}
    for event in events:
        if isinstance(event, Mark):
            # The player's wish holds, even where the moment itself is lost.
            known.append(Mark(min(event.time_s, length_s)))
            continue
        # The notes may have reached the disk when the last of the sound had not.
        if event.heard_s > length_s:
            break
        known.append(event)
        if isinstance(event, NoteOn):
            sounding[event.pitch] = event
        else:
            sounding.pop(event.pitch, None)
    return known + [
        NoteOff(on.pitch, on.velocity, on.onset_s, length_s, length_s, on.confidence)
        for on in sounding.values()
    ]


def _mend_sound(path: Path) -> float:
    """Puts the readable part of a sound file, as a whole one, in its place; returns its seconds."""
    n_samples = 0
    with written_beside(path) as beside, AudioFile(path) as sound:
        container, n_channels = CONTAINERS[path.suffix], sound.n_channels
        with TakeSoundWriter(beside, container, sound.sample_rate, n_channels) as copy:
            for block in sound.channels():
                copy.write(to_24_bits(block))
                n_samples += len(block)
    return n_samples / sound.sample_rate


def _has_sound(path: Path) -> bool:
    if path.stat().st_size >= _SHORT_BYTES:
        return True
    try:
        with AudioFile(path) as sound:
            return any(len(block) for block in sound.blocks())
    except AudioFileError:
        return False
