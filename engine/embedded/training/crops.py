"""Cutting the training photographs into square crops, with a little variety of light."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.embedded.data.reading import Bytes, resize

CROP_PX = 256
_SMALLEST_PX = 180


def crops_of(photo: Bytes, count: int, dice: np.random.Generator) -> NDArray[np.uint8]:
    """``count`` crops of ``photo``, each 256 × 256: the first as large as it goes."""
    return np.stack([_crop(photo, dice, whole=index == 0) for index in range(count)])


def _crop(photo: Bytes, dice: np.random.Generator, *, whole: bool) -> Bytes:
    height, width = photo.shape[:2]
    largest = min(height, width)
    smallest = min(_SMALLEST_PX, largest)
    # Even in the logarithm: as many close-ups as wide views.
    side = largest if whole else round(np.exp(dice.uniform(np.log(smallest), np.log(largest))))
    top, left = dice.integers(0, height - side + 1), dice.integers(0, width - side + 1)
    crop = resize(photo[top : top + side, left : left + side], CROP_PX, CROP_PX)
    if dice.random() < 0.5:
        crop = crop[:, ::-1]
    if dice.random() < 0.35:
        crop = _relit(crop, dice)
    return np.ascontiguousarray(crop)


def _relit(crop: Bytes, dice: np.random.Generator) -> Bytes:
    """Another exposure and white balance, as telephones differ."""
    balance = dice.uniform(0.85, 1.15, 3)
    gamma = dice.uniform(0.65, 1.5)
    levels = np.arange(256)[:, None] / 255
    curve = np.clip(np.clip(levels * balance, 0, 1) ** gamma * 255 + 0.5, 0, 255).astype(np.uint8)
    relit: Bytes = cv2.LUT(np.ascontiguousarray(crop), curve.reshape(256, 1, 3))
    return relit
