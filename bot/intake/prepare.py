"""What is done to a member's picture before it is a source."""

from PIL import Image

from bot.intake.colour import split_alpha, to_srgb
from bot.intake.decode import Decoded, decode, resample
from bot.intake.encode import lossless_webp, png
from bot.intake.limits import IntakeLimits, check_bytes
from bot.intake.sizing import Fit, SizeRule, fit
from bot.intake.sniff import PictureFormat, format_name
from bot.intake.wire import Prepared
from bot.language import N_, Sentence

# Less is lost at the edges of any frame, so nobody is told.
VISIBLE_TRIM = 0.01


def prepare(data: bytes, rule: SizeRule, limits: IntakeLimits) -> Prepared:
    """Decode, turn upright, scale, convert to sRGB, set transparency aside.

    Raises:
        IntakeError: The picture cannot be used.
        DECODER_ERRORS: It is damaged.
    """
    check_bytes(data, limits)
    decoded = decode(data, limits, rule)
    wanted = fit(decoded.width, decoded.height, rule)
    scaled = resample(decoded.pixels, wanted)
    colours, colour_notes = to_srgb(scaled, decoded.icc_profile)
    flat, alpha = split_alpha(colours)
    return prepared_from(decoded, wanted, alpha, colour_notes, lossless_webp(flat))


def prepared_from(
    decoded: Decoded,
    wanted: Fit,
    alpha: Image.Image | None,
    colour_notes: tuple[Sentence, ...],
    image: bytes,
) -> Prepared:
    """The answer for a decoded picture, with what was done to it told in order.

    Args:
        alpha: Its transparency at the wanted size.
        image: The source for the engine, encoded.
    """
    transparency_notes: tuple[Sentence, ...] = ()
    if alpha is not None:
        transparency_notes = (
            Sentence(N_("I put white behind its transparency while I work on it.")),
        )
    return Prepared(
        image=image,
        width=wanted.width,
        height=wanted.height,
        original_width=decoded.width,
        original_height=decoded.height,
        alpha=None if alpha is None else png(alpha),
        notes=_frame_notes(decoded)
        + _size_notes(decoded, wanted)
        + transparency_notes
        + colour_notes,
        format=format_name(decoded.format),
    )


def _frame_notes(decoded: Decoded) -> tuple[Sentence, ...]:
    if not decoded.more_frames:
        return ()
    if decoded.format is PictureFormat.TIFF:
        return (Sentence(N_("I took the first page.")),)
    return (Sentence(N_("I took the first frame.")),)


def _size_notes(decoded: Decoded, wanted: Fit) -> tuple[Sentence, ...]:
    if (decoded.width, decoded.height) == (wanted.width, wanted.height):
        return ()
    larger = wanted.width * wanted.height > decoded.width * decoded.height
    before, after = f"{decoded.width} × {decoded.height}", f"{wanted.width} × {wanted.height}"
    enlarged = N_("I enlarged it from {before} to {after}.")
    scaled = N_("I scaled it from {before} to {after}.")
    notes = [Sentence(enlarged if larger else scaled, {"before": before, "after": after})]
    lost = 1 - min(wanted.kept_width, wanted.kept_height)
    if lost >= VISIBLE_TRIM:
        sides = N_("I trimmed {percent}% left and right to fit.")
        ends = N_("I trimmed {percent}% at the top and bottom to fit.")
        trimmed = sides if wanted.kept_width < 1 else ends
        notes.append(Sentence(trimmed, {"percent": round(lost * 100)}))
    return tuple(notes)
