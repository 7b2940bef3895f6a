"""Many recordings at once: folders, processes, every format, and what fails among them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import music21
import numpy as np
import pretty_midi
import pytest
import soundfile

from app.exports.midi_bends import n_overlapping
from app.midi.midi_file_reader import read_midi
from app.terminal.command_line import main
from app.terminal.input_files import Recording, find_recordings, plan_outputs
from tests.conftest import tones

HERE = Path(__file__).resolve().parents[2]
RATE = 16_000


@pytest.fixture
def transcribe(exported_checkpoint: Path) -> list[str]:
    return ["transcribe", "--checkpoint", str(exported_checkpoint)]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with recordings at every depth, and what is none."""
    folder = tmp_path / "music"
    for name in ("b.wav", "a.flac", "deep/er/a.wav", "deep/Über uns.OGG", "deep/a.wav"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = "OGG" if name.endswith("OGG") else None
        soundfile.write(path, tones(0.4, RATE), RATE, format=kind)
    for name in ("notes.txt", ".hidden.wav", ".trash/a.wav", "deep/cover.jpg"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("no recording")
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_chords_paper_and_tablature_lie_beside_the_midi_file(
    transcribe: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = [*transcribe, str(music / "deep"), "-o", str(out), "--chords", "--pdf"]
    assert main([*words, "--musicxml", "--tab", "bass", "--tuning", "B0 E1 A1 D2 G2"]) == 0
    assert [name for name in files(out) if name.startswith("a.")] == [
        "a.chords.csv", "a.mid", "a.musicxml", "a.pdf"
    ]
    assert (out / "a.chords.csv").read_text().startswith("start_s,end_s,chord\n0.000,")
    assert (out / "a.pdf").read_bytes().startswith(b"%PDF")
    assert "<staff-lines>5</staff-lines>" in (out / "a.musicxml").read_text()
    one = [*transcribe, str(music / "b.wav"), "-o", str(tmp_path / "b.mid")]
    assert main([*one, "--chords", str(tmp_path / "own.csv"), "--bends", "mpe"]) == 0
    assert (tmp_path / "own.csv").is_file()
    capsys.readouterr()
    high = ["--musicxml", "--tab", "ukulele", "--tuning", "C7", "--bends", "channel"]
    assert main([*one, *high]) == 0
    told = capsys.readouterr().err
    assert "have no fret" in told
    assert ("overlap others" in told) == (n_overlapping(read_midi(tmp_path / "b.mid")) > 0)
    for wrong, sentence in (
        (["--tab", "guitar"], "--musicxml or --pdf"), (["--capo", "2"], "are for --tab"),
        (["--part", "oboe"], "--musicxml or --pdf"),
        (["--pdf", "--part", "oboe", "--tab", "bass"], "different scores"),
        (["--csv", "--chords", str(tmp_path / "b.csv")], "same name"),
    ):
        capsys.readouterr()
        assert main([*one, *wrong]) == 1
        assert sentence in capsys.readouterr().err
    assert main([*one, "--musicxml", "--part", "alto sax"]) == 0
    assert "<chromatic>-9</chromatic>" in (tmp_path / "b.musicxml").read_text()
    assert main([*one, "--pdf", "--part", "clarinet"]) == 2
    assert "Clarinet in B♭, Clarinet in A" in capsys.readouterr().err
    assert main([*one, "--pdf", "--tab", "guitar", "--tuning", "no notes"]) == 2
    assert "not a note" in capsys.readouterr().err


def count_notes(path: Path) -> int:
    return sum(len(part.notes) for part in pretty_midi.PrettyMIDI(str(path)).instruments)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_folder_keeps_its_structure(
    transcribe: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    jobs: str,
) -> None:
    (music / "deep" / "bad.wav").write_bytes(b"RIFF and no more")
    out = tmp_path / "out"
    assert main([*transcribe, str(music), "-o", str(out), "--jobs", jobs, "--json"]) == 1
    assert files(out) == [
        "a.json", "a.mid", "b.json", "b.mid", "deep/a.json", "deep/a.mid", "deep/er/a.json",
        "deep/er/a.mid", "deep/Über uns.json", "deep/Über uns.mid",
    ]
    for path in out.rglob("*.mid"):
        content = json.loads(path.with_suffix(".json").read_text("utf-8"))
        assert len(content["notes"]) == count_notes(path) > 0
    told = capsys.readouterr()
    header, *rows, total = told.out.splitlines()
    assert header.split() == ["recording", "length", "notes", "A4", "seconds", "result"]
    assert len(rows) == 6
    # The columns stand one below the other.
    assert {row[header.index("result") - 1] for row in rows} == {" "}
    [failed] = [row.split() for row in rows if row.endswith("failed")]
    assert failed[0] == str(music / "deep" / "bad.wav")
    assert total.startswith("5 done, 1 failed: ")
    # The reasons come after the table, one line each.
    assert told.err.count("\n") == 1
    assert "bad.wav: the file is damaged" in told.err


def test_one_recording_more_or_less_gives_the_same_notes(
    transcribe: list[str], music: Path, tmp_path: Path
) -> None:
    assert main([*transcribe, str(music), "-o", f"{tmp_path}/all"]) == 0
    assert main([*transcribe, str(music / "b.wav"), "-o", f"{tmp_path}/one.mid"]) == 0
    assert (tmp_path / "all" / "b.mid").read_bytes()[60:] == (
        tmp_path / "one.mid").read_bytes()[60:]


def test_every_format_is_written_beside_the_midi_file(
    transcribe: list[str], tone_wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--csv", "--json", "--musicxml", "--png", "--svg", "--wav", "--quantise", "1/16",
               "--meter", "3/4", "--key", "Eb", "--split", "C4", "--pedal", "--no-velocity"]
    assert main([*transcribe, str(tone_wav), "-o", f"{tmp_path}/out/", *options]) == 0
    assert files(tmp_path / "out") == [
        "tone.csv", "tone.json", "tone.mid", "tone.musicxml", "tone.png", "tone.svg", "tone.wav"
    ]
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "out" / "tone.mid"))
    assert [part.name for part in midi.instruments] == ["Right hand", "Left hand"]
    assert midi.time_signature_changes[-1].numerator == 3
    assert {note.velocity for part in midi.instruments for note in part.notes} == {80}
    score = music21.converter.parse(tmp_path / "out" / "tone.musicxml")
    assert score.recurse().getElementsByClass("KeySignature").first().sharps == -3
    assert len(score.parts) == 2
    own = tmp_path / "mine" / "x.json"
    assert main([*transcribe, str(tone_wav), "-o", f"{tmp_path}/b.mid", "--json", str(own)]) == 0
    assert len(json.loads(own.read_text("utf-8"))["notes"]) == count_notes(tmp_path / "b.mid")


def test_a_score_alone_leaves_the_midi_file_in_plain_time(
    transcribe: list[str], tone_wav: Path, tmp_path: Path
) -> None:
    for name, options in (("plain", []), ("score", ["--musicxml"]), ("beats", ["--beats"])):
        path = str(tmp_path / f"{name}.mid")
        assert main([*transcribe, str(tone_wav), "-o", path, *options]) == 0
    plain, score, beats = (pretty_midi.PrettyMIDI(str(tmp_path / f"{name}.mid"))
                           for name in ("plain", "score", "beats"))
    assert plain.time_signature_changes == score.time_signature_changes == []
    assert len(beats.time_signature_changes) >= 1
    # The beats change the bars, and not the notes.
    for a, b in zip(plain.instruments[0].notes, beats.instruments[0].notes, strict=True):
        assert (a.pitch, a.velocity) == (b.pitch, b.velocity)
        assert a.start == pytest.approx(b.start, abs=1e-3)


def test_silence_gives_files_without_notes(
    transcribe: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = tmp_path / "silence.wav"
    soundfile.write(sound, np.zeros(RATE * 5), RATE)
    out = tmp_path / "out"
    options = ["--musicxml", "--csv", "--json", "--svg", "--png", "--wav", "--quantise", "1/8"]
    assert main([*transcribe, str(sound), "-o", f"{out}/", *options]) == 0
    assert "0 notes in 0:05" in capsys.readouterr().out
    assert count_notes(out / "silence.mid") == 0
    score = music21.converter.parse(out / "silence.musicxml")
    assert [element.isRest for element in score.recurse().notesAndRests] == [True]
    assert soundfile.info(out / "silence.wav").duration == pytest.approx(5)


def test_the_same_recording_twice_is_done_once(
    transcribe: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [str(music / "b.wav"), str(music), f"{music}/deep/../b.wav", str(music / "b.wav")]
    assert main([*transcribe, *inputs, "-o", f"{tmp_path}/out"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5 + 2


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_done(
    transcribe: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = os.scandir

    def locked(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("er"):
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path)

    monkeypatch.setattr(os, "scandir", locked)
    assert main([*transcribe, str(music), "-o", f"{tmp_path}/out"]) == 1
    told = capsys.readouterr()
    assert told.err == (
        f"noteglow: {music}/deep/er: the folder cannot be read (Permission denied)\n"
    )
    assert len(list((tmp_path / "out").rglob("*.mid"))) == 4


def test_a_folder_without_a_recording_is_told(
    transcribe: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main([*transcribe, str(empty), "-o", f"{tmp_path}/out"]) == 1
    assert capsys.readouterr().err == f"noteglow: {empty}: this is a folder without a recording\n"
    assert files(tmp_path / "out") == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="wants a folder nobody can write to")
def test_an_output_that_takes_no_files_fails_every_recording_in_one_line_each(
    transcribe: list[str], music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*transcribe, str(music), "-o", "/proc/out/"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("noteglow: /proc/out/") for line in lines)


def test_outputs_that_would_meet_are_refused(
    transcribe: list[str], music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = str(music / "b.wav")
    before = files(tmp_path)
    for arguments in (
        [str(music), "-o", f"{tmp_path}/a.mid"],
        [str(music), "-o", f"{tmp_path}/out", "--csv", f"{tmp_path}/a.csv"],
        # The sound of the notes in place of the recording, or of another one.
        [one, "-o", f"{music}/b.mid", "--wav"],
        [str(music), "-o", str(music), "--wav"],
    ):
        assert main([*transcribe, *arguments]) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert files(tmp_path) == before


def test_no_two_recordings_share_an_output() -> None:
    names = [
        "a/song.wav", "b/song.wav", "b/Song.mp3", "song (2).wav", "other.wav", "./other.wav",
        "x.wav.mp3", "x.wav", "x.mp3",
    ]
    recordings, failures = find_recordings([Path(name) for name in names])
    assert failures == []
    outputs = plan_outputs(recordings, "out/")
    assert {str(source): path.name for source, path in outputs.items()} == {
        "a/song.wav": "song.wav.mid", "b/song.wav": "song.wav (2).mid",
        "b/Song.mp3": "Song.mp3.mid", "song (2).wav": "song (2).mid", "other.wav": "other.mid",
        "x.wav.mp3": "x.wav.mid", "x.wav": "x.wav (2).mid", "x.mp3": "x.mp3.mid",
    }
    # In different folders they may have the same name.
    below = [Recording(Path("m/a/x.wav"), Path("a")), Recording(Path("m/b/x.wav"), Path("b"))]
    assert [str(path) for path in plan_outputs(below, "out").values()] == [
        "out/a/x.mid", "out/b/x.mid"
    ]
