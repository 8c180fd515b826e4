"""Teachers of the drawn looks: pencil, ink, charcoal, line art, engraving and blueprint."""

import numpy as np

from engine.embedded.filters.colour import (
    Picture,
    Plane,
    blur,
    clip,
    contrast,
    grey,
    luminance,
    mix,
    outlines,
    rgb,
    rows_and_columns,
    tone_map,
)
from engine.embedded.filters.smoothing import flatten


def pencil(picture: Picture) -> Picture:
    """Grey graphite: soft contours, and hatching that thickens with the shade."""
    tones = luminance(picture)
    # Colour dodge of the picture with its blurred negative: flat ground turns white.
    dodge = clip(tones / (1 - blur(1 - tones, 5.0) + np.float32(0.02)))
    rows, columns = rows_and_columns(picture)
    waves = np.float32(0.5) + np.float32(0.5) * np.sin((rows + columns) * np.float32(np.pi / 4))
    shade = clip(np.float32(0.62) - tones)
    drawn = dodge ** np.float32(1.5) - shade * waves.astype(np.float32) * np.float32(0.75)
    return grey(np.clip(drawn, 0.12, 0.97).astype(np.float32)) * rgb((1.0, 1.0, 0.99))


def ink(picture: Picture) -> Picture:
    """Solid black brushwork on white, with one blue-grey wash between."""
    calm = flatten(flatten(picture, 5, 0.15), 5, 0.15)
    tones = luminance(calm)
    local = contrast(tones - np.float32(0.5) * (blur(tones, 12.0) - np.float32(0.5)), 1.1)
    black = _step(local, 0.30)
    wash = _step(local, 0.52)
    paper = mix(np.ones_like(picture), (0.62, 0.67, 0.74), 1 - wash)
    lines = outlines(calm, 1.2, 60.0)
    return clip(mix(paper, (0.03, 0.03, 0.06), 1 - black * lines))


def charcoal(picture: Picture) -> Picture:
    """Smudged dark tones on grey-brown paper."""
    tones = contrast(blur(luminance(picture), 1.2), 1.25, 0.42)
    lines = outlines(picture, 1.9, 34.0)
    rubbed = clip(tones * (np.float32(0.2) + np.float32(0.8) * lines))
    return tone_map(
        rubbed,
        [(0.0, (0.07, 0.07, 0.07)), (0.5, (0.44, 0.42, 0.39)), (1.0, (0.80, 0.76, 0.69))],
    )


def line_art(picture: Picture) -> Picture:
    """Thin black contours on white, nothing else."""
    lines = outlines(flatten(picture, 4, 0.12), 1.1, 90.0)
    return grey(clip(lines * np.float32(0.98)))


def engraving(picture: Picture) -> Picture:
    """Brown-black lines, eight pixels apart, that swell with the shade, on cream paper."""
    tones = contrast(luminance(picture), 1.25, 0.47)
    rows, _ = rows_and_columns(picture)
    profile = np.abs(rows % 8 - np.float32(3.5)) / np.float32(4.0)
    cut = _step(profile - np.float32(0.95) * (1 - tones) + np.float32(0.28), 0.25, 7.0)
    cut = cut * outlines(picture, 1.0, 50.0)
    return tone_map(cut, [(0.0, (0.17, 0.11, 0.08)), (1.0, (0.95, 0.91, 0.80))])


def blueprint(picture: Picture) -> Picture:
    """White contours on blue paper with a fine grid."""
    lines = 1 - outlines(flatten(picture, 4, 0.1), 1.1, 60.0)
    rows, columns = rows_and_columns(picture)
    grid = ((rows % 16 < 1) | (columns % 16 < 1)).astype(np.float32)
    tones = luminance(picture) - np.float32(0.5)
    paper = rgb((0.06, 0.24, 0.55)) + np.float32(0.10) * tones + np.float32(0.09) * grid
    return clip(mix(clip(paper), (0.90, 0.95, 1.0), clip(lines)))


def _step(values: Plane, edge: float, steepness: float = 14.0) -> Plane:
    """A soft threshold: 0 below ``edge``, 1 above."""
    soft = np.float32(0.5) + np.float32(0.5) * np.tanh((values - np.float32(edge)) * steepness)
    stepped: Plane = soft.astype(np.float32)
    return stepped
