"""Drawn scenes that stand in for photographs."""

import numpy as np
from numpy.typing import NDArray


def scene(seed: int, height: int = 256, width: int = 256) -> NDArray[np.uint8]:
    """Sky over ground, a bright house with a dark door, green bushes, and fine grain."""
    dice = np.random.default_rng(seed)
    picture = np.empty((height, width, 3))
    fall = np.linspace(0, 1, height)[:, None, None]
    picture[:] = np.array([110, 160, 230]) * (1 - fall) + np.array([150, 120, 80]) * fall
    top, left = height // 3, int(width * dice.uniform(0.2, 0.4))
    picture[top : 2 * top, left : left + width // 3] = dice.uniform(150, 250, 3)
    picture[top + top // 2 : 2 * top, left + 8 : left + width // 8] = (40, 25, 20)
    for _ in range(4):
        down, right = dice.integers(height // 2, height - 24), dice.integers(0, width - 40)
        picture[down : down + 24, right : right + 40] = (60, dice.uniform(110, 170), 50)
    picture += dice.normal(0, 6, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)
