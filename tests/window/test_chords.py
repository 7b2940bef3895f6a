"""The row of chords in the window: found, named by hand, saved, copied, exported, and live."""

from __future__ import annotations

import csv
from pathlib import Path

import mido
import pytest
from music21 import converter, harmony
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest

from app.exports.export_file import ExportOptions, export
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import Chord
from app.music.key_finding import Key
from app.music.rhythm import Rhythm
from app.song import project_file as projects
from app.song.chords.song_chords import SongChords
from app.views.dialogs.export_choice import ExportChoice
from app.views.stage.lanes.lane_editor import LaneEditor
from app.views.stage.lanes.lane_item import NamedSpan
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.song_bench import NO_KEY, key, mouse, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
C, F, G = (48, 64, 67, 72), (53, 65, 69, 72), (55, 62, 67, 71)


def accompanied(*chords: tuple[int, ...]) -> list[Note]:
    """A bar of two seconds for each chord, broken over its beats."""
    return [
        Note(2 * bar + beat / 2, 2 * bar + 1.95, pitch, 80)
        for bar, chord in enumerate(chords) for beat, pitch in enumerate(chord)
    ]  # fmt: skip


@pytest.fixture
def piece(bench: Bench, tmp_path: Path) -> Bench:
    """C, F, G, C: a bar each."""
    path = tmp_path / "piece.mid"
    export(accompanied(C, F, G, C), path, ExportOptions(rhythm=Rhythm.steady(120)))
    bench.open(path)
    bench.until(lambda: bool(names(bench)))
    return bench


def chords(bench: Bench) -> SongChords:
    return bench.window.song_controller.chords._chords


def names(bench: Bench) -> list[str]:
    return [span.name for span in bench.window.stage.plot.chords.spans]


def editor(bench: Bench) -> LaneEditor:
    return bench.window.stage.plot.findChild(LaneEditor)


def write(bench: Bench, at_s: float, name: str) -> None:
    bench.window.commands.seek(at_s)
    key(bench, Qt.Key.Key_H, CONTROL)
    QTest.keyClicks(editor(bench), name)
    QTest.keyClick(editor(bench), Qt.Key.Key_Return)


def test_chords_and_key_are_found_and_shown(piece: Bench) -> None:
    plot, display = piece.window.stage.plot, piece.window.display
    assert names(piece) == ["C", "F", "G", "C"]
    assert [span.start_s for span in plot.chords.spans] == pytest.approx([0, 2, 4, 6], abs=0.01)
    assert plot.key.text == "C major"
    assert plot.chords.isVisible()
    display.set_style("solfege")
    assert names(piece) == ["Do", "Fa", "Sol", "Do"]
    assert plot.key.text == "Do major"
    key(piece, Qt.Key.Key_H)
    assert not plot.chords.isVisible()
    assert not piece.settings.chords
    assert not piece.window.panels.display.chords.isChecked()
    piece.window.panels.display.chords.click()
    assert plot.chords.isVisible()


def test_they_follow_the_notes(piece: Bench) -> None:
    edits = piece.song.edits
    edits.move([note for note in edits.notes if 2 <= note.onset_s < 4], semitones=-3)
    piece.until(lambda: names(piece) == ["C", "D", "G", "C"])
    edits.undo()
    piece.until(lambda: names(piece) == ["C", "F", "G", "C"])


def test_a_name_is_typed_and_stays_when_chords_are_found_anew(piece: Bench) -> None:
    said: list[str] = []
    piece.window.song_controller.chords.refused.connect(said.append)
    write(piece, 2.5, "Dm7/")
    assert editor(piece).isVisible(), "what is no chord can be mended"
    assert said[-1].startswith("“Dm7/” is no chord that is known here; examples are Am7")
    QTest.keyClick(editor(piece), Qt.Key.Key_Backspace)
    QTest.keyClicks(editor(piece), "/F")
    QTest.keyClick(editor(piece), Qt.Key.Key_Return)
    assert not editor(piece).isVisible()
    assert names(piece) == ["C", "Dm7/F", "G", "C"]
    assert [span.by_hand for span in piece.window.stage.plot.chords.spans] == [0, 1, 0, 0]
    edits = piece.song.edits
    edits.move([note for note in edits.notes if note.onset_s < 4], semitones=-3)
    piece.until(lambda: names(piece)[0] == "A")
    assert names(piece)[1] == "Dm7/F"
    edits.undo()
    edits.undo()
    piece.until(lambda: names(piece) == ["C", "F", "G", "C"])


def test_chords_are_split_merged_taken_away_and_back(piece: Bench) -> None:
    piece.window.commands.seek(3.1)
    key(piece, Qt.Key.Key_H, CONTROL | ALT)
    assert names(piece) == ["C", "F", "F", "G", "C"]
    assert chords(piece).spans[2].start_s == pytest.approx(3.0, abs=0.01), "at the beat"
    write(piece, 3.1, "Fm")
    assert names(piece) == ["C", "F", "Fm", "G", "C"]
    key(piece, Qt.Key.Key_H, CONTROL | ALT | SHIFT)
    assert names(piece) == ["C", "F", "Fm", "C"]
    write(piece, 3.1, "N")
    assert names(piece) == ["C", "F", "", "C"]
    key(piece, Qt.Key.Key_Delete, ALT)
    assert names(piece) == ["C", "F", "F", "G", "C"]
    for label in ("Chord as found", "Delete chord", "Merge chords", "Name chord", "Split chord"):
        assert piece.song.edits.undo_label == label
        piece.song.edits.undo()
    assert names(piece) == ["C", "F", "G", "C"]


def test_the_mouse_goes_there_and_names(piece: Bench) -> None:
    plot, lane = piece.window.stage.plot.viewport(), piece.window.stage.plot.chords
    at = lane.mapToScene(QPointF(lane.x(4.7), 12))
    mouse(plot, QEvent.Type.MouseButtonPress, at, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, at)
    assert piece.window.stage.cursor_s == pytest.approx(4.7, abs=0.05)
    mouse(plot, QEvent.Type.MouseButtonDblClick, at, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, at)
    assert editor(piece).text() == "G"
    QTest.keyClick(editor(piece), Qt.Key.Key_Escape)
    assert names(piece) == ["C", "F", "G", "C"]


def test_where_a_chord_begins_is_dragged_to_a_beat(piece: Bench) -> None:
    plot, lane = piece.window.stage.plot.viewport(), piece.window.stage.plot.chords
    first, last = (lane.mapToScene(QPointF(lane.x(at_s), 12)) for at_s in (4.0, 3.08))
    mouse(plot, QEvent.Type.MouseButtonPress, first, held=True)
    mouse(plot, QEvent.Type.MouseMove, (first + last) / 2, held=True)
    mouse(plot, QEvent.Type.MouseMove, last, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, last)
    spans = chords(piece).spans
    assert names(piece) == ["C", "F", "G", "C"]
    assert [(span.start_s, span.end_s) for span in spans[1:3]] == [
        (pytest.approx(2.0, abs=0.01), pytest.approx(3.0, abs=0.01)),
        (pytest.approx(3.0, abs=0.01), pytest.approx(6.0, abs=0.01)),
    ]
    assert piece.song.edits.undo_label == "Move chord"
    # The first one leaves nothing behind.
    chords(piece).move_edge(0, 1.0)
    assert names(piece) == ["", "C", "F", "G", "C"]


def test_the_key_can_be_set(piece: Bench) -> None:
    plot = piece.window.stage.plot
    chords(piece).set_key(Key(-3, is_minor=True))
    assert plot.key.text == "C minor"
    piece.until(lambda: piece.window.display.heard_key == -3)
    chords(piece).set_key(None)
    assert plot.key.text == "C major"


def test_they_are_saved_copied_and_exported(piece: Bench, tmp_path: Path) -> None:
    files, commands = piece.window.song_controller.files, piece.window.commands
    write(piece, 2.5, "Bm7b5")
    chords(piece).set_key(Key(1))
    with piece.qtbot.waitSignal(files.keeper.saved, timeout=WAIT_MS):
        files.keeper.save(tmp_path / "a.noteglow")
    annotations = projects.load(tmp_path / "a.noteglow").annotations
    assert annotations.chords == (
        ChordSpan(pytest.approx(2.0), pytest.approx(4.0), Chord(11, "m7♭5", 11)),
    )
    assert annotations.key == Key(1)
    key(piece, Qt.Key.Key_C, CONTROL | SHIFT)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[1] for line in lines] == ["C", "Bm7♭5", "G", "C"]
    piece.window.song_controller.chords.export(tmp_path / "chords.csv")
    rows = list(csv.DictReader((tmp_path / "chords.csv").open(encoding="utf-8")))
    assert [row["chord"] for row in rows] == ["C", "Bm7b5", "G", "C"]
    for suffix in (".mid", ".musicxml"):
        with piece.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
            commands.export(tmp_path / f"a{suffix}", 440.0, ExportChoice(follows_file=True))
    markers = [m.text for m in mido.MidiFile(tmp_path / "a.mid") if m.type == "marker"]
    assert markers == ["C", "Bm7b5", "G", "C"]
    score = converter.parse(tmp_path / "a.musicxml")
    symbols = score.recurse().getElementsByClass(harmony.ChordSymbol)
    assert [symbol.figure for symbol in symbols] == ["C", "Bø7", "G", "C"]
    assert score.recurse().getElementsByClass("KeySignature").first().sharps == 1
    with piece.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        commands.export(tmp_path / "b.mid", 440.0, ExportChoice(chords=False))
    assert not [m for m in mido.MidiFile(tmp_path / "b.mid") if m.type == "marker"]


def test_another_recording_has_none_of_them(piece: Bench, recording: Path) -> None:
    write(piece, 2.5, "Bm7b5")
    piece.window.commands.leave = lambda go_on: go_on()
    opened(piece, recording)
    assert names(piece) == []
    # Where nothing is found, a hand can set some all the same.
    write(piece, 0.5, "Em")
    assert names(piece) == ["Em"]


def test_chords_appear_while_one_plays(bench: Bench) -> None:
    window, live, stage = bench.window, bench.live, bench.window.stage
    window.act.live.trigger()
    notes = accompanied(C, F, G, C)
    events = sorted(
        [(note.onset_s, on(note.pitch, note.onset_s)) for note in notes]
        + [(note.offset_s, off(note.pitch, note.onset_s, note.offset_s)) for note in notes],
        key=lambda timed: timed[0],
    )
    for tenth in range(1, 90):
        due = [event for at_s, event in events if tenth / 10 - 0.1 <= at_s < tenth / 10]
        live.hear(tenth / 10, *due)
        stage.refresh()
        if tenth == 50:
            assert names(bench)[:2] == ["C", "F"]
    assert [name for name in names(bench) if name] == ["C", "F", "G", "C"]
    assert stage.plot.chords.isVisible()
    act = window.song_controller.act.chords
    assert not act.name.isEnabled()
    act.copy.trigger()
    assert QGuiApplication.clipboard().text().splitlines()[0].endswith("\tC")
    # While nobody wants to see them, nothing is looked for.
    key(bench, Qt.Key.Key_H)
    before = names(bench)
    live.hear(11.0)
    stage.refresh()
    assert names(bench) == before
    window.act.live.trigger()
    assert [name for name in names(bench) if name] == ["C", "F", "G", "C"], "they stay"
    window.act.live.trigger()
    assert names(bench) == []


def test_names_that_hardly_fit_are_narrower_rather_than_none(bench: Bench) -> None:
    lane = bench.window.stage.plot.chords
    def is_written(width: float, name: str) -> bool:
        picture = QImage(200, 30, QImage.Format.Format_RGB32)
        picture.fill(0)
        with QPainter(picture) as painter:
            span = NamedSpan(0.0, 1.0, name, tint=2)
            lane.draw(painter, span, 0.0, QRectF(0, 0, width, 26), False)
        # Behind the stripe where it begins.
        ink = {x for x in range(5, 200) for y in range(30)
               if picture.pixelColor(x, y).lightness() > 120}
        assert max(ink, default=0) <= width
        return bool(ink)

    wide = lane.width_of("F♯m7")
    assert is_written(wide + 10, "F♯m7")
    assert is_written(0.8 * wide + 7, "F♯m7")
    assert not is_written(0.5 * wide, "F♯m7")


def test_they_go_along_where_midi_is_dragged(piece: Bench) -> None:
    handle = piece.window.song_controller.handle
    dropped: list[Path] = []
    handle._start = lambda drag: dropped.append(Path(drag.mimeData().urls()[0].toLocalFile()))
    middle = QPointF(handle.rect().center())
    mouse(handle, QEvent.Type.MouseButtonPress, middle, held=True)
    mouse(handle, QEvent.Type.MouseMove, middle + QPointF(60, 60), held=True)
    piece.until(lambda: bool(dropped))
    markers = [m.text for m in mido.MidiFile(dropped[0]) if m.type == "marker"]
    assert markers == ["C", "F", "G", "C"]
    mouse(handle, QEvent.Type.MouseButtonRelease, middle)
