"""Files that were cut off say so; whole ones, and those written to a pipe, do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.files.audio_file import AudioFile
from app.audio.files.cut_off import cut_off_sentence
from tests.audio.encoded import RATE, Track
from tests.audio.encoded import write as encode
from tests.conftest import tones

KINDS = ("wav", "rf64", "aiff", "au", "caf", "flac", "ogg", "mp3", "m4a", "mka", "wma")
# What FFmpeg writes.
CODECS: dict[str, tuple[str, dict[str, str]]] = {
    ".m4a": ("aac", {"movflags": "faststart"}), ".mka": ("libmp3lame", {}), ".wma": ("wmav2", {}),
    ".mp3": ("libmp3lame", {}),
}


def write(path: Path) -> None:
    """Four seconds of sound, as this kind of file."""
    codec, options = CODECS.get(path.suffix, ("", {}))
    if codec:
        encode(path, [Track(tones(4.0, RATE))], codec, options=options)
    else:
        soundfile.write(path, tones(4.0, RATE), RATE, format=path.suffix[1:].upper())


def sentence(path: Path) -> str | None:
    with AudioFile(path) as file:
        for _ in file.blocks():
            pass
        return file.cut_off()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_says_so_and_a_whole_one_does_not(
    tmp_path: Path, kind: str
) -> None:
    whole, cut = tmp_path / f"whole.{kind}", tmp_path / f"cut.{kind}"
    write(whole)
    assert sentence(whole) is None
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) * 6 // 10])
    said = sentence(cut)
    assert said is not None
    assert said.startswith(f"{cut}: the file was cut off: only the first ")
    seconds = float(said.split("the first ")[1].split(" s ")[0])
    assert 1.0 < seconds < 3.5


@pytest.mark.parametrize("claim", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000])
def test_a_size_that_was_not_known_is_no_cut(tmp_path: Path, claim: int) -> None:
    path = tmp_path / "pipe.wav"
    soundfile.write(path, tones(1.0, RATE), RATE)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = claim.to_bytes(4, "little")
    path.write_bytes(content)
    assert sentence(path) is None


def test_odd_headers_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "odd"
    random = np.random.default_rng(3)
    heads = (b"RIFF", b"RF64", b"FORM", b"fLaC", b".snd", b"caff", b"ID3\x03", b"\xff\xfb\x90\x00",
             b"\x1a\x45\xdf\xa3", b"\x00\x00\x00\x18ftyp", b"OggS", b"")
    for head in heads:
        for length in (0, 3, 20, 400):
            path.write_bytes(head + random.bytes(length))
            said = cut_off_sentence(path, 10, RATE)
            assert said is None or "cut off" in said
    assert cut_off_sentence(tmp_path / "gone", 10, RATE) is None
