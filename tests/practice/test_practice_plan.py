"""What is chosen of a piece, how it is played, and what sounds with it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from app.music.instruments import instrument_named
from app.practice.piece import Piece, PieceError, piece_of_notes
from app.practice.session.piece_choice import PieceChoice, fitting_octave, tolerances_of
from app.practice.session.practice_plan import PracticePlan, PracticeWay
from app.practice.session.practice_sound import PracticeSound, accompaniment
from app.practice.tolerances import Tolerances
from model.notes import Note
from tests.practice.small_pieces import scale_piece
from tests.window.window_fakes import FakeOutput

SCALE = scale_piece(48, 52, 55, 60, 64, 67, 72, 76)


def plan_of(piece: Piece, **how: object) -> PracticePlan:
    return PracticePlan(
        piece, piece.between(-2, -1), PracticeWay(**how), Tolerances()  # type: ignore[arg-type]
    )


def test_a_hand_and_bars_leave_the_rest_to_be_heard() -> None:
    choice = PieceChoice(hand="right", bars=(2, 2), transposition=2)
    assert [note.pitch for note in choice.of(SCALE).notes] == [66, 69, 74, 78]
    assert [note.pitch for note in choice.others(SCALE).notes] == []
    left = PieceChoice(hand="left")
    assert [note.pitch for note in left.of(SCALE).notes] == [48, 52, 55]
    assert [note.pitch for note in left.others(SCALE).notes] == [60, 64, 67, 72, 76]


def test_what_leaves_nothing_says_why() -> None:
    with pytest.raises(PieceError, match="no note of it in these bars"):
        PieceChoice(bars=(9, 9)).of(SCALE)


def test_a_piece_is_moved_by_octaves_into_an_instrument_s_range() -> None:
    assert fitting_octave(SCALE, instrument_named("Piano")) == 0
    assert fitting_octave(SCALE, instrument_named("Flute")) == 12
    assert fitting_octave(SCALE.transposed(24), instrument_named("Double bass")) == -36


def test_settings_let_bends_and_octaves_pass() -> None:
    usual = tolerances_of(instrument_named("Guitar"), bends=False, strict_octaves=False)
    assert (usual.neighbour, usual.octave) == (0, True)
    strict = tolerances_of(instrument_named("Guitar"), bends=True, strict_octaves=True)
    assert (strict.neighbour, strict.octave) == (1, False)


@pytest.mark.parametrize("way", [PracticeWay(), PracticeWay("free", 35, "others", 2, falls=True)])
def test_a_way_comes_back_from_json(way: PracticeWay) -> None:
    assert PracticeWay.from_json(json.loads(json.dumps(way.as_json()))) == way


@pytest.mark.parametrize(
    "stored", [None, 3, {"way": "swim"}, {"speed": "fast"}, {"speed": 9}, {"count_in": True}]
)
def test_a_damaged_way_is_refused(stored: object) -> None:
    with pytest.raises(ValueError):
        PracticeWay.from_json(stored)


def test_beats_go_on_before_the_first_bar_and_keep_its_metre() -> None:
    notes = [Note(1.5 * beat, 1.5 * beat + 0.3, 60) for beat in range(6)]
    piece = piece_of_notes(notes, "waltz", [0.0, 1.5, 3.0], 1, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    assert piece.clicks(-1.5, 3.5) == [
        (pytest.approx(-1.5 + 0.5 * beat), beat % 3 == 0) for beat in range(10)
    ]


def test_a_pickup_is_counted_in_by_a_whole_bar() -> None:
    notes = [Note(0.0, 0.4, 67), Note(0.5, 0.9, 72), Note(2.5, 2.9, 72)]
    piece = piece_of_notes(notes, "pickup", [0.0, 0.5, 2.5], 0, [0.0, 0.5, 1.0, 1.5, 2.0])
    plan = plan_of(piece, count_in=1)
    assert plan.begin_s == 0.0
    first_bars = [at for at, is_first in piece.clicks(-4.0, 3.0) if is_first]
    assert first_bars == pytest.approx([-3.5, -1.5, 0.5, 2.5])
    assert plan.count_in_s() == pytest.approx(1.5)


def test_the_count_in_is_as_long_as_its_bars_at_any_speed() -> None:
    for speed, bars in ((100, 1), (50, 2), (150, 0)):
        plan = plan_of(SCALE, speed=speed, count_in=bars)
        assert plan.count_in_s() == pytest.approx(max(2.0 * bars, 0.8 / plan.slowness))


def test_clicks_and_the_other_parts_sound_and_count_as_nobody_s() -> None:
    plan = PracticePlan(
        PieceChoice(hand="right").of(SCALE), PieceChoice(hand="right").others(SCALE),
        PracticeWay(sounding="others"), Tolerances(),
    )
    pitches = {note.pitch for note in accompaniment(plan).notes}
    assert {48, 52, 55} <= pitches
    silent = dataclasses.replace(plan, how=PracticeWay(sounding="nothing"))
    assert accompaniment(silent).notes == ()


class Output(FakeOutput):
    """A loudspeaker that keeps what it plays."""

    def heard(self, seconds: float) -> np.ndarray:
        # In portions, as a device asks for it.
        blocks = np.zeros((round(seconds * 44_100) // 441, 441, 1), np.float32)
        for block in blocks:
            self._fill(block, self.time)
        return blocks.reshape(-1)


def test_the_count_in_is_heard_and_then_the_recording() -> None:
    outputs: list[Output] = []

    def open_output(rate: int, dtype: object, fill: object, ended: object) -> Output:
        outputs.append(Output(fill, ended))  # type: ignore[arg-type]
        return outputs[-1]

    sound = PracticeSound(open_output)
    plan = dataclasses.replace(plan_of(SCALE, sounding="recording"), recording_from_s=0.0)
    recording = np.full(44_100 * 6, 0.25, np.float32)
    sound.begin(plan, (recording, 44_100))
    count_in = outputs[0].heard(2.0)
    # A click on each of its four beats.
    for beat in range(4):
        first = round(beat * 0.5 * 44_100)
        assert np.abs(count_in[first : first + 2000]).max() > 0.02
        assert np.abs(count_in[first + 14_000 : first + 20_000]).max() < 0.01
    assert np.median(outputs[0].heard(1.0)) == pytest.approx(0.25, abs=0.01)
    sound.end()
    assert sound.position_s is None
