"""What is done to a member's picture before it is a source."""

from bot.intake.colour import split_alpha, to_srgb
from bot.intake.decode import Decoded, decode, resample
from bot.intake.encode import lossless_webp, png
from bot.intake.limits import IntakeLimits, check_bytes
from bot.intake.sizing import Fit, SizeRule, fit
from bot.intake.sniff import PictureFormat
from bot.intake.wire import Prepared

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
    transparency_notes: tuple[str, ...] = ()
    if alpha is not None:
        transparency_notes = ("I put white behind its transparency while I work on it.",)
    return Prepared(
        image=lossless_webp(flat),
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


def format_name(found: PictureFormat) -> str:
    """What people call the format."""
    return {PictureFormat.WEBP: "WebP", PictureFormat.HEIC: "HEIC"}.get(found, found.value)


def _frame_notes(decoded: Decoded) -> tuple[str, ...]:
    if not decoded.more_frames:
        return ()
    part = "page" if decoded.format is PictureFormat.TIFF else "frame"
    return (f"I took the first {part}.",)


def _size_notes(decoded: Decoded, wanted: Fit) -> tuple[str, ...]:
    if (decoded.width, decoded.height) == (wanted.width, wanted.height):
        return ()
    larger = wanted.width * wanted.height > decoded.width * decoded.height
    before, after = f"{decoded.width} × {decoded.height}", f"{wanted.width} × {wanted.height}"
    notes = [f"I {'enlarged' if larger else 'scaled'} it from {before} to {after}."]
    lost = 1 - min(wanted.kept_width, wanted.kept_height)
    if lost >= VISIBLE_TRIM:
        edges = "left and right" if wanted.kept_width < 1 else "at the top and bottom"
        notes.append(f"I trimmed {lost:.0%} {edges} to fit.")
    return tuple(notes)
