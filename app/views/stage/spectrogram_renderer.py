"""The log-frequency spectrogram behind the notes: kept at every zoom level, painted in pieces."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from app.system.disk_rows import temporary_file
from app.views.stage.feed.spectrogram_pyramid import STEP, Pyramid
from app.views.stage.view_scale import ViewScale
from model.config import FeatureConfig
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, NOTE_NAME_OCTAVE

# A column stands this many hops before its newest sample. Then tones of known onset reach the
# middle of the colours within 30 ms of it at every pitch, and pictures and bars begin together.
_SHIFT_HOPS = 1.5
# Seconds that are kept when the disk is full.
RECENT_S = 120.0
# The newest column is drawn as far as the moment that is heard, but not much further than it is
# usually late, so that the live edge neither flickers nor goes on when the sound has stopped.
_MOST_HELD_S = 0.12


class Spectrogram:
    """Takes frames as they are heard, and paints any part of them at any zoom."""

    def __init__(
        self,
        features: FeatureConfig,
        *,
        only_note_names: bool = False,
        open_file: Callable[[], BinaryIO] = temporary_file,
    ) -> None:
        """Args: `only_note_names` lays all octaves over the one in which notes are shown."""
        self._features = features
        self._folded = only_note_names
        self._open_file = open_file
        self._table = np.zeros(256, np.uint32)
        self._hop_s = features.hop_length / features.sample_rate
        # Time of the left edge of the first column, pitch of the lower edge of the lowest row.
        self._start_s = features.frame_end_s(0) - (_SHIFT_HOPS + 0.5) * self._hop_s
        if only_note_names:
            self._rows = features.bins_per_octave
            self._bottom = NOTE_NAME_OCTAVE - 0.5
        else:
            bins = range(features.n_bins)
            self._rows = sum(features.bin_pitch(index) <= HIGHEST_PITCH + 0.5 for index in bins)
            self._bottom = features.bin_pitch(-0.5)
        self._pyramid: Pyramid | None = None
        self.begin()

    def begin(self) -> None:
        """Forgets everything: the next columns are the first of another sound."""
        self.close()
        recent = math.ceil(RECENT_S / self._hop_s)
        self._pyramid = Pyramid(self._rows, recent, self._open_file)

    def close(self) -> None:
        """Gives up what is kept."""
        if self._pyramid is not None:
            self._pyramid.close()

    @property
    def pyramid(self) -> Pyramid:
        """The columns that were heard so far, uint8."""
        assert self._pyramid is not None
        return self._pyramid

    @property
    def columns(self) -> int:
        """Spectrogram frames heard so far."""
        return self.pyramid.columns()

    def append(self, spectrum: NDArray[np.float32]) -> tuple[float, float]:
        """Adds frames (frames, bins) of values from 0 to about 1; returns their span in seconds."""
        first = self.columns
        if self._folded:
            per_octave = self._features.bins_per_octave
            octaves = spectrum.reshape(len(spectrum), -1, per_octave).max(axis=1)
            lowest = (NOTE_NAME_OCTAVE - LOWEST_PITCH) * self._features.bins_per_semitone
            spectrum = np.roll(octaves, -lowest, axis=1)
        clipped = np.clip(spectrum[:, : self._rows], 0, 1)
        self.pyramid.append((clipped * 255).astype(np.uint8))
        return self._time(first), self._time(self.columns)

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Takes a look-up table (256, 3) into use."""
        red, green, blue = table.astype(np.uint32).T
        self._table = 0xFF000000 | red << 16 | green << 8 | blue

    def paint(self, painter: QPainter, scale: ViewScale) -> None:
        """Paints the columns in view."""
        level = self.pyramid.level_for(1 / (self._hop_s * scale.x))
        column_s = self._hop_s * STEP**level
        # One column more at each side, so that the colours run on from picture to picture.
        first = max(math.floor((scale.start_s - self._start_s) / column_s) - 1, 0)
        last = math.ceil((scale.end_s - self._start_s) / column_s) + 1
        self._paint(painter, scale, self.pyramid.read(level, first, last), first, column_s)

    def paint_newest(
        self, painter: QPainter, scale: ViewScale, until_s: float, from_s: float | None = None
    ) -> QRectF:
        """Paints the last column on to a moment that was heard, but has no column yet.

        Args:
            from_s: where the columns begin that were not painted before; by default none are left.

        Returns:
            Where it painted.
        """
        end_s = self._time(self.columns)
        first = self.columns
        if from_s is not None:
            first = min(round((from_s - self._start_s) / self._hop_s), first)
        until_s = min(until_s, end_s + _MOST_HELD_S)
        if until_s <= self._time(first) or not self.columns:
            return QRectF()
        last = max(first - 1, 0)
        columns = self.pyramid.read(0, last, self.columns)
        held = np.repeat(columns[-1:], max(math.ceil((until_s - end_s) / self._hop_s), 0), axis=0)
        # From the middle of the last one on: there its tile begins to mix it with the background.
        left = (self._time(max(first - 0.5, 0.0)) - scale.start_s) * scale.x
        box = QRectF(left, 0, (until_s - scale.start_s) * scale.x - left, scale.height)
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        self._paint(painter, scale, np.concatenate([columns, held]), last, self._hop_s)
        painter.restore()
        return box

    def _time(self, column: float) -> float:
        return self._start_s + column * self._hop_s

    def _paint(
        self, painter: QPainter, scale: ViewScale, columns: NDArray[np.uint8], first: int,
        column_s: float,
    ) -> None:
        if len(columns):
            left = (self._start_s + first * column_s - scale.start_s) * scale.x
            width = len(columns) * column_s * scale.x
            self._paint_image(painter, scale, columns, QRectF(left, 0, width, 0))

    def _paint_image(
        self, painter: QPainter, scale: ViewScale, columns: NDArray[np.uint8], where: QRectF
    ) -> None:
        """Paints columns (any, rows) into the time span of `where`."""
        per_pitch = self._features.bins_per_semitone
        # The rows in view and one more at each side.
        low = max(math.floor((scale.low - self._bottom) * per_pitch) - 1, 0)
        high = min(math.ceil((scale.high - self._bottom) * per_pitch) + 1, self._rows)
        pixels = self._table[np.ascontiguousarray(columns[:, low:high][:, ::-1].T)]
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        top = (scale.high - self._bottom - high / per_pitch) * scale.y
        where = QRectF(where.left(), top, where.width(), height / per_pitch * scale.y)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(where, image)
