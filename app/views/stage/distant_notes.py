"""Thousands of notes from afar, where a bar is some pixels wide: painted all at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.views.stage.feed.note_index import Columns


def strengths(
    bars: Columns, head_s: float, start_s: float, x: float, width: int, pitches: range
) -> NDArray[np.float64]:
    """How strong the notes are that sound at each pitch and pixel; 0 where there are none.

    Args:
        head_s: where bars end that sound on.
        start_s, x, width: time at the left edge, pixels of a second, and how many there are.

    Returns:
        (pitches, width), the mean of velocity / 127 where several notes share a pixel.
    """
    inside = (bars.pitch >= pitches.start) & (bars.pitch < pitches.stop)
    inside &= bars.offset_s > start_s
    row = bars.pitch[inside].astype(np.int64) - pitches.start
    # Those of a file or a project are known before they are heard: they have their whole length.
    offset_s = bars.offset_s[inside]
    offset_s = np.where(np.isinf(offset_s), max(head_s, 0.0), offset_s)
    left = np.floor((bars.onset_s[inside] - start_s) * x)
    right = np.maximum(np.ceil((offset_s - start_s) * x), left + 1)
    left, right = (edge.clip(0, width).astype(np.int64) for edge in (left, right))
    strength = bars.velocity[inside] / 127
    # Each note adds its strength where it begins and takes it away where it ends; then the sums
    # from the left are what sounds.
    shape = (len(pitches), width + 1)
    size = shape[0] * shape[1]
    begins, ends = row * shape[1] + left, row * shape[1] + right
    count = np.bincount(begins, minlength=size) - np.bincount(ends, minlength=size)
    change = np.bincount(begins, strength, size) - np.bincount(ends, strength, size)
    count_at = count.reshape(shape).cumsum(axis=1)[:, :width]
    sum_at = change.reshape(shape).cumsum(axis=1)[:, :width]
    return np.where(count_at > 0, sum_at / np.maximum(count_at, 1), 0.0)


def painted(
    values: NDArray[np.float64], colours: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Pixels of `strengths`, premultiplied ARGB, 0 where nothing sounds.

    Args:
        values: (pitches, width).
        colours: of each pitch and step of strength, (pitches, steps).
    """
    steps = np.rint(values * (colours.shape[1] - 1)).astype(np.int64)
    pixels: NDArray[np.uint32] = np.take_along_axis(colours, steps, axis=1)
    pixels[values <= 0] = 0
    return pixels


def dashes(
    rows: NDArray[np.uint32], tops: Sequence[int], thick: int, height: int
) -> NDArray[np.uint32]:
    """Rows of pixels that lie over each other: each `thick` pixels high below its top."""
    pixels = np.zeros((height, rows.shape[1]), np.uint32)
    for row in np.flatnonzero(rows.any(axis=1)).tolist():
        band = pixels[max(tops[row], 0) : max(tops[row] + thick, 0)]
        np.copyto(band, rows[row], where=rows[row] != 0)
    return pixels


def draw(painter: QPainter, pixels: NDArray[np.uint32]) -> None:
    """Draws pixels (height, width) of the device from the painter's upper left corner on."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    image = QImage(
        pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied
    )
    image.setDevicePixelRatio(painter.device().devicePixelRatioF())
    painter.drawImage(QPointF(0, 0), image)


def premultiplied(colours: list[list[QColor]]) -> NDArray[np.uint32]:
    """The colours' values, premultiplied with their opacity."""
    values = np.array([[colour.getRgbF() for colour in row] for row in colours])
    values[..., :3] *= values[..., 3:]
    red, green, blue, alpha = np.rint(values * 255).astype(np.uint32).transpose(2, 0, 1)
    pixels: NDArray[np.uint32] = alpha << 24 | red << 16 | green << 8 | blue
    return pixels
