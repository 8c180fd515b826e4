"""Pictures to and from bytes at the engine's edge."""

import io

from PIL import Image

from engine.errors import InvalidSource

PREVIEW_SIDE = 256


def decode_picture(data: bytes, called: str, mode: str = "RGB") -> Image.Image:
    """A picture in the given mode; raises ``InvalidSource`` that names it as it is ``called``."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.convert(mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidSource(f"The {called} is no picture that can be read.") from error


def fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture at ``width`` × ``height`` pixels, itself where it has that size already."""
    if image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.LANCZOS)


def encode_result(image: Image.Image) -> bytes:
    """Lossless WebP at its quickest setting: a fraction of PNG's time, and smaller."""
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True, method=0, quality=0)
    return out.getvalue()


def encode_preview(image: Image.Image) -> bytes:
    """A small lossy WebP, no side longer than ``PREVIEW_SIDE`` pixels."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=70, method=0)
    return out.getvalue()
