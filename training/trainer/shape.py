"""The shape of the network that is trained, from the options and the weights to start from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model.checkpoint import Checkpoint
from model.config import NetworkConfig
from training.command.values import MOST_CHANNELS
from training.options import UsageError
from training.trainer.grow import GrowthError, grown

# Networks whose size is not told by channels.
_WITHOUT_CHANNELS = ("linear", "mlp")


@dataclass(frozen=True)
class Widths:
    """Channels of the layers, and what was said of them on the command line.

    Attributes:
        said: the option as it was typed; "" where none was.
        stem: channels of the first layer; None where nothing was said of them.
    """

    channels: int
    stem: int | None
    said: str


def new_shape(options: Namespace, *, only_note_names: bool) -> NetworkConfig:
    """The shape of a network that begins with random weights."""
    width = _widths(options, options.network)
    default = NetworkConfig()
    return NetworkConfig(
        kind=options.network,
        stem_channels=width.stem or default.stem_channels,
        channels=width.channels,
        harmonic_channels=max(1, width.channels // 4),
        n_blocks=options.blocks,
        temporal_kernel=options.temporal_kernel,
        memory_units=width.channels,
        context_units=options.context or 0,
        delay_frames=options.delay_frames[0] if options.delay_frames else default.delay_frames,
        settled_delay_frames=_settled(options.delay_frames, options.network),
        only_note_names=only_note_names,
    )


def start_shaped(options: Namespace, start: Checkpoint, path: Path) -> Checkpoint:
    """The weights to start from, made wider where that is asked for.

    Raises:
        UsageError: they cannot be made so.
    """
    old = start.network
    width = _widths(options, old.kind)
    channels = width.channels if width.said else old.channels
    if channels < old.channels:
        more = "" if options.c is None else f" ({channels} channels)"
        raise UsageError(
            f"{width.said}{more} contradicts --checkpoint {path}, which was trained with "
            f"{old.channels}: a network can only become wider"
        )
    stem = max(old.stem_channels, width.stem or 0)
    context = options.context if options.context and not old.context_units else None
    settled = _settled(options.delay_frames, old.kind)
    if options.delay_frames and not settled and old.settled_delay_frames:
        raise UsageError(
            f"--delay-frames {options.delay_frames[0]} is of one answer, and --checkpoint {path} "
            "has two: say both delays"
        )
    second = settled if not old.settled_delay_frames else 0
    if (channels, stem) != (old.channels, old.stem_channels) or context or second:
        try:
            start = grown(
                start, channels, context, options.seed, stem_channels=stem,
                settled_delay_frames=second,
            )
        except GrowthError as error:
            raise UsageError(f"--checkpoint {path}: {error}") from None
    if not options.delay_frames:
        return start
    # No weight's shape depends on the delay: others may be taught to speak sooner, or later.
    early = options.delay_frames[0]
    return replace(
        start, network=replace(start.network, delay_frames=early, settled_delay_frames=settled)
    )


def _settled(delays: Sequence[int], kind: str) -> int:
    """The delay of the second answer that `--delay-frames` asks for; 0 for none.

    Raises:
        UsageError: there are more than two answers, the second is not the later one, or a network
            of this kind has one alone.
    """
    if len(delays) < 2:
        return 0
    said = f"--delay-frames {' '.join(map(str, delays))}"
    if len(delays) > 2:
        raise UsageError(f"{said}: there are two answers at most, an early one and a settled one")
    if delays[1] <= delays[0]:
        raise UsageError(f"{said}: the settled answer, the second, must be the later one")
    if kind != "noteglow":
        raise UsageError(f"{said}: --network {kind} has one answer")
    return delays[1]


def _widths(options: Namespace, kind: str) -> Widths:
    """What `--c` or `--channels` say; raises UsageError where they say nothing that is possible."""
    default = NetworkConfig()
    if options.c is not None and options.channels is not None:
        raise UsageError(
            f"--c {options.c:g} multiplies the channels and --channels {options.channels} gives "
            "their number: only one of them can be said"
        )
    if options.c is None and options.channels is None:
        return Widths(default.channels, None, "")
    said = f"--channels {options.channels}" if options.c is None else f"--c {options.c:g}"
    if kind in _WITHOUT_CHANNELS:
        raise UsageError(f"{said} has nothing to widen: --network {kind} has no channels")
    if options.c is None:
        return Widths(options.channels, None, said)
    channels = max(1, round(options.c * default.channels))
    if channels > MOST_CHANNELS:
        raise UsageError(
            f"{said} would be {channels} channels, more than the {MOST_CHANNELS} that are possible"
        )
    # Only the network itself has a first layer of its own width.
    stem = max(1, round(options.c * default.stem_channels)) if kind == "noteglow" else None
    return Widths(channels, stem, said)
