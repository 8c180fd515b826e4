"""Teachers of old pictures: sepia, film noir and the faded polaroid."""

import numpy as np

from engine.embedded.filters.colour import (
    Picture,
    clip,
    contrast,
    grey,
    luminance,
    rgb,
    saturate,
    tone_map,
)


def sepia(picture: Picture) -> Picture:
    """A brown print of a hundred years ago."""
    tones = contrast(luminance(picture), 0.92)
    return tone_map(
        tones, [(0.0, (0.16, 0.09, 0.05)), (0.5, (0.60, 0.45, 0.30)), (1.0, (0.98, 0.91, 0.76))]
    )


def film_noir(picture: Picture) -> Picture:
    """Black and white with deep blacks and hard light."""
    tones = luminance(picture)
    return grey(clip(contrast(tones, 1.7, 0.52) * np.float32(0.97)))


def faded_polaroid(picture: Picture) -> Picture:
    """An instant photograph left in the sun: milky blacks, greenish shadows, pink-yellow lights."""
    tones = luminance(picture)
    faded = saturate(picture, 0.62) * np.float32(0.62) + np.float32(0.27)
    cast = tone_map(
        tones, [(0.0, (-0.02, 0.05, 0.05)), (0.5, (0.03, 0.03, -0.04)), (1.0, (0.09, 0.02, -0.10))]
    )
    return clip(faded * rgb((1.04, 1.0, 0.94)) + cast)
