from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.head_order import FRAME, N_HEADS, OFFSET, ONSET, VELOCITY
from training.trainer.losses import (
    LossWeights,
    core,
    focal_loss,
    losses,
    losses_of_answers,
)

OVERLAP, N_FRAMES, N_PITCHES = 2, 10, 5


def silent() -> dict[str, Tensor]:
    return {name: torch.zeros(1, N_FRAMES, N_PITCHES)
            for name in ("onset", "frame", "offset", "velocity")}


def sure_of_silence() -> Tensor:
    return torch.full((1, N_FRAMES, N_PITCHES, N_HEADS), -20.0)


def loss(logits: Tensor, targets: dict[str, Tensor], delay_frames: int = 1) -> dict[str, Tensor]:
    return losses(logits, targets, OVERLAP, delay_frames, LossWeights())


def test_the_focal_loss_without_focus_is_half_of_cross_entropy() -> None:
    logits = torch.tensor([-3.0, -0.1, 0.0, 2.0])
    for target in (torch.zeros(4), torch.ones(4)):
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, target, reduction="none"
        )
        torch.testing.assert_close(focal_loss(logits, target, 0.5, 0.0), entropy / 2)
        # With focus, what is right already counts less, by how wrong it is.
        wrong = (torch.sigmoid(logits) - target).abs()
        torch.testing.assert_close(focal_loss(logits, target, 0.5, 1.0), entropy * wrong / 2)


def test_a_larger_share_for_positives_makes_a_missed_note_dearer() -> None:
    logits, note = torch.tensor([-2.0]), torch.ones(1)
    dear = focal_loss(logits, note, 0.9, 1.0) / focal_loss(logits, note, 0.3, 1.0)
    assert float(dear) == pytest.approx(3.0)
    cheap = focal_loss(-logits, 1 - note, 0.9, 1.0) / focal_loss(-logits, 1 - note, 0.3, 1.0)
    assert float(cheap) == pytest.approx(0.1 / 0.7)


@pytest.mark.parametrize("head", [ONSET, FRAME, OFFSET])
@pytest.mark.parametrize("delay_frames", [0, 1, 2])
def test_what_is_true_of_a_frame_is_to_be_said_a_delay_later(head: int, delay_frames: int) -> None:
    name = {ONSET: "onset", FRAME: "frame", OFFSET: "offset"}[head]
    targets = silent()
    targets[name][0, 4, 3] = 1
    # An onset is on one frame more than its label.
    n_frames = 2 if head == ONSET else 1
    for said_at in range(N_FRAMES):
        logits = sure_of_silence()
        logits[0, said_at : said_at + n_frames, 3, head] = 20.0
        right = said_at == 4 + delay_frames
        assert (float(loss(logits, targets, delay_frames)[name]) < 1e-6) == right


def test_frames_that_belong_to_the_neighbours_count_not() -> None:
    targets, logits = silent(), sure_of_silence()
    before = loss(logits, targets)
    for name, array in targets.items():
        # What began on the very last frame before is still to be said.
        array[:, : OVERLAP - (name == "onset")] = array[:, -OVERLAP:] = 1
    logits[:, : OVERLAP + 1] = 5.0
    logits[:, N_FRAMES - OVERLAP + 1 :] = 5.0
    after = loss(logits, targets)
    for name, value in before.items():
        torch.testing.assert_close(after[name], value)
    said, true = core(logits, targets, OVERLAP, 1)
    assert said.shape == (1, N_FRAMES - 2 * OVERLAP, N_PITCHES, N_HEADS)
    assert all(value.shape == said.shape[:3] for value in true.values())


def test_velocity_is_learnt_where_it_is_known_alone() -> None:
    targets, logits = silent(), torch.zeros(1, N_FRAMES, N_PITCHES, N_HEADS)
    logits.requires_grad_(True)
    assert loss(logits, targets)["velocity"].item() == 0.0
    last = N_FRAMES - OVERLAP - 1
    targets["velocity"][0, last, 3] = 127
    targets["velocity"][0, last, 1] = 63.5
    parts = loss(logits, targets)
    # One of two is half a scale off, the other right: a quarter off the mean of both, which itself
    # is a quarter too low and counts a tenth.
    assert parts["velocity"].item() == pytest.approx(0.25**2 * 1.1)
    parts["velocity"].backward()
    assert logits.grad is not None
    known = [[0, last + 1, pitch, VELOCITY] for pitch in (1, 3)]
    assert torch.nonzero(logits.grad).tolist() == known


def test_a_clip_that_is_louder_as_a_whole_is_hardly_a_wrong_velocity() -> None:
    targets = {name: value.repeat(2, 1, 1) for name, value in silent().items()}
    targets["velocity"][:, OVERLAP, 3], targets["velocity"][:, OVERLAP, 4] = 90, 60
    logits = torch.zeros(2, N_FRAMES, N_PITCHES, N_HEADS)
    for pitch, velocity in ((3, 90), (4, 60)):
        # What is said one frame late rings for two more.
        said = torch.logit(torch.tensor(velocity / 127))
        logits[:, OVERLAP + 1 : OVERLAP + 4, pitch, VELOCITY] = said
    assert loss(logits, targets)["velocity"].item() == pytest.approx(0, abs=1e-9)
    # One clip of the two is 20 louder.
    targets["velocity"][0, OVERLAP, 3:] += 20
    louder = loss(logits, targets)["velocity"].item()
    assert louder == pytest.approx(0.1 * (20 / 127) ** 2 / 2, rel=1e-4)
    # One note alone is.
    targets["velocity"][0, OVERLAP, 3] -= 20
    assert loss(logits, targets)["velocity"].item() > 2 * louder


def test_the_total_weighs_the_parts() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, N_FRAMES, N_PITCHES, N_HEADS, generator=generator)
    targets = silent()
    targets["frame"][0, 3:6, 2] = 1
    weights = LossWeights(onset=2.0, frame=3.0, offset=0.5, velocity=0.25)
    parts = losses(logits, targets, OVERLAP, 0, weights)
    expected = sum(getattr(weights, name) * float(parts[name])
                   for name in ("onset", "frame", "offset", "velocity"))
    assert float(parts["total"]) == pytest.approx(expected)
    lower = LossWeights(onset_positive=0.5)
    assert losses(logits, targets, OVERLAP, 0, lower)["frame"] == parts["frame"]
    assert losses(logits, targets, OVERLAP, 0, lower)["onset"] != parts["onset"]


def test_logits_of_half_precision_lose_nothing_in_the_sum() -> None:
    logits = torch.full((1, N_FRAMES, N_PITCHES, N_HEADS), -6.0, dtype=torch.bfloat16)
    parts = loss(logits, silent())
    assert parts["total"].dtype == torch.float32
    torch.testing.assert_close(parts["onset"], loss(logits.float(), silent())["onset"])


def test_every_answer_is_taught_what_is_true_of_its_own_moment() -> None:
    targets = silent()
    targets["frame"][0, 4, 3] = 1
    one, other = (sure_of_silence() for _ in range(2))
    one[0, 5, 3, FRAME] = other[0, 6, 3, FRAME] = 20.0
    for answers, wrong in (((one, other), ""), ((other, one), "both"), ((one, one), "settled")):
        found = losses_of_answers(
            torch.stack(answers, dim=2), targets, OVERLAP, (1, 2), LossWeights()
        )
        assert (float(found["frame"]) > 0.1) == (wrong == "both")
        assert (float(found["settled frame"]) > 0.1) == bool(wrong)
        parts = [losses(logits, targets, OVERLAP, delay, LossWeights())["total"]
                 for logits, delay in zip(answers, (1, 2), strict=True)]
        torch.testing.assert_close(found["total"], sum(parts))
        torch.testing.assert_close(found["settled total"], parts[1])


def test_doubtful_ends_count_less_and_beginnings_as_ever() -> None:
    logits, targets = torch.zeros(1, 40, N_PITCHES, N_HEADS), {
        name: torch.zeros(1, 40, N_PITCHES) for name in ("onset", "frame", "offset", "velocity")
    }
    targets["onset"][0, 5:7, 1] = targets["frame"][0, 5:20, 1] = targets["offset"][0, 20, 1] = 1

    def parts(weight: float | None) -> dict[str, Tensor]:
        more = {} if weight is None else {"end weight": torch.full((1, 1, 1), weight)}
        return losses(logits, targets | more, OVERLAP, 1, LossWeights())

    plain, same, doubtful, none = parts(None), parts(1.0), parts(0.5), parts(0.0)
    for name, value in plain.items():
        torch.testing.assert_close(same[name], value)
    torch.testing.assert_close(doubtful["onset"], plain["onset"])
    torch.testing.assert_close(doubtful["offset"], plain["offset"] / 2)
    # Frames count in full further away from the end.
    assert 0.5 * plain["frame"] < none["frame"] < doubtful["frame"] < plain["frame"]


def test_a_settled_velocity_counts_only_where_it_is_learned() -> None:
    logits = torch.zeros(1, N_FRAMES, 2, N_PITCHES, N_HEADS)
    targets = silent()
    targets["velocity"][0, 4, 1] = 127

    def total(*, settled_velocity: bool) -> Tensor:
        return losses_of_answers(
            logits, targets, OVERLAP, (1, 2), LossWeights(), settled_velocity=settled_velocity
        )["settled total"]

    assert total(settled_velocity=True) > total(settled_velocity=False)
