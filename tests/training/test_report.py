"""What is said of a data set: its recordings, what was changed, and labels beside the sound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model.notes import Note
from tests.training.tiny_corpora import melody
from training.__main__ import main
from training.datasets.alignment import Lag, lag

RATE = 22_050


def _clicks(times_s: Sequence[float], seconds: float) -> NDArray[np.float32]:
    """Short bursts over a little noise."""
    rng = np.random.default_rng(0)
    samples = (1e-3 * rng.standard_normal(round(seconds * RATE))).astype(np.float32)
    for time_s in times_s:
        first = round(time_s * RATE)
        burst = np.exp(-np.arange(900) / 300) * np.sin(np.arange(900) / 5)
        samples[first : first + 900] += 0.5 * burst.astype(np.float32)[: len(samples) - first]
    return samples


def _times(n: int = 40) -> NDArray[np.float64]:
    return 0.5 + np.cumsum(np.random.default_rng(1).uniform(0.15, 0.6, n))


def _notes(times_s: Sequence[float]) -> list[Note]:
    return [Note(time, time + 0.1, 60 + i % 12) for i, time in enumerate(times_s)]


@pytest.mark.parametrize("late_ms", [-120, -45, 0, 20, 45, 200])
def test_the_lag_of_the_sound_is_measured(late_ms: int) -> None:
    times = _times()
    samples = _clicks(times, times[-1] + 1)
    found = lag(samples, _notes(times - late_ms / 1000), RATE)
    assert found.median_s == pytest.approx(late_ms / 1000, abs=0.003)
    side = "after" if late_ms > 0 else "before"
    if abs(late_ms) > 30:
        assert f"ms {side} its labels" in found.fault
    else:
        assert found.fault == ""


@pytest.mark.parametrize("bpm", [90, 240])
def test_music_that_goes_evenly_is_not_taken_for_a_beat_late(bpm: int) -> None:
    times = 0.5 + np.arange(60) * 60 / bpm
    found = lag(_clicks(times, times[-1] + 1), _notes(times), RATE)
    assert found.median_s == pytest.approx(0, abs=0.003)


def test_labels_of_other_music_have_no_clear_lag() -> None:
    times = _times()
    strange = np.sort(np.random.default_rng(2).uniform(0.5, times[-1], len(times)))
    found = lag(_clicks(times, times[-1] + 1), _notes(strange), RATE)
    assert (found.clear, found.median_s) == (False, None)
    assert found.fault == f"the sound does not rise at its {found.onsets} onsets"


def test_too_few_notes_and_silence_are_no_fault() -> None:
    times = _times(5)
    assert lag(_clicks(times, 4), _notes(times), RATE).fault == ""
    assert lag(np.zeros(100, np.float32), [], RATE) == Lag(0)
    assert lag(np.zeros(0, np.float32), [], RATE) == Lag(0)


def _song(folder: Path, name: str, rows: Sequence[str], *, late_s: float = 0.0) -> None:
    folder.mkdir(exist_ok=True)
    times = _times()
    soundfile.write(folder / f"{name}.wav", _clicks(times, times[-1] + 1), RATE)
    (folder / f"{name}.csv").write_text("\n".join(
        ["start_s,end_s,midi_pitch,velocity", *rows,
         *(f"{t - late_s:.4f},{t - late_s + 0.1:.4f},{60 + i % 12},{40 + i}"
           for i, t in enumerate(times))]
    ))  # fmt: skip


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Recordings with one fault each, or none."""
    folder = tmp_path / "songs"
    _song(folder, "good", [])
    _song(folder, "late", [], late_s=0.08)
    _song(folder, "odd", [
        "0.1,0.3,20,50", "0.1,0.3,109,50", "0.1,0.3,50.4,50",
        "0.10,0.9,40,50", "0.11,0.9,40,50", "0.3,0.5,40,50", "999,999.5,40,50",
    ])  # fmt: skip
    _song(folder, "loud", ["0.1,0.3,60,300"])
    soundfile.write(folder / "bare.wav", melody([(0.1, 0.3, 60)], 0.5, RATE), RATE)
    return folder


def _report(
    songs: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str, dict[str, object]]:
    path = songs.parent / "report.json"
    status = main(["-a", "process-train", "--corpus", f"folder:{songs}", "--report", str(path),
                   *words])  # fmt: skip
    told = capsys.readouterr()
    return status, told.out, told.err, json.loads(path.read_text())


def _words(out: str) -> str:
    """What is said, without the lines on this build alone."""
    return out[out.index("| corpus") :].partition("\n3 of 4")[0].strip()


def test_a_build_says_what_is_in_it_and_a_check_the_same_without_writing(
    songs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(songs.parent.rglob("*"))
    status, checked, failed, values = _report(songs, capsys, "--check")
    assert status == 1
    assert sorted(songs.parent.rglob("*")) == sorted([*before, songs.parent / "report.json"])
    out = songs.parent / "songs.h5"
    status, built, failed_too, values_too = _report(songs, capsys, "--out", str(out))
    assert status == 1
    assert (_words(built), failed_too, values_too) == (_words(checked), failed, values)
    assert failed == (
        "left out: songs/loud: the note at 0.100 s has a velocity of 300, which is not within 0 "
        "to 127\n"
    )
    n_notes = 3 * 40 + 3
    assert values["corpora"]["songs"] == {  # type: ignore[index]
        "recordings": 3, "hours": pytest.approx(3 * (_times()[-1] + 1) / 3600, rel=1e-3),
        "notes": n_notes, "lowest": 40, "highest": 71, "softest": 40, "loudest": 79,
        "lag_ms": pytest.approx(0, abs=3),
    }  # fmt: skip
    for sentence in (
        "notes outside of MIDI pitches 21 to 108 left out: 2 (songs/odd: 2)",
        "pitches rounded to whole numbers: 1 (songs/odd: 1)",
        "notes merged with one of their pitch that begins within 30 ms: 1 (songs/odd: 1)",
        "notes ended where their pitch begins again: 1 (songs/odd: 1)",
        "notes after the end of the sound left out: 1 (songs/odd: 1)",
        f"sounds without labels, left out: 1 ({songs / 'bare.wav'})",
        "look at songs/late: the sound rises 8",
    ):
        assert sentence in checked, checked
    assert checked.count("look at") == 1


def test_parts_of_an_interrupted_build_are_in_its_report(
    songs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.datasets import build

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    out = songs.parent / "songs.h5"
    words = ["-a", "process-train", "--corpus", f"folder:{songs}", "--out", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr(build, "_assemble", interrupted)
        assert main(words) == 130
    capsys.readouterr()
    _, _, _, values = _report(songs, capsys, "--out", str(out))
    assert sorted(values["recordings"]) == ["songs/good", "songs/late", "songs/odd"]  # type: ignore[call-overload]
    assert list(values["faults"]) == ["songs/late"]  # type: ignore[call-overload]
