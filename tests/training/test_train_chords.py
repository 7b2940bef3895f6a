"""Chord weights, learned from pieces whose chords are listed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest

from model.beats.note_features import NoteArrays
from model.chords.chord_finder import ChordFinder
from model.chords.chord_steps import chord_steps
from training.__main__ import main
from training.chords.chord_pieces import read_pop909_chords

# A bar for each, and what is played.
PROGRESSION = (("C:maj", (48, 64, 67)), ("A:min", (45, 60, 64)), ("F:maj", (41, 60, 69)),
               ("G:maj", (43, 59, 62)))


def archives(folder: Path, *, wrong: tuple[int, ...] = ()) -> tuple[Path, Path]:
    """Pieces of eight bars at 120, each a semitone higher than the one before; those of some
    numbers are listed in another key than they sound."""
    music, tables = folder / "pop909.zip", folder / "rhythm.zip"
    with zipfile.ZipFile(music, "w") as midis, zipfile.ZipFile(tables, "w") as lists:
        for number in range(1, 7):
            track = mido.MidiTrack()
            chords = []
            for bar in range(8):
                label, pitches = PROGRESSION[bar % 4]
                up = number + (6 if number in wrong else 0)
                for pitch in pitches:
                    track.append(mido.Message("note_on", note=pitch + up, velocity=80))
                for index, pitch in enumerate(pitches):
                    track.append(mido.Message(
                        "note_off", note=pitch + up, time=0 if index else 4 * 480
                    ))
                roots = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
                root, quality = label.split(":")
                name = roots[(roots.index(root) + number) % 12]
                chords.append(f"{2.0 * bar}\t{2.0 * bar + 2}\t{name}:{quality}")
            midi = mido.MidiFile(ticks_per_beat=480, tracks=[track])
            midi.save(folder / "one.mid")
            midis.write(folder / "one.mid", f"{number:03d}.mid")
            beats = "\n".join(f"{0.5 * beat} 1.0 {float(beat % 4 == 0)}" for beat in range(33))
            lists.writestr(f"{number:03d}/beat_midi.txt", beats)
            lists.writestr(f"{number:03d}/chord_midi.txt", "\n".join(chords))
    return music, tables


def test_what_was_learned_finds_the_chords(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    music, tables = archives(tmp_path, wrong=(6,))
    out = tmp_path / "new" / "chords.safetensors"
    words = ["-a", "train-chords", "--out", str(out), "--steps", "60", "--pop909"]
    assert main([*words, str(music), str(tables)]) == 0
    assert "5 pieces; 1 do not fit their chords" in capsys.readouterr().out
    piece = next(read_pop909_chords(music, tables))
    found = ChordFinder.load(out).find(piece.notes, piece.steps_s, piece.places)
    assert [chord.label for chord in found[:4]] == ["Db:maj", "Bb:min", "Gb:maj", "Ab:maj"]


def test_pieces_are_read_with_the_chord_of_every_beat(tmp_path: Path) -> None:
    *pieces, last = read_pop909_chords(*archives(tmp_path, wrong=(6,)))
    assert [piece.number for piece in pieces] == [1, 2, 3, 4, 5]
    assert all(piece.is_credible for piece in pieces)
    assert not last.is_credible
    assert len(pieces[0].states) == len(pieces[0].places) == 32
    assert len(set(pieces[0].states.tolist())) == 4
    assert isinstance(pieces[0].notes, NoteArrays)
    np.testing.assert_allclose(
        pieces[0].steps_s, chord_steps(np.arange(33) * 0.5, np.ones(33, bool))[0]
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "train-chords needs --pop909"), (["--out", "a.h5", "--pop909", "a", "b"], "a.h5")],
)
def test_what_is_missing_is_told(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["-a", "train-chords", *words])
    assert sentence in capsys.readouterr().err
