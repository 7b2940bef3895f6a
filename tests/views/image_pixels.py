"""What is in a picture, as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def pixels(image: QImage) -> NDArray[np.int16]:
    """Red, green and blue, shape (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8)
    rows = flat.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]
    return rows.reshape(image.height(), image.width(), 3).astype(np.int16)


def difference(one: QImage, other: QImage) -> int:
    """The greatest difference of a colour's part between two pictures of the same size."""
    return int(np.abs(pixels(one) - pixels(other)).max())
