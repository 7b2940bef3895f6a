"""Compares the runtimes: do both hear the same, and what does it cost?

    python tests/benchmarks/runtimes.py [--minutes 10] [--checkpoint FILE]

Each runs in a process of its own, on one core, over the same made-up music:

load    seconds until the first hop is heard, from the import of the model on, and memory then.
hop     sound in blocks of 128 samples, as a sound card gives it: processor time of a hop, in the
        network, the spectrogram, the decoder and in all.
file    the whole in long blocks: processor time.

Then the probabilities of all frames are compared, and the notes. The exit status is 1 when they
differ by more than 1e-4 or any note differs. It needs what the training needs.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

RATE = 44_100
# Sound that comes at once: live, and from a file.
_LIVE_BLOCK, _FILE_BLOCK = 128, 65_536
_HOPS_S = 30.0
_TOLERANCE = 1e-4
_NAMES = ("onset", "frame", "velocity")


def music(seconds: float) -> Iterator[NDArray[np.float32]]:
    """Made-up music, ten seconds at a time: struck and held tones, noise, silence."""
    n = 10 * RATE
    for part in range(-(-round(seconds * RATE) // n)):
        rng = np.random.default_rng(part)
        sound = rng.normal(0, 10 ** rng.uniform(-4.5, -2.5), n)
        for onset in rng.uniform(0, 9.9, int(rng.integers(20, 120))):
            since = np.arange(min(n - int(onset * RATE), int(rng.uniform(0.1, 2) * RATE))) / RATE
            hz = 440 * 2 ** ((rng.integers(24, 105) - 69) / 12)
            fade = np.exp(-rng.uniform(0.3, 8) * since) * np.minimum(since / 0.005, 1)
            angle = 2 * np.pi * hz * since + rng.uniform(0, 0.3) * np.sin(35 * since)
            tone = sum(np.sin(k * angle) / k**1.5 for k in range(1, 5))
            first = int(onset * RATE)
            sound[first : first + len(since)] += rng.uniform(0.02, 0.3) * fade * tone
        if part % 5 == 4:
            sound[n // 2 :] = 0
        yield sound.astype(np.float32)[: round(seconds * RATE) - part * n]


def blocks(seconds: float, size: int) -> Iterator[NDArray[np.float32]]:
    for part in music(seconds):
        for first in range(0, len(part), size):
            yield part[first : first + size]


def memory_mb() -> float:
    """Resident memory of this process, where the system tells it so."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return float("nan")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def measure(runtime: str, checkpoint: Path, minutes: float, out: Path) -> dict[str, Any]:
    """One runtime: its figures; what it heard goes into `out`."""
    began, cpu = time.perf_counter(), time.process_time()
    from model.transcriber import Transcriber

    transcriber = Transcriber.load(checkpoint, runtime=runtime)
    stream = transcriber.stream(RATE)
    stream.push(np.zeros(RATE, np.float32))
    figures: dict[str, Any] = {
        "load": {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu,
                 "mb": memory_mb()},
        "hop": _hops(transcriber),
    }  # fmt: skip
    from model.notes import Probabilities, notes_from_events

    sound = list(blocks(60 * minutes, _FILE_BLOCK))
    began, cpu = time.perf_counter(), time.process_time()
    heard = list(transcriber.file(sound, RATE))
    figures["file"] = {
        "s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "mb": memory_mb(),
    }  # fmt: skip
    probabilities = Probabilities.join(part.probabilities for part in heard)
    notes = notes_from_events(event for part in heard for event in part.events)
    arrays = {name: getattr(probabilities, name) for name in _NAMES}
    rows = [(n.onset_s, n.offset_s, n.pitch, n.velocity, n.confidence) for n in notes]
    np.savez(out, allow_pickle=False, notes=np.array(rows).reshape(-1, 5), **arrays)
    return figures


def _hops(transcriber: Any) -> dict[str, float]:
    """Milliseconds of processor time for a hop, by where they go."""
    from model.decoding.decoder import Decoder
    from model.spectrogram import Spectrogram

    spent = {"network": 0.0, "spectrogram": 0.0, "decoder": 0.0}

    def timed(label: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def run(*arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return work(*arguments)
            finally:
                spent[label] += time.thread_time() - began

        return run

    owners = {
        "network": type(transcriber.runtime.stream()), "spectrogram": Spectrogram,
        "decoder": Decoder,
    }  # fmt: skip
    sound = list(blocks(_HOPS_S, _LIVE_BLOCK))
    figures = {}
    # In all first, without the clocks.
    for labels in ((), tuple(owners)):
        before = {label: owners[label].push for label in labels}
        for label, push in before.items():
            owners[label].push = timed(label, push)
        stream, n_hops = transcriber.stream(RATE), 0
        began = time.thread_time()
        for block in sound:
            n_hops += len(stream.push(block).probabilities)
        if not labels:
            figures["all"] = 1000 * (time.thread_time() - began) / n_hops
        for label, push in before.items():
            owners[label].push = push
            figures[label] = 1000 * spent[label] / n_hops
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of music (default: 10)")
    parser.add_argument(
        "--checkpoint", type=Path, default=ROOT / "assets" / "noteglow.safetensors"
    )
    parser.add_argument("--only", choices=("onnx", "torch"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        figures = measure(options.only, options.checkpoint, options.minutes, options.out)
        print(json.dumps(figures))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        heard = {name: Path(folder) / f"{name}.npz" for name in ("torch", "onnx")}
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        for name, path in heard.items():
            run = subprocess.run(
                [sys.executable, __file__, "--only", name, "--out", str(path),
                 "--minutes", str(options.minutes), "--checkpoint", str(options.checkpoint)],
                capture_output=True, text=True, check=False, env=environment,
            )  # fmt: skip
            if run.returncode:
                print(run.stderr, file=sys.stderr)
                return 1
            _tell(name, json.loads(run.stdout.splitlines()[-1]))
        return _compare(np.load(heard["torch"]), np.load(heard["onnx"]))


def _tell(name: str, figures: dict[str, dict[str, float]]) -> None:
    load, hop, file = figures["load"], figures["hop"], figures["file"]
    print(f"{name:6s} load {load['s']:.2f} s, {load['mb']:.0f} MB")
    parts = ", ".join(f"{label} {ms:.2f}" for label, ms in hop.items() if label != "all")
    print(f"{name:6s} hop  {hop['all']:.2f} ms ({parts})")
    print(f"{name:6s} file {file['cpu_s']:.1f} s of processor time, {file['s']:.1f} s; "
          f"{file['mb']:.0f} MB with all that was heard", flush=True)


def _compare(one: Any, other: Any) -> int:
    worst = max(float(np.abs(one[name] - other[name]).max()) for name in _NAMES)
    notes, others = one["notes"], other["notes"]
    are_same = notes.shape == others.shape and np.array_equal(notes[:, 2:4], others[:, 2:4])
    apart_s = float(np.abs(notes[:, :2] - others[:, :2]).max()) if are_same else float("nan")
    print(f"both   {len(one['onset'])} frames, probabilities within {worst:.1e}; {len(notes)} and "
          f"{len(others)} notes, {'the same' if are_same else 'NOT the same'}, times within "
          f"{apart_s:.1e} s")
    return int(worst > _TOLERANCE or not are_same)


if __name__ == "__main__":
    sys.exit(main())
