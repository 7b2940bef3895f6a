from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.system.librosa_loading import load_librosa
from model.config import FeatureConfig
from model.spectrogram import Spectrogram, analysis_window, bin_frequencies

FEATURES = FeatureConfig()


def frames_of(
    samples: NDArray[np.float32], config: FeatureConfig = FEATURES
) -> NDArray[np.float32]:
    return Spectrogram(config).push(samples)


def magnitudes_of(samples: NDArray[np.float32], config: FeatureConfig) -> NDArray[np.float64]:
    """The frames before level and logarithm, for samples that stay below full scale."""
    fixed_level = replace(config, level_floor_db=0.0)
    reach = 10 ** (config.range_db / 20)
    return np.expm1(frames_of(samples, fixed_level) * np.log1p(reach)) / reach


def sine(hz: float, seconds: float, config: FeatureConfig = FEATURES) -> NDArray[np.float32]:
    time = np.arange(round(seconds * config.sample_rate)) / config.sample_rate
    return np.sin(2 * np.pi * hz * time).astype(np.float32)


def noise(seconds: float, peak: float = 0.3, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * FEATURES.sample_rate))
    return (peak * samples / np.abs(samples).max()).astype(np.float32)


def music(seconds: float) -> NDArray[np.float32]:
    """Noise, a low and a middle tone, and an onset in the middle."""
    samples = noise(seconds, peak=0.1)
    samples += 0.3 * sine(61.0, seconds)
    samples[len(samples) // 2 :] += 0.4 * sine(440.0, seconds)[len(samples) // 2 :]
    return samples


def assert_equals_librosa(config: FeatureConfig, samples: NDArray[np.float32]) -> None:
    """Every bin that holds a few periods is within 1 % of a finely sampled STFT."""
    librosa = load_librosa()
    found = magnitudes_of(samples, config)
    frequencies = bin_frequencies(config)
    n_fft = 32 * max(config.windows)
    grid = np.arange(n_fft // 2 + 1) * config.sample_rate / n_fft
    padded = np.concatenate([np.zeros(n_fft - config.hop_length, np.float32), samples])
    for channel, length in enumerate(config.windows):
        window = np.zeros(n_fft)
        window[-length:] = analysis_window(length)
        spectrum = librosa.stft(
            padded, n_fft=n_fft, hop_length=config.hop_length, window=window, center=False,
            dtype=np.complex128,
        )  # fmt: skip
        # A sine of amplitude 1 shows half of it at its positive frequency.
        expected = np.array([np.interp(frequencies, grid, 2 * np.abs(frame))
                             for frame in spectrum.T])  # fmt: skip
        assert found.shape[0] == len(expected)
        # In a bin of less than a few periods the negative frequency is heard as well: librosa
        # counts it, the one-sided kernels do not.
        held = frequencies * length / config.sample_rate > 8
        held &= frequencies < config.sample_rate / 2
        loudest = expected[:, held].max()
        np.testing.assert_allclose(found[:, channel, held], expected[:, held], atol=0.01 * loudest)
        # The loud bins are as near in proportion.
        loud = held & (expected.min(axis=0) > 0.2 * loudest)
        np.testing.assert_allclose(found[:, channel, loud], expected[:, loud], rtol=0.02)


def test_equals_librosa() -> None:
    assert_equals_librosa(FEATURES, music(0.6))


def test_equals_librosa_with_other_settings() -> None:
    config = FeatureConfig(
        sample_rate=16_000, hop_length=256, windows=(2048, 4096), bins_per_octave=24, a4=432.0
    )
    assert_equals_librosa(config, music(0.6))


def test_the_weights_are_the_spectrum_of_window_times_tone() -> None:
    config = FeatureConfig(
        sample_rate=8000, hop_length=128, windows=(512, 2048), bins_per_octave=24, a4=432.0
    )
    found = Spectrogram(config)._kernels.toarray().reshape(2, config.n_bins, 1025)
    frequencies = bin_frequencies(config)
    assert (frequencies >= 4000).any()
    tones = np.exp(2j * np.pi * np.outer(frequencies / config.sample_rate, np.arange(2048)))
    for channel, length in enumerate(config.windows):
        window = np.zeros(2048)
        window[-length:] = 2 * analysis_window(length)
        expected = np.fft.fft(tones * window, axis=1).conj()[:, :1025] / 2048
        expected[frequencies >= 4000] = 0
        size = np.abs(expected)
        expected[size < 1e-3 * size.max(axis=1, keepdims=True)] = 0
        np.testing.assert_allclose(found[channel], expected, rtol=1e-5, atol=1e-12)


def test_the_analysis_window_peaks_near_its_newest_sample() -> None:
    for length in (256, 1024, 8191):
        window = analysis_window(length)
        assert window.shape == (length,)
        assert window.sum() == pytest.approx(1)
        assert window.min() > 0
        assert np.argmax(window) == pytest.approx(0.75 * length, abs=2)


@pytest.mark.parametrize("pitch", [33, 57, 69, 84, 105])
def test_a_full_scale_sine_peaks_at_its_bin_with_value_one(pitch: int) -> None:
    hz = 440 * 2 ** ((pitch - 69) / 12)
    magnitudes = magnitudes_of(0.999 * sine(hz, 1.0), FEATURES)[-1]
    longest = magnitudes[int(np.argmax(FEATURES.windows))]
    peak = int(np.argmax(longest))
    assert FEATURES.bin_pitch(peak) == pitch
    assert longest[peak] == pytest.approx(1, abs=0.02)
    # Over its own running level it is 1 as well, however soft it is.
    for gain in (1.0, 0.01):
        soft = frames_of(gain * sine(hz, 1.0))[-1]
        assert soft.max() == pytest.approx(1, abs=0.01)
        assert np.argmax(soft[-1]) == peak


def test_the_middle_bin_of_each_semitone_is_its_pitch() -> None:
    frequencies = bin_frequencies(FEATURES)
    assert len(frequencies) == FEATURES.n_bins
    assert frequencies[1] == pytest.approx(27.5)
    assert frequencies[1 + 48 * FEATURES.bins_per_semitone] == pytest.approx(440)
    assert frequencies[36] / frequencies[0] == pytest.approx(2)


def test_a4_moves_the_bins() -> None:
    config = replace(FEATURES, a4=452.9)
    assert bin_frequencies(config)[145] == pytest.approx(452.9)
    peak = np.argmax(frames_of(sine(452.9, 0.5), config)[-1, -1])
    assert config.bin_pitch(int(peak)) == 69


def test_ragged_blocks_give_the_same_frames_to_the_last_bit() -> None:
    samples = music(1.5)
    whole = frames_of(samples)
    rng = np.random.default_rng(3)
    for largest in (7, 300, 2000, 20_000):
        stream, parts, first = Spectrogram(FEATURES), [], 0
        while first < len(samples):
            size = int(rng.integers(0, largest + 1))
            parts.append(stream.push(samples[first : first + size]))
            first += size
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_each_hop_gives_one_frame_and_no_sooner() -> None:
    stream, hop = Spectrogram(FEATURES), FEATURES.hop_length
    shape = (len(FEATURES.windows), FEATURES.n_bins)
    assert stream.push(np.zeros(0, np.float32)).shape == (0, *shape)
    assert stream.push(np.zeros(hop - 1, np.float32)).shape == (0, *shape)
    frames = stream.push(np.zeros(1, np.float32))
    assert frames.shape == (1, *shape)
    assert frames.dtype == np.float32
    assert len(stream.push(np.zeros(10 * hop + 5, np.float32))) == 10


def test_later_samples_never_change_earlier_frames() -> None:
    samples = music(1.0)
    hop = FEATURES.hop_length
    before = frames_of(samples)
    cut = 20 * hop + 100
    changed = samples.copy()
    changed[cut:] = noise(1.0, peak=0.9, seed=5)[cut:]
    after = frames_of(changed)
    np.testing.assert_array_equal(after[:20], before[:20])
    # The change is loud: the very frame that holds its first samples differs.
    assert np.abs(after[20] - before[20]).max() > 0.05


def test_reset_forgets_everything() -> None:
    samples = music(0.5)
    stream = Spectrogram(FEATURES)
    first = stream.push(samples)
    stream.reset()
    np.testing.assert_array_equal(stream.push(samples), first)


def test_a_softer_recording_gives_the_same_frames() -> None:
    samples = music(1.0)
    loud, soft = frames_of(samples), frames_of(samples * np.float32(10 ** (-30 / 20)))
    np.testing.assert_allclose(soft, loud, atol=1e-3)


def test_silence_is_zero_and_faint_noise_is_not_blown_up() -> None:
    assert not frames_of(np.zeros(FEATURES.sample_rate, np.float32)).any()
    # Noise at -100 dB, such as dither, stays a shadow; the level's floor is at -75 dB.
    faint = frames_of(noise(1.0, peak=1e-5))
    assert faint.max() < 0.3
    assert frames_of(noise(1.0, peak=1e-2)).max() > 0.9


def test_the_level_rises_at_once_and_falls_slowly() -> None:
    hop, rate = FEATURES.hop_length, FEATURES.sample_rate
    tone = sine(440.0, 4.0)
    gain = np.full(len(tone), 0.01, np.float32)
    gain[rate : 2 * rate] = 1.0
    values = frames_of(tone * gain)[:, -1].max(axis=1)
    soft, loud, just_after, later = (values[int(s * rate / hop) - 1] for s in (1, 2, 2.6, 4))
    assert soft == pytest.approx(1, abs=0.01)
    assert loud == pytest.approx(1, abs=0.01)
    # 40 dB softer than what just was, and 2 dB per second less so as time goes by.
    reach = 10 ** (FEATURES.range_db / 20)

    def shown(db: float) -> float:
        return float(np.log1p(reach * 10 ** (db / 20)) / np.log1p(reach))

    assert just_after == pytest.approx(shown(-40 + 0.6 * 2), abs=0.02)
    assert later == pytest.approx(shown(-40 + 2 * 2), abs=0.02)


def test_bins_above_half_the_sample_rate_are_zero() -> None:
    config = replace(FEATURES, sample_rate=8_000, hop_length=160)
    above = bin_frequencies(config) >= 4_000
    assert above.any()
    rng = np.random.default_rng(0)
    frames = frames_of(rng.uniform(-0.5, 0.5, 8_000).astype(np.float32), config)
    assert not frames[:, :, above].any()
    assert frames[-1, -1, ~above].min() > 0


def test_a_setting_that_cannot_be_is_refused_by_name_and_value() -> None:
    bad: list[tuple[dict[str, object], str]] = [
        ({"sample_rate": 0}, "sample_rate must be positive, not 0"),
        ({"hop_length": -1}, "hop_length must be positive, not -1"),
        ({"windows": ()}, "windows must be"),
        ({"windows": (256,)}, r"at least the hop length, 441 samples, not \(256,\)"),
        ({"bins_per_octave": 30}, "bins_per_octave must be a positive multiple of 12, not 30"),
        ({"n_octaves": 7}, "n_octaves must be at least 8, not 7"),
        ({"a4": 44.0}, "a4 must be between 400 and 480 Hz, not 44.0"),
    ]
    for values, message in bad:
        with pytest.raises(ValueError, match=message):
            FeatureConfig(**values)  # type: ignore[arg-type]
