"""Readers of sound and of numbers: audio files, data files, MusicNet's archive, checkpoints."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import soundfile

from app.audio.files.audio_file import AudioFile, AudioFileError
from model import checkpoint
from model.checkpoint import Checkpoint, CheckpointError
from model.config import DecoderConfig, to_json
from model.network import Network
from model.resampler import Resampler
from model.transcriber import Transcriber
from tests.audio.encoded import Track, noise, write
from tests.fuzz.readers import Reader, all_of
from tests.training.test_corpora_musicnet import ROWS, PythonTwo, npy, write_hdf5
from tests.training.tiny_corpora import options
from tests.training.tiny_data import FEATURES, SHAPE, write_clips
from training.corpora import audio, musicnet
from training.corpora.recording import CorpusError
from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.datasets.joining import Existing
from training.errors import DataError

RATE = 44_100
_OPTIONS = options()
# No decoder makes more samples of a byte, by far (FLAC of silence).
_MOST_SAMPLES_A_BYTE = 8_000
_BY_LIBSNDFILE = (
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_24"), ("W64", "ULAW"),
    ("RF64", "PCM_16"), ("AIFF", "PCM_16"), ("AU", "ALAW"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"),
    ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
    ("VOC", "PCM_16"), ("NIST", "PCM_16"), ("SVX", "PCM_16"), ("MAT5", "PCM_16"), ("XI", "DPCM_16"),
)  # fmt: skip
_BY_FFMPEG = (
    ("m4a", "aac", "mp4"), ("mkv", "aac", None), ("aac", "aac", "adts"), ("ts", "mp2", None),
    ("wma", "wmav2", None), ("ac3", "ac3", None), ("mp3", "libmp3lame", None),
    ("flv", "libmp3lame", None), ("avi", "libmp3lame", None), ("m4a", "alac", "mp4"),
    ("wv", "wavpack", None),
)  # fmt: skip


def _sounds(folder: Path) -> list[bytes]:
    found = []
    for kind, subtype in _BY_LIBSNDFILE:
        rate = 48_000 if subtype == "OPUS" else RATE
        sound = np.stack([noise(0.08, 1), noise(0.08, 2)], axis=1)
        if kind in ("VOC", "NIST", "SVX", "XI", "MAT5"):
            sound = sound[:, 0]
        memory = io.BytesIO()
        soundfile.write(memory, sound, rate, format=kind, subtype=subtype)
        found.append(memory.getvalue())
    for number, (suffix, codec, kind) in enumerate(_BY_FFMPEG):
        path = folder / f"{number}.{suffix}"
        write(path, [Track(noise(0.15))], codec, kind=kind, tags={"title": "a", "artist": "b"})
        found.append(path.read_bytes())
    film = folder / "film.mp4"
    write(film, [Track(noise(0.3)), Track(noise(0.3), 0.1)], pictures=(0, 0.5))
    return [*found, film.read_bytes()]


def _read_sound(path: Path) -> None:
    all_of(
        lambda: _heard(path),
        # By libsndfile, then by FFmpeg.
        lambda: audio.read(path, 22_050),
        lambda: audio.read(path.rename(path.with_suffix(".m4a")), 22_050),
        refusals=(AudioFileError, CorpusError),
    )


def _heard(path: Path) -> None:
    with AudioFile(path) as file:
        resampler = Resampler(file.sample_rate, FEATURES.sample_rate)
        n_samples = 0
        for block in file.blocks():
            resampler.push(block)
            n_samples += len(block)
    assert n_samples <= 60 * RATE + _MOST_SAMPLES_A_BYTE * path.stat().st_size


def _data_files(folder: Path) -> list[bytes]:
    clips = write_clips(folder / "clips.h5", ("red/a", "blue/b"), clips_per_piece=1)
    write_hdf5(folder)
    return [clips.read_bytes(), (folder / "musicnet.h5").read_bytes()]


def _read_hdf5(path: Path) -> None:
    # One of three, the same for the same file: each begins with another process.
    match zlib.crc32(path.read_bytes()) % 3:
        case 0:
            clips = ClipDataset([ClipFile.open(path)])
            for index in range(min(len(clips), 50)):
                _ = clips[index]
        case 1:
            Existing.read(path)
        case _:
            for recording in musicnet.recordings(path, "train", _OPTIONS):
                recording.load(22_050)


def _arrays(folder: Path) -> list[bytes]:
    return [npy(PythonTwo().piece(noise(0.05), ROWS))]


def _archive(member: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("1788.npy", member)
    return memory.getvalue()


def _read_npz(path: Path) -> None:
    for recording in musicnet.recordings(path, "train", _OPTIONS):
        recording.load(22_050)


_CONFIGURATIONS = ("features", "network", "decoder", "settled_decoder")


def _checkpoints(folder: Path) -> list[bytes]:
    weights = Network(FEATURES, SHAPE).state_dict()
    path = folder / "whole.safetensors"
    checkpoint.save(Checkpoint(FEATURES, SHAPE, DecoderConfig(), weights), path)
    (folder / "weights").write_bytes(path.read_bytes())
    return [
        "\n".join(map(to_json, (FEATURES, SHAPE, decoder, decoder))).encode()
        for decoder in (DecoderConfig(), DecoderConfig(reliability=((0.1, 0.2), (0.8, 0.9))))
    ]


class _Packed:
    """Puts configurations into a checkpoint that is whole otherwise."""

    def __init__(self) -> None:
        self._content = b""

    def wholes(self, folder: Path) -> list[bytes]:
        wholes = _checkpoints(folder)
        self._content = (folder / "weights").read_bytes()
        return wholes

    def pack(self, configurations: bytes) -> bytes:
        (size,) = struct.unpack_from("<Q", self._content)
        header = json.loads(self._content[8 : 8 + size])
        lines = configurations.decode("utf-8", "replace").split("\n")
        for name, line in zip(_CONFIGURATIONS, lines, strict=False):
            header["__metadata__"][name] = line
        packed = json.dumps(header).encode("utf-8", "replace")
        packed += b" " * (-len(packed) % 8)
        return struct.pack("<Q", len(packed)) + packed + self._content[8 + size :]


def _read_checkpoint(path: Path) -> None:
    stream = Transcriber.load(path).stream(RATE)
    stream.push(noise(0.1))
    stream.finish()


_PACKED = _Packed()
SOUND_READERS = (
    Reader("audio", ".wav", _sounds, _read_sound, (AudioFileError, CorpusError)),
    Reader("hdf5", ".h5", _data_files, _read_hdf5, (DataError, CorpusError)),
    Reader("npz", ".npz", _arrays, _read_npz, (CorpusError,), pack=_archive),
    Reader("checkpoint", ".safetensors", _PACKED.wholes, _read_checkpoint, (CheckpointError,),
           is_text=True, pack=_PACKED.pack),
)  # fmt: skip
