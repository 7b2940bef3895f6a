"""What the network is trained to lower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from model.head_order import FRAME, OFFSET, ONSET, VELOCITY
from training.datasets.clip_dataset import END_WEIGHT
from training.datasets.labels import ONSET_FRAMES
from training.trainer import distributed

# The level of a whole clip tells little of how hard its keys were struck: it counts this much of
# what one note says beside the others of its clip.
_LEVEL_WEIGHT = 0.1
# So many frames after a labelled onset frame bear its velocity too: the decoder hears out a blow.
_RINGING_FRAMES = 2
# So many frames before and after an end are doubtful where ends are.
_DOUBTFUL_FRAMES = 5


@dataclass(frozen=True)
class LossWeights:
    """How much each head counts, and how much a rare positive against a negative.

    Attributes:
        onset, frame, offset, velocity: weights of the four parts; offset only helps the others.
        onset_positive, frame_positive: share of a positive's weight, between 0 and 1.
        onset_frames: an onset is asked for on so many frames from its own on. Of a soft attack
            hardly anything is heard at once, and what must be said too early is said of much that
            is none.
        focus: gamma of the focal loss (Lin et al. 2017); 0 is plain cross-entropy.
    """

    onset: float = 1.0
    frame: float = 0.25
    offset: float = 0.2
    velocity: float = 8.0
    onset_positive: float = 0.9
    frame_positive: float = 0.7
    onset_frames: int = 3
    focus: float = 1.0


def focal_loss(logits: Tensor, target: Tensor, positive: float, focus: float) -> Tensor:
    """Binary focal cross-entropy, of the same shape as `logits`, not reduced."""
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    probability = torch.sigmoid(logits)
    wrong = torch.where(target > 0.5, 1 - probability, probability)
    weight = torch.where(target > 0.5, positive, 1 - positive)
    return weight * wrong**focus * entropy


def core(
    logits: Tensor, targets: dict[str, Tensor], overlap: int, delay_frames: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """What is said and what is true of the frames that a clip has for itself.

    Args:
        logits: of one answer, (batch, frames, pitches, heads).
        targets: each (batch, frames, pitches); see `training.datasets.labels.Targets`.
            An `END_WEIGHT` is no such thing, and left out.
        overlap: frames at each side of the clip that its neighbours are trained on.
        delay_frames: the network says at frame t what is true of frame t - delay_frames; at most
            `overlap`.
    """
    n_frames = logits.shape[1]
    said = logits[:, overlap + delay_frames : n_frames - overlap + delay_frames].float()
    return said, {
        name: value[:, overlap : n_frames - overlap]
        for name, value in targets.items() if name != END_WEIGHT
    }  # fmt: skip


def losses_of_answers(
    logits: Tensor,
    targets: dict[str, Tensor],
    overlap: int,
    delays: Sequence[int],
    weights: LossWeights,
    *,
    settled_velocity: bool = True,
    over_processes: bool = True,
) -> dict[str, Tensor]:
    """The parts of the loss of all answers and, as "total", their sum.

    Args:
        logits: (batch, frames, answers, pitches, heads).
        targets, overlap, over_processes: those of `losses`.
        delays: frames that each answer waits, the early one first.
        settled_velocity: the velocity that a settled answer says counts, too.

    Returns:
        The parts of a settled answer bear "settled" before their names; "settled total" is a part
        of "total".
    """
    parts = {}
    for answer, delay in enumerate(delays):
        if answer and not settled_velocity:
            weights = replace(weights, velocity=0.0)
        found = losses(
            logits[:, :, answer], targets, overlap, delay, weights, over_processes=over_processes
        )
        parts |= {answer_prefix(answer) + name: value for name, value in found.items()}
    parts["total"] = sum(
        (parts[f"{answer_prefix(answer)}total"] for answer in range(1, len(delays))),
        start=parts["total"],
    )
    return parts


def answer_prefix(answer: int) -> str:
    """What stands before the names of an answer's numbers: nothing for the early one."""
    return "settled " if answer else ""


def losses(
    logits: Tensor,
    targets: dict[str, Tensor],
    overlap: int,
    delay_frames: int,
    weights: LossWeights,
    *,
    over_processes: bool = True,
) -> dict[str, Tensor]:
    """The parts of the loss of one answer and, as "total", their weighted sum.

    Args:
        logits, targets, overlap, delay_frames: those of `core`. Where targets have an `END_WEIGHT`
            (batch, 1, 1), it is what ends count, and partly what frames around them do.
        over_processes: all processes compute theirs at once, as in training.
    """
    onset = _onset_labels(targets["onset"], weights.onset_frames)
    said, true = core(logits, targets | {"onset": onset}, overlap, delay_frames)
    counts: dict[str, Tensor] = {}
    if END_WEIGHT in targets:
        doubt = 1 - targets[END_WEIGHT]
        counts = {"offset": 1 - doubt, "frame": 1 - doubt * _around(true["offset"])}

    def part(head: int, name: str, positive: float) -> Tensor:
        # A sum over pitches, so that it does not shrink with the many that are silent.
        values = focal_loss(said[..., head], true[name], positive, weights.focus)
        return (values * counts[name] if name in counts else values).sum(dim=-1).mean()

    parts = {
        "onset": part(ONSET, "onset", weights.onset_positive),
        "frame": part(FRAME, "frame", weights.frame_positive),
        "offset": part(OFFSET, "offset", weights.onset_positive),
        "velocity": _velocity_loss(
            said[..., VELOCITY], true["velocity"], over_processes=over_processes
        ),
    }
    parts["total"] = sum(
        (getattr(weights, name) * value for name, value in parts.items()),
        start=torch.zeros((), device=logits.device),
    )
    return parts


def _onset_labels(onset: Tensor, n_frames: int) -> Tensor:
    """Onsets (batch, frames, pitches) marked on `ONSET_FRAMES` frames, on so many instead."""
    if n_frames < ONSET_FRAMES:
        # Its own frame is the one before which there is none.
        onset = onset * (1 - _later(onset, 1))
        marked = 1
    else:
        marked = ONSET_FRAMES
    later = [_later(onset, n) for n in range(1, n_frames - marked + 1)]
    return torch.stack([onset, *later]).amax(dim=0) if later else onset


def _around(ends: Tensor) -> Tensor:
    """Ends (batch, frames, pitches), and what is near them."""
    width = 2 * _DOUBTFUL_FRAMES + 1
    return functional.max_pool1d(ends.transpose(1, 2), width, 1, _DOUBTFUL_FRAMES).transpose(1, 2)


def _later(values: Tensor, n_frames: int) -> Tensor:
    """The values (batch, frames, pitches) that lie so many frames before, 0 at the beginning."""
    return functional.pad(values, (0, 0, n_frames, 0))[:, : values.shape[1]]


def _velocity_loss(logits: Tensor, velocity: Tensor, *, over_processes: bool) -> Tensor:
    """The mean squared error, as a share of 127, above all beside the other notes of a clip.

    Args:
        logits, velocity: (batch, frames, pitches); the velocity is 0 where it is not known.
    """
    velocity = torch.where(velocity > 0, velocity, _later(velocity, _RINGING_FRAMES))
    known = (velocity > 0).float()
    wrong = (torch.sigmoid(logits) - velocity / 127) * known
    count = known.sum(dim=(1, 2))
    level = wrong.sum(dim=(1, 2)) / count.clamp(min=1)
    apart = ((wrong - level[:, None, None]) * known) ** 2
    error = apart.sum() + _LEVEL_WEIGHT * (count * level**2).sum()
    # Of several processes, one may see more known velocities than another: each counts the same.
    whole = distributed.mean(count.sum()) if over_processes else count.sum()
    return error / whole.clamp(min=1e-3)
