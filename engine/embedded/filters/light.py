"""Teachers of the lights: night, dusk, tungsten, sunset, golden hour, neon and vaporwave."""

import numpy as np

from engine.embedded.filters.colour import (
    Colour,
    Picture,
    Plane,
    blur,
    clip,
    contrast,
    luminance,
    mix,
    outlines,
    rgb,
    rows_and_columns,
    saturate,
    tone_map,
)


def night(picture: Picture) -> Picture:
    """Moonlit dark blue; what was brightest keeps a small warm light."""
    tones = luminance(picture)
    dark = saturate(picture, 0.4) ** np.float32(1.5) * rgb((0.24, 0.36, 0.68))
    lamps = clip((tones - np.float32(0.82)) * np.float32(3.0))
    return clip(dark + rgb((0.01, 0.02, 0.07)) + lamps * rgb((0.30, 0.24, 0.08)))


def dusk(picture: Picture) -> Picture:
    """The violet quarter of an hour after the sun: mauve sky, plum shadows."""
    tones = luminance(picture)
    faint = saturate(picture, 0.5) * rgb((0.66, 0.48, 0.74))
    tint = tone_map(
        tones, [(0.0, (0.12, 0.07, 0.24)), (0.5, (0.42, 0.28, 0.52)), (1.0, (0.92, 0.66, 0.72))]
    )
    return clip(mix(faint, tint, 0.6))


def tungsten(picture: Picture) -> Picture:
    """A dim room under warm bulbs: amber lights that bloom, brown shadows."""
    tones = luminance(picture)
    warm = saturate(picture, 0.7) ** np.float32(1.35) * rgb((1.06, 0.70, 0.34))
    return clip(warm + _bloom(tones, 0.5, (0.85, 0.50, 0.16)) + rgb((0.06, 0.025, 0.0)))


def sunset(picture: Picture) -> Picture:
    """Burning orange and red light over crimson shadows."""
    tones = luminance(picture)
    sky = tone_map(
        tones,
        [
            (0.0, (0.20, 0.03, 0.14)),
            (0.4, (0.72, 0.20, 0.20)),
            (0.75, (1.0, 0.50, 0.18)),
            (1.0, (1.0, 0.84, 0.42)),
        ],
    )
    return clip(mix(saturate(picture, 1.1) * rgb((1.1, 0.72, 0.55)), sky, 0.62))


def golden_hour(picture: Picture) -> Picture:
    """Low soft honey-coloured sun: bright, gentle, a little hazy."""
    tones = luminance(picture)
    soft = contrast(saturate(picture, 1.1), 0.85, 0.4) * rgb((1.12, 1.0, 0.66))
    return clip(soft + rgb((0.10, 0.065, 0.0)) + _bloom(tones, 0.45, (0.42, 0.30, 0.08)))


def neon(picture: Picture) -> Picture:
    """A cyberpunk street: violet dark, magenta middle tones, cyan light along the edges."""
    tones = contrast(luminance(picture), 1.25, 0.48)
    tubes = np.float32(1) - outlines(picture, 1.4, 35.0)
    base = tone_map(
        tones,
        [
            (0.0, (0.03, 0.01, 0.12)),
            (0.4, (0.26, 0.03, 0.46)),
            (0.7, (0.86, 0.10, 0.66)),
            (1.0, (1.0, 0.62, 0.95)),
        ],
    )
    halo = blur(tubes, 3.0)
    glow = (tubes * np.float32(0.75) + halo * np.float32(0.4)).astype(np.float32)
    return clip(mix(base, picture, 0.08) + glow * rgb((0.0, 0.82, 0.95)))


def vaporwave(picture: Picture) -> Picture:
    """Pastel pink and turquoise of an old screen, with its scan lines."""
    tones = contrast(luminance(picture), 1.05)
    pastel = tone_map(
        tones,
        [
            (0.0, (0.30, 0.16, 0.58)),
            (0.35, (0.80, 0.36, 0.78)),
            (0.65, (1.0, 0.62, 0.80)),
            (0.85, (0.55, 0.92, 0.95)),
            (1.0, (0.86, 1.0, 0.98)),
        ],
    )
    rows, _ = rows_and_columns(picture)
    lines = 1 - np.float32(0.10) * (rows % 8 < 4).astype(np.float32)
    return clip(mix(pastel, picture, 0.12) * lines)


def _bloom(tones: Plane, threshold: float, colour: Colour) -> Picture:
    """Light that spills over from what is brighter than ``threshold``."""
    bright = clip(tones - np.float32(threshold))
    spilt: Picture = blur(bright, 6.0) * rgb(colour)
    return spilt
