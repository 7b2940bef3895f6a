"""Notes as MIDI, CSV and PNG files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest
from matplotlib.image import imread

from app import palette
from app.export import ExportError, write_csv, write_midi, write_roll_png
from app.output import written_beside
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
    write_midi(notes, tmp_path / "a.mid")
    back = read_midi(tmp_path / "a.mid")
    assert [(note.pitch, note.velocity) for note in back] == [
        (note.pitch, note.velocity) for note in notes
    ]
    for note, again in zip(notes, back, strict=True):
        assert again.onset_s == pytest.approx(note.onset_s, abs=5e-4)
        assert again.offset_s == pytest.approx(note.offset_s, abs=5e-4)


def test_midi_has_one_track_at_the_usual_tempo(tmp_path: Path) -> None:
    write_midi(random_notes(3), tmp_path / "a.mid")
    midi = mido.MidiFile(tmp_path / "a.mid")
    assert len(midi.tracks) == 1
    assert [m.tempo for m in midi.tracks[0] if m.type == "set_tempo"] == [500_000]
    assert midi.tracks[0][-1].type == "end_of_track"


def test_midi_parts_notes_of_one_pitch(tmp_path: Path) -> None:
    write_midi(
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
    write_midi([], tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid") == []


@pytest.mark.parametrize("a4", [415.0, 440.0, 442.0, 466.2, 400.0, 480.0])
def test_midi_is_tuned_to_a4(tmp_path: Path, a4: float) -> None:
    write_midi(random_notes(2), tmp_path / "a.mid", a4)
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
    write_csv([Note(1.23456, 2.0, 61, 5), Note(0.5, 0.75, 60, 127)], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == (
        "start_s,end_s,midi_pitch,velocity\n0.5000,0.7500,60,127\n1.2346,2.0000,61,5\n"
    )


def test_picture_shows_each_note_in_the_colour_of_its_pitch_class(tmp_path: Path) -> None:
    notes = [Note(second, second + 0.9, 60 + second, 127) for second in range(12)]
    write_roll_png(notes, tmp_path / "a.png", 12.0)
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
    write_roll_png(notes, tmp_path / "a.png", duration_s)
    height, width, _ = imread(tmp_path / "a.png").shape
    assert 600 < height < 1200
    assert 1200 < width < 8000


WRITERS: list[Callable[[list[Note], Path], None]] = [
    write_midi, write_csv, lambda notes, path: write_roll_png(notes, path, 1.0)
]


@pytest.mark.parametrize("write", WRITERS, ids=["midi", "csv", "png"])
def test_missing_folders_are_made_and_impossible_ones_refused(
    tmp_path: Path, write: Callable[[list[Note], Path], None]
) -> None:
    write([], tmp_path / "new" / "folder" / "a")
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["a"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match=r"file.* is not a folder"):
        write([], tmp_path / "file" / "a")
    with pytest.raises(ExportError, match="this is a folder"):
        write([], tmp_path / "new")
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "new"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_fails_half_way_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with written_beside(path) as beside:
            beside.write_text("half")
            raise error

    wanted = ExportError if isinstance(error, OSError) else type(error)
    with pytest.raises(wanted, match=r"a\.txt: .*No space" if wanted is ExportError else None):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
