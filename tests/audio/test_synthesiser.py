"""The built-in instrument, and single notes taken out of a recording."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.playback.solo_note import harmonics_of, solo_span
from app.audio.playback.synthesiser import Limiter, Tones, Voices, render, render_blocks
from model.notes import Note
from model.pitch import hz_from_pitch

RATE = 22_050


def loudness(sound: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(sound**2)))


def strength_at(sound: NDArray[np.float32], hz: float) -> float:
    """Of a frequency in a sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    middle = round(hz * len(sound) / RATE)
    return float(spectrum[max(0, middle - 6) : middle + 7].max())


@pytest.mark.parametrize("pitch", [21, 45, 60, 69, 84, 108])
def test_a_tone_has_its_pitch_and_fades(pitch: int) -> None:
    tone, gain = Tones(RATE).tone(pitch, 100)
    start = tone[: min(len(tone), RATE // 2)]
    hz = float(hz_from_pitch(float(pitch)))
    spectrum = np.abs(np.fft.rfft(start * np.hanning(len(start)), 8 * len(start)))
    peak_hz = int(np.argmax(spectrum)) * RATE / (8 * len(start))
    harmonic = round(peak_hz / hz)
    assert peak_hz == pytest.approx(harmonic * hz, rel=0.01)
    assert harmonic <= 3
    assert loudness(tone[-len(tone) // 10 :]) < 0.05 * loudness(tone[: len(tone) // 10])
    assert tone[0] == tone[-1] == 0
    assert np.abs(tone).max() * gain < 0.5
    assert tone.dtype == np.float32


def test_a_harder_stroke_is_louder_and_brighter() -> None:
    soft, loud = (render([Note(0, 0.5, 60, velocity)], RATE) for velocity in (30, 120))
    assert loudness(loud) > 3 * loudness(soft)
    hz = float(hz_from_pitch(60.0))

    def brightness(sound: NDArray[np.float32]) -> float:
        return strength_at(sound[: RATE // 2], 4 * hz) / strength_at(sound[: RATE // 2], hz)

    assert brightness(loud) > 1.3 * brightness(soft)


def test_another_tuning() -> None:
    low = render([Note(0, 1.0, 69)], RATE, a4=415.0)
    assert strength_at(low, 415.0) > 10 * strength_at(low, 440.0)


def test_no_partial_is_folded_back() -> None:
    """The highest key at a low rate has no sound below its fundamental."""
    tone, _ = Tones(11_025).tone(108, 127)
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    hz = np.arange(len(spectrum)) * 11_025 / len(tone)
    assert spectrum[hz < 3800].max() < 0.01 * spectrum.max()


def test_notes_sound_from_their_onset_to_their_offset() -> None:
    sound = render([Note(0.5, 1.0, 60, 100)], RATE)
    assert not sound[: RATE // 2].any()
    assert loudness(sound[RATE // 2 : RATE]) > 0.02
    held = loudness(sound[round(0.9 * RATE) : RATE])
    assert loudness(sound[round(1.25 * RATE) : round(1.35 * RATE)]) < 0.05 * held
    assert RATE <= len(sound) < 2 * RATE


def test_rendering_is_the_same_in_any_blocks_and_stays_in_scale() -> None:
    notes = [Note(i * 0.05, i * 0.05 + 2, 40 + i % 40, 127) for i in range(100)]
    sound = render(notes, RATE)
    np.testing.assert_array_equal(sound, np.concatenate(list(render_blocks(notes, RATE))))
    assert np.abs(sound).max() <= 1.0
    assert render([], RATE).shape == (0,)


def test_notes_beyond_the_piano_do_not_fail() -> None:
    assert loudness(render([Note(0, 0.2, 0), Note(0, 0.2, 127)], RATE)) > 0


def test_voices_are_read_in_any_blocks() -> None:
    def sounding() -> Voices:
        voices = Voices(Tones(RATE))
        voices.strike(60, 100, 3000, wait=50)
        voices.strike(64, 90, 400)
        return voices

    whole, parts = sounding(), sounding()
    blocks = [parts.read(n) for n in (1, 49, 300, 100, 2000, 2550)]
    np.testing.assert_allclose(np.concatenate(blocks), whole.read(5000), atol=1e-6)


def test_voices_end() -> None:
    voices = Voices(Tones(RATE))
    voices.strike(60, 100, 1e9)
    voices.release(100)
    voices.read(RATE)
    assert len(voices) == 0
    for pitch in range(100):
        voices.strike(20 + pitch, 100, 1e9)
    assert len(voices) <= 64
    voices.clear()
    assert not voices.read(100).any()


def test_a_note_joined_in_the_middle_is_as_far_as_it_would_be() -> None:
    tones = Tones(RATE)
    voices = Voices(tones)
    voices.strike(60, 127, 1e9, begun=5000)
    tone, _ = tones.tone(60, 127)
    sound = voices.read(3000)
    assert sound[0] == 0
    np.testing.assert_allclose(sound[1000:], tone[6000:8000], rtol=1e-5)


def test_the_limiter_leaves_quiet_sound_and_tames_loud() -> None:
    limiter = Limiter()
    quiet = np.linspace(-1, 1, 500, dtype=np.float32)
    assert limiter.limit(quiet) is quiet
    assert np.abs(limiter.limit(3 * quiet)).max() <= 1.0
    for _ in range(30):
        after = limiter.limit(quiet)
    np.testing.assert_array_equal(after, quiet)


def test_solo_keeps_a_note_and_drops_the_others() -> None:
    low, high = (render([Note(0, 1.5, pitch, 100)], RATE)[:RATE] for pitch in (60, 66))
    alone = harmonics_of(low + high, RATE, 60)
    hz = [float(hz_from_pitch(float(pitch))) for pitch in (60, 66)]
    assert strength_at(alone, hz[0]) > 30 * strength_at(alone, hz[1])
    assert strength_at(alone, 2 * hz[0]) > 30 * strength_at(alone, 2 * hz[1])
    # Nothing has moved in time.
    likeness = [float(alone[5000 + lag : 9000 + lag] @ low[5000:9000]) for lag in range(-30, 31)]
    assert abs(int(np.argmax(likeness)) - 30) <= 1


def test_solo_of_silence_is_silence() -> None:
    assert not harmonics_of(np.zeros(1000, np.float32), RATE, 60).any()
    assert harmonics_of(np.zeros(0, np.float32), RATE, 60).shape == (0,)


def test_the_span_of_a_solo_is_kept_within_the_recording() -> None:
    assert solo_span(0.0, 0.5, 1000, 400) == (0, 400)
    assert solo_span(2.0, 2.5, 1000, 9000) == (1970, 2620)
    assert solo_span(5.0, 6.0, 1000, 400)[0] == solo_span(5.0, 6.0, 1000, 400)[1]
    assert solo_span(0.0, 1000.0, 1000, 10**6)[1] < 7000
