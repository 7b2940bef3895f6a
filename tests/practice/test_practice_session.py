"""A piece practised live, with a session that hears what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from pytestqt.qtbot import QtBot

from app.audio.devices.device_list import AudioDeviceError
from app.practice.marks import Extra, Marked
from app.practice.piece import Piece, piece_of_notes
from app.practice.practice_report import PracticeResult
from app.practice.session.practice_plan import PracticePlan, PracticeWay
from app.practice.session.practice_session import PracticeSession
from app.practice.session.practice_sound import PracticeSound
from app.practice.tolerances import Tolerances
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.practice.heard_piece import FEATURES, HOP_S, NETWORK, heard_of
from tests.practice.small_pieces import BEAT_S, scale_piece
from tests.window.window_fakes import FakeLive

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


class Ear:
    """The configurations that the session asks for."""

    features, network_config = FEATURES, NETWORK


def _no_output(*_: object) -> None:
    raise AudioDeviceError("There is no output.")


@dataclass
class Player:
    """Somebody who practises.

    Attributes:
        told: all events; `results` what came of it.
    """

    session: PracticeSession
    live: FakeLive
    told: list[object] = field(default_factory=list)
    results: list[PracticeResult | None] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def play(self, plan: PracticePlan, notes: Callable[[float], Sequence[Note]]) -> None:
        """Practises: `notes` are what is played, by where the piece begins in the sound."""
        self.session.start(plan, self.live.start)
        # What is played comes after the count-in.
        count_s = plan.count_in_s() * plan.slowness if plan.how.way == "clock" else 0.5
        for now_s, heard in heard_of(notes(HOP_S + count_s), end_s=plan.end_s * 3 + 12):
            if not self.live.is_listening:
                break
            self.live.heard_s = now_s
            self.live.heard.emit(heard)
        if self.session.is_on:
            self.session.end()

    def kinds(self) -> list[str]:
        """The marks of the result."""
        result = self.results[-1]
        assert result is not None
        return [mark.kind for mark in result.marks]


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    live = FakeLive()
    session = PracticeSession(
        live, Ear(), PracticeSound(_no_output),  # type: ignore[arg-type]
    )
    made = Player(session, live)
    session.told.connect(made.told.extend)
    session.ended.connect(made.results.append)
    session.silent.connect(made.silent.append)
    yield made
    session.deleteLater()
    live.deleteLater()


def plan_of(piece: Piece, **how: object) -> PracticePlan:
    none = piece.between(-1.0, -1.0)
    return PracticePlan(piece, none, PracticeWay(**how), Tolerances())  # type: ignore[arg-type]


def played(piece: Piece, begins_s: float, slowness: float = 1.0) -> list[Note]:
    return [
        Note(begins_s + slowness * note.onset_s, begins_s + slowness * note.offset_s, note.pitch)
        for note in piece.notes
    ]


@pytest.mark.parametrize("speed", [50, 100, 150])
def test_what_is_played_with_the_clock_is_right_and_it_ends_by_itself(
    player: Player, speed: int
) -> None:
    piece = scale_piece(*SCALE)
    plan = plan_of(piece, speed=speed)
    player.play(plan, lambda begins_s: played(piece, begins_s, 100 / speed))
    assert player.kinds() == ["right"] * len(SCALE)
    assert not player.live.is_listening
    # Without an output it is told, and goes on.
    assert player.silent == ["There is no output."]
    assert player.results[0] is not None
    assert player.results[0].slowness == pytest.approx(100 / speed)


def test_late_wrong_missed_and_extra_notes_are_told(player: Player) -> None:
    piece = scale_piece(*SCALE)

    def performance(begins_s: float) -> list[Note]:
        notes = played(piece, begins_s)
        late = notes[1]
        notes[1] = Note(late.onset_s + 0.15, late.offset_s + 0.15, late.pitch)
        notes[3] = Note(notes[3].onset_s, notes[3].offset_s, 66)
        extra = Note(notes[6].onset_s + 0.25, notes[6].offset_s, 80)
        return [*notes[:5], *notes[6:], extra]

    player.play(plan_of(piece), performance)
    assert player.kinds() == [
        "right", "late", "right", "wrong", "right", "missed", "right", "right"
    ]
    result = player.results[0]
    assert result is not None
    assert [extra.pitch for extra in result.extras] == [80]
    assert [event.pitch for event in player.told if isinstance(event, Extra)] == [80]


def test_it_waits_for_each_note_and_skips_by_wish(player: Player) -> None:
    piece = scale_piece(60, 62, 64)
    plan = plan_of(piece, way="wait")
    player.session.start(plan, player.live.start)
    slow = [Note(1.0, 1.4, 60), Note(4.0, 4.4, 64)]
    for now_s, heard in heard_of(slow, end_s=8.0):
        if not player.live.is_listening:
            break
        player.live.heard_s = now_s
        player.live.heard.emit(heard)
        if abs(now_s - 2.5) < HOP_S / 2:
            assert player.session.expected == {62}
            assert player.session.place_s == BEAT_S
            player.session.skip()
            assert player.session.expected == {64}
    assert player.kinds() == ["right", "missed", "right"]


def test_a_free_player_is_followed_at_half_the_speed(player: Player) -> None:
    piece = scale_piece(*SCALE, 74, 76, 77, 79)
    places = []
    player.session.told.connect(lambda _: places.append(player.session.place_s))
    player.play(
        plan_of(piece, way="free"), lambda begins_s: played(piece, begins_s, 2.0)
    )
    assert player.kinds().count("right") >= len(piece.notes) - 1
    assert player.results[0] is not None
    assert player.results[0].slowness == pytest.approx(2.0, abs=0.1)
    assert places == sorted(places)


def test_ended_early_only_what_was_reached_is_told(player: Player) -> None:
    piece = scale_piece(*SCALE)
    plan = plan_of(piece)
    player.session.start(plan, player.live.start)
    begins_s = HOP_S + plan.count_in_s()
    for now_s, heard in heard_of(played(piece, begins_s), end_s=begins_s + 1.8):
        player.live.heard_s = now_s
        player.live.heard.emit(heard)
    player.session.end()
    assert player.kinds() == ["right"] * 4
    assert not player.live.is_listening


def test_ended_in_the_count_in_nothing_is_told(player: Player) -> None:
    plan = plan_of(scale_piece(*SCALE))
    player.session.start(plan, player.live.start)
    player.session.end()
    assert player.results == [None]


def test_an_early_answer_marks_at_once(player: Player) -> None:
    piece = scale_piece(*SCALE)
    plan = plan_of(piece)
    player.session.start(plan, player.live.start)
    begins_s = HOP_S + plan.count_in_s()
    at: dict[int, float] = {}

    def note_time(events: list[object]) -> None:
        for event in events:
            if isinstance(event, Marked):
                at.setdefault(event.note, player.live.heard_s)

    player.session.told.connect(note_time)
    for now_s, heard in heard_of(played(piece, begins_s), end_s=begins_s + 3.0):
        player.live.heard_s = now_s
        player.live.heard.emit(heard)
    player.session.end()
    for note in range(5):
        assert at[note] - (begins_s + note * BEAT_S) < 0.06


def test_a_refused_input_begins_nothing(player: Player) -> None:
    player.live.refusal = "There is no microphone."
    player.session.start(plan_of(scale_piece(60, 62)), player.live.start)
    assert not player.session.is_on
    assert player.results == []


def test_chords_are_expected_together(player: Player) -> None:
    notes = [Note(0.0, 0.4, pitch) for pitch in (60, 64, 67)]
    player.session.start(
        plan_of(piece_of_notes(notes, "chord"), way="wait"), player.live.start
    )
    assert player.session.expected == {60, 64, 67}
    player.session.end()


def test_nothing_begins_before_the_network_has_caught_up(player: Player) -> None:
    player.session.start(plan_of(scale_piece(60, 62)), player.live.start)
    blocks = heard_of([Note(9.0, 9.5, 60)], end_s=4.0)
    for behind_s, has_begun in ((3.0, False), (0.5, False), (0.02, True)):
        player.live.behind_s = behind_s
        player.live.heard_s, heard = next(blocks)
        player.live.heard.emit(heard)
        assert player.session.has_begun == has_begun
    player.session.end()
