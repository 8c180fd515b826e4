"""The picture of a guild's usage, drawn with Pillow: the bot needs no plotting library.

The font that Pillow brings knows the letters of English alone. So the picture speaks English, and a
name in other letters is drawn as its base letters, or as the end of its owner's id; the message
around the picture names everybody as Discord writes them.
"""

import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from storage.usage import DayUsage, MemberUsage

WIDTH, HEIGHT, MARGIN, GAP = 1200, 860, 40, 28
# Discord's own dark surfaces, so that the picture sits in the channel as a part of it.
PAPER, PANEL, GRID = "#1e1f22", "#2b2d31", "#3f4147"
INK, FAINT = "#f2f3f5", "#a5a9b3"
JOBS, FAILED, SECONDS, REFUSED = "#5865f2", "#ed4245", "#2dc7a4", "#f0b232"
BARS_SHOWN = 8
NAME_CHARS = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFigures:
    """What is drawn.

    Attributes:
        names: By user id, as the guild calls them.
        refusals: By reason, the most first.
    """

    title: str
    days: Sequence[DayUsage]
    members: Sequence[MemberUsage]
    names: Mapping[int, str]
    refusals: Mapping[str, int]


Box = tuple[int, int, int, int]


def draw_usage(figures: UsageFigures) -> bytes:
    """A PNG of 1200 × 860: jobs a day, engine seconds a day, top members, refusals."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, 34), figures.title, font=_font(32), fill=INK, anchor="lm")
    draw.text((WIDTH - MARGIN, 34), _summary(figures.days), font=_font(20), fill=FAINT, anchor="rm")
    middle, half = WIDTH // 2, GAP // 2
    top, cut = 72, 72 + (HEIGHT - 72 - MARGIN) * 11 // 20
    boxes: list[Box] = [
        (MARGIN, top, middle - half, cut - half),
        (middle + half, top, WIDTH - MARGIN, cut - half),
        (MARGIN, cut + half, middle - half, HEIGHT - MARGIN),
        (middle + half, cut + half, WIDTH - MARGIN, HEIGHT - MARGIN),
    ]
    days = figures.days
    _columns(draw, boxes[0], "Pictures a day", days, lambda day: day.jobs, JOBS)
    _columns(draw, boxes[1], "Engine seconds a day", days, lambda day: day.seconds, SECONDS)
    members = [(_drawn(figures.names, one.user_id), one.jobs) for one in figures.members]
    _bars(draw, boxes[2], "Most pictures", members, JOBS)
    refusals = [(reason.replace("_", " "), count) for reason, count in figures.refusals.items()]
    _bars(draw, boxes[3], "Refused, by reason", refusals, REFUSED)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _summary(days: Sequence[DayUsage]) -> str:
    jobs, failed = sum(day.jobs for day in days), sum(day.failed for day in days)
    return f"{jobs} pictures · {failed} failed or cancelled"


def _panel(draw: ImageDraw.ImageDraw, box: Box, title: str) -> Box:
    """Draw a panel with its title; the room that is left in it."""
    draw.rounded_rectangle(box, radius=14, fill=PANEL)
    left, top, right, bottom = box
    draw.text((left + 22, top + 28), title, font=_font(21), fill=INK, anchor="lm")
    return left + 22, top + 58, right - 22, bottom - 20


def _columns(
    draw: ImageDraw.ImageDraw,
    box: Box,
    title: str,
    days: Sequence[DayUsage],
    value: Callable[[DayUsage], float],
    colour: str,
) -> None:
    left, top, right, bottom = _panel(draw, box, title)
    bottom -= 26
    most = _nice(max((value(day) for day in days), default=0))
    left += int(_font(15).getlength(_short(most))) + 12
    for line in range(5):
        y = bottom - (bottom - top) * line // 4
        draw.line((left, y, right, y), fill=GRID)
        label = _short(most * line / 4)
        draw.text((left - 8, y), label, font=_font(15), fill=FAINT, anchor="rm")
    step = (right - left) / max(1, len(days))
    for at, day in enumerate(days):
        x = left + step * at
        height = (bottom - top) * value(day) / most
        if height >= 1:
            column = (x + step * 0.16, bottom - height, x + step * 0.84, bottom)
            draw.rounded_rectangle(column, radius=min(4, step / 4), fill=colour)
        if at % max(1, -(-len(days) // 7)) == 0:
            where = (x + step / 2, bottom + 16)
            draw.text(where, f"{day.date:%d.%m.}", font=_font(15), fill=FAINT, anchor="mm")


def _bars(
    draw: ImageDraw.ImageDraw, box: Box, title: str, rows: Sequence[tuple[str, int]], colour: str
) -> None:
    left, top, right, bottom = _panel(draw, box, title)
    if not rows:
        draw.text((left, top + 18), "None.", font=_font(18), fill=FAINT, anchor="lm")
        return
    rows = rows[:BARS_SHOWN]
    step = (bottom - top) / BARS_SHOWN
    names = [_cut(name) for name, _count in rows]
    start = left + max(_font(17).getlength(name) for name in names) + 16
    most = max(count for _name, count in rows)
    for at, (name, (_whole, count)) in enumerate(zip(names, rows, strict=True)):
        y = top + step * (at + 0.5)
        draw.text((left, y), name, font=_font(17), fill=INK, anchor="lm")
        end = start + (right - start - 56) * count / most
        bar = (start, y - step * 0.3, max(end, start + 4), y + step * 0.3)
        draw.rounded_rectangle(bar, radius=4, fill=colour)
        draw.text((bar[2] + 8, y), str(count), font=_font(17), fill=FAINT, anchor="lm")


def _drawn(names: Mapping[int, str], user_id: int) -> str:
    plain = unicodedata.normalize("NFKD", names.get(user_id, "")).encode("ascii", "ignore").decode()
    return plain.strip() or f"…{user_id % 10000:04}"


def _cut(name: str) -> str:
    return name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 1] + "…"


def _nice(most: float) -> float:
    """The first of 4, 8, 20, 40, 80, 200 … that is not below ``most``; its quarters are whole."""
    scale = 1
    while True:
        for first in (4, 8, 20):
            if most <= first * scale:
                return first * scale
        scale *= 10


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"


def _font(size: int) -> FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, FreeTypeFont), "Pillow was built without FreeType"
    return font
