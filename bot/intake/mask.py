"""Which part of a picture is to be painted anew, told from a mask or from red paint.

Three kinds of mask are understood: a black and white picture, a copy of the picture with red
strokes on it, and one with holes rubbed into it. With no second picture at all, red strokes are
looked for in the picture itself, and what is under them is filled from around before the engine
sees it.
"""

from PIL import Image, ImageChops, ImageFilter

from bot.intake.colour import split_alpha, to_srgb
from bot.intake.decode import Decoded, decode, resample
from bot.intake.encode import lossless_webp, png
from bot.intake.errors import MaskMismatch, NothingMarked
from bot.intake.limits import IntakeLimits, check_bytes
from bot.intake.prepare import prepared_from
from bot.intake.sizing import Fit, SizeRule, fit
from bot.intake.wire import Masked
from bot.language import N_, Sentence

# How much more red than green and blue a stroke is, of 255; JPEG moves colours by some 20.
STROKE_REDNESS = 110
# The same against the picture without the stroke, which may be thin, soft or half transparent.
ADDED_REDNESS = 50
# Below this much colour a pixel is grey, of 255.
GREY_CHROMA = 28
# A mask may have this share of other pixels: the soft edges of a brush, or artefacts.
MASK_EXCEPTIONS = 0.02
# Greys that are neither black nor white; a mask has them at its edges only.
MIDDLE_GREYS = range(56, 200)
MIDDLE_SHARE = 0.25
# A copy of the picture is nearer to it than this, in mean levels of 255 where no stroke is.
SAME_PICTURE = 20.0
# Less than this share of the picture nobody marks on purpose.
LEAST_SHARE = 0.0005
# Sides may be off by this factor: a screenshot is cut by a few pixels.
SHAPE_SLACK = 1.03
OPAQUE = 128


def prepare_masked(
    data: bytes, mask: bytes | None, rule: SizeRule, limits: IntakeLimits, *, keep: bool
) -> Masked:
    """Make a member's file a source, with a mask of its size.

    Args:
        mask: The second picture; None looks for red strokes in ``data`` itself.
        keep: The marked part is what stays; else it is what is painted anew.

    Raises:
        IntakeError: A picture cannot be used, or nothing is marked.
        DECODER_ERRORS: One is damaged.
    """
    check_bytes(data, limits)
    decoded = decode(data, limits, rule)
    wanted = fit(decoded.width, decoded.height, rule)
    scaled, notes = to_srgb(resample(decoded.pixels, wanted), decoded.icc_profile)
    flat, alpha = split_alpha(scaled)
    if mask is None:
        marked = grown(_cleaned(_redness(flat), STROKE_REDNESS))
        flat = filled(flat, marked)
    else:
        marked = _marked_in(_second(mask, decoded, wanted, limits), flat)
    share = share_of(marked)
    if share < LEAST_SHARE:
        raise NothingMarked
    repainted = ImageChops.invert(marked) if keep else marked
    note = Sentence(N_("I paint {share}% of it anew."), {"share": round(share_of(repainted) * 100)})
    notes = (*notes, note)
    prepared = prepared_from(decoded, wanted, alpha, notes, lossless_webp(flat))
    return Masked(prepared=prepared, mask=png(repainted))


def share_of(mask: Image.Image) -> float:
    """The white part of a mask of black and white, 0 to 1."""
    return mask.histogram()[255] / (mask.width * mask.height)


def grown(mask: Image.Image) -> Image.Image:
    """The mask with a rim of some pixels, for the soft edge of a brush belongs to the stroke."""
    rim = max(3, round(min(mask.size) / 64) | 1)
    return mask.filter(ImageFilter.MaxFilter(rim))


def filled(image: Image.Image, hole: Image.Image) -> Image.Image:
    """What is white in ``hole`` replaced by the colours around it, coarser the farther inside."""
    result = image.convert("RGBA")
    result.putalpha(ImageChops.invert(hole))
    levels = [result]
    while min(levels[-1].size) > 1:
        # Premultiplied, so that holes add nothing to the mean of a larger pixel.
        size = max(1, levels[-1].width // 2), max(1, levels[-1].height // 2)
        smaller = levels[-1].convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA")
        smaller.putalpha(smaller.getchannel("A").point(lambda value: 255 if value else 0))
        levels.append(smaller)
    under = levels.pop()
    for level in reversed(levels):
        under = under.resize(level.size, Image.Resampling.BILINEAR)
        under.alpha_composite(level)
    return under.convert("RGB")


def _second(mask: bytes, first: Decoded, wanted: Fit, limits: IntakeLimits) -> Image.Image:
    """The second picture, RGB or RGBA, laid over the first one pixel on pixel."""
    check_bytes(mask, limits)
    decoded = decode(mask, limits)
    ratio = (decoded.width / decoded.height) / (first.width / first.height)
    if not 1 / SHAPE_SLACK <= ratio <= SHAPE_SLACK:
        raise MaskMismatch
    pixels, _ = to_srgb(resample(decoded.pixels, wanted), decoded.icc_profile)
    return pixels


def _marked_in(second: Image.Image, source: Image.Image) -> Image.Image:
    """White where the second picture marks the source: holes, white on black, or red strokes."""
    if second.mode == "RGBA":
        holes = second.getchannel("A").point(lambda value: 255 if value < OPAQUE else 0)
        if share_of(holes) >= LEAST_SHARE:
            return holes
        second = second.convert("RGB")
    if _is_black_and_white(second):
        return second.convert("L").point(lambda value: 255 if value >= OPAQUE else 0)
    added = ImageChops.subtract(_redness(second), _redness(source))
    strokes = grown(_cleaned(added, ADDED_REDNESS))
    if _difference(second, source, ImageChops.invert(strokes)) > SAME_PICTURE:
        raise MaskMismatch
    return strokes


def _is_black_and_white(image: Image.Image) -> bool:
    red, green, blue = image.split()
    highest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    lowest = ImageChops.darker(ImageChops.darker(red, green), blue)
    pixels = image.width * image.height
    coloured = sum(ImageChops.subtract(highest, lowest).histogram()[GREY_CHROMA:])
    grey = image.convert("L").histogram()
    middle = sum(grey[level] for level in MIDDLE_GREYS)
    return coloured <= pixels * MASK_EXCEPTIONS and middle <= pixels * MIDDLE_SHARE


def _redness(image: Image.Image) -> Image.Image:
    """By how much red outweighs green and blue, 0 to 255, mode L."""
    red, green, blue = image.split()
    return ImageChops.subtract(red, ImageChops.lighter(green, blue))


def _cleaned(redness: Image.Image, least: int) -> Image.Image:
    """White where ``redness`` reaches ``least``, without single specks."""
    strokes = redness.point(lambda value: 255 if value >= least else 0)
    return strokes.filter(ImageFilter.MedianFilter(3))


def _difference(one: Image.Image, other: Image.Image, where: Image.Image) -> float:
    """Mean difference in levels where the mask is white; 0 where it is white nowhere."""
    counted = share_of(where) * one.width * one.height
    if not counted:
        return 0.0
    histogram = ImageChops.difference(one, other).convert("L").histogram(where)
    return sum(level * count for level, count in enumerate(histogram)) / counted
