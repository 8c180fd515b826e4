"""Colours as the model wants them: sRGB, on white, with the transparency set aside."""

import io

from PIL import Image, ImageCms

from bot.intake.codecs import DECODER_ERRORS
from bot.language import N_, Sentence

BROKEN_PROFILE = Sentence(N_("Its colour profile is broken, so its colours may differ a little."))
# Which modes may hold the values of a profile's colour space (ICC.1:2022, 7.2.8).
SPACE_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, icc_profile: bytes) -> tuple[Image.Image, tuple[Sentence, ...]]:
    """Convert mode L, RGB, RGBA or CMYK to RGB or RGBA in sRGB.

    Returns:
        The picture, and what the member should know; a broken profile is ignored.
    """
    if not icc_profile:
        return _plain(image), ()
    try:
        return _through_profile(image, icc_profile), ()
    except DECODER_ERRORS:
        return _plain(image), (BROKEN_PROFILE,)


def split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The picture on white, and its transparency as mode L; None when it has none at all."""
    if image.mode != "RGBA":
        return image, None
    alpha = image.getchannel("A")
    white = Image.new("RGB", image.size, "white")
    white.paste(image.convert("RGB"), mask=alpha)
    return white, None if alpha.getextrema() == (255, 255) else alpha


def _plain(image: Image.Image) -> Image.Image:
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def _through_profile(image: Image.Image, icc_profile: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    mode = SPACE_MODES[profile.profile.xcolor_space]
    if image.mode == "L" and mode == "RGB":
        # Grey pictures often keep the profile of the colour picture that they were.
        image = image.convert("RGB")
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    if colours.mode != mode:
        raise ValueError(f"a profile for {mode} on a picture of {colours.mode}")
    converted = ImageCms.profileToProfile(
        colours,
        profile,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if converted is None:
        raise ValueError("the colours were not converted")
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted
