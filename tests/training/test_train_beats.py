"""The beat network's training: printed music, as people play it and as it is heard."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np
import pytest

from model.beats.beat_config import FRAME_RATE, LEVELS, METERS
from model.beats.beat_finder import BeatFinder
from training.__main__ import main
from training.beats.bar_examples import bar_examples
from training.beats.beat_examples import example
from training.beats.beat_trainer import is_held_out
from training.beats.drums_and_clicks import clicks
from training.beats.example_pool import pooled_batches
from training.beats.figuration import broken
from training.beats.heard_notes import heard
from training.beats.played_music import play
from training.beats.printed_music import PrintedPiece, beats_in_bar, read_pop909, read_scores


class Numbered(NamedTuple):
    number: np.ndarray


def midi(signatures: list[tuple[int, int, int]], quarters: int, step: float = 0.5) -> bytes:
    """A scale with a bass, under time signatures (quarter note, numerator, denominator)."""
    events: list[tuple[float, mido.Message | mido.MetaMessage]] = [
        (at, mido.MetaMessage("time_signature", numerator=n, denominator=d))
        for at, n, d in signatures
    ]
    for number in range(int(quarters / step)):
        at = number * step
        for pitch, length in ((60 + number % 12, step), (40, step)):
            events.append((at, mido.Message("note_on", note=pitch, velocity=70)))
            events.append((at + length, mido.Message("note_off", note=pitch)))
    track, now = mido.MidiTrack(), 0
    for at, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
        track.append(message.copy(time=round(at * 480) - now))
        now = round(at * 480)
    file = io.BytesIO()
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(file=file)
    return file.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "songs.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a1.mid", midi([(0, 1, 4), (1, 3, 4)], 49))
        file.writestr("a2.mid", midi([(0, 6, 8)], 60))
        file.writestr("a77.mid", midi([(0, 4, 4)], 60))
        file.writestr("readme.txt", "no music")
    return path


def test_beats_of_the_time_signatures() -> None:
    assert beats_in_bar(3, 4) == (3, 1)
    assert beats_in_bar(6, 8) == (2, 1.5)
    assert beats_in_bar(3, 8) == (3, 0.5)
    assert beats_in_bar(2, 2) == (2, 2)


def test_a_pickup_is_the_end_of_a_bar(archive: Path) -> None:
    waltz, jig, _ = read_scores(archive)
    assert list(waltz.beat[:5]) == [0, 1, 2, 3, 4]
    assert list(waltz.is_downbeat[:5]) == [False, True, False, False, True]
    assert {METERS[i] for i in waltz.meter} == {"3/4"}
    assert list(np.diff(jig.beat)) == [1.5] * (len(jig.beat) - 1)


def test_pop_whose_beats_do_not_fit_its_notes_is_left_out(tmp_path: Path) -> None:
    music, rhythm = tmp_path / "pop909.zip", tmp_path / "rhythm.zip"
    with zipfile.ZipFile(music, "w") as notes, zipfile.ZipFile(rhythm, "w") as tables:
        # The unmarked tempo: a quarter note lasts half a second.
        for name, interval in (("001", 0.5), ("002", 0.437)):
            notes.writestr(f"{name}.mid", midi([(0, 4, 4)], 60))
            rows = "".join(f"{i * interval} {i % 2 == 0:d} {i % 4 == 0:d}\n" for i in range(60))
            tables.writestr(f"{name}/beat_midi.txt", rows)
    [piece] = read_pop909(music, rhythm)
    assert piece.name == "pop909/001.mid"
    assert piece.has_bars


def test_played_beats_are_where_their_notes_are(archive: Path) -> None:
    piece: PrintedPiece = next(iter(read_scores(archive)))
    rng = np.random.default_rng(0)
    near = []
    for _ in range(20):
        music = play(piece, 20, rng)
        assert music is not None
        assert (np.diff(music.beat_s) > 0).all()
        off = np.abs(music.beat_s[:, None] - music.notes.onset_s[None]).min(axis=1)
        near.append((off < 0.07).mean())
        assert len(heard(music.notes, rng).onset_s) > 0.5 * len(music.notes.onset_s)
    assert np.mean(near) > 0.9


def test_an_example_marks_its_beats() -> None:
    rng = np.random.default_rng(2)
    music = clicks(20, rng)
    made = example(music, 1000, rng)
    frames = np.flatnonzero(made.beats[:, 0])
    np.testing.assert_allclose(frames, np.rint(music.beat_s * FRAME_RATE), atol=1)
    inside = made.periods.sum(axis=-1) > 0
    assert inside.any()
    np.testing.assert_allclose(made.periods[inside].sum(axis=-1), 1, atol=1e-5)


def test_chords_are_broken_into_figures_of_equal_notes() -> None:
    onset, end = np.zeros(3), np.full(3, 2.0)
    figures = broken(
        onset, end, np.array([48, 52, 55]), np.ones(3, bool), 0.5, False, np.random.default_rng(1)
    )
    assert figures is not None
    begin, until, pitch, source = figures
    step = until[0] - begin[0]
    np.testing.assert_allclose(np.diff(begin), step)
    assert begin[0] == 0
    assert until[-1] == pytest.approx(2)
    assert set(pitch) <= {48, 52, 55}
    assert set(source) <= {0, 1, 2}
    # No hand plays so fast.
    assert broken(onset, end, pitch, np.ones(3, bool), 0.1, False, np.random.default_rng(1)) is None


def test_beats_of_every_level_are_what_they_are_said_to_be(archive: Path) -> None:
    pieces = list(read_scores(archive))[1:2]
    rng = np.random.default_rng(3)
    met = set()
    for _ in range(12):
        for made in bar_examples(pieces, np.ones(1), 64, rng):
            is_there = made.level >= 0
            met |= {LEVELS[i] for i in made.level[is_there]}
            # Bars are told where the beats are the printed ones alone: two in a bar of 6/8.
            is_told = made.is_downbeat >= 0
            assert (made.level[is_told] == 0).all()
            assert set(made.meter[is_told]) <= {METERS.index("6/8")}
    assert met == set(LEVELS)


def test_examples_are_drawn_again() -> None:
    made = itertools.count()

    def fresh() -> list[Numbered]:
        return [Numbered(np.array([next(made)]))]

    batches = pooled_batches(fresh, 8, 2, np.random.default_rng(0))
    seen = [tuple(next(batches).number[:, 0]) for _ in range(10)]
    assert next(made) == 8 + 10 * 2
    assert [batch[:2] for batch in seen] == [(8 + 2 * i, 9 + 2 * i) for i in range(10)]


def test_pieces_to_measure_on_are_never_trained_on() -> None:
    assert is_held_out("pop909/860.mid")
    assert not is_held_out("pop909/859.mid")
    assert is_held_out("openscore_lieder/lc7700077.mid")
    assert not is_held_out("openscore_lieder/lc7700078.mid")


def test_the_action_writes_a_network_that_the_program_opens(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "beats.safetensors"
    words = ["-a", "train-beats", "--out", str(out), "--steps", "1"]
    assert main([*words, "--scores", str(archive)]) == 0
    assert "2 pieces, 1 held out" in capsys.readouterr().out
    bars = out.with_name("bars.safetensors")
    assert out.with_suffix(".onnx").is_file()
    assert bars.with_suffix(".onnx").is_file()
    BeatFinder.load(out, bars)
    with pytest.raises(SystemExit):
        main(["-a", "train-beats", "--out", str(bars), "--scores", str(archive)])
    assert main([*words, "--scores", str(tmp_path / "none.zip")]) == 1
    with pytest.raises(SystemExit):
        main(words)
