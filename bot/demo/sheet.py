"""The contact sheet: pictures side by side with a line of text under each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL = 360
MARGIN = 16
CAPTION = 44
PAPER = "#fbfaf7"
INK = "#2b2a28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture with what is told of it."""

    title: str
    path: Path


def contact_sheet(shown: Sequence[Shown], path: Path, *, columns: int = 3) -> None:
    """Write ``shown`` as one picture, row by row, the photo first."""
    font = ImageFont.load_default(size=17)
    cells = [(_fitted(one.path), _wrapped(one.title, font)) for one in shown]
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    # Each as tall as its tallest picture.
    heights = [max(image.height for image, _ in row) for row in rows]
    step = CELL + MARGIN
    whole = sum(heights) + len(rows) * (CAPTION + MARGIN)
    sheet = Image.new("RGB", (columns * step + MARGIN, whole + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    y = MARGIN
    for row, height in zip(rows, heights, strict=True):
        for column, (image, title) in enumerate(row):
            x = MARGIN + column * step
            sheet.paste(image, (x + (CELL - image.width) // 2, y))
            draw.multiline_text((x, y + height + 6), title, fill=INK, font=font, spacing=2)
        y += height + CAPTION + MARGIN
    sheet.save(path)


def _fitted(path: Path) -> Image.Image:
    with Image.open(path) as image:
        scale = CELL / max(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Break ``text`` into at most two lines of a cell's width."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= CELL:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines[:2])
