"""Pictures as arrays, and the few colour operations that every filter is made of."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""An RGB picture, height × width × 3, sRGB values 0..1."""

Plane = NDArray[np.float32]
"""One value a pixel, height × width × 1, so that it multiplies with a `Picture`."""

Colour = tuple[float, float, float]

_REC601 = np.array([0.299, 0.587, 0.114], np.float32)


def rgb(colour: Colour) -> NDArray[np.float32]:
    """A colour as an array that spreads over a picture."""
    return np.array(colour, np.float32)


def luminance(picture: Picture) -> Plane:
    """Rec. 601 luma."""
    plane: Plane = (picture @ _REC601)[..., None]
    return plane


def grey(plane: Plane) -> Picture:
    """Three equal channels."""
    return np.repeat(plane, 3, axis=-1)


def saturate(picture: Picture, amount: float) -> Picture:
    """Colourfulness times ``amount``: 0 is grey, 1 the picture itself."""
    base = luminance(picture)
    moved: Picture = base + (picture - base) * np.float32(amount)
    return moved


def contrast(values: NDArray[np.float32], amount: float, pivot: float = 0.5) -> NDArray[np.float32]:
    """Distance from ``pivot`` times ``amount``, cut to 0..1."""
    return clip((values - np.float32(pivot)) * np.float32(amount) + np.float32(pivot))


def clip(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut to 0..1."""
    return np.clip(values, np.float32(0), np.float32(1))


def mix(picture: Picture, colour: Colour | Picture, amount: float | Plane) -> Picture:
    """From ``picture`` (0) to ``colour`` (1)."""
    other = rgb(colour) if isinstance(colour, tuple) else colour
    part = np.float32(amount) if isinstance(amount, float) else amount
    mixed: Picture = (picture + (other - picture) * part).astype(np.float32)
    return mixed


def blur(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """A Gaussian blur that keeps the number of axes."""
    flat = cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101)
    blurred: NDArray[np.float32] = flat[..., None] if flat.ndim < picture.ndim else flat
    return blurred


def tone_map(tones: Plane, stops: list[tuple[float, Colour]]) -> Picture:
    """Each tone's colour, linear between ``stops`` of (tone, colour)."""
    places = [place for place, _ in stops]
    channels = [
        np.interp(tones[..., 0], places, [colour[channel] for _, colour in stops])
        for channel in range(3)
    ]
    return np.stack(channels, axis=-1).astype(np.float32)


def posterise(values: NDArray[np.float32], levels: int) -> NDArray[np.float32]:
    """Rounded to ``levels`` equal steps of 0..1."""
    steps = np.float32(levels - 1)
    return (np.round(clip(values) * steps) / steps).astype(np.float32)


def outlines(picture: Picture, sigma_px: float = 1.0, sharpness: float = 40.0) -> Plane:
    """1 on flat ground, towards 0 on dark lines.

    The extended difference of Gaussians of Winnemöller, Kyprianidis and Olsen, "XDoG" (2012).
    """
    tones = luminance(picture)
    difference = blur(tones, sigma_px) - np.float32(0.975) * blur(tones, sigma_px * 1.6)
    dark = np.minimum(difference, np.float32(0))
    return (1 + np.tanh(np.float32(sharpness) * dark)).astype(np.float32)


def rows_and_columns(picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each pixel's row and column, as planes."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return rows[..., None], columns[..., None]
