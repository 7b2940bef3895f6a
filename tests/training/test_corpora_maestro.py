"""MAESTRO version 3, written here as its authors publish it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from tests.training.tiny_corpora import RATE, melody, options, write_midi
from training.corpora import maestro
from training.corpora.recording import CorpusError

HEAD = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"
STEM = "2018/MIDI-Unprocessed_Chamber3_MID--AUDIO_10_R3_2018_wav--1"
PIECES = [
    ("Alban Berg", "Sonata Op. 1", "train", 2018, STEM),
    ("Franz Schubert", 'Fantasy in C Major, "Wanderer"', "validation", 2004, "2004/wanderer"),
    ("Frédéric Chopin", "Étude Op. 10, No. 1", "test", 2009, "2009/etude"),
]


def write(folder: Path, *, as_json: bool = False) -> Path:
    rows = [
        (*piece[:4], f"{piece[4]}.midi", f"{piece[4]}.wav", 1.5) for piece in PIECES
    ]
    folder.mkdir(exist_ok=True)
    if as_json:
        columns = {
            name: {str(i): row[at] for i, row in enumerate(rows)}
            for at, name in enumerate(HEAD.split(","))
        }
        (folder / "maestro-v3.0.0.json").write_text(json.dumps(columns))
    else:
        lines = [
            ",".join(
                '"' + cell.replace('"', '""') + '"'
                if isinstance(cell, str) and set(cell) & set(',"')
                else str(cell)
                for cell in row
            )
            for row in rows
        ]
        (folder / "maestro-v3.0.0.csv").write_text("\n".join([HEAD, *lines]) + "\n", "utf-8")
    for *_, stem in PIECES:
        write_midi(
            folder / f"{stem}.midi",
            [
                (0.2, "on", 60, 71), (0.3, "pedal", 0, 100), (0.5, "off", 60, 64),
                (1.0, "pedal", 0, 0), (1.2, "on", 64, 50), (1.4, "off", 64, 64),
            ],
        )  # fmt: skip
        stereo = melody([(0.2, 1.0, 60), (1.2, 1.4, 64)], 1.5)[:, None].repeat(2, axis=1)
        soundfile.write(folder / f"{stem}.wav", stereo, RATE, subtype="PCM_16")
    return folder


@pytest.mark.parametrize("as_json", [False, True])
def test_pieces_are_split_as_the_authors_drew_them(tmp_path: Path, as_json: bool) -> None:
    write(tmp_path / "maestro-v3.0.0", as_json=as_json)
    for folder in (tmp_path, tmp_path / "maestro-v3.0.0"):
        train, validation = maestro.recordings(folder, "train", options())
        (test,) = maestro.recordings(folder, "test", options())
        assert (train.corpus, train.name, train.split) == ("maestro", STEM, "train")
        # train-val holds these out.
        assert (validation.name, validation.split) == ("2004/wanderer", "validation")
        assert train.group == "Alban Berg: Sonata Op. 1"
        assert (test.name, test.split) == ("2009/etude", "test")
        assert train.licence == "CC BY-NC-SA 4.0"


def test_the_pedal_extends_notes_by_option(tmp_path: Path) -> None:
    write(tmp_path)
    for argument, end_s in (("--sustain-pedal", 1.0), ("--no-sustain-pedal", 0.5)):
        recording, _ = maestro.recordings(tmp_path, "train", options(argument))
        loaded = recording.load(22_050)
        assert [(n.pitch, n.velocity) for n in loaded.notes] == [(60, 71), (64, 50)]
        assert loaded.notes[0].onset_s == pytest.approx(0.2, abs=1e-3)
        assert loaded.notes[0].offset_s == pytest.approx(end_s, abs=1e-3)
        assert len(loaded.samples) == pytest.approx(1.5 * 22_050, abs=2)


def test_a_missing_corpus_says_where_it_is_published(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"magenta.*maestro-v3\.0\.0\.csv"):
        maestro.recordings(tmp_path, "train", options())


def test_damaged_files_are_reported_by_name(tmp_path: Path) -> None:
    write(tmp_path)
    (recording,) = maestro.recordings(tmp_path, "test", options())
    (tmp_path / "2009/etude.wav").unlink()
    with pytest.raises(CorpusError, match=r"etude\.wav"):
        recording.load(22_050)
    (tmp_path / "2009/etude.midi").write_bytes(b"MThd")
    with pytest.raises(CorpusError, match=r"etude\.midi"):
        recording.load(22_050)
    (tmp_path / "maestro-v3.0.0.csv").write_text("canonical_composer,split\nBach,train\n")
    with pytest.raises(CorpusError, match="damaged"):
        maestro.recordings(tmp_path, "train", options())
