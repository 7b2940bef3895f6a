"""Words of the made-up singer: syllables found in speech, and moved along a melody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model.notes import Note
from training.corpora.recording import CorpusError
from training.rendering import lyrics, singer, sound
from training.rendering.singer import Singer
from training.rendering.sound import CONTROL

RATE = 22_050
STEP_S = CONTROL / RATE
SYLLABLES_S = (0.3, 0.8, 1.3, 1.8)


def speech(path: Path) -> Path:
    """Four syllables of 0.3 s at 120 Hz, with a hiss before each."""
    rng = np.random.default_rng(1)
    time = np.arange(round(2.3 * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 120 * n * time) / n for n in range(1, 20))
    samples = np.zeros(len(time))
    for begin_s in SYLLABLES_S:
        since = time - begin_s
        vowel = np.clip(since / 0.02, 0, 1) * np.clip((0.3 - since) / 0.02, 0, 1)
        hiss = ((since >= -0.08) & (since < 0)) * rng.standard_normal(len(time))
        samples += 0.1 * vowel * tone + 0.02 * hiss
    soundfile.write(path, samples, RATE)
    return path


def power_at(samples: NDArray[np.float32], hz: float, first_s: float, last_s: float) -> float:
    part = samples[round(first_s * RATE) : round(last_s * RATE)].astype(float)
    wave = np.exp(-2j * np.pi * hz * np.arange(len(part)) / RATE) * np.hanning(len(part))
    return float(np.abs((part * wave).sum()) / len(part))


def sing(voice: list[Note], words: lyrics.Speech | None) -> NDArray[np.float32]:
    plain = Singer(5.0, 0.0, 0.0, 0.0, 0.1, 0.5, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.02, 0.04, 0.0,
                   1e-3, 0.0)
    out = np.zeros(3 * RATE, np.float32)
    sound.seed_noise(5)
    singer.sing(
        out, voice, np.random.default_rng(2), singer=plain, tuning_cents=0, sample_rate=RATE,
        speech=words,
    )
    return out


def test_vowels_are_found_where_they_begin(tmp_path: Path) -> None:
    found = lyrics.analysed(speech(tmp_path / "a.wav"), RATE)
    assert found.begins * STEP_S == pytest.approx(SYLLABLES_S, abs=0.03)
    assert (found.middles > found.begins).all()
    assert found.voiced[found.middles].min() > 0.9
    hissing = np.rint((np.array(SYLLABLES_S) - 0.05) / STEP_S).astype(int)
    assert found.voiced[hissing].max() < 0.3


def test_syllables_begin_with_the_notes_and_last_as_long(tmp_path: Path) -> None:
    words = lyrics.analysed(speech(tmp_path / "a.wav"), RATE)
    voice = [Note(0.3, 1.2, 60, 90), Note(1.25, 2.5, 64, 90)]
    out = sing(voice, words)
    for note, hz in zip(voice, (261.6, 329.6), strict=True):
        held = power_at(out, hz, note.onset_s + 0.1, note.offset_s - 0.3)
        assert held > 0.001
        # Of its middle the vowel is held, however short it was spoken.
        assert power_at(out, hz, note.offset_s - 0.4, note.offset_s - 0.25) > 0.5 * held
        other = 329.6 if hz < 300 else 261.6
        assert held > 20 * power_at(out, other, note.onset_s + 0.1, note.offset_s - 0.3)
    # The consonant before the second note interrupts the first.
    assert power_at(out, 261.6, 1.19, 1.24) < 0.3 * power_at(out, 261.6, 0.6, 0.65)


def test_speech_without_a_vowel_leaves_the_singer_without_words(tmp_path: Path) -> None:
    hiss = 0.1 * np.random.default_rng(3).standard_normal(2 * RATE)
    soundfile.write(tmp_path / "hiss.wav", hiss, RATE)
    words = lyrics.analysed(tmp_path / "hiss.wav", RATE)
    assert not len(words.begins)
    out = sing([Note(0.3, 1.2, 60, 90)], words)
    assert np.isfinite(out).all()
    assert power_at(out, 261.6, 0.5, 1.0) > 0.001


def test_speech_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(b"no sound")
    with pytest.raises(CorpusError, match=r"b\.wav"):
        lyrics.analysed(tmp_path / "b.wav", RATE)
