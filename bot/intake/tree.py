"""Draws a lineage: every picture as a small card, lines from each to what came of it."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from bot.intake.encode import lossy_webp
from bot.intake.limits import IntakeLimits
from bot.intake.wire import TreeNode

CARD = 176
CAPTION = 26
GAP_X, GAP_Y = 72, 22
MARGIN = 28
LINE = 3
FONT_SIZE = 18
PAPER, CARD_BACK, INK, LINES, HIDDEN = "#f6f4ef", "#ffffff", "#33302c", "#b3aa9c", "#dcd7cd"
QUALITY = 85


def draw_tree(nodes: Sequence[TreeNode], limits: IntakeLimits) -> bytes:
    """One WebP of the whole tree, from left to right, a column a generation."""
    columns, rows = _columns(nodes), _rows(nodes)
    step_x, step_y = CARD + GAP_X, CARD + CAPTION + GAP_Y
    width = 2 * MARGIN + max(columns) * step_x + CARD
    height = 2 * MARGIN + round(max(rows) * step_y) + CARD + CAPTION
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    corners = [
        (MARGIN + column * step_x, MARGIN + round(row * step_y))
        for column, row in zip(columns, rows, strict=True)
    ]
    for node, corner in zip(nodes, corners, strict=True):
        if node.parent is not None:
            _connect(draw, corners[node.parent], corner)
    font = ImageFont.load_default(size=FONT_SIZE)
    for node, (x, y) in zip(nodes, corners, strict=True):
        draw.rectangle((x - 4, y - 4, x + CARD + 3, y + CARD + 3), fill=CARD_BACK, outline=LINES)
        _place(sheet, node.image, x, y, limits)
        draw.text((x + CARD // 2, y + CARD + 8), node.label, fill=INK, font=font, anchor="mt")
    return lossy_webp(sheet, QUALITY)


def _place(sheet: Image.Image, data: bytes | None, x: int, y: int, limits: IntakeLimits) -> None:
    if data is None:
        sheet.paste(HIDDEN, (x, y, x + CARD, y + CARD))
        return
    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > limits.max_pixels:
            sheet.paste(HIDDEN, (x, y, x + CARD, y + CARD))
            return
        small = image.convert("RGBA")
    small.thumbnail((CARD, CARD), Image.Resampling.LANCZOS)
    # Where a picture is transparent, its card is seen.
    sheet.paste(small, (x + (CARD - small.width) // 2, y + (CARD - small.height) // 2), small)


def _connect(draw: ImageDraw.ImageDraw, parent: tuple[int, int], child: tuple[int, int]) -> None:
    start = (parent[0] + CARD + 4, parent[1] + CARD // 2)
    end = (child[0] - 4, child[1] + CARD // 2)
    middle = end[0] - GAP_X // 2
    draw.line([start, (middle, start[1]), (middle, end[1]), end], fill=LINES, width=LINE)


def _columns(nodes: Sequence[TreeNode]) -> list[int]:
    """The generation of each node; a parent always stands before its children."""
    columns: list[int] = []
    for node in nodes:
        columns.append(0 if node.parent is None else columns[node.parent] + 1)
    return columns


def _rows(nodes: Sequence[TreeNode]) -> list[float]:
    """The row of each node: leaves one below the other, a parent midway between its children."""
    children: dict[int | None, list[int]] = {}
    for at, node in enumerate(nodes):
        children.setdefault(node.parent, []).append(at)
    rows, free = [0.0] * len(nodes), 0
    waiting = list(reversed(children.get(None, [])))
    opened: set[int] = set()
    while waiting:
        at = waiting[-1]
        below = children.get(at, [])
        if below and at not in opened:
            opened.add(at)
            waiting.extend(reversed(below))
            continue
        waiting.pop()
        if below:
            rows[at] = (rows[below[0]] + rows[below[-1]]) / 2
        else:
            rows[at], free = float(free), free + 1
    return rows
