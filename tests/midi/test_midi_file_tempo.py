"""The beats that a MIDI file has of its own: read, and written again on paper and in MIDI."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import mido
import music21
import numpy as np
import pretty_midi
import pytest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from app.exports.export_file import ExportOptions, export
from app.midi.midi_file_reader import MidiFileError, read_midi_file
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.key_finding import Key
from app.music.quantise import Grid
from app.music.rhythm import Meter, Rhythm
from app.views.dialogs.export_dialog import ExportDialog
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

TICKS = 480
Timed = tuple[int, mido.Message | mido.MetaMessage]


def tempo(bpm: float) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))


def meter(numerator: int, denominator: int) -> mido.MetaMessage:
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)


def key(name: str) -> mido.MetaMessage:
    return mido.MetaMessage("key_signature", key=name)


def quarters(count: int, pitch: int = 60) -> list[Timed]:
    """One note on every quarter, each a whole tone above the one before, up to a sixth."""
    found: list[Timed] = []
    for number in range(count):
        note = pitch + number % 6 * 2
        found.append((number * TICKS, mido.Message("note_on", note=note, velocity=80)))
        found.append(((number + 1) * TICKS, mido.Message("note_off", note=note)))
    return found


def written(path: Path, *timed: Timed) -> Path:
    """A file of one track."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(timed, key=lambda item: (item[0], item[1].type != "note_off")):
        track.append(message.copy(time=tick - now))
        now = tick
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(path)
    return path


def waltz(path: Path) -> Path:
    """Four bars in 3/4 at 90, four at 150; A major."""
    return written(
        path, (0, tempo(90)), (0, meter(3, 4)), (0, key("A")), (12 * TICKS, tempo(150)),
        *quarters(24),
    )


def beats_of(path: Path) -> MidiFileTempo:
    beats = read_midi_file(path).beats
    assert beats is not None
    return beats


def export_again(source: Path, target: Path, meter: Meter | None = None) -> Path:
    content = read_midi_file(source)
    beats = beats_of(source)
    export(content.notes, target, ExportOptions(
        rhythm=beats.rhythm(meter), key=beats.key, grid=Grid.parse("1/16")
    ))  # fmt: skip
    return target


# Reading.


def test_tempi_meter_and_key_are_read(tmp_path: Path) -> None:
    beats = beats_of(waltz(tmp_path / "a.mid"))
    assert [round(60e6 / tempo) for _, tempo in beats.tempi] == [90, 150]
    assert [begin for begin, _ in beats.tempi] == [Fraction(0), Fraction(12)]
    assert (beats.meter, beats.key) == (Meter(3, 4), Key(3))
    assert (beats.bar, beats.end) == (Fraction(0), Fraction(24))


def test_the_signs_that_last_longest_count(tmp_path: Path) -> None:
    beats = beats_of(written(
        tmp_path / "a.mid", (0, meter(1, 4)), (0, key("F")), (TICKS, meter(3, 4)),
        (TICKS, key("Ebm")), *quarters(16),
    ))  # fmt: skip
    assert (beats.meter, beats.key) == (Meter(3, 4), Key(-6, is_minor=True))
    assert beats.bar == Fraction(1)
    assert beats.rhythm().pickup == 1


@pytest.mark.parametrize("messages", [[], [(0, tempo(120))]])
def test_a_file_that_says_nothing_has_no_beats(tmp_path: Path, messages: list[Timed]) -> None:
    assert read_midi_file(written(tmp_path / "a.mid", *messages, *quarters(3))).beats is None


def test_what_was_played_and_exported_in_plain_time_has_none(tmp_path: Path) -> None:
    export([Note(0.2, 0.7, 60, 80)], tmp_path / "a.mid")
    assert read_midi_file(tmp_path / "a.mid").beats is None


@pytest.mark.parametrize(
    ("signature", "wanted"),
    [((6, 8), Meter(6, 8)), ((3, 8), Meter(3, 8)), ((3, 2), Meter(3, 2)), ((7, 8), Meter(7, 8)),
     ((11, 16), None), ((0, 4), None), ((4, 16), None)],
)
def test_signatures_that_cannot_be_written_are_passed_over(
    tmp_path: Path, signature: tuple[int, int], wanted: Meter | None
) -> None:
    beats = beats_of(written(tmp_path / "a.mid", (0, meter(*signature)), *quarters(8)))
    assert beats.meter == wanted
    assert beats.rhythm().meter == (wanted or Meter(4, 4))


def test_tempi_that_make_no_sense_are_no_beats(tmp_path: Path) -> None:
    still = mido.MetaMessage("set_tempo", tempo=0)
    assert read_midi_file(written(tmp_path / "a.mid", (0, still), *quarters(3))).beats is None
    far = (TICKS * 400_000, mido.Message("note_off", note=1))
    assert read_midi_file(written(tmp_path / "a.mid", (0, tempo(90)), far)).beats is None


def test_damaged_keys_and_film_frames_are_told_in_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mid", (0, key("A")), *quarters(3))
    content = path.read_bytes()
    sign = content.index(b"\xff\x59\x02") + 3
    path.write_bytes(content[:sign] + b"\x30" + content[sign + 1 :])
    with pytest.raises(MidiFileError, match="cannot be read"):
        read_midi_file(path)
    for division in (b"\xe7\x28", b"\0\0"):
        path.write_bytes(content[:12] + division + content[14:])
        with pytest.raises(MidiFileError, match="it counts no beats"):
            read_midi_file(path)


# The rhythm.


@pytest.mark.parametrize("place", [Fraction(1, 2), Fraction(5, 4), Fraction(301, 480)])
@pytest.mark.parametrize("signature", [Meter(4, 4), Meter(6, 8), Meter(3, 2)], ids=str)
def test_seconds_are_where_the_file_has_them(
    tmp_path: Path, place: Fraction, signature: Meter
) -> None:
    """Also where the tempo changes within a beat."""
    path = written(tmp_path / "a.mid", (0, tempo(50)), (int(place * TICKS), tempo(200)),
                   (0, meter(signature.numerator, signature.denominator)), *quarters(12))
    rhythm = beats_of(path).rhythm()
    read = pretty_midi.PrettyMIDI(str(path))
    # A tempo on no part of a beat is averaged over a 24th of it.
    within = 0.02 if place.denominator > 24 else 1e-5
    for tick in range(0, 12 * TICKS, 40):
        seconds = read.tick_to_time(tick)
        assert rhythm.quarters_at(seconds) == pytest.approx(tick / TICKS, abs=within * 2)
        assert rhythm.seconds_at(tick / TICKS) == pytest.approx(seconds, abs=within)


def test_a_steady_file_has_no_more_moments_than_beats() -> None:
    rhythm = MidiFileTempo(((Fraction(0), 500_000),), Fraction(7), Meter(2, 2)).rhythm()
    assert rhythm.parts == 1
    assert rhythm.beats_s == (0, 1, 2, 3, 4)


# Written again.


def parsed(path: Path) -> music21.stream.Score:
    score = music21.converter.parse(path)
    assert isinstance(score, music21.stream.Score)
    return score


def test_a_score_has_the_bars_tempi_and_key_of_the_file(tmp_path: Path) -> None:
    path = export_again(waltz(tmp_path / "a.mid"), tmp_path / "a.musicxml")
    score = parsed(path).parts[0]
    measures = list(score.getElementsByClass("Measure"))
    assert len(measures) == 8
    assert [measure.number for measure in measures] == list(range(1, 9))
    assert {s.ratioString for s in score.flatten().getElementsByClass("TimeSignature")} == {"3/4"}
    assert [sign.sharps for sign in score.flatten().getElementsByClass("KeySignature")] == [3]
    marks = [(mark.getOffsetInHierarchy(score), mark.number)
             for mark in score.recurse().getElementsByClass("MetronomeMark")]
    assert marks == [(0, 90), (12, 150)]
    assert [(n.offset, n.quarterLength) for n in score.flatten().notes] == [
        (number, 1) for number in range(24)
    ]


def test_a_midi_file_has_them_too(tmp_path: Path) -> None:
    source = waltz(tmp_path / "a.mid")
    again = export_again(source, tmp_path / "b.mid")
    before, after = (pretty_midi.PrettyMIDI(str(path)) for path in (source, again))
    times_s, tempi = after.get_tempo_changes()
    np.testing.assert_allclose(times_s, [0, 8], atol=1e-5)
    np.testing.assert_allclose(tempi, [90, 150], rtol=1e-5)
    assert [(s.numerator, s.denominator, s.time) for s in after.time_signature_changes] == [
        (3, 4, 0)
    ]
    assert [sign.key_number for sign in after.key_signature_changes] == [9]
    wanted = [(note.start, note.end) for note in before.instruments[0].notes]
    found = [(note.start, note.end) for note in after.instruments[0].notes]
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    # And once more, it is the same.
    assert beats_of(again).tempi == beats_of(source).tempi
    assert beats_of(again).meter == Meter(3, 4)


def test_notes_after_a_sudden_change_within_a_beat_keep_their_values(tmp_path: Path) -> None:
    """Halfway through the second beat it becomes four times as slow."""
    eighths: list[Timed] = []
    for number in range(8):
        eighths.append((number * 240, mido.Message("note_on", note=60 + number)))
        eighths.append((number * 240 + 240, mido.Message("note_off", note=60 + number)))
    source = written(tmp_path / "a.mid", (0, tempo(160)), (720, tempo(40)), *eighths)
    score = parsed(export_again(source, tmp_path / "a.musicxml"))
    assert [n.offset for n in score.flatten().notes] == [number / 2 for number in range(8)]


def test_a_ritardando_is_not_told_step_by_step(tmp_path: Path) -> None:
    slower = [((4 + step) * TICKS, tempo(118 - 2 * step)) for step in range(8)]
    source = written(tmp_path / "a.mid", (0, tempo(120)), *slower, (12 * TICKS, tempo(60)),
                     (0, meter(4, 4)), *quarters(20))  # fmt: skip
    score = parsed(export_again(source, tmp_path / "a.musicxml"))
    marks = [mark.number for mark in score.recurse().getElementsByClass("MetronomeMark")]
    assert marks == [120, 60]
    assert [n.offset for n in score.flatten().notes] == list(range(20))


@pytest.mark.parametrize(
    "signature", [(3, 8), (9, 8), (6, 4), (3, 2), (1, 4), (12, 4), (7, 8), (5, 8)]
)
def test_less_usual_signatures_are_written(tmp_path: Path, signature: tuple[int, int]) -> None:
    source = written(tmp_path / "a.mid", (0, meter(*signature)), (0, tempo(77)), *quarters(25))
    score = parsed(export_again(source, tmp_path / "a.musicxml"))
    part = score.parts[0].stripTies()
    assert [n.offset for n in part.flatten().notes] == list(range(25))
    bar = signature[0] * 4 / signature[1]
    lengths = [m.duration.quarterLength for m in score.parts[0].getElementsByClass("Measure")]
    assert lengths == [bar] * -int(-25 // bar)


SEVERAL = ((0, (4, 4)), (8, (7, 8)), (15, (3, 4)), (21, (6, 8)))


def several(path: Path, *signs: tuple[float, tuple[int, int]], count: int = 27) -> Path:
    """A file of these time signatures, each from so many quarter notes on."""
    return written(
        path, (0, tempo(100)), (12 * TICKS, tempo(80)),
        *((int(at * TICKS), meter(*sign)) for at, sign in signs), *quarters(count)
    )


def bars_of(path: Path) -> list[tuple[str, float]]:
    """The time signature and the length of every bar of a score."""
    found, now = [], ""
    for measure in parsed(path).parts[0].getElementsByClass("Measure"):
        for sign in measure.getElementsByClass("TimeSignature"):
            now = sign.ratioString
        found.append((now, float(measure.duration.quarterLength)))
    return found


def test_several_signatures_are_all_written(tmp_path: Path) -> None:
    source = several(tmp_path / "a.mid", *SEVERAL)
    assert bars_of(export_again(source, tmp_path / "a.musicxml")) == [
        ("4/4", 4), ("4/4", 4), ("7/8", 3.5), ("7/8", 3.5), ("3/4", 3), ("3/4", 3),
        ("6/8", 3), ("6/8", 3),
    ]
    again = export_again(source, tmp_path / "b.mid")
    before, after = (pretty_midi.PrettyMIDI(str(path)) for path in (source, again))
    for one, other in zip(
        before.time_signature_changes, after.time_signature_changes, strict=True
    ):
        assert (one.numerator, one.denominator) == (other.numerator, other.denominator)
        assert one.time == pytest.approx(other.time, abs=1e-4)
    np.testing.assert_allclose(
        [note.start for note in after.instruments[0].notes],
        [note.start for note in before.instruments[0].notes], atol=1e-3,
    )
    assert beats_of(again).meters == beats_of(source).meters


def test_a_bar_that_is_cut_off_by_another_signature_is_shorter(tmp_path: Path) -> None:
    source = several(tmp_path / "a.mid", (0, (4, 4)), (7, (2, 4)), count=11)
    assert bars_of(export_again(source, tmp_path / "a.musicxml")) == [
        ("4/4", 4), ("3/4", 3), ("2/4", 2), ("2/4", 2)
    ]
    # And one that is cut off within a beat leaves the longest signature for all.
    source = several(tmp_path / "b.mid", (0, (4, 4)), (7.3, (2, 4)), count=11)
    assert beats_of(source).rhythm().changes == ()


def test_a_short_first_bar_is_a_pickup_of_the_next_signature(tmp_path: Path) -> None:
    source = several(tmp_path / "a.mid", (0, (1, 4)), (1, (3, 4)), (7, (2, 4)), count=11)
    rhythm = beats_of(source).rhythm()
    assert (rhythm.pickup, rhythm.meter, rhythm.changes) == (1, Meter(3, 4), ((7, Meter(2, 4)),))
    again = export_again(source, tmp_path / "b.mid")
    assert beats_of(again).rhythm().changes == rhythm.changes


def test_a_beat_before_six_eighths_is_a_pickup(tmp_path: Path) -> None:
    """It stands as 3/8, whose own beats are eighth notes."""
    source = several(tmp_path / "a.mid", (0, (3, 8)), (1.5, (6, 8)), count=14)
    rhythm = beats_of(source).rhythm()
    assert (rhythm.pickup, rhythm.meter, rhythm.changes) == (1, Meter(6, 8), ())
    again = beats_of(export_again(source, tmp_path / "b.mid")).rhythm()
    assert (again.pickup, again.meter, again.changes) == (1, Meter(6, 8), ())
    # An eighth note is no whole beat of it: that bar stays one of its own.
    source = several(tmp_path / "c.mid", (0, (1, 8)), (0.5, (6, 8)), count=14)
    assert beats_of(source).rhythm().meter == Meter(1, 8)


def test_a_signature_that_is_repeated_changes_nothing(tmp_path: Path) -> None:
    source = several(tmp_path / "a.mid", (0, (3, 4)), (6, (3, 4)), (12, (2, 4)), count=16)
    assert beats_of(source).rhythm().changes == ((12, Meter(2, 4)),)


def test_another_signature_than_the_files_keeps_its_tempi(tmp_path: Path) -> None:
    rhythm = beats_of(waltz(tmp_path / "a.mid")).rhythm(Meter(6, 8))
    assert rhythm.meter == Meter(6, 8)
    assert rhythm.quarters_at(8.0) == pytest.approx(12)
    assert rhythm.quarters_at(8.4) == pytest.approx(13)


def test_the_tempo_before_the_first_note_is_told_with_it(tmp_path: Path) -> None:
    """Silent bars at the beginning are no part of the score."""
    late: list[Timed] = [(tick + 8 * TICKS, message) for tick, message in quarters(8)]
    source = written(tmp_path / "a.mid", (0, tempo(100)), (4 * TICKS, tempo(70)),
                     (0, meter(4, 4)), *late)
    score = parsed(export_again(source, tmp_path / "a.musicxml"))
    marks = [mark.number for mark in score.recurse().getElementsByClass("MetronomeMark")]
    assert marks == [70]


# Through the window.


@pytest.fixture
def export_to(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    def run(name: str, timing: str | None = None) -> Path:
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
        dialog = dialog_of(bench)
        dialog.kinds.check([path.suffix])
        if timing is not None:
            choose(dialog, "timing", timing)
        buttons = dialog.findChildren(QDialogButtonBox)[0].buttons()
        with bench.qtbot.waitSignal(bench.window.commands.exported, timeout=WAIT_MS):
            next(button for button in buttons if button.text().startswith("Export")).click()
        return path

    return run


def dialog_of(bench: Bench) -> ExportDialog:
    bench.window.act.export.trigger()
    return bench.window.findChildren(ExportDialog)[-1]


def choose(dialog: ExportDialog, name: str, value: object) -> None:
    box = getattr(dialog, name)
    box.setCurrentIndex(next(i for i in range(box.count()) if box.itemData(i) == value))


def test_the_beats_of_an_opened_file_are_the_usual_choice(
    bench: Bench, tmp_path: Path, export_to: Callable[..., Path]
) -> None:
    bench.open(waltz(tmp_path / "waltz.mid"))
    score = parsed(export_to("a.musicxml"))
    assert [s.ratioString for s in score.flatten().getElementsByClass("TimeSignature")] == ["3/4"]
    assert [s.sharps for s in score.flatten().getElementsByClass("KeySignature")] == [3]
    marks = [mark.number for mark in score.recurse().getElementsByClass("MetronomeMark")]
    assert marks == [90, 150]
    midi = pretty_midi.PrettyMIDI(str(export_to("a.mid", "grid")))
    np.testing.assert_allclose(midi.get_tempo_changes()[1], [90, 150], rtol=1e-5)


def test_what_the_dialog_offers_for_a_file_with_beats(bench: Bench, tmp_path: Path) -> None:
    bench.open(waltz(tmp_path / "waltz.mid"))
    dialog = dialog_of(bench)
    dialog.kinds.check([".musicxml"])
    assert [dialog.beats.itemText(i) for i in range(2)] == ["As in the file", "A steady tempo"]
    assert (dialog.meter.currentText(), dialog.key.currentText()) == ("As in the file",) * 2
    assert not dialog.bpm.isVisible()
    choose(dialog, "beats", "steady")
    assert dialog.meter.currentText() == "Told by the notes"
    assert dialog.bpm.isVisible()
    assert not dialog.choice.follows_file
    dialog.reject()


def test_a_choice_is_remembered_for_the_same_file_alone(
    bench: Bench, tmp_path: Path, export_to: Callable[..., Path]
) -> None:
    bench.open(waltz(tmp_path / "waltz.mid"))
    dialog = dialog_of(bench)
    choose(dialog, "timing", "grid")
    choose(dialog, "beats", "steady")
    choose(dialog, "meter", Meter(2, 4))
    dialog.accepted.disconnect()
    bench.window.song_controller.exporting._choice = dialog.choice
    dialog.reject()
    again = dialog_of(bench)
    assert again.beats.currentData() == "steady"
    again.reject()
    bench.open(written(tmp_path / "b.mid", (0, tempo(70)), (0, meter(6, 8)), *quarters(12)))
    other = dialog_of(bench)
    assert (other.beats.currentData(), other.meter.currentData()) == ("file", None)
    other.reject()
    # A file without any has the steady tempo, as before.
    bench.open(written(tmp_path / "c.mid", *quarters(12)))
    plain = dialog_of(bench)
    assert [plain.beats.itemData(i) for i in range(plain.beats.count())] == ["steady"]
    plain.reject()


def test_parts_of_beats_are_no_beats_in_json(tmp_path: Path) -> None:
    rhythm = Rhythm((0.0, 0.2, 0.5, 0.9), parts=2)
    export([Note(0.0, 0.5, 60)], tmp_path / "a.json", ExportOptions(rhythm=rhythm))
    assert '"beats_s": [\n  0.0,\n  0.5\n ]' in (tmp_path / "a.json").read_text()
