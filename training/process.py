"""Labelled recordings to clips of spectrogram frames and labels in one HDF5 file."""

from __future__ import annotations

import errno
import functools
import hashlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.config import FeatureConfig, to_json
from model.spectrogram import Spectrogram
from training.clips import SCALE, TARGET_NAMES, ClipFormat, ClipLength, DataError, cut
from training.corpora.recording import CorpusError, Recording
from training.labels import targets
from training.shards import Shard, Shards
from training.sink import Sink

# Samples that are transformed at once: a recording of hours need not lie in memory as spectrogram.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Built:
    """What `build` did.

    Attributes:
        n_recordings, n_clips: in the file.
        heard_s, took_s: seconds of sound that this run processed, and how long that took.
        failures: one sentence for each recording that could not be used.
    """

    n_recordings: int
    n_clips: int
    heard_s: float
    took_s: float
    failures: list[str]


def build(
    recordings: Sequence[Recording],
    out: Path,
    features: FeatureConfig,
    *,
    clip_seconds: float,
    num_workers: int,
    labels: str = "hop",
    only_note_names: bool = False,
) -> Built:
    """Writes the clips of all recordings, in their order, beside `out` and renames at the end.

    Finished recordings wait in the folder OUT.parts until all are done. Killed at any point, the
    same call goes on from there, and the file is the same to the byte.

    Args:
        num_workers: processes beside this one; 0 does all the work in this one.
        labels, only_note_names: see `training.clips.ClipFormat`.

    Raises:
        CorpusError: no recording could be used.
        DataError: OUT.parts belongs to another build, the disk is full or a worker died.
        ValueError: clips would be too short.
    """
    made = ClipFormat(features, ClipLength.of(clip_seconds, features), labels, only_note_names)
    shards = Shards(out.with_name(out.name + ".parts"))
    started = time.monotonic()
    try:
        shards.begin(_plan(recordings, made))
        jobs = [_Job(recording, index, made, shards) for index, recording in enumerate(recordings)]
        heard_s, failures = _process(jobs, num_workers)
        done = [job for job in jobs if job.index not in failures]
        told = [failures[index] for index in sorted(failures)]
        if not done:
            shards.remove()
            raise CorpusError(f"no recording could be used: {'; '.join(told[:3])}")
        n_clips = _assemble(done, made, out)
    except OSError as error:
        if not _is_full(error):
            raise
        raise DataError(
            f"{out}: the disk is full; make room and give the same command again to go on"
        ) from None
    except BrokenProcessPool:
        raise DataError(
            f"{out}: a worker process died, perhaps for lack of memory; give the same command "
            "again, with fewer --num-workers, to go on"
        ) from None
    shards.remove()
    return Built(len(done), n_clips, heard_s, time.monotonic() - started, told)


@dataclass(frozen=True)
class _Outcome:
    """What became of a recording: its length, or why it was left out."""

    index: int
    seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True)
class _Job:
    """One recording to turn into a shard."""

    recording: Recording
    index: int
    made: ClipFormat
    shards: Shards

    @property
    def name(self) -> str:
        return f"{self.recording.corpus}/{self.recording.name}"

    def run(self) -> _Outcome:
        """Processes the recording. Raises OSError when there is no room for the result."""
        features = self.made.features
        try:
            loaded = self.recording.load(features.sample_rate)
        except CorpusError as error:
            return _Outcome(self.index, failure=str(error))
        except OSError as error:
            if _is_full(error):
                raise
            return _Outcome(self.index, failure=f"{self.name}: it cannot be read ({error})")
        frames = _frames(loaded.samples, features)
        if not len(frames):
            return _Outcome(self.index, failure=f"{self.name}: it is shorter than one frame")
        labels = targets(
            loaded.notes, len(frames), features, self.made.labels,
            only_note_names=self.made.only_note_names,
        )
        self.shards.write(self.index, Shard(frames, labels))
        return _Outcome(self.index, len(loaded.samples) / features.sample_rate)


# Its kernels take as long to compute as half a minute of sound to transform: once for a process.
@functools.lru_cache(maxsize=1)
def _spectrogram(features: FeatureConfig) -> Spectrogram:
    return Spectrogram(features)


def _frames(samples: NDArray[np.float32], features: FeatureConfig) -> NDArray[np.uint8]:
    """The whole spectrogram, (frames, windows, bins), in `SCALE` steps."""
    spectrogram = _spectrogram(features)
    spectrogram.reset()
    parts = []
    for first in range(0, len(samples), _BLOCK):
        frames = spectrogram.push(samples[first : first + _BLOCK])
        parts.append(np.rint(np.clip(frames, 0, 1) * SCALE).astype(np.uint8))
    empty = np.zeros((0, len(features.windows), features.n_bins), np.uint8)
    return np.concatenate([empty, *parts])


def _process(jobs: Sequence[_Job], num_workers: int) -> tuple[float, dict[int, str]]:
    """Makes the shards that are missing; returns seconds of sound, and failures by index."""
    todo = [job for job in jobs if not job.shards.path(job.index).is_file()]
    heard_s, failures, started = 0.0, dict[int, str](), time.monotonic()
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(todo), unit="recording", disable=None)
    with bar:
        for outcome in _run(todo, num_workers):
            heard_s += outcome.seconds
            if outcome.failure:
                failures[outcome.index] = outcome.failure
            bar.set_postfix_str(f"{heard_s / (time.monotonic() - started):.0f} times real time")
            bar.update()
    return heard_s, failures


def _run(jobs: Sequence[_Job], num_workers: int) -> Iterator[_Outcome]:
    if num_workers == 0 or not jobs:
        yield from map(_Job.run, jobs)
        return
    # Processes that are spawned, not forked, inherit neither threads nor locks of this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(num_workers, len(jobs)), context, _begin_worker) as pool:
        futures = [pool.submit(job.run) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """Leaves Ctrl-C to the main process, and ends with it even when that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end_with_parent() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _assemble(jobs: Sequence[_Job], made: ClipFormat, out: Path) -> int:
    """Writes all shards into one file; returns the number of clips."""
    beside = out.with_name(out.name + ".part")
    try:
        with Sink(beside) as sink:
            with sink.hdf5() as file:
                made.write(file)
                n_clips = _append(jobs, made, file, sink)
            sink.check()
            os.fsync(sink.fileno())
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)
    return n_clips


def _append(jobs: Sequence[_Job], made: ClipFormat, file: h5py.File, sink: Sink) -> int:
    """Puts the clips of all shards into a new file; returns how many there are."""
    n_clips, lengths = 0, []
    for piece, job in enumerate(tqdm(jobs, desc="writing", disable=None)):
        shard = job.shards.read(job.index)
        lengths.append(len(shard.features))
        first = n_clips
        for name in ("features", *TARGET_NAMES):
            source = shard if name == "features" else shard.targets
            clips = cut(getattr(source, name), made.length)
            n_clips = first + len(clips)
            file[name].resize(n_clips, axis=0)
            file[name][first:] = clips
        file["piece"].resize(n_clips, axis=0)
        file["piece"][first:] = piece
        sink.check()
    text = h5py.string_dtype()
    file.create_dataset("names", data=[job.name for job in jobs], dtype=text)
    licences = [job.recording.licence for job in jobs]
    file.create_dataset("licences", data=licences, dtype=text)
    # Frames of each piece; what follows in its last clip is no sound.
    file.create_dataset("lengths", data=np.array(lengths, np.int64))
    return n_clips


def _plan(recordings: Sequence[Recording], made: ClipFormat) -> dict[str, str]:
    """All that the file follows from, in words."""
    # A recording is a dataclass, whose text names all that it is loaded by.
    digest = hashlib.sha256("\n".join(map(repr, recordings)).encode()).hexdigest()
    return {
        "features": to_json(made.features),
        "clips": f"{made.length.frames} frames, {made.length.overlap} of overlap",
        "labels": made.labels,
        "only_note_names": str(made.only_note_names),
        "recordings": f"{len(recordings)} ({digest[:12]})",
    }


def _is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
