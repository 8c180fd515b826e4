"""Teachers of seasons, weather and places: snow to inferno."""

import cv2
import numpy as np

from engine.embedded.filters.colour import (
    Picture,
    Plane,
    blur,
    clip,
    contrast,
    luminance,
    mix,
    rgb,
    rows_and_columns,
    saturate,
    tone_map,
)


def snow(picture: Picture) -> Picture:
    """White on all that looks up or was green, cold pale light on the rest."""
    tones = luminance(picture)
    shaded = blur(tones, 1.5)[..., 0]
    facing_up = clip(-cv2.Sobel(shaded, -1, 0, 1, ksize=3)[..., None] * np.float32(1.6))
    cover = clip(_greenness(picture) * np.float32(0.9) + facing_up)
    cold = 1 - (1 - saturate(picture, 0.3)) * rgb((0.80, 0.74, 0.66))
    drift = blur(cover, 1.2)
    white = rgb((0.93, 0.96, 1.0)) * (np.float32(0.80) + np.float32(0.22) * tones)
    return clip(mix(cold, white, drift))


def autumn(picture: Picture) -> Picture:
    """Leaves turn orange and russet, the light warm."""
    hue, saturation, value = cv2.split(cv2.cvtColor(clip(picture), cv2.COLOR_RGB2HSV))
    leaf = np.clip(1 - np.abs(hue - 95) / 75, 0, 1) * np.clip(saturation * 4, 0, 1)
    turned = np.float32(24) + np.float32(0.10) * (hue - 95)
    hue = hue * (1 - leaf) + turned * leaf
    saturation = np.clip(saturation * (1 + np.float32(0.5) * leaf), 0, 1)
    merged = cv2.merge([hue.astype(np.float32), saturation.astype(np.float32), value])
    leaves = cv2.cvtColor(merged, cv2.COLOR_HSV2RGB)
    warm = mix(leaves, leaves * rgb((1.18, 0.86, 0.52)), 0.75)
    return clip(warm + rgb((0.07, 0.025, 0.0)))


def fog(picture: Picture) -> Picture:
    """A grey-white veil that swallows the light parts first."""
    tones = luminance(picture)
    veil = np.float32(0.55) + np.float32(0.30) * blur(tones, 5.0)
    soft = saturate(blur(picture, 0.8), 0.4)
    return clip(mix(soft, (0.80, 0.83, 0.85), clip(veil)))


def storm(picture: Picture) -> Picture:
    """Dark grey-green gloom with slanting rain."""
    gloom = saturate(picture, 0.35) * rgb((0.50, 0.58, 0.60))
    gloom = contrast(gloom, 1.2, 0.3) + rgb((0.02, 0.035, 0.035))
    rows, columns = rows_and_columns(picture)
    # A falling line every sixteen pixels, broken every thirty-two: five pixels down, one left.
    place = (columns + np.floor(rows / 5)) % 16
    falling = ((place < 1) & ((rows + columns * 3) % 32 < 18)).astype(np.float32)
    return clip(gloom + falling * np.float32(0.20))


def underwater(picture: Picture) -> Picture:
    """Turquoise depth: red is gone, light is scattered."""
    soft = blur(picture, 0.8)
    tones = luminance(soft)
    cold = saturate(soft, 0.55) * rgb((0.20, 0.72, 0.80)) + rgb((0.0, 0.14, 0.20))
    light = blur(clip(tones - np.float32(0.55)), 5.0) * rgb((0.25, 0.75, 0.65))
    return clip(cold + light)


def desert(picture: Picture) -> Picture:
    """Sand and ochre in flat hot light."""
    tones = contrast(luminance(picture), 0.9, 0.55)
    sand = tone_map(
        tones, [(0.0, (0.40, 0.16, 0.03)), (0.5, (0.93, 0.58, 0.22)), (1.0, (1.0, 0.93, 0.62))]
    )
    return clip(mix(picture, sand, 0.75))


def inferno(picture: Picture) -> Picture:
    """Black rock and fire."""
    tones = contrast(luminance(picture), 1.35, 0.5)
    fire = tone_map(
        tones,
        [
            (0.0, (0.04, 0.0, 0.0)),
            (0.35, (0.46, 0.03, 0.01)),
            (0.65, (0.96, 0.34, 0.03)),
            (0.9, (1.0, 0.80, 0.20)),
            (1.0, (1.0, 1.0, 0.75)),
        ],
    )
    return clip(mix(fire, picture, 0.08))


def _greenness(picture: Picture) -> Plane:
    red, green, blue = picture[..., :1], picture[..., 1:2], picture[..., 2:]
    return clip((green - np.maximum(red * np.float32(0.95), blue)) * np.float32(6.0))
