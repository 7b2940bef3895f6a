"""Labelled recordings to clips of spectrogram frames and labels in one HDF5 file."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tqdm import tqdm

from model.config import FeatureConfig
from training.corpora.recording import CorpusError, Recording
from training.datasets import piece, workers
from training.datasets.clips import ClipFormat, ClipLength
from training.datasets.facts import Report
from training.datasets.fingerprint import changed
from training.datasets.joining import Existing, report
from training.datasets.parts import Parts
from training.datasets.piece import tried
from training.datasets.writing import Entry, is_full, writing
from training.errors import DataError

# So much of the size of all parts must be free for them to wait until the file is whole.
_MARGIN = 1.1


@dataclass(frozen=True)
class Built:
    """What `build` did.

    Attributes:
        n_recordings, n_clips: in the file.
        heard_s, took_s: seconds of sound that this run processed, and how long that took.
        n_failures: recordings that could not be used.
        report: on all that is in the file, and on those.
    """

    n_recordings: int
    n_clips: int
    heard_s: float
    took_s: float
    n_failures: int
    report: Report


def build(
    recordings: Sequence[Recording],
    out: Path,
    features: FeatureConfig,
    *,
    clip_seconds: float,
    num_workers: int,
    scheduler: str | None = None,
    labels: str = "hop",
    only_note_names: bool = False,
    compressed: bool = False,
    add: bool = False,
    tell: Callable[[str], None] = lambda sentence: print(sentence, file=sys.stderr),
) -> Built:
    """Writes the clips of all recordings, in their order, beside `out` and renames at the end.

    Finished recordings wait in the folder OUT.parts until all are done. Killed at any point, the
    same call goes on from there, and the file is the same to the byte; recordings whose audio or
    labels were changed in between are made again.

    Args:
        num_workers: processes beside this one; 0 does all the work in this one.
        scheduler: of a cluster whose workers do it in place of processes here.
        labels, only_note_names, compressed: see `training.datasets.clips.ClipFormat`.
        add: keep what `out` already holds: recordings of other names, and those of these names
            that are made from the same files.
        tell: is given a sentence on what lies there of other builds.

    Raises:
        ClusterError: the cluster cannot be used.
        CorpusError: no recording could be used.
        DataError: the disk is full, a worker died, or `out` cannot be added to.
        ValueError: clips would be too short or too long.
    """
    made = ClipFormat(
        features, ClipLength.of(clip_seconds, features), labels, only_note_names, compressed
    )
    kept = None
    if add and out.exists():
        kept = Existing.read(out)
        kept.check(made, "what is added to it")
        made = replace(made, compressed=kept.format.compressed)
    parts = Parts(out.with_name(out.name + ".parts"), _plan(made))
    started = time.monotonic()
    try:
        for sentence in parts.begin(recordings):
            tell(sentence)
        there = {entry.name: entry for entry in kept.entries} if kept else {}
        jobs = [
            _Job(recording, index, made, parts) for index, recording in enumerate(recordings)
            if recording.title not in there
            or changed(recording, there[recording.title].sources)
        ]
        heard_s, failures = _process(jobs, num_workers, scheduler)
        told = [failures[index] for index in sorted(failures)]
        done = [job for job in jobs if job.index not in failures]
        if not done and kept is None:
            parts.remove(recordings)
            raise CorpusError(f"no recording could be used: {'; '.join(told[:3])}")
        n_clips, entries = _assemble(done, made, out, kept)
    except KeyboardInterrupt:
        tell(f"{out}: stopped; the same command goes on")
        raise
    except OSError as error:
        if not is_full(error):
            raise
        raise DataError(
            f"{out}: the disk is full; make room and give the same command again to go on"
        ) from None
    except BrokenProcessPool:
        raise DataError(
            f"{out}: a worker process died, perhaps for lack of memory; give the same command "
            "again, with fewer --num-workers, to go on"
        ) from None
    parts.remove(recordings)
    took_s = time.monotonic() - started
    return Built(len(entries), n_clips, heard_s, took_s, len(told), report(entries, told))


@dataclass(frozen=True)
class _Outcome:
    """What became of a recording: its length, or why it was left out."""

    index: int
    seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True)
class _Job:
    """One recording to make a part of."""

    recording: Recording
    index: int
    made: ClipFormat
    parts: Parts

    def __call__(self) -> _Outcome:
        """Makes the part. Raises OSError when there is no room for it."""
        found = tried(self.recording, lambda: piece.make(self.recording, self.made))
        if isinstance(found, str):
            return _Outcome(self.index, failure=found)
        self.parts.write(self.recording, self.made, found)
        return _Outcome(self.index, found.facts.seconds)


def _process(
    jobs: Sequence[_Job], num_workers: int, scheduler: str | None
) -> tuple[float, dict[int, str]]:
    """Makes the parts that are missing; returns seconds of sound, and failures by index."""
    todo = [job for job in jobs if job.parts.entry(job.recording) is None]
    heard_s, failures, started = 0.0, dict[int, str](), time.monotonic()
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(todo), unit="recording", disable=None)
    with bar:
        for outcome in workers.results(todo, num_workers, scheduler):
            heard_s += outcome.seconds
            if outcome.failure:
                failures[outcome.index] = outcome.failure
            bar.set_postfix_str(f"{heard_s / (time.monotonic() - started):.0f} times real time")
            bar.update()
    return heard_s, failures


def _assemble(
    jobs: Sequence[_Job], made: ClipFormat, out: Path, kept: Existing | None
) -> tuple[int, list[Entry]]:
    """Writes what is kept of a file and all parts into one; returns how many clips, and of what."""
    new = {job.recording.title: job.parts.path(job.recording) for job in jobs}
    # Parts wait until the file is whole, or make room for it where there is not enough.
    size = sum(path.stat().st_size for path in new.values())
    narrow = shutil.disk_usage(out.parent).free < _MARGIN * size
    with writing(out, made) as writer:
        if kept is not None:
            replaced = new.keys()
            kept.copy(writer, [
                number for number, entry in enumerate(kept.entries) if entry.name not in replaced
            ])
        for job in tqdm(jobs, desc="writing", disable=None):
            path = job.parts.path(job.recording)
            # What the file says of a recording may change without its sound and labels.
            part = Existing.read(path).renewed(job.recording)
            part.copy(writer, [0])
            if narrow:
                path.unlink()
    return writer.n_clips, writer.entries


def _plan(made: ClipFormat) -> dict[str, str]:
    """All that parts are made with, in words."""
    features = {name.replace("_", " "): str(value) for name, value in asdict(made.features).items()}
    return features | {
        "clips of": f"{made.length.frames} frames that overlap by {made.length.overlap}",
        "labels": made.labels,
        "note names": "12" if made.only_note_names else "88",
        "compression": "yes" if made.compressed else "no",
    }
