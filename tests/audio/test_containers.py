"""Sound in films and in files of every encoder: which stream, from when on, and after damage."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.files.audio_file import AudioFile, AudioFileError, read
from tests.audio.encoded import RATE, Track, damage, delay, noise, write

# A millisecond: time stamps of some containers are no finer.
NEAR = 45
WITHOUT_HEADER = {"write_xing": "0"}


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_the_default_stream_is_taken(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film.{suffix}"
    first, second = noise(1.0, 1), noise(1.0, 2)
    write(path, [Track(first, is_default=False), Track(second)])
    heard, _ = read(path)
    assert abs(delay(second, heard)) <= NEAR
    assert abs(np.corrcoef(second, heard[: len(second)])[0, 1]) > 0.9


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_a_stream_that_starts_later_keeps_its_offset(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film.{suffix}"
    sound = noise(1.0)
    write(path, [Track(sound, start_s=0.7)], pictures=(0, 2))
    heard, _ = read(path)
    assert abs(delay(sound, heard) - 0.7 * RATE) <= NEAR
    assert not heard[: round(0.6 * RATE)].any()


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_time_begins_with_the_first_that_there_is(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film.{suffix}"
    sound = noise(1.0)
    write(path, [Track(sound, start_s=0.5)], pictures=(1, 2))
    assert abs(delay(sound, read(path)[0])) <= NEAR
    # Sound alone begins at once, whatever its first time stamp.
    write(path, [Track(sound, start_s=3.0)])
    assert abs(delay(sound, read(path)[0])) <= NEAR


@pytest.mark.parametrize(
    ("name", "codec", "kind", "options"),
    [("a.wma", "wmav2", None, {}), ("b.wma", "wmav1", None, {}),
     ("a.mp3", "libmp3lame", None, {}), ("b.mp3", "libmp3lame", None, WITHOUT_HEADER),
     ("a.flv", "libmp3lame", None, {}), ("a.mka", "libmp3lame", "matroska", {}),
     ("a.aac", "aac", "adts", {}), ("a.m4a", "aac", "mp4", {}), ("b.ts", "aac", None, {}),
     ("a.ac3", "ac3", None, {}), ("a.mp2", "mp2", None, {}), ("a.ts", "mp2", None, {}),
     ("mp3.wav", "libmp3lame", None, {})],
)  # fmt: skip
def test_an_encoders_delay_is_removed(
    tmp_path: Path, name: str, codec: str, kind: str | None, options: dict[str, str]
) -> None:
    sound = noise(2.0)
    write(tmp_path / name, [Track(sound)], codec, kind=kind, options=options)
    heard, rate = read(tmp_path / name)
    assert rate == RATE
    assert abs(delay(sound, heard)) <= NEAR


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp3", "libmp3lame"), ("a.mp2", "mp2"), ("a.ac3", "ac3"), ("a.ts", "mp2"),
     ("a.wma", "wmav2")],
)  # fmt: skip
def test_after_damage_in_the_midst_everything_keeps_its_time(
    tmp_path: Path, name: str, codec: str
) -> None:
    sound = noise(6.0)
    write(tmp_path / name, [Track(sound)], codec)
    whole = (tmp_path / name).read_bytes()
    # Noise may hold what looks like a frame of MPEG's layer 2, which has no checksum.
    noises = () if codec == "mp2" else ((300, 1), (8_000, 2), (30_000, 3))
    for n_bytes, seed in ((300, None), (8_000, None), (30_000, None), *noises):
        (tmp_path / name).write_bytes(whole)
        damage(tmp_path / name, n_bytes, seed, 0.4)
        heard, _ = read(tmp_path / name)
        assert len(heard) == pytest.approx(len(sound), abs=4000)
        last = slice(5 * RATE, 6 * RATE)
        assert abs(delay(sound[last], heard[last])) <= NEAR


@pytest.mark.parametrize("seed", [None, 1])
def test_frames_of_many_lengths_are_placed_within_some_of_them(
    tmp_path: Path, seed: int | None
) -> None:
    sound = noise(8.0)
    write(tmp_path / "a.aac", [Track(sound)], kind="adts")
    damage(tmp_path / "a.aac", 8_000, seed, 0.4)
    heard, _ = read(tmp_path / "a.aac")
    last = slice(6 * RATE, 8 * RATE)
    assert abs(delay(sound[last], heard[last])) <= 2 * 1024


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_after_damage_an_ogg_file_keeps_its_time(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "damaged.ogg"
    sound = np.random.default_rng(0).normal(0, 0.1, 8 * 48_000).astype(np.float32)
    soundfile.write(path, sound, 48_000, subtype=subtype)
    damage(path, 3_000, 1, 0.4)
    heard, _ = read(path)
    last = slice(6 * 48_000, 7 * 48_000)
    assert delay(sound[last], heard[last]) == 0


@pytest.mark.parametrize("encoding", ["latin-1", "shift-jis", "utf-16-le"])
@pytest.mark.parametrize("suffix", ["mp3", "m4a", "mkv", "wma"])
def test_tags_of_any_encoding_are_no_matter(tmp_path: Path, suffix: str, encoding: str) -> None:
    path = tmp_path / f"tagged.{suffix}"
    codec = {"mp3": "libmp3lame", "wma": "wmav2"}.get(suffix, "aac")
    text = {"latin-1": "Ä Mädchen ß", "shift-jis": "さくらさくら", "utf-16-le": "Ä\ud7ff"}[encoding]
    title = text.encode(encoding)
    held = "x" * len(title)
    write(path, [Track(noise(0.5))], codec, tags={"title": held, "artist": held})
    found = path.read_bytes()
    for before, after in (
        (held.encode(), title), (held.encode("utf-16-le"), (title * 2)[: 2 * len(held)])
    ):
        found = found.replace(before, after)
    assert found != path.read_bytes()
    path.write_bytes(found)
    assert len(read(path)[0]) > 0.4 * RATE


def alac(path: Path, frames_per_packet: int) -> None:
    """A CAF file whose header claims so many frames a packet."""
    soundfile.write(path, noise(0.5), RATE, format="CAF", subtype="ALAC_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"alac") + 12
    assert struct.unpack_from(">I", content, at) == (4096,)
    struct.pack_into(">I", content, at, frames_per_packet)
    path.write_bytes(content)


def test_sound_is_bounded_by_what_the_file_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "claims.caf"
    for claim in (4096, 10**6, 2_500_000, 2**31 - 1):
        alac(path, claim)
        with AudioFile(path) as file:
            length_s = sum(map(len, file.blocks())) / RATE
        assert length_s <= 0.6 + path.stat().st_size / 125
    # And not by gaps that are no gaps.
    assert length_s == pytest.approx(0.5, abs=0.2)


def test_nothing_but_the_reason_is_told_of_a_damaged_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.caf"
    soundfile.write(path, noise(0.1), RATE, subtype="PCM_16")
    whole = path.read_bytes()
    # The length of what is passed over, and what stands in it.
    length = whole.index(b"free") + 4
    for place, bad in ((7, b"\x7f\xff\xff\xff"), (0, b"\x7f" + bytes(7)), (0, b"\xff" * 8)):
        content = bytearray(whole)
        content[length + place : length + place + len(bad)] = bad
        path.write_bytes(content)
        with contextlib.suppress(AudioFileError):
            read(path)
    told = capfd.readouterr()
    assert told.out == told.err == ""


def test_a_film_of_unknown_sound_says_so(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    write(path, [Track(noise(0.2))])
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_ZZZ"))
    with pytest.raises(AudioFileError, match=r"film\.mkv: its sound is of an unknown kind"):
        AudioFile(path)
