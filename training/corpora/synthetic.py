"""Synthetic recordings: music or random notes, played by note banks, in rooms, through microphones.

Everything about one recording follows from its seed, so it can be rendered again at any time.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np

from training.corpora.recording import CorpusError, Labelled, Recording
from training.rendering import sound
from training.rendering.material import SCENES, Material
from training.rendering.studio import Studio

_LICENCE = "of the banks and pieces that it is made of"


def recordings(folder: Path, split: str, options: Namespace) -> list[Recording]:
    """Recordings made from the sounds/, music/ and rooms/ in `folder`; the same in both splits.

    Raises:
        CorpusError: there is nothing to play on, a part of the material is damaged, or there is no
            scene of such a name.
    """
    for name in options.scenes:
        if name not in SCENES:
            raise CorpusError(f"--scenes {name}: it is one of {', '.join(SCENES)}")
    material = Material(
        folder, tuple(options.soundfont), options.cache, options.empty_share,
        tuple(options.scenes) or SCENES,
    )
    material.check()
    return [
        Recording(
            "synthetic", f"{seed:08d}", split, _LICENCE,
            (material, seed, options.recording_seconds), _render,
        )
        for seed in range(options.first_seed, options.first_seed + options.num_recordings)
    ]


def _render(material: Material, seed: int, seconds: float, sample_rate: int) -> Labelled:
    rng = np.random.default_rng([20_260_000, seed])
    sound.seed_noise(int(rng.integers(2**31)))
    return Studio(material, seconds, sample_rate, rng).record()
