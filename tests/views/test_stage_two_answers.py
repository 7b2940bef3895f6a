"""A live take on the stage whose notes are said twice: at once, and settled."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.views.stage.stage import Stage
from model.decoding.decoder import Decoder
from model.heard import Heard
from model.notes import Probabilities
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import difference
from tests.views.shown_stage import shown_stage
from tests.views.stage_session import (  # noqa: F401
    DECODER,
    FEATURES,
    HOP_S,
    NETWORK,
    Session,
    picture,
    stage,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


class TwoAnswers(Session):
    """The settled answer comes twelve frames later than the early one, and is another."""

    def __init__(
        self,
        stage: Stage,
        early: list[tuple[float, float, int, float]],
        settled: list[tuple[float, float, int, float]],
    ) -> None:
        surer = Session(stage, settled)
        super().__init__(stage, early)
        shift = TWO.settled_delay_frames - TWO.delay_frames
        self.surer = Probabilities(*(
            np.concatenate([np.zeros((shift, 88), np.float32), values])
            for values in (surer.heard.onset, surer.heard.frame, surer.heard.velocity)
        ))  # fmt: skip
        self._settled = Decoder(DECODER, FEATURES, TWO, answer="settled")

    def _hear(self) -> Heard:
        heard = super()._hear()
        part = self.surer.part(self.frames - 1, self.frames)
        return dataclasses.replace(
            heard, settled_probabilities=part,
            settled_events=self._settled.push(part, self.frames * HOP_S),
        )  # fmt: skip


TWO = dataclasses.replace(NETWORK, settled_delay_frames=NETWORK.delay_frames + 11)


@pytest.fixture
def two(qtbot: QtBot) -> Iterator[Stage]:
    with shown_stage(qtbot, TWO, DECODER) as stage:
        yield stage


def shown(stage: Stage) -> list[int]:
    """Pitches of the bars that are on their way."""
    return [one.bar.pitch for one in stage.roll.settling.shown(stage._queue.head_s)]


def test_keys_follow_the_early_notes_and_the_roll_the_settled_ones(two: Stage) -> None:
    session = TwoAnswers(
        two, [(1.0, 2.0, 60, 0.9), (1.0, 1.5, 67, 0.9)], [(1.0, 2.0, 60, 0.9), (1.0, 2.0, 64, 0.9)]
    )
    session.play(1.15)
    # The early notes at once: on the keys and at the right edge; none has settled.
    assert two.roll.sounding.keys() == {60, 67}
    assert shown(two) == [60, 67]
    assert two.notes == []
    session.play(1.4)
    assert two.roll.sounding.keys() == {60, 67}
    assert {note.pitch for note in two.notes} == {60, 64}
    session.play(3.0)
    assert two.roll.sounding == {}
    assert shown(two) == []
    assert {note.pitch for note in two.notes} == {60, 64}
    session.end()
    assert {note.pitch for note in two.notes} == {60, 64}


def test_a_settled_bar_is_painted_once_and_all_the_time(two: Stage) -> None:
    """No flash: between early, settling and settled, the note never vanishes from the picture."""
    session = TwoAnswers(two, [(1.0, 1.6, 60, 0.9)], [(1.02, 1.58, 60, 0.9)])
    session.play(1.3)
    box = two.view_box
    background = None
    for step in range(60):
        session.play(1.3 + step / 30)
        image = picture(two)
        # A grab may come before the view has moved on.
        x = round((1.25 - box.start_s) / box.span_s * image.width())
        y = round((box.high - 60) / (box.high - box.low) * image.height())
        colour = image.pixelColor(x, y)
        background = background or colour
        assert colour.lightness() > 60, f"the note has vanished at {session.now} s"


def test_other_settings_count_for_both_answers(two: Stage) -> None:
    notes = [(1.0, 3.0, 60, 0.9), (1.0, 3.0, 64, 0.6)]
    session = TwoAnswers(two, notes, notes)
    session.play(2.0)
    assert two.roll.sounding.keys() == {60, 64}
    two.redecode(dataclasses.replace(DECODER, onset_threshold=0.8))
    session.play(2.1)
    assert two.roll.sounding.keys() == {60}
    assert {note.pitch for note in two.notes} == {60}
    two.redecode(DECODER)
    session.play(2.2)
    assert two.roll.sounding.keys() == {60, 64}


def test_the_newest_sound_looks_alike_before_and_after_it_is_in_a_tile(two: Stage) -> None:
    notes = [(0.2 + 0.15 * place, 0.5 + 0.15 * place, 45 + 2 * place, 0.9) for place in range(15)]
    session = TwoAnswers(two, notes, notes)
    two._timer.stop()
    waited = 0
    for _ in range(120):
        session.play(session.now + 1 / 60)
        grown = two.plot.grab().toImage()
        waited += two.plot.tiles._new is not None
        two.plot.tiles._take_in_new()
        assert difference(grown, two.plot.grab().toImage()) <= 2
    assert waited > 60
    session.end()
    assert two.plot.tiles._new is None
