"""`train` and `train-val`: data files to a checkpoint."""

from __future__ import annotations

from argparse import Namespace

from model.config import NetworkConfig
from training.dataset import ClipFile
from training.losses import LossWeights
from training.options import UsageError
from training.train import TrainOptions, train


def run(options: Namespace) -> int:
    """Trains a network."""
    if not options.data or options.out is None:
        raise UsageError(f"{options.action} needs --data FILE.h5 and --out FILE.safetensors")
    files = [ClipFile.open(path) for path in options.data]
    network = NetworkConfig(
        channels=options.channels,
        harmonic_channels=max(1, options.channels // 4),
        n_blocks=options.blocks,
        temporal_kernel=options.temporal_kernel,
        memory_units=options.channels,
        delay_frames=options.delay_frames,
    )
    train(
        files, options.out,
        TrainOptions(
            num_epochs=options.num_epochs, batch_size=options.batch_size, lr=options.lr,
            milestones=tuple(options.milestones), gamma=options.gamma,
            num_workers=options.num_workers, seed=options.seed, device=options.device,
            amp=options.amp, resume=options.resume, network=network,
            weights=LossWeights(onset_positive=options.c),
        ),
    )
    return 0
