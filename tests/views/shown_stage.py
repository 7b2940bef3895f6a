"""A stage in a window of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytestqt.qtbot import QtBot

from app.style.theme_colours import DARK
from app.views.stage.stage import Stage
from model.config import DecoderConfig, FeatureConfig, NetworkConfig


@contextmanager
def shown_stage(qtbot: QtBot, network: NetworkConfig, decoder: DecoderConfig) -> Iterator[Stage]:
    """900 x 600 pixels, shown; at rest and closed in the end."""
    stage = Stage(FeatureConfig(), DARK, network=network, decoder=decoder)
    qtbot.addWidget(stage)
    stage.resize(900, 600)
    stage.show()
    qtbot.waitExposed(stage)
    yield stage
    stage.rest()
    stage.close()
