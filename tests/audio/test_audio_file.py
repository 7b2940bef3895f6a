"""What comes out of audio files: the right samples, in the right blocks, at the right times."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.audio.files.audio_file import AudioFile, AudioFileError, read
from tests.conftest import TONE_RATE, tones

RATE = 44_100


def sine(seconds: float = 1.0, rate: int = RATE, hz: float = 440.0) -> NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def write_aac(path: Path, samples: NDArray[np.float32], rate: int) -> None:
    """Stereo AAC in whatever container the suffix names, the right channel silent."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=rate)
        stream.layout = "stereo"
        stream.codec_context.time_base = Fraction(1, rate)
        for first in range(0, len(samples), 1024):
            block = samples[first : first + 1024]
            frame = av.AudioFrame.from_ndarray(
                np.stack([block, np.zeros_like(block)]), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg", "mp3", "au", "caf"])
def test_every_format_gives_the_same_sound_at_the_same_time(tmp_path: Path, suffix: str) -> None:
    sound = sine() * np.linspace(0, 1, RATE, dtype=np.float32)
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, sound, RATE)
    samples, rate = read(path)
    assert rate == RATE
    assert samples.dtype == np.float32
    assert len(samples) == len(sound)
    # A shift by a few samples already would leave a difference of a tenth.
    assert level(samples[2000:-2000] - sound[2000:-2000]) < 0.02


@pytest.mark.parametrize("suffix", ["m4a", "mp4", "mkv"])
def test_aac_is_read_as_the_mean_of_its_channels(tmp_path: Path, suffix: str) -> None:
    sound = sine(2.0, 48_000)
    path = tmp_path / f"a: film.{suffix}"
    write_aac(path, sound, 48_000)
    with AudioFile(path) as file:
        assert (file.sample_rate, file.n_channels) == (48_000, 2)
        assert file.duration_s == pytest.approx(2.0, abs=0.05)
        samples = np.concatenate(list(file.blocks()))
    assert len(samples) == pytest.approx(len(sound), abs=2048)
    middle = slice(5000, 90_000)
    assert level(samples[middle] - sound[middle] / 2) < 0.02


def test_content_decides_not_the_suffix(tmp_path: Path) -> None:
    kinds = {"flac.wav": "FLAC", "wav.mp3": "WAV", "wav.raw": "WAV", "nothing": "WAV"}
    for name, kind in kinds.items():
        soundfile.write(tmp_path / "real", sine(), RATE, format=kind)
        (tmp_path / "real").rename(tmp_path / name)
        assert len(read(tmp_path / name)[0]) == RATE


@pytest.mark.parametrize("n_channels", [1, 2, 3, 8])
def test_channels_are_averaged(tmp_path: Path, n_channels: int) -> None:
    path = tmp_path / "channels.wav"
    sound = sine()[:, None] * np.arange(1, n_channels + 1)[None] / n_channels
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    samples, _ = read(path)
    np.testing.assert_allclose(samples, sound.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
@pytest.mark.parametrize("length", [1000, 65_536, 7])
def test_blocks_have_the_length_asked_for_and_begin_anew(
    tmp_path: Path, suffix: str, length: int
) -> None:
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, sine(0.1), RATE)
    with AudioFile(path) as file:
        blocks = list(file.blocks(length))
        assert [len(block) for block in blocks[:-1]] == [length] * (len(blocks) - 1)
        assert 1 <= len(blocks[-1]) <= length
        half_read = file.blocks(length)
        next(half_read)
        half_read.close()
        np.testing.assert_array_equal(
            np.concatenate(blocks), np.concatenate(list(file.blocks(512)))
        )


@pytest.mark.parametrize(("kept_s", "n_opened"), [(2.0, 1), (1.9, 2), (0.0, 2)])
def test_a_short_file_that_is_kept_is_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_s: float, n_opened: int
) -> None:
    soundfile.write(tmp_path / "a.wav", tones(2.0), TONE_RATE)
    decoded: list[int] = []
    with AudioFile(tmp_path / "a.wav", kept_s) as file:
        of_file = file._source.chunks
        monkeypatch.setattr(file._source, "chunks", lambda: decoded.append(0) or of_file())
        first, again = (np.concatenate(list(file.blocks())) for _ in range(2))
        assert file.cut_off() is None
    assert (first == again).all()
    assert len(decoded) == n_opened


@pytest.mark.parametrize("claim", [10**7, 0xFFFFFFFF, 0x7FFFFFFF, 0])
def test_a_length_in_the_header_that_is_wrong_is_not_believed(tmp_path: Path, claim: int) -> None:
    path = tmp_path / "claims.wav"
    soundfile.write(path, sine(), RATE)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = struct.pack("<I", claim)
    path.write_bytes(content)
    samples, _ = read(path)
    np.testing.assert_allclose(samples, sine(), atol=1e-4)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "aiff"])
def test_a_file_that_is_cut_off_gives_what_is_left(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut.{suffix}"
    soundfile.write(path, sine(10.0), RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    samples, _ = read(path)
    # Ogg loses a page of up to three seconds.
    assert 2.0 < len(samples) / RATE < 7.0
    assert level(samples[2000:-2000] - sine(10.0)[2000 : len(samples) - 2000]) < 0.03


@pytest.mark.parametrize("suffix", ["flac", "m4a"])
def test_after_damage_in_the_middle_everything_keeps_its_time(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"damaged.{suffix}"
    sound = np.concatenate([sine(8.0, hz=300.0), sine(2.0, hz=3000.0)])
    if suffix == "m4a":
        write_aac(path, sound, RATE)
    else:
        soundfile.write(path, sound, RATE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = np.random.default_rng(1).bytes(200)
    path.write_bytes(content)
    samples, _ = read(path)
    assert len(samples) / RATE == pytest.approx(10.0, abs=0.1)
    # The high tone begins where it began.
    changes = np.abs(np.diff(samples, prepend=0))
    high = np.convolve(changes > 0.3 * changes.max(), np.ones(100), "same") > 20
    assert np.argmax(high) / RATE == pytest.approx(8.0, abs=0.1)


def test_not_a_number_is_refused_at_its_time(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    for value in (np.nan, np.inf, -np.inf):
        sound = np.stack([sine(2.0), sine(2.0)], axis=1)
        sound[66_150, 1] = value
        soundfile.write(path, sound, RATE, subtype="FLOAT")
        with AudioFile(path) as file, pytest.raises(AudioFileError, match=r"nan\.wav.* 1\.500 s"):
            list(file.blocks(1000))


def test_a_play_list_is_not_followed(tmp_path: Path) -> None:
    write_aac(tmp_path / "sound.m4a", sine(), RATE)
    for name, text in (
        ("list.txt", "ffconcat version 1.0\nfile sound.m4a\n"),
        ("list.m3u8", f"#EXTM3U\n#EXTINF:1,\nfile://{tmp_path}/sound.m4a\n#EXT-X-ENDLIST\n"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(AudioFileError):
            AudioFile(tmp_path / name)


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.wav"
    soundfile.write(path, sine(), RATE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # The tests may run as root, who may read everything.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioFileError, match=r"mine\.wav: the file cannot be read"):
        AudioFile(path)


def test_channels_that_cancel_each_other_are_heard(tmp_path: Path) -> None:
    sound = tones(1.0)
    path = tmp_path / "turned.wav"
    soundfile.write(path, np.stack([sound, -sound], axis=1), TONE_RATE, subtype="FLOAT")
    heard, _ = read(path)
    assert np.allclose(heard[TONE_RATE // 50 :], sound[TONE_RATE // 50 :], atol=1e-6)
