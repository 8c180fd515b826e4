"""Teachers of the graphic looks: comic, anime, pop art and the looks built of cells."""

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
    posterise,
    rgb,
    rows_and_columns,
    saturate,
    tone_map,
)
from engine.embedded.filters.smoothing import cells, flatten, kuwahara


def comic(picture: Picture) -> Picture:
    """Flat loud colours, black outlines and printing dots in the shade."""
    areas = saturate(contrast(kuwahara(picture, 3), 1.2), 1.8)
    tones = luminance(areas)
    flat = clip(areas * (posterise(tones, 5) + np.float32(0.06)) / (tones + np.float32(0.06)))
    rows, columns = rows_and_columns(picture)
    beat = np.float32(np.pi / 4)
    dots = (np.sin(rows * beat) * np.sin(columns * beat) > np.float32(0.35)).astype(np.float32)
    shade = clip((np.float32(0.5) - luminance(picture)) * np.float32(5.0))
    flat = flat * (1 - np.float32(0.45) * dots * shade)
    return clip(flat * outlines(picture, 1.2, 70.0))


def anime(picture: Picture) -> Picture:
    """Clean bright areas in three tones with cool shadows and thin coloured lines."""
    clean = flatten(kuwahara(flatten(picture, 6, 0.15), 4), 6, 0.12)
    tones = luminance(clean)
    shades = np.float32(0.5) * posterise(tones, 4) + np.float32(0.5) * tones
    bright = clip(clean * (shades + np.float32(0.05)) / (tones + np.float32(0.05)))
    bright = saturate(1 - (1 - bright) ** np.float32(1.45), 1.5)
    cool = clip((np.float32(0.45) - tones) * np.float32(2.5))
    bright = mix(clip(bright), clip(bright) * rgb((0.72, 0.70, 1.15)), cool)
    lines = outlines(clean, 1.0, 35.0)
    return clip(bright * (np.float32(0.35) + np.float32(0.65) * lines))


def pixel_art(picture: Picture) -> Picture:
    """Eight-pixel blocks in strong colours."""
    return clip(cells(saturate(contrast(picture, 1.25), 1.5), 8, 8))


def mosaic(picture: Picture) -> Picture:
    """Square stone tiles of eight pixels in pale mortar, lit from the top left."""
    tiles = cells(saturate(picture, 1.2), 8, 8)
    rows, columns = rows_and_columns(picture)
    row, column = rows % 8, columns % 8
    lit = ((row == 0) | (column == 0)).astype(np.float32) * np.float32(0.14)
    dim = ((row == 6) | (column == 6)).astype(np.float32) * np.float32(0.14)
    mortar = ((row == 7) | (column == 7)).astype(np.float32)
    return clip(mix(tiles + lit - dim, (0.86, 0.83, 0.76), mortar))


def low_poly(picture: Picture) -> Picture:
    """Flat triangles: squares of sixteen pixels, cut along one diagonal and the other in turn."""
    height, width = picture.shape[:2]
    padded = cv2.copyMakeBorder(
        saturate(contrast(picture, 1.1), 1.35),
        0,
        -height % 16,
        0,
        -width % 16,
        cv2.BORDER_REPLICATE,
    )
    down, across = padded.shape[0] // 16, padded.shape[1] // 16
    squares = padded.reshape(down, 16, across, 16, 3).transpose(0, 2, 1, 3, 4)
    row, column = np.mgrid[:16, :16]
    falling, rising = _halves(squares, row > column), _halves(squares, row + column > 15)
    odd = np.add.outer(np.arange(down), np.arange(across))[..., None, None, None] % 2 == 1
    whole = np.where(odd, rising, falling).transpose(0, 2, 1, 3, 4).reshape(padded.shape)
    return clip(np.ascontiguousarray(whole[:height, :width], np.float32))


def _halves(squares: Picture, upper: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Picture:
    first = squares[:, :, upper].mean(axis=2)[:, :, None, None]
    second = squares[:, :, ~upper].mean(axis=2)[:, :, None, None]
    light, dark = np.float32(1.05), np.float32(0.95)
    halves: Picture = np.where(upper[..., None], first * light, second * dark)
    return halves


def stained_glass(picture: Picture) -> Picture:
    """Glowing diamond panes between dark lead, with lead along the strong contours too."""
    panes = kuwahara(saturate(contrast(blur(picture, 2.0), 1.35), 2.0), 5)
    rows, columns = rows_and_columns(picture)
    rising, falling = (rows + columns) % 16, (rows - columns) % 16
    lead = ((rising < 2) | (falling < 2)).astype(np.float32)
    contours = 1 - outlines(kuwahara(picture, 3), 2.0, 60.0)
    lead = clip(lead + clip(contours * np.float32(1.4)))
    return mix(clip(panes * np.float32(1.1) + np.float32(0.06)), (0.05, 0.05, 0.06), lead)


def pop_art(picture: Picture) -> Picture:
    """Four printing inks by tone."""
    tones = contrast(luminance(kuwahara(picture, 2)), 1.4)
    layers = np.floor(np.minimum(tones, np.float32(0.999)) * 4) / np.float32(3.0)
    return tone_map(
        layers.astype(np.float32),
        [
            (0.0, (0.20, 0.05, 0.42)),
            (1 / 3, (0.93, 0.10, 0.48)),
            (2 / 3, (1.0, 0.72, 0.08)),
            (1.0, (1.0, 0.97, 0.72)),
        ],
    )
