"""Pictures for the tests, drawn and encoded here, and what can be read back from them."""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from bot.intake import IntakeLimits, SizeRule

MIB = 1024 * 1024
LIMITS = IntakeLimits(
    max_bytes=8 * MIB, max_pixels=16_000_000, timeout_s=20.0, memory_bytes=512 * MIB
)
RULE = SizeRule(area_side=512, max_side=768, multiple=8)
# A rule that takes pictures of `quadrants()` size as they are, so that pixels can be compared.
SMALL = SizeRule(area_side=80, max_side=160, multiple=8)

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 30), (30, 30, 220), (255, 255, 255)
PHONE_HEIC = Path(__file__).with_name("phone.heic")

FORMATS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92},
    "PNG": {},
    "WEBP": {"quality": 92},
    "GIF": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {"quality": 92},
}


def quadrants(width: int = 88, height: int = 72) -> Image.Image:
    """Red, green, blue and white quarters, read like text."""
    image = Image.new("RGB", (width, height), WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Something smooth that is different everywhere."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    bands = (across, down, Image.radial_gradient("L").resize((width, height)))
    return Image.merge("RGB", bands).convert(mode)


def encoded(image: Image.Image, format_name: str, **options: Any) -> bytes:
    """The file that Pillow writes, with the options of ``FORMATS`` unless told otherwise."""
    buffer = io.BytesIO()
    image.save(buffer, format_name, **(FORMATS.get(format_name, {}) | options))
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """The decoded picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def colour_at(image: Image.Image, spot: tuple[int, int]) -> tuple[int, ...]:
    """The bands of one pixel."""
    found = image.getpixel(spot)
    assert found is not None
    return found if isinstance(found, tuple) else (int(found),)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters, read like text."""
    width, height = image.size
    spots = [(x, y) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [colour_at(image, spot) for spot in spots]


def near(left: tuple[int, ...], right: tuple[int, ...], tolerance: int = 12) -> bool:
    """Whether two colours are the same to within ``tolerance`` levels."""
    return all(abs(a - b) <= tolerance for a, b in zip(left, right, strict=True))


def shows_quadrants(image: Image.Image) -> bool:
    """Whether it shows ``quadrants()``, the right way up."""
    pairs = zip(corners(image), (RED, GREEN, BLUE, WHITE), strict=True)
    return image.mode == "RGB" and all(near(found, meant) for found, meant in pairs)
