"""Invented sound that is played to a stage, as a live session plays it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views.stage.stage import Stage
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.heard import Heard
from model.notes import Note, NoteEvent, Probabilities, notes_from_events
from tests.views.shown_stage import shown_stage

FEATURES = FeatureConfig()
NETWORK = NetworkConfig()
DECODER = DecoderConfig(onset_threshold=0.6)
HOP_S = FEATURES.hop_length / FEATURES.sample_rate


class Session:
    """Plays invented sound to a stage: each note is a run of onset and frame probabilities."""

    def __init__(self, stage: Stage, notes: list[tuple[float, float, int, float]]) -> None:
        """Args: `notes` are onset and offset (s), MIDI pitch and onset probability."""
        self.stage, self.now = stage, 0.0
        frames = 4000
        generator = np.random.default_rng(0)
        onset, frame = generator.uniform(0, 0.1, (2, frames, 88)).astype(np.float32)
        for onset_s, offset_s, pitch, sureness in notes:
            first, last = round(onset_s / HOP_S), round(offset_s / HOP_S)
            onset[first, pitch - 21] = sureness
            frame[first:last, pitch - 21] = 0.9
        self.heard = Probabilities(onset, frame, np.full_like(onset, 0.5))
        self.spectrum = generator.uniform(0, 1, (frames, FEATURES.n_bins)).astype(np.float32)
        self.frames = 0
        self._decoder = Decoder(DECODER, FEATURES, NETWORK)
        stage.begin_take(lambda: self.now)

    def play(self, until_s: float, *, step_s: float = 1 / 60) -> None:
        """Plays on, frame by frame as a live session does."""
        while self.now < until_s:
            self.now = min(self.now + step_s, until_s)
            while (self.frames + 1) * HOP_S <= self.now + 1e-9:
                self.stage.add(self._hear())
            self.stage.refresh()

    def end(self) -> None:
        self.stage.end()

    def part(self, first: int, last: int) -> Probabilities:
        heard = self.heard
        return Probabilities(heard.onset[first:last], heard.frame[first:last],
                             heard.velocity[first:last])  # fmt: skip

    def _hear(self) -> Heard:
        first = self.frames
        self.frames += 1
        part = self.part(first, self.frames)
        events: list[NoteEvent] = self._decoder.push(part, self.frames * HOP_S)
        return Heard(first, self.spectrum[first : self.frames], part, events)


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    with shown_stage(qtbot, NETWORK, DECODER) as stage:
        yield stage


def picture(stage: Stage) -> QImage:
    QApplication.processEvents()
    return stage.plot.grab(stage.view_box.geometry().toRect()).toImage()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[..., :3].astype(int)


def half_precision(values: Probabilities) -> Probabilities:
    return Probabilities(
        *(part.astype(np.float16).astype(np.float32)
          for part in (values.onset, values.frame, values.velocity))
    )


def decoded(session: Session, config: DecoderConfig) -> list[Note]:
    """What the model's decoder makes of all that was heard, ended where the take ended."""
    decoder = Decoder(config, FEATURES, NETWORK)
    values = half_precision(session.part(0, session.frames))
    events = decoder.push(values, session.now) + decoder.flush(session.now)
    return notes_from_events(events)


def in_order(notes: list[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))


def many_notes(until_s: float) -> list[tuple[float, float, int, float]]:
    generator = np.random.default_rng(4)
    return [
        (onset_s, onset_s + generator.uniform(0.1, 0.8), int(generator.integers(40, 80)),
         float(generator.uniform(0.2, 1)))
        for onset_s in np.arange(0.2, until_s, 0.11).tolist()
    ]
