"""Several pictures of one size on one sheet, each with a label under it."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.intake.compose import pixels_of
from bot.intake.encode import lossless_webp
from bot.intake.limits import IntakeLimits

GAP = 12
PAPER = "#fbfaf7"
INK = "#2b2a28"
# Cells larger than this only make the file heavy: the pictures themselves are kept elsewhere.
MAX_CELL_SIDE = 640
MAX_COLUMNS = 3


def sheet(images: Sequence[bytes], labels: Sequence[str], limits: IntakeLimits) -> bytes:
    """Lay out ``images`` in rows of at most three, with their labels; lossless WebP.

    Raises:
        IntakeError: One is no picture, or too large.
        DECODER_ERRORS: One is damaged.
    """
    cells = [_cell(pixels_of(image, limits)) for image in images]
    width = max(cell.width for cell in cells)
    height = max(cell.height for cell in cells)
    font = ImageFont.load_default(size=max(16, width // 14))
    caption = math.ceil(font.getbbox("0")[3] * 1.5)
    columns = min(MAX_COLUMNS, len(cells))
    step_x, step_y = width + GAP, height + caption + GAP
    rows = -(-len(cells) // columns)
    canvas = Image.new("RGB", (columns * step_x + GAP, rows * step_y + GAP), PAPER)
    draw = ImageDraw.Draw(canvas)
    for at, (cell, label) in enumerate(zip(cells, labels, strict=True)):
        x, y = GAP + at % columns * step_x, GAP + at // columns * step_y
        canvas.paste(cell, (x, y), cell if cell.mode == "RGBA" else None)
        draw.text((x + width / 2, y + height + caption / 2), label, INK, font, anchor="mm")
    return lossless_webp(canvas)


def _cell(image: Image.Image) -> Image.Image:
    image.thumbnail((MAX_CELL_SIDE, MAX_CELL_SIDE), Image.Resampling.LANCZOS)
    return image
