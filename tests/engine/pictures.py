"""Pictures made on the spot, and readings of them."""

import io

import numpy as np
from PIL import Image


def picture(width: int = 64, height: int = 64) -> Image.Image:
    """A picture with edges and gradients, always the same."""
    return Image.effect_mandelbrot((width, height), (-2.0, -1.5, 1.0, 1.5), 40).convert("RGB")


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    """The file bytes of ``image``."""
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """RGB values of an encoded picture, shape (height, width, 3), wide enough to subtract."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int16)
