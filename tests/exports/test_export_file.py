"""Notes as files of every kind, and places where they cannot be written."""

from __future__ import annotations

import contextlib
import csv
import json
import signal
import subprocess
import sys
import wave
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
from matplotlib.image import imread

from app.exports.export_file import FORMATS, ExportOptions, WriteError, as_text, export
from app.music import pitch_colours as palette
from app.music.rhythm import Meter, Rhythm
from app.system.atomic_write import written_beside
from model.notes import Note


def random_notes(count: int = 400) -> list[Note]:
    """Notes that do not overlap in a pitch, over about ten minutes."""
    random = np.random.default_rng(7)
    free_s = dict.fromkeys(range(21, 109), 0.0)
    notes = []
    for _ in range(count):
        pitch = int(random.integers(21, 109))
        onset = free_s[pitch] + random.uniform(0, 100)
        offset = onset + random.uniform(0.02, 5)
        free_s[pitch] = offset
        notes.append(Note(onset, offset, pitch, int(random.integers(1, 128))))
    return sorted(notes)


def read_midi(path: Path) -> list[Note]:
    """The notes of a MIDI file; fails on one that is struck twice or never ends."""
    now_s, sounding, notes = 0.0, {}, []
    for message in mido.MidiFile(path):
        now_s += message.time
        if message.type == "note_on":
            assert message.note not in sounding
            assert message.velocity > 0
            sounding[message.note] = (now_s, message.velocity)
        elif message.type == "note_off":
            onset_s, velocity = sounding.pop(message.note)
            notes.append(Note(onset_s, now_s, message.note, velocity))
    assert not sounding
    return sorted(notes)


def test_midi_keeps_times_pitches_and_velocities(tmp_path: Path) -> None:
    notes = random_notes()
    export(notes, tmp_path / "a.mid")
    back = read_midi(tmp_path / "a.mid")
    assert [(note.pitch, note.velocity) for note in back] == [
        (note.pitch, note.velocity) for note in notes
    ]
    for note, again in zip(notes, back, strict=True):
        assert again.onset_s == pytest.approx(note.onset_s, abs=5e-4)
        assert again.offset_s == pytest.approx(note.offset_s, abs=5e-4)


def test_midi_has_one_track_at_the_usual_tempo(tmp_path: Path) -> None:
    export(random_notes(3), tmp_path / "a.mid")
    midi = mido.MidiFile(tmp_path / "a.mid")
    assert len(midi.tracks) == 1
    assert [m.tempo for m in midi.tracks[0] if m.type == "set_tempo"] == [500_000]
    assert midi.tracks[0][-1].type == "end_of_track"


def test_midi_parts_notes_of_one_pitch(tmp_path: Path) -> None:
    export(
        [
            Note(0.0, 1.0, 60, 50),  # Ends where the next begins.
            Note(0.5, 2.0, 60, 60),  # Touches the next.
            Note(2.0, 3.0, 60, 70),
            Note(4.0, 4.5, 60, 80),  # Begins with the next: the longer stays.
            Note(4.0, 5.0, 60, 90),
            Note(6.0, 6.0, 60, 100),  # No length at all.
        ],
        tmp_path / "a.mid",
    )
    back = [(n.onset_s, round(n.offset_s, 2), n.velocity) for n in read_midi(tmp_path / "a.mid")]
    assert back == [
        (0.0, 0.5, 50), (0.5, 2.0, 60), (2.0, 3.0, 70), (4.0, 5.0, 90), (6.0, 6.0, 100)
    ]


def test_midi_without_notes_is_a_midi_file(tmp_path: Path) -> None:
    export([], tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid") == []


@pytest.mark.parametrize("a4", [415.0, 440.0, 442.0, 466.2, 400.0, 480.0])
def test_midi_is_tuned_to_a4(tmp_path: Path, a4: float) -> None:
    export(random_notes(2), tmp_path / "a.mid", ExportOptions(a4=a4))
    values: dict[tuple[int, int], int] = {}
    parameter = -1
    for message in mido.MidiFile(tmp_path / "a.mid"):
        if message.type == "control_change":
            if message.control == 100:
                parameter = message.value
            values[parameter, message.control] = message.value
    semitones = values.get((2, 6), 64) - 64
    fine = (values.get((1, 6), 64) << 7) + values.get((1, 38), 0)
    played = 440 * 2 ** ((semitones + (fine - 8192) / 8192) / 12)
    assert played == pytest.approx(a4, rel=1e-5)
    assert (not values) == (a4 == 440.0)


def test_csv(tmp_path: Path) -> None:
    export([Note(1.23456, 2.0, 61, 5), Note(0.5, 0.75, 60, 127)], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == (
        "start_s,end_s,midi_pitch,velocity,cents,cents_spread,vibrato_hz,vibrato_cents\n"
        "0.5000,0.7500,60,127,,,,\n1.2346,2.0000,61,5,,,,\n"
    )


def test_tables_tell_how_in_tune_notes_and_phrases_are(tmp_path: Path) -> None:
    time_s = 0.01 + np.arange(100) * 0.02
    waved = Note(0, 2, 60, 70, cents=tuple(-6 + 30 * np.sin(2 * np.pi * 5.5 * time_s)))
    notes = [waved, Note(2, 3, 62, 70, cents=(11.04,) * 50), Note(9, 10, 64, 70)]
    export(notes, tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert [row["cents"] for row in rows[1:]] == ["11.0", ""]
    assert float(rows[0]["cents"]) == pytest.approx(-6, abs=3)
    assert float(rows[0]["vibrato_hz"]) == pytest.approx(5.5, abs=0.2)
    assert float(rows[0]["vibrato_cents"]) == pytest.approx(60, abs=6)
    assert (rows[1]["cents_spread"], rows[1]["vibrato_hz"]) == ("0.0", "")
    export(notes, tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["notes"][1]["cents"] == 11
    assert "cents" not in content["notes"][2]
    first, last = content["phrases"]
    assert (first["onset_s"], first["offset_s"], first["notes"]) == (0, 3, 2)
    assert first["vibrato_hz"] == content["notes"][0]["vibrato_hz"]
    assert last == {"onset_s": 9, "offset_s": 10, "notes": 1}


def test_picture_shows_each_note_in_the_colour_of_its_pitch_class(tmp_path: Path) -> None:
    notes = [Note(second, second + 0.9, 60 + second, 127) for second in range(12)]
    export(notes, tmp_path / "a.png", ExportOptions(duration_s=12.0))
    pixels = (imread(tmp_path / "a.png")[..., :3] * 255).round().astype(int)
    # From left to right and from the bottom up, as the notes rise.
    places = []
    for colour in palette.PITCH_CLASS_COLOURS:
        wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        rows, columns = np.nonzero((np.abs(pixels - wanted) <= 1).all(axis=-1))
        assert len(rows) > 200
        places.append((rows.mean(), columns.mean()))
    rows, columns = np.transpose(places)
    assert (np.diff(rows) < 0).all()
    assert (np.diff(columns) > 0).all()


@pytest.mark.parametrize(
    ("notes", "duration_s"),
    [([], 0.0), ([Note(0.0, 0.01, 21)], 0.01), ([Note(0, 9000, 108)], 10_800.0)],
)
def test_picture_of_the_least_and_the_longest(
    tmp_path: Path, notes: list[Note], duration_s: float
) -> None:
    export(notes, tmp_path / "a.png", ExportOptions(duration_s=duration_s))
    height, width, _ = imread(tmp_path / "a.png").shape
    assert 600 < height < 1200
    assert 1200 < width < 8000


def test_drawing_is_whole_xml_with_a_shape_for_each_note(tmp_path: Path) -> None:
    for count in (0, 30):
        export(random_notes(count), tmp_path / "a.svg", ExportOptions(duration_s=60.0))
        root = ElementTree.parse(tmp_path / "a.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        colours = (tmp_path / "a.svg").read_text().count("fill: #")
        assert colours >= count


def test_json_holds_notes_and_beats(tmp_path: Path) -> None:
    rhythm = Rhythm.of_beats([0.5, 1.0, 1.6], Meter(3, 4), 1)
    notes = [Note(1.23456, 2.0, 61, 5, 0.75), Note(0.5, 0.75, 60, 127)]
    options = ExportOptions(duration_s=3.5, title="Süß", a4=442.0, rhythm=rhythm)
    export(notes, tmp_path / "a.json", options)
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {
        "format": "noteglow notes", "version": 1, "title": "Süß", "duration_s": 3.5,
        "a4_hz": 442.0, "meter": "3/4", "pickup_beats": 2, "beats_s": [0.0, 0.5, 1.0, 1.6],
        "notes": [
            {"onset_s": 0.5, "offset_s": 0.75, "pitch": 60, "name": "C4", "velocity": 127,
             "confidence": 1.0},
            {"onset_s": 1.2346, "offset_s": 2.0, "pitch": 61, "name": "C♯4", "velocity": 5,
             "confidence": 0.75},
        ],
        "phrases": [
            {"onset_s": 0.5, "offset_s": 0.75, "notes": 1},
            {"onset_s": 1.2346, "offset_s": 2.0, "notes": 1},
        ],
    }


def test_text_is_lines_of_columns() -> None:
    text = as_text([Note(1.5, 2.0, 61, 5), Note(0.5, 0.75, 60, 127)])
    assert text == (
        "note\tonset_s\tlength_s\tvelocity\nC4\t0.500\t0.250\t127\nC♯4\t1.500\t0.500\t5\n"
    )
    assert as_text([Note(0, 1, 60)], lambda pitch: "do").splitlines()[1].startswith("do\t")


def test_sound_of_the_notes(tmp_path: Path) -> None:
    export([Note(0.5, 1.0, 69, 100)], tmp_path / "a.wav", ExportOptions(duration_s=2.0))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:3] == (1, 2, 44_100)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    assert 2.0 <= len(sound) / 44_100 < 5.0
    assert np.abs(sound[: 20_000]).max() < 0.001
    loud = sound[22_050:44_100]
    assert np.abs(loud).max() > 0.01
    spectrum = np.abs(np.fft.rfft(loud * np.hanning(len(loud))))
    assert 2 * np.argmax(spectrum) == pytest.approx(440, abs=4)


@pytest.mark.parametrize("suffix", FORMATS)
def test_missing_folders_are_made_and_impossible_ones_refused(
    tmp_path: Path, suffix: str
) -> None:
    name = f"a{suffix.upper()}"
    export([], tmp_path / "new" / "folder" / name)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == [name]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WriteError, match=r"file.* is not a folder"):
        export([], tmp_path / "file" / name)
    (tmp_path / name).mkdir()
    with pytest.raises(WriteError, match="this is a folder"):
        export([], tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "file", "new"]


def test_unknown_kinds_of_files_are_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "a", ".mid", "a.mid.part"):
        with pytest.raises(WriteError, match=r"there are \.mid, \.musicxml, "):
            export([], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file can become longer than this, as on a disk that fills up."""
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("old")
    export([], tmp_path / f"warm{suffix}")  # What is loaded may write caches.
    (tmp_path / f"warm{suffix}").unlink()
    with full_disk(most_bytes=100), pytest.raises(WriteError) as told:
        export(random_notes(50), path)
    assert str(told.value) == f"{path}: it cannot be written (File too large)"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="wants a folder nobody can write to")
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_folder_that_takes_no_files_is_one_sentence(suffix: str) -> None:
    for path in (Path(f"/proc/a{suffix}"), Path(f"/proc/new/a{suffix}")):
        with pytest.raises(WriteError) as told:
            export([], path)
        assert str(told.value).startswith(f"{path}: it cannot be written")
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_fails_half_way_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with written_beside(path) as beside:
            beside.write_text("half")
            raise error

    wanted = WriteError if isinstance(error, OSError) else type(error)
    with pytest.raises(wanted, match=r"a\.txt: .*No space" if wanted is WriteError else None):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_slow_to_load_waits_until_it_is_needed() -> None:
    script = (
        "import sys; import app.exports.export_file, app.music.beat_tracking; "
        "slow = {'music21', 'librosa', 'numba', 'matplotlib', 'torch', 'PySide6'}; "
        "sys.exit(' '.join(slow & set(sys.modules)) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).resolve().parents[2],
        capture_output=True, text=True, check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
