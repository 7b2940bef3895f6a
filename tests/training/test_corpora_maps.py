"""MAPS, written here as its authors publish it."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests.training.tiny_corpora import RATE, melody, options, write_midi
from training.corpora import maps
from training.corpora.recording import CorpusError

PIECES = {
    "AkPnBcht": ("alb_se3", "bach_846"),
    "SptkBGCl": ("chpn-p7", "bach_846"),
    "ENSTDkAm": ("bk_xmas1",),
    "ENSTDkCl": ("bach_846", "mz_331_3"),
}


def write(folder: Path) -> Path:
    for piano, pieces in PIECES.items():
        for piece in pieces:
            stem = folder / piano / "MUS" / f"MAPS_MUS-{piece}_{piano}"
            write_midi(
                stem.with_suffix(".mid"),
                [
                    (0.5, "on", 60, 66), (0.6, "pedal", 0, 127), (0.8, "off", 60, 0),
                    (1.2, "pedal", 0, 0),
                ],
            )  # fmt: skip
            stem.with_suffix(".txt").write_bytes(
                b"OnsetTime\tOffsetTime\tMidiPitch\r\n0.500004\t0.800002\t60\r\n"
            )
            stereo = melody([(0.5, 1.2, 60)], 1.4)[:, None].repeat(2, axis=1)
            soundfile.write(stem.with_suffix(".wav"), stereo, RATE)
        # Single notes, chords and random chords are parts of MAPS too, but no music.
        alone = folder / piano / "ISOL/NO" / f"MAPS_ISOL_NO_F_S0_M60_{piano}.wav"
        alone.parent.mkdir(parents=True)
        soundfile.write(alone, melody([(0.1, 0.3, 60)], 0.4), RATE)
    return folder


def test_disklaviers_are_tested_and_their_pieces_not_trained_on(tmp_path: Path) -> None:
    write(tmp_path / "MAPS")
    for folder in (tmp_path, tmp_path / "MAPS"):
        test = maps.recordings(folder, "test", options())
        assert [r.name for r in test] == [
            "bk_xmas1_ENSTDkAm", "bach_846_ENSTDkCl", "mz_331_3_ENSTDkCl"
        ]  # fmt: skip
        train = maps.recordings(folder, "train", options())
        assert [r.name for r in train] == ["alb_se3_AkPnBcht", "chpn-p7_SptkBGCl"]
        assert [r.group for r in train] == ["alb_se3", "chpn-p7"]
        assert {(r.corpus, r.split) for r in train} == {("maps", "train")}


def test_the_pedal_extends_notes_by_option(tmp_path: Path) -> None:
    write(tmp_path)
    for argument, end_s in (("--sustain-pedal", 1.2), ("--no-sustain-pedal", 0.8)):
        (note,) = maps.recordings(tmp_path, "test", options(argument))[0].load(22_050).notes
        assert (note.pitch, note.velocity) == (60, 66)
        assert note.onset_s == pytest.approx(0.5, abs=1e-3)
        assert note.offset_s == pytest.approx(end_s, abs=1e-3)


def test_the_text_is_read_where_there_is_no_midi_file(tmp_path: Path) -> None:
    write(tmp_path)
    recording = maps.recordings(tmp_path, "test", options())[0]
    stem = tmp_path / "ENSTDkAm/MUS/MAPS_MUS-bk_xmas1_ENSTDkAm"
    stem.with_suffix(".mid").unlink()
    (note,) = recording.load(22_050).notes
    assert (note.onset_s, note.offset_s, note.pitch) == (0.500004, 0.800002, 60)
    stem.with_suffix(".txt").write_text("Onset\n1\n")
    with pytest.raises(CorpusError, match=r"bk_xmas1_ENSTDkAm\.txt"):
        recording.load(22_050)
    stem.with_suffix(".txt").unlink()
    with pytest.raises(CorpusError, match=r"bk_xmas1_ENSTDkAm\.txt"):
        recording.load(22_050)


def test_a_missing_corpus_says_where_it_is_published(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"telecom-paris.*MUS/MAPS_MUS-"):
        maps.recordings(tmp_path, "train", options())
