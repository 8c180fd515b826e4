"""Pillow, set up to read the formats that are taken in and nothing else."""

import io
import struct
import warnings
import zlib

import pi_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from bot.intake.errors import TooManyPixels
from bot.intake.limits import IntakeLimits
from bot.intake.sniff import PictureFormat, sniff
from bot.language import N_, Sentence

# Imported for the readers that they register; asked for another, Pillow would import all it has.
READERS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

# What Pillow and its codecs raise over damaged files. Anything else ends the process.
DECODER_ERRORS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
)


def set_up_codecs(limits: IntakeLimits) -> None:
    """Prepare this process for pictures within ``limits``."""
    pi_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    # More threads would need more stacks and buffers than the memory limit has room for.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Pillow warns from this many pixels on and refuses from twice as many on; some of its readers
    # ask before they allocate, but then only refuse. So "twice as many" has to be the limit.
    Image.MAX_IMAGE_PIXELS = -(-limits.max_pixels // 2)
    warnings.simplefilter("ignore")


def open_header(data: bytes, limits: IntakeLimits) -> tuple[ImageFile.ImageFile, PictureFormat]:
    """Read what a file declares about itself; nothing is decoded yet.

    Raises:
        IntakeError: It is no picture, or declares too many pixels.
        DECODER_ERRORS: Its header is damaged.
    """
    found = sniff(data)
    try:
        image = Image.open(io.BytesIO(data), formats=[found.value])
    except Image.DecompressionBombError as error:
        size = _declared_size(data, found)
        raise too_many_pixels(limits, detail=str(error), size=size) from error
    width, height = image.size
    if width * height > limits.max_pixels:
        raise too_many_pixels(limits, detail=f"{width} × {height}", size=image.size)
    return image, found


def _declared_size(data: bytes, found: PictureFormat) -> tuple[int, int] | None:
    """Width and height of a picture with too many pixels; None where only decoding would tell."""
    allowed, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        return Image.open(io.BytesIO(data), formats=[found.value]).size
    except (*DECODER_ERRORS, MemoryError):
        return None
    finally:
        Image.MAX_IMAGE_PIXELS = allowed


def too_many_pixels(
    limits: IntakeLimits, *, detail: str, size: tuple[int, int] | None = None
) -> TooManyPixels:
    """The refusal of a picture with more pixels than ``limits`` allow, ``size`` if known."""
    sentence = N_(
        "That picture has too many pixels; {most} million is the most I take, so please make it "
        "smaller."
    )
    values: dict[str, str | int | Sentence] = {"most": f"{limits.max_pixels / 1e6:g}"}
    if size is not None:
        values |= {"width": size[0], "height": size[1]}
    return TooManyPixels(Sentence(sentence, values), detail=detail)
