"""Text in pictures, in whatever letters it is written: each run in the first font that has them.

The fonts are Google's Noto, installed as packages; the one of Pillow has the letters of English.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Literal

from PIL import ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

# Package and file. What no font has, such as most emoji, is left out.
FONTS = (
    ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    ("cvttf_NotoSansCJK_Regular", "NotoSansCJKtc-Regular.otf"),
    ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"),
    ("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf"),
    ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf"),
)
# No font has a letter for it, so it is drawn as whatever stands for none.
NO_LETTER = "\uffff"
PROBE_PIXELS = 16
LETTERS_KNOWN = 4096

Side = Literal["left", "middle", "right"]


def write(
    draw: ImageDraw.ImageDraw,
    where: tuple[float, float],
    text: str,
    *,
    pixels: int,
    fill: str,
    side: Side = "left",
) -> None:
    """Write one line.

    Args:
        where: The point in the middle of the line's height, at its left, middle or right ``side``.
        pixels: The size of the letters.
    """
    x, y = where
    length = width(text, pixels)
    x -= {"left": 0.0, "middle": length / 2, "right": length}[side]
    for font, part in _runs(text):
        face = _face(font, pixels)
        draw.text((x, y), part, font=face, fill=fill, anchor="lm")
        x += face.getlength(part)


def width(text: str, pixels: int) -> float:
    """How wide a line is, in pixels."""
    return sum(_face(font, pixels).getlength(part) for font, part in _runs(text))


def cut(text: str, pixels: int, most: float) -> str:
    """``text`` as far as it fits into ``most`` pixels."""
    if width(text, pixels) <= most:
        return text
    while text and width(text + "…", pixels) > most:
        text = text[:-1]
    return text + "…"


def can_write(text: str) -> bool:
    """Whether anything of it would be seen."""
    return any(not part.isspace() for _font, part in _runs(text))


def _runs(text: str) -> Iterator[tuple[int, str]]:
    found = [(font, letter) for letter in text if (font := _font_of(letter)) is not None]
    for font, letters in groupby(found, key=lambda one: one[0]):
        yield font, "".join(letter for _font, letter in letters)


@lru_cache(maxsize=LETTERS_KNOWN)
def _font_of(letter: str) -> int | None:
    for font in range(len(FONTS)):
        face = _face(font, PROBE_PIXELS)
        drawn, none = (face.getmask(one) for one in (letter, NO_LETTER))
        if (drawn.size, bytes(drawn)) != (none.size, bytes(none)):
            return font
    return None


@cache
def _face(font: int, pixels: int) -> FreeTypeFont:
    package, name = FONTS[font]
    # By its path: of bytes, each size would keep a copy.
    return ImageFont.truetype(str(files(package) / name), pixels)
