"""From encoded bytes to pixels that stand upright, eight bits a value, in one of four modes."""

from typing import TYPE_CHECKING, cast

import msgspec
from PIL import Image
from PIL.Image import Transpose

from bot.intake.codecs import DECODER_ERRORS, open_header
from bot.intake.limits import IntakeLimits
from bot.intake.sizing import Fit, SizeRule, fit
from bot.intake.sniff import PictureFormat

if TYPE_CHECKING:
    from PIL import ImageFile

ORIENTATION_TAG = 0x0112
# The quarter turns and flips that undo each value of the tag (Exif 2.32, 4.6.4 A).
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
# A JPEG is decoded at 1/2, 1/4 or 1/8 as long as this many times the wanted size is left.
JPEG_HEADROOM = 2
# Pillow halves by cheap averaging down to this many times the wanted size, then resamples.
REDUCING_GAP = 2.0


class Decoded(msgspec.Struct, kw_only=True):
    """A decoded picture and what its file said.

    Attributes:
        pixels: Mode L, RGB, RGBA or CMYK; may be smaller than declared.
        width: Declared pixels, as the picture is looked at, that is upright.
        height: Likewise.
        more_frames: There are further frames or pages that were not decoded.
        icc_profile: The file's colour profile, unchecked; empty if it has none.
    """

    pixels: Image.Image
    width: int
    height: int
    format: PictureFormat
    more_frames: bool
    icc_profile: bytes


def decode(data: bytes, limits: IntakeLimits, rule: SizeRule | None = None) -> Decoded:
    """Decode the first frame; with a ``rule`` only as finely as its size needs.

    Raises:
        IntakeError: It is no picture, too large or too narrow.
        DECODER_ERRORS: It is damaged.
    """
    opened, found = open_header(data, limits)
    declared = opened.size
    # Asked before decoding: a GIF has to be wound back afterwards.
    more_frames = found is not PictureFormat.HEIC and opened.format != "MPO" and _has_more(opened)
    if rule is not None and found is PictureFormat.JPEG:
        wanted = fit(*declared, rule)
        opened.draft(None, (wanted.width * JPEG_HEADROOM, wanted.height * JPEG_HEADROOM))
    opened.load()
    icc_profile = opened.info.get("icc_profile") or b""
    turn = UPRIGHT.get(_orientation(opened))
    pixels = _eight_bits(opened)
    if turn is not None:
        pixels = pixels.transpose(turn)
        if turn not in (Transpose.FLIP_LEFT_RIGHT, Transpose.FLIP_TOP_BOTTOM, Transpose.ROTATE_180):
            declared = declared[1], declared[0]
    return Decoded(
        pixels=pixels,
        width=declared[0],
        height=declared[1],
        format=found,
        more_frames=more_frames,
        icc_profile=icc_profile if isinstance(icc_profile, bytes) else b"",
    )


def resample(image: Image.Image, wanted: Fit) -> Image.Image:
    """Scale the kept part of ``image`` to the wanted size; colours under alpha do not bleed."""
    size = wanted.width, wanted.height
    box = wanted.box(*image.size)
    if image.mode == "RGBA":
        # Pillow would do the same by itself, but without the cheap halving first.
        premultiplied = image.convert("RGBa")
        scaled = premultiplied.resize(
            size, Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP
        )
        return scaled.convert("RGBA")
    return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)


def _has_more(opened: "ImageFile.ImageFile") -> bool:
    return bool(getattr(opened, "is_animated", False))


def _orientation(opened: Image.Image) -> int:
    try:
        found = opened.getexif().get(ORIENTATION_TAG, 1)
    except DECODER_ERRORS:
        # Pixels do not need their metadata.
        return 1
    return found if isinstance(found, int) else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        return _grey(image)
    if image.mode == "La":
        return image.convert("LA").convert("RGBA")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    """Scale 16 and 32 bits a value, or floats, to eight bits."""
    wide = image if image.mode in ("I", "F") else image.convert("I")
    # One band, so one pair.
    lowest, highest = cast("tuple[float, float]", wide.getextrema())
    if image.mode == "F" and lowest >= 0 and highest <= 1:
        lowest, highest = 0.0, 1.0
    elif image.mode != "F" and lowest >= 0 and highest <= 65535:
        lowest, highest = 0.0, 65535.0
    gain = 255 / ((highest - lowest) or 1.0)
    # Half a level more, because Pillow rounds down.
    offset = 0.5 - lowest * gain
    return wide.point(lambda value: value * gain + offset).convert("L")
