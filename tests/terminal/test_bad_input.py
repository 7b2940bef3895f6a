"""Odd recordings are taken; what cannot be used is refused in one sentence, leaving nothing."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from app.terminal.command_line import main
from model import checkpoint as checkpoints
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from tests.conftest import tones

HERE = Path(__file__).resolve().parents[2]
RATE = 16_000
SOUND = tones(0.5, RATE)

Maker = Callable[[Path], object]


def wav(
    samples: np.ndarray = SOUND, rate: int = RATE, subtype: str = "PCM_16"
) -> Maker:
    return lambda path: soundfile.write(path, samples, rate, subtype=subtype)


# A name in Latin-1, as old disks have them; other systems know no such names.
OLD_NAME = "caf\udce9.wav"


def renamed(path: Path) -> None:
    """soundfile would not write it under that name."""
    soundfile.write(path.with_name("new.wav"), SOUND, RATE)
    path.with_name("new.wav").rename(path)


def changed_wav(position: int, replacement: bytes) -> Maker:
    """A sound wav file with some bytes of its header replaced."""

    def make(path: Path) -> None:
        soundfile.write(path, SOUND, RATE)
        content = bytearray(path.read_bytes())
        content[position : position + len(replacement)] = replacement
        path.write_bytes(content)

    return make


def cut_wav(length: int) -> Maker:
    def make(path: Path) -> None:
        soundfile.write(path, SOUND, RATE)
        path.write_bytes(path.read_bytes()[:length])

    return make


def cut_flac(path: Path) -> None:
    soundfile.write(path, SOUND, RATE, format="FLAC")
    path.write_bytes(path.read_bytes()[:40])


def silent_film(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


CUT_OFF: dict[str, Maker] = {
    "cut": cut_wav(44 + 3001), "claims too much": changed_wav(40, struct.pack("<I", 10**8)),
}
ODD: dict[str, Maker] = ({OLD_NAME: renamed} if sys.platform == "linux" else {}) | {
    "silence.wav": wav(np.zeros(RATE)),
    "8 kHz.wav": wav(tones(0.5, 8000), 8000),
    "192 kHz.wav": wav(tones(0.3, 192_000), 192_000),
    "three channels.wav": wav(np.repeat(SOUND[:, None], 3, axis=1)),
    "eight channels.wav": wav(np.repeat(SOUND[:, None], 8, axis=1)),
    "8 bit.wav": wav(subtype="PCM_U8"),
    "300 samples.wav": wav(SOUND[:300]),
    "1 sample.wav": wav(SOUND[:1]),
    "clipped.wav": wav(np.clip(20 * SOUND, -1, 1)),
    "louder than full scale.wav": wav(50 * SOUND, subtype="FLOAT"),
    "offset.wav": wav(SOUND + 0.5),
    "Ein schönes Stück – «№ 1»: a b.wav": wav(),
    "-o.wav": wav(),
    "no suffix": lambda path: soundfile.write(path, SOUND, RATE, format="WAV"),
    "streamed.wav": changed_wav(40, b"\xff\xff\xff\xff"),
    "claims nothing.wav": changed_wav(40, bytes(4)),
}

REFUSED: dict[str, tuple[Maker, str]] = {
    "missing.wav": (lambda path: None, "there is no such file"),
    "folder.wav": (Path.mkdir, "this is a folder"),
    "empty.wav": (Path.touch, "the file is empty"),
    "text.wav": (lambda path: path.write_text("no sound\n" * 99), "the file is not audio"),
    "text.mp3": (lambda path: path.write_text("no sound\n" * 99), "the file is not audio"),
    "noise.mp3": (
        lambda path: path.write_bytes(np.random.default_rng(0).bytes(9999)), "is not audio"
    ),
    "film.mp4": (silent_film, "there is no sound in this file"),
    "no sample.wav": (wav(np.zeros(0)), "not a single sample"),
    "no frame.wav": (wav(np.zeros((0, 2))), "not a single sample"),
    "nan.wav": (wav(np.where(np.arange(8000) == 4000, np.nan, SOUND), subtype="FLOAT"),
                "the sample at 0.250 s is not a finite number"),
    "inf.wav": (wav(np.where(np.arange(8000) == 0, np.inf, SOUND), subtype="DOUBLE"),
                "the sample at 0.000 s is not a finite number"),
    "header.wav": (cut_wav(30), "its header cannot be read"),
    "magic alone.wav": (cut_wav(4), "its header cannot be read"),
    "no channels.wav": (changed_wav(22, bytes(2)), "its header cannot be read"),
    "no rate.wav": (changed_wav(24, bytes(4)), "its header cannot be read"),
    "1 Hz.wav": (changed_wav(24, struct.pack("<I", 1)), "1 Hz"),
    "2 GHz.wav": (changed_wav(24, struct.pack("<I", 2**31 - 1)), "2147483647 Hz, too high a rate"),
    "unknown format.wav": (changed_wav(20, b"\x99\x99"), "its header cannot be read"),
    "header.flac": (cut_flac, "its header cannot be read"),
}


def command(name: str, source: Path, output: Path, checkpoint: Path) -> list[str]:
    option = "-o" if name == "transcribe" else "--jsonl"
    return [name, f"--checkpoint={checkpoint}", option, str(output), "--", str(source)]


@pytest.mark.parametrize("name", ODD)
def test_odd_recordings_are_taken(
    name: str, tiny_checkpoint: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / name
    ODD[name](source)
    for which, output in (("transcribe", tmp_path / "a.mid"), ("stream", tmp_path / "a.jsonl")):
        assert main(command(which, source, output, tiny_checkpoint)) == 0
        assert output.is_file()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("which", ["transcribe", "stream"])
@pytest.mark.parametrize("make", CUT_OFF.values(), ids=CUT_OFF)
def test_of_a_recording_that_was_cut_off_the_rest_is_taken_and_it_is_said(
    which: str, make: Maker, tiny_checkpoint: Path, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source, output = tmp_path / "cut off.wav", tmp_path / "a.mid"
    make(source)
    assert main(command(which, source, output, tiny_checkpoint)) == 0
    assert output.is_file()
    told = capfd.readouterr().err
    assert told.startswith(f"noteglow: {source}: the file was cut off: only the first ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("which", ["transcribe", "stream"])
@pytest.mark.parametrize("name", REFUSED)
def test_unusable_recordings_are_refused_in_one_sentence(
    which: str, name: str, tiny_checkpoint: Path, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    make, reason = REFUSED[name]
    source, output = tmp_path / name, tmp_path / "out" / "a.mid"
    make(source)
    assert main(command(which, source, output, tiny_checkpoint)) == 1
    told = capfd.readouterr()
    assert told.err.count("\n") == 1
    assert str(source) in told.err
    assert reason in told.err
    assert told.out == ""
    assert not list(tmp_path.rglob("a.mid*"))


@pytest.mark.parametrize("which", ["transcribe", "stream"])
def test_outputs_that_cannot_be_written_are_refused_before_the_work(
    which: str, tiny_checkpoint: Path, tone_wav: Path, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.mid").mkdir()
    own = tmp_path / "own.mid"
    own.write_bytes(tone_wav.read_bytes())
    outputs = [(tone_wav, tmp_path / "file" / "a.mid"), (own, own)]
    if which == "stream":
        outputs.append((tone_wav, tmp_path / "folder.mid"))
    for source, output in outputs:
        assert main(command(which, source, output, tiny_checkpoint)) == 1
        told = capfd.readouterr().err
        assert told.count("\n") == 1
        assert str(output) in told
    assert (tmp_path / "file").read_text() == "mine"
    assert own.read_bytes() == tone_wav.read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_outputs_that_fit_no_recording_are_refused(
    tiny_checkpoint: Path, tone_wav: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sound, other = str(tone_wav), str(tmp_path / "other.wav")
    (tmp_path / "file").write_text("mine")
    for arguments in (
        [sound, "-o", str(tmp_path / "a.wav")],
        [sound, other, "-o", str(tmp_path / "a.mid")],
        [sound, other, "-o", str(tmp_path / "file")],
        [sound, other, "-o", str(tmp_path / "out"), "--csv", str(tmp_path / "a.csv")],
        [sound, "-o", str(tmp_path / "a.mid"), "--csv", str(tmp_path / "file" / "a.csv")],
    ):
        assert main(["transcribe", f"--checkpoint={tiny_checkpoint}", *arguments]) == 1
        assert capfd.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def other_shape(path: Path, tiny: Path) -> None:
    """The weights of one network under the configuration of another."""
    own = checkpoints.load(tiny)
    wider = NetworkConfig(stem_channels=3, channels=5, n_blocks=1, harmonic_channels=2)
    checkpoints.save(
        checkpoints.Checkpoint(FeatureConfig(), wider, DecoderConfig(), own.weights), path
    )


def unknown_setting(path: Path, tiny: Path) -> None:
    content = tiny.read_bytes()
    assert content.count(b"hop_length") == 1
    path.write_bytes(content.replace(b"hop_length", b"hop_lengtt"))


CHECKPOINTS: dict[str, Callable[[Path, Path], object]] = {
    "missing": lambda path, tiny: None,
    "empty": lambda path, tiny: path.touch(),
    "folder": lambda path, tiny: path.mkdir(),
    "not one": lambda path, tiny: path.write_text("weights" * 99),
    "cut off": lambda path, tiny: path.write_bytes(tiny.read_bytes()[:-100]),
    "other shape": other_shape,
    "unknown setting": unknown_setting,
}


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("which", ["transcribe", "stream"])
def test_checkpoints_that_do_not_fit_are_refused(
    name: str, which: str, tiny_checkpoint: Path, tone_wav: Path, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "bad.safetensors"
    CHECKPOINTS[name](path, tiny_checkpoint)
    assert main(command(which, tone_wav, tmp_path / "a.mid", path)) == 1
    told = capfd.readouterr().err
    assert told.count("\n") == 1
    assert str(path) in told
    assert not list(tmp_path.glob("a.mid*"))


def test_the_real_program_ends_with_a_sentence_and_no_traceback(
    exported_checkpoint: Path, tmp_path: Path
) -> None:
    source = tmp_path / "Käse.wav"
    REFUSED["nan.wav"][0](source)
    run = subprocess.run(
        [sys.executable, "main.py", *command("transcribe", source, tmp_path / "a.mid",
                                             exported_checkpoint)],
        cwd=HERE, capture_output=True, text=True, check=False,
    )
    assert run.returncode == 1
    assert run.stderr == f"noteglow: {source}: the sample at 0.250 s is not a finite number\n"
    assert run.stdout == ""
    assert list(tmp_path.iterdir()) == [source]
