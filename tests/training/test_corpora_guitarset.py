"""GuitarSet, written here as its authors publish it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.training.tiny_corpora import RATE, melody, options
from training.corpora import guitarset
from training.corpora.recording import CorpusError

TAKES = ("00_BN1-129-Eb_comp", "04_Rock1-90-C#_solo", "05_Funk1-114-Ab_comp")
# Onset, duration and measured pitch, string by string from the low E on.
STRINGS: list[list[tuple[float, float, float]]] = [
    [(0.0625, 0.5, 43.02), (0.75, 0.25, 44.9)], [], [(0.0625, 0.45, 55.31)], [], [],
    [(0.5, 0.3, 66.52)],
]  # fmt: skip


def annotation(namespace: str = "note_midi", *, dense: bool = False) -> dict[str, Any]:
    def about(string: int) -> dict[str, Any]:
        return {"data_source": str(string), "version": "", "curator": {"name": "", "email": ""}}

    def data(notes: list[tuple[float, float, float]]) -> Any:
        keys = ("time", "duration", "value", "confidence")
        rows = [dict(zip(keys, (*note, None), strict=True)) for note in notes]
        return {key: [row[key] for row in rows] for key in keys} if dense else rows

    contour = {"index": 0, "frequency": 98.0, "voiced": True}
    found = []
    for string, notes in enumerate(STRINGS):
        found.append(
            {
                "annotation_metadata": about(string), "namespace": "pitch_contour",
                "data": {"time": [0.07], "duration": [0.0], "value": [contour],
                         "confidence": [None]},
                "sandbox": {}, "time": 0, "duration": 1.5,
            }
        )  # fmt: skip
        found.append(
            {
                "annotation_metadata": about(string), "namespace": namespace,
                "data": data(notes), "sandbox": {}, "time": 0, "duration": 1.5,
            }
        )  # fmt: skip
    tempo = {"time": 0, "duration": 1.5, "value": 129.0, "confidence": 1.0}
    found.append({"annotation_metadata": about(0), "namespace": "tempo", "data": [tempo],
                  "sandbox": {}, "time": 0, "duration": 1.5})  # fmt: skip
    return {
        "annotations": found,
        "file_metadata": {"title": TAKES[0], "duration": 1.5, "jams_version": "0.3.1"},
        "sandbox": {},
    }


def write(folder: Path, audio: str = "audio_mono-mic", ending: str = "_mic") -> Path:
    for name in ("annotation", audio):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for take in TAKES:
        (folder / f"annotation/{take}.jams").write_text(json.dumps(annotation()))
        samples = melody([(0.0625, 0.5, 43)], 1.5)
        soundfile.write(folder / audio / f"{take}{ending}.wav", samples, RATE)
    return folder


def test_player_five_is_tested_and_the_others_are_trained_on(tmp_path: Path) -> None:
    write(tmp_path)
    train = guitarset.recordings(tmp_path, "train", options())
    assert [r.name for r in train] == list(TAKES[:2])
    # All players play the same tunes.
    assert [r.group for r in train] == ["BN1-129-Eb", "Rock1-90-C#"]
    assert {(r.corpus, r.split, r.licence) for r in train} == {("guitarset", "train", "CC BY 4.0")}
    assert [r.name for r in guitarset.recordings(tmp_path, "test", options())] == [TAKES[2]]


@pytest.mark.parametrize("namespace", ["note_midi", "pitch_midi"])
@pytest.mark.parametrize("dense", [False, True])
def test_notes_of_all_strings_lie_on_the_nearest_frets(
    tmp_path: Path, namespace: str, dense: bool
) -> None:
    write(tmp_path)
    recording = guitarset.recordings(tmp_path, "train", options())[0]
    path = tmp_path / f"annotation/{TAKES[0]}.jams"
    path.write_text(json.dumps(annotation(namespace, dense=dense)))
    loaded = recording.load(22_050)
    assert [(n.onset_s, n.offset_s, n.pitch) for n in loaded.notes] == [
        (0.0625, 0.5125, 55), (0.0625, 0.5625, 43), (0.5, 0.8, 67), (0.75, 1.0, 45)
    ]  # fmt: skip
    assert {n.velocity for n in loaded.notes} == {0}


def test_the_pickups_serve_where_the_microphone_is_missing(tmp_path: Path) -> None:
    write(tmp_path, "audio_mono-pickup_mix", "_mix")
    assert guitarset.recordings(tmp_path, "test", options())[0].load(22_050).notes


def test_a_missing_corpus_says_where_it_is_published(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"zenodo.*audio_mono-mic"):
        guitarset.recordings(tmp_path, "train", options())


def test_damaged_takes_are_reported_by_name(tmp_path: Path) -> None:
    write(tmp_path)
    recording = guitarset.recordings(tmp_path, "test", options())[0]
    path = tmp_path / f"annotation/{TAKES[2]}.jams"
    path.write_text(path.read_text()[:400])
    with pytest.raises(CorpusError, match=TAKES[2]):
        recording.load(22_050)
    path.write_text('{"annotations": [{"namespace": "note_midi", "data": [{"time": 1}]}]}')
    with pytest.raises(CorpusError, match=TAKES[2]):
        recording.load(22_050)
    (tmp_path / f"audio_mono-mic/{TAKES[0]}_mic.wav").unlink()
    with pytest.raises(CorpusError, match=f"{TAKES[0]}_mic"):
        guitarset.recordings(tmp_path, "train", options())[0].load(22_050)
