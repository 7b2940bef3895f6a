"""GuitarSet: six guitarists accompanying and soloing, labelled string by string."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from model.notes import Note
from training.corpora import audio, jams
from training.corpora.recording import CorpusError, Labelled, Recording

# The player whom everyone tests on.
_TEST_PLAYER = "05"
# Folder and ending of the audio, the first that is there: a microphone, or all pickups together.
_AUDIO = (("audio_mono-mic", "_mic.wav"), ("audio_mono-pickup_mix", "_mix.wav"))


def recordings(folder: Path, split: str, options: Namespace) -> list[Recording]:
    """The takes of a split: player 05 is tested, the others are trained on.

    All of them play the same thirty tunes: takes of one tune are a group.

    Raises:
        CorpusError: the annotations or the audio of GuitarSet are not in the folder.
    """
    annotations = sorted((folder / "annotation").glob("*.jams"))
    place = next((found for found in _AUDIO if (folder / found[0]).is_dir()), None)
    if not annotations or place is None:
        raise CorpusError(
            f"{folder}: GuitarSet does not lie there; its authors publish it at "
            "zenodo.org/records/3371780 (DOI 10.5281/zenodo.3371780), and the folder should hold "
            "annotation with .jams files and audio_mono-mic or audio_mono-pickup_mix with .wav "
            "files"
        )
    return [
        Recording(
            "guitarset", path.stem, split, "CC BY 4.0",
            (folder / place[0] / f"{path.stem}{place[1]}", path), _read, _tune(path.stem),
        )
        for path in annotations
        if path.stem.startswith(f"{_TEST_PLAYER}_") == (split == "test")
    ]


def _tune(stem: str) -> str:
    """Of PLAYER_TUNE_comp and PLAYER_TUNE_solo."""
    return "_".join(stem.split("_")[1:-1]) or stem


def _read(path: Path, labels: Path, sample_rate: int) -> Labelled:
    # Measured pitches lie beside the fret that is meant.
    notes = [
        Note(onset_s, offset_s, round(pitch), velocity=0)
        for onset_s, offset_s, pitch in jams.read(labels)
    ]
    return Labelled(audio.read(path, sample_rate), notes)
