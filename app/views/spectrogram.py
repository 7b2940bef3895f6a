"""The log-frequency spectrogram behind the notes: a row of image tiles, coarser when far away."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from app.views.axes import HIGHEST, Axes
from model.config import FeatureConfig

TILE_COLUMNS = 512
# Every level of the pyramid holds one column for so many of the level below.
_STEP = 8
# A level is fine enough while no more than this many of its columns fall on one pixel.
_MOST_COLUMNS_PER_PIXEL = 3.0
# A column stands this many hops before its newest sample. Then tones of known onset reach the
# middle of the colours within 30 ms of it at every pitch, and pictures and bars begin together.
_SHIFT_HOPS = 1.5


class _Level:
    """All columns of one width, as tiles (rows, TILE_COLUMNS) uint8 that are filled in turn."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.columns = 0
        self.tiles: list[NDArray[np.uint8]] = []

    def append(self, columns: NDArray[np.uint8]) -> None:
        """Adds columns (any, rows)."""
        while len(columns):
            used = self.columns % TILE_COLUMNS
            if used == 0:
                self.tiles.append(np.zeros((self.rows, TILE_COLUMNS), np.uint8))
            part = columns[: TILE_COLUMNS - used]
            self.tiles[-1][:, used : used + len(part)] = part.T
            self.columns += len(part)
            columns = columns[len(part) :]


class Pyramid:
    """Columns at full width and, as they come, the maxima of 8, 64, 512 ... of them."""

    def __init__(self, rows: int) -> None:
        self.levels = [_Level(rows)]
        # Columns of each level that do not fill a column of the next one yet.
        self._left = [np.zeros((0, rows), np.uint8)]

    def append(self, columns: NDArray[np.uint8]) -> None:
        """Adds columns (any, rows) at the right."""
        index = 0
        while len(columns):
            if index == len(self.levels):
                self.levels.append(_Level(columns.shape[1]))
                self._left.append(columns[:0])
            self.levels[index].append(columns)
            held = np.concatenate([self._left[index], columns])
            whole = len(held) // _STEP * _STEP
            self._left[index] = held[whole:]
            columns = held[:whole].reshape(-1, _STEP, held.shape[1]).max(axis=1)
            index += 1

    def level_for(self, columns_per_pixel: float) -> int:
        """Index of the finest level that is cheap to draw at this zoom."""
        steps = math.log(max(columns_per_pixel / _MOST_COLUMNS_PER_PIXEL, 1.0), _STEP)
        return min(math.ceil(steps), len(self.levels) - 1)


class Spectrogram:
    """Draws the tiles that are in view into a ViewBox, and of those only what is new."""

    def __init__(self, view: pg.ViewBox, axes: Axes, features: FeatureConfig) -> None:
        self._view = view
        self._axes = axes
        self._table = np.zeros((256, 3), np.uint8)
        # The images in use, by level and tile, and the hidden ones that wait for use.
        self._shown: dict[tuple[int, int], pg.ImageItem] = {}
        self._spare: list[pg.ImageItem] = []
        # How many columns of an image in use were filled when it was drawn.
        self._filled: dict[tuple[int, int], int] = {}
        self.begin(features)

    def begin(self, features: FeatureConfig) -> None:
        """Forgets the picture: the next columns are the first of another sound."""
        for image in self._shown.values():
            self._hide(image)
        self._shown = {}
        self._features = features
        rows = sum(features.bin_pitch(index) <= HIGHEST for index in range(features.n_bins))
        self._rows = rows
        self._bottom = features.bin_pitch(-0.5)
        self._height = features.bin_pitch(rows - 0.5) - self._bottom
        self._pyramid = Pyramid(rows)

    @property
    def columns(self) -> int:
        """Spectrogram frames held so far."""
        return self._pyramid.levels[0].columns

    def append(self, spectrum: NDArray[np.float32]) -> None:
        """Adds frames (frames, bins) of values from 0 to about 1; drawn by `refresh`."""
        clipped = np.clip(spectrum[:, : self._rows], 0, 1)
        self._pyramid.append((clipped * 255).astype(np.uint8))

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Takes a look-up table (256, 3) into use."""
        self._table = table
        for image in [*self._shown.values(), *self._spare]:
            image.setLookupTable(table)

    def refresh(self, width: float) -> None:
        """Shows the tiles in view on `width` pixels, and draws the columns that are new."""
        features, axes = self._features, self._axes
        column_s = features.hop_length / features.sample_rate
        finest = axes.span_s / column_s / max(width, 1.0)
        index = self._pyramid.level_for(finest)
        level = self._pyramid.levels[index]
        column_s *= _STEP**index
        tile_s = column_s * TILE_COLUMNS
        start_s = features.frame_end_s(0) - (_SHIFT_HOPS + 0.5) * self._hop_s
        first = max(0, math.floor((axes.start_s - start_s) / tile_s))
        last = min(len(level.tiles) - 1, math.floor((axes.end_s - start_s) / tile_s))
        wanted = {(index, tile) for tile in range(first, last + 1)}
        for key in self._shown.keys() - wanted:
            self._hide(self._shown.pop(key))
        for key in wanted - self._shown.keys():
            image = self._shown[key] = self._take()
            # The image must come first: its place is kept as a scale of the image's size.
            image.setImage(level.tiles[key[1]], autoLevels=False)
            self._filled[key] = min(level.columns - key[1] * TILE_COLUMNS, TILE_COLUMNS)
            left_s = start_s + key[1] * tile_s
            image.setRect(QRectF(left_s, self._bottom, tile_s, self._height))
            image.show()
        for key, image in self._shown.items():
            filled = min(level.columns - key[1] * TILE_COLUMNS, TILE_COLUMNS)
            if filled != self._filled[key]:
                self._filled[key] = filled
                image.setImage(level.tiles[key[1]], autoLevels=False)

    @property
    def _hop_s(self) -> float:
        return self._features.hop_length / self._features.sample_rate

    def _take(self) -> pg.ImageItem:
        if self._spare:
            return self._spare.pop()
        image = pg.ImageItem(axisOrder="row-major", levels=(0, 255))
        image.setLookupTable(self._table)
        image.setZValue(-10)
        self._view.addItem(image, ignoreBounds=True)
        return image

    def _hide(self, image: pg.ImageItem) -> None:
        image.hide()
        self._spare.append(image)
