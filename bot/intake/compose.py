"""What is done to pictures of our own: transparency put back, before beside after, thumbnails."""

from PIL import Image

from bot.intake.codecs import too_many_pixels
from bot.intake.colour import to_srgb
from bot.intake.decode import decode
from bot.intake.encode import lossless_webp, lossy_webp
from bot.intake.encode import shrink as shrink_pixels
from bot.intake.limits import IntakeLimits
from bot.intake.wire import Encoded

GAP = 8
THUMBNAIL_QUALITY = 80


def pixels_of(data: bytes, limits: IntakeLimits) -> Image.Image:
    """Decode a picture of any size to RGB or RGBA in sRGB.

    Raises:
        IntakeError: It is no picture, or too large.
        DECODER_ERRORS: It is damaged.
    """
    decoded = decode(data, limits)
    return to_srgb(decoded.pixels, decoded.icc_profile)[0]


def restore(image: bytes, alpha: bytes, limits: IntakeLimits) -> bytes:
    """Put transparency back on a result, scaled to its size; lossless WebP."""
    pixels = pixels_of(image, limits).convert("RGB")
    mask = decode(alpha, limits).pixels.convert("L")
    if mask.size != pixels.size:
        mask = mask.resize(pixels.size, Image.Resampling.LANCZOS)
    pixels.putalpha(mask)
    return lossless_webp(pixels)


def shrink(image: bytes, max_bytes: int, limits: IntakeLimits) -> Encoded:
    """Encode a picture anew in at most ``max_bytes``."""
    return shrink_pixels(pixels_of(image, limits), max_bytes)


def side_by_side(left: bytes, right: bytes, limits: IntakeLimits) -> bytes:
    """Before | after, at the height of the right one; lossless WebP."""
    before, after = pixels_of(left, limits), pixels_of(right, limits)
    width = max(1, round(before.width * after.height / before.height))
    total = width + GAP + after.width
    if total * after.height > limits.max_pixels:
        raise too_many_pixels(limits, detail=f"{total} × {after.height}")
    before = before.resize((width, after.height), Image.Resampling.LANCZOS)
    opaque = before.mode == after.mode == "RGB"
    canvas = Image.new("RGB", (total, after.height), "white")
    if not opaque:
        canvas = Image.new("RGBA", canvas.size, (255, 255, 255, 0))
    canvas.paste(before, (0, 0))
    canvas.paste(after, (width + GAP, 0))
    return lossless_webp(canvas)


def thumbnail(image: bytes, max_side: int, limits: IntakeLimits) -> bytes:
    """A small lossy WebP whose longer side is at most ``max_side`` pixels; never enlarged."""
    pixels = pixels_of(image, limits)
    pixels.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return lossy_webp(pixels, THUMBNAIL_QUALITY)
