"""GuitarSet: six guitarists accompanying and soloing, labelled string by string."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from model.notes import Note
from training.corpora import audio
from training.corpora.recording import CorpusError, Labelled, Recording

# The player whom everyone tests on.
_TEST_PLAYER = "05"
# Folder and ending of the audio, the first that is there: a microphone, or all pickups together.
_AUDIO = (("audio_mono-mic", "_mic.wav"), ("audio_mono-pickup_mix", "_mix.wav"))
# Early copies of the annotations use the second name.
_NAMESPACES = ("note_midi", "pitch_midi")


def recordings(folder: Path, split: str, options: Namespace) -> list[Recording]:
    """The takes of a split: player 05 is tested, the others are trained on.

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
            (folder / place[0] / f"{path.stem}{place[1]}", path), _read,
        )
        for path in annotations
        if path.stem.startswith(f"{_TEST_PLAYER}_") == (split == "test")
    ]


def _read(path: Path, labels: Path, sample_rate: int) -> Labelled:
    try:
        annotations = json.loads(labels.read_text(encoding="utf-8"))["annotations"]
        notes = sorted(
            _note(observation)
            for annotation in annotations
            if annotation["namespace"] in _NAMESPACES
            for observation in _observations(annotation["data"])
        )
    except OSError as error:
        raise CorpusError(f"{labels}: the annotation cannot be read ({error})") from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorpusError(f"{labels}: this is no annotation of GuitarSet ({error})") from None
    return Labelled(audio.read(path, sample_rate), notes)


def _observations(data: Any) -> list[dict[str, Any]]:
    """JAMS writes observations as rows, or as columns where they are dense."""
    if isinstance(data, list):
        return data
    return [
        dict(zip(data, values, strict=True)) for values in zip(*data.values(), strict=True)
    ]


def _note(observation: dict[str, Any]) -> Note:
    """Pitches are measured, so that they are no whole numbers: the nearest fret is meant."""
    onset_s = float(observation["time"])
    pitch = round(observation["value"])
    return Note(onset_s, onset_s + float(observation["duration"]), pitch, velocity=0)
