"""Gives a picture the colours of another: mean and spread of each channel in CIE L*a*b*.

Colour transfer after Reinhard et al., "Color Transfer between Images" (2001), in L*a*b* in place
of their l-alpha-beta. sRGB after IEC 61966-2-1, L*a*b* after CIE 15 with the D65 white point.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.float32]

_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    np.float32,
)
_XYZ_TO_RGB = np.linalg.inv(_RGB_TO_XYZ).astype(np.float32)
_WHITE = _RGB_TO_XYZ.sum(axis=1)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27

# A flat picture has no spread to be stretched.
_LEAST_SPREAD = 1e-3
# Twice as colourful is a match; ten times as colourful is noise made visible.
_MOST_STRETCH = 2.0


def match_colours(image: Image.Image, reference: Image.Image) -> Image.Image:
    """``image`` (RGB) with the Lab means and standard deviations of ``reference`` (RGB, any size).

    A channel's spread is at most doubled or halved.
    """
    lab, wanted = to_lab(image), to_lab(reference)
    mean, spread = _statistics(lab)
    wanted_mean, wanted_spread = _statistics(wanted)
    stretch = np.clip(
        np.maximum(wanted_spread, _LEAST_SPREAD) / np.maximum(spread, _LEAST_SPREAD),
        1 / _MOST_STRETCH,
        _MOST_STRETCH,
    )
    return from_lab(((lab - mean) * stretch + wanted_mean).astype(np.float32))


def to_lab(image: Image.Image) -> Array:
    """L* (0 to 100), a*, b* of an RGB picture, shape (height, width, 3)."""
    srgb = np.asarray(image.convert("RGB"), np.float32) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    scaled = linear @ _RGB_TO_XYZ.T / _WHITE
    f = np.where(scaled > _EPSILON, np.cbrt(scaled), (_KAPPA * scaled + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def from_lab(lab: Array) -> Image.Image:
    """The RGB picture of L*a*b* values, those outside sRGB clipped."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    scaled = np.where(f**3 > _EPSILON, f**3, (116 * f - 16) / _KAPPA)
    linear = np.clip(scaled * _WHITE @ _XYZ_TO_RGB.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray((srgb * 255).round().astype(np.uint8))


def _statistics(lab: Array) -> tuple[Array, Array]:
    flat = lab.reshape(-1, 3)
    return flat.mean(axis=0), flat.std(axis=0)
