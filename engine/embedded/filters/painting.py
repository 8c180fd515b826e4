"""Teachers of the painted looks: oil, impressionist and watercolour."""

import cv2
import numpy as np

from engine.embedded.filters.colour import (
    Picture,
    blur,
    clip,
    contrast,
    luminance,
    mix,
    outlines,
    saturate,
)
from engine.embedded.filters.smoothing import cells, flatten, kuwahara


def oil(picture: Picture) -> Picture:
    """Broad strokes that follow the forms, glossy where the paint lies thick."""
    paint = kuwahara(kuwahara(picture, 5), 3)
    paint = saturate(contrast(paint, 1.15, 0.48), 1.4)
    relief = luminance(paint)[..., 0]
    slope = cv2.Sobel(relief, -1, 1, 0, ksize=3) + cv2.Sobel(relief, -1, 0, 1, ksize=3)
    glossy = paint + np.float32(0.16) * slope[..., None]
    return clip(mix(glossy, (1.0, 0.86, 0.58), 0.06))


def impressionist(picture: Picture) -> Picture:
    """Short upright dabs of bright unmixed colour, laid in bricks."""
    soft = saturate(picture, 1.55) * np.float32(0.88) + np.float32(0.12)
    dabs = cells(soft, 4, 8)
    shifted = cells(np.roll(soft, 4, axis=0), 4, 8)
    shifted = np.roll(shifted, -4, axis=0)
    columns = np.arange(picture.shape[1]) // 4 % 2 == 0
    bricks = np.where(columns[None, :, None], dabs, shifted).astype(np.float32)
    # Neighbouring dabs lean to warm and to cold in turn: the eye mixes them again.
    lean = np.where(columns, np.float32(0.06), np.float32(-0.06))[None, :, None]
    bricks = bricks + lean * np.array([1.0, 0.1, -1.0], np.float32)
    return clip(blur(bricks, 0.7) * np.float32(0.8) + soft * np.float32(0.2))


def watercolour(picture: Picture) -> Picture:
    """Pale washes on white paper with darker rims where a wash dried."""
    wash = kuwahara(flatten(picture, 5, 0.2), 4)
    wash = saturate(1 - (1 - wash) * np.float32(0.68), 1.3)
    rims = outlines(kuwahara(picture, 3), 1.4, 16.0)
    wash = wash * (np.float32(0.8) + np.float32(0.2) * rims)
    bright = clip((luminance(wash) - np.float32(0.72)) * np.float32(3.0))
    return clip(mix(wash, (0.99, 0.98, 0.95), bright * np.float32(0.75)))
