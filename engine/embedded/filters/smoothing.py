"""Edge-keeping smoothing, which turns a photograph's texture into areas of paint."""

import cv2
import numpy as np

from engine.embedded.filters.colour import Picture, luminance


def kuwahara(picture: Picture, radius_px: int) -> Picture:
    """Each pixel becomes the mean of the calmest of the four squares that it is a corner of.

    The filter of Kuwahara et al. (1976), on the luma's variance.
    """
    side = radius_px + 1
    tones = luminance(picture)[..., 0]
    around = (radius_px, radius_px, radius_px, radius_px)
    padded = cv2.copyMakeBorder(picture, *around, cv2.BORDER_REFLECT_101)
    padded_tones = cv2.copyMakeBorder(tones, *around, cv2.BORDER_REFLECT_101)
    # Anchored at the top left corner: the mean over the square below and right of each pixel.
    means = cv2.boxFilter(padded, -1, (side, side), anchor=(0, 0))
    first = cv2.boxFilter(padded_tones, -1, (side, side), anchor=(0, 0))
    second = cv2.boxFilter(padded_tones**2, -1, (side, side), anchor=(0, 0))
    spread = second - first**2
    height, width = tones.shape
    corners = [(down, right) for down in (0, radius_px) for right in (0, radius_px)]
    spreads = np.stack([spread[y : y + height, x : x + width] for y, x in corners])
    colours = np.stack([means[y : y + height, x : x + width] for y, x in corners])
    calmest = spreads.argmin(axis=0)[None, ..., None]
    chosen: Picture = np.take_along_axis(colours, calmest, axis=0)[0]
    return chosen


def flatten(picture: Picture, reach_px: float, tolerance: float) -> Picture:
    """A bilateral filter: near colours melt together, far ones stay apart."""
    flat: Picture = cv2.bilateralFilter(picture, 9, tolerance, reach_px)
    return flat


def cells(picture: Picture, width_px: int, height_px: int) -> Picture:
    """The mean colour of each cell of a grid that starts at the top left corner."""
    height, width = picture.shape[:2]
    down, across = -height % height_px, -width % width_px
    padded = cv2.copyMakeBorder(picture, 0, down, 0, across, cv2.BORDER_REPLICATE)
    small = (padded.shape[1] // width_px, padded.shape[0] // height_px)
    means = cv2.resize(padded, small, interpolation=cv2.INTER_AREA)
    grown = np.repeat(np.repeat(means, height_px, axis=0), width_px, axis=1)
    return np.ascontiguousarray(grown[:height, :width])
