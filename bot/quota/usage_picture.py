"""The picture of a guild's usage, drawn with Pillow: the bot needs no plotting library."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_skeleton
from PIL import Image, ImageDraw

from bot.language import _, ngettext, reader
from bot.language.formats import number
from bot.moderation.reasons import in_words
from bot.quota.lettering import can_write, cut, width, write
from storage.usage import DayUsage, MemberUsage

WIDTH, HEIGHT, MARGIN, GAP = 1200, 860, 40, 28
# Discord's own dark surfaces, so that the picture sits in the channel as a part of it.
PAPER, PANEL, GRID = "#1e1f22", "#2b2d31", "#3f4147"
INK, FAINT = "#f2f3f5", "#a5a9b3"
JOBS, SECONDS, REFUSED = "#5865f2", "#2dc7a4", "#f0b232"
BARS_SHOWN = 8
# Of a panel's width, for the names beside the bars.
NAMES_SHARE = 0.42


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFigures:
    """What is drawn, in the language of whoever reads right now.

    Attributes:
        names: By user id, as the guild calls them.
        refusals: By reason, the most first.
    """

    days: Sequence[DayUsage]
    members: Sequence[MemberUsage]
    names: Mapping[int, str]
    refusals: Mapping[str, int]


Box = tuple[int, int, int, int]


def draw_usage(figures: UsageFigures) -> bytes:
    """A PNG of 1200 × 860: jobs a day, engine seconds a day, top members, refusals."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    days = figures.days
    title = ngettext("{n} day of Restyle", "{n} days of Restyle", len(days)).format(n=len(days))
    write(draw, (MARGIN, 34), title, pixels=32, fill=INK)
    write(draw, (WIDTH - MARGIN, 34), _summary(days), pixels=20, fill=FAINT, side="right")
    middle, half = WIDTH // 2, GAP // 2
    top, edge = 72, 72 + (HEIGHT - 72 - MARGIN) * 11 // 20
    boxes: list[Box] = [
        (MARGIN, top, middle - half, edge - half),
        (middle + half, top, WIDTH - MARGIN, edge - half),
        (MARGIN, edge + half, middle - half, HEIGHT - MARGIN),
        (middle + half, edge + half, WIDTH - MARGIN, HEIGHT - MARGIN),
    ]
    _columns(draw, boxes[0], _("Pictures a day"), days, lambda day: day.jobs, JOBS)
    _columns(draw, boxes[1], _("Engine seconds a day"), days, lambda day: day.seconds, SECONDS)
    members = [(_drawn(figures.names, one.user_id), one.jobs) for one in figures.members]
    _bars(draw, boxes[2], _("Most pictures"), members, JOBS)
    refusals = [(in_words(reason), count) for reason, count in figures.refusals.items()]
    _bars(draw, boxes[3], _("Refused, by reason"), refusals, REFUSED)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _summary(days: Sequence[DayUsage]) -> str:
    jobs, failed = sum(day.jobs for day in days), sum(day.failed for day in days)
    sentence = _("{jobs} pictures · {failed} failed or cancelled")
    return sentence.format(jobs=number(jobs), failed=number(failed))


def _panel(draw: ImageDraw.ImageDraw, box: Box, title: str) -> Box:
    """Draw a panel with its title; the room that is left in it."""
    draw.rounded_rectangle(box, radius=14, fill=PANEL)
    left, top, right, bottom = box
    write(draw, (left + 22, top + 28), cut(title, 21, right - left - 44), pixels=21, fill=INK)
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
    left += int(width(number(most), 15)) + 12
    for line in range(5):
        y = bottom - (bottom - top) * line // 4
        draw.line((left, y, right, y), fill=GRID)
        write(draw, (left - 8, y), number(most * line / 4), pixels=15, fill=FAINT, side="right")
    step = (right - left) / max(1, len(days))
    for at, day in enumerate(days):
        x = left + step * at
        height = (bottom - top) * value(day) / most
        if height >= 1:
            column = (x + step * 0.16, bottom - height, x + step * 0.84, bottom)
            draw.rounded_rectangle(column, radius=min(4, step / 4), fill=colour)
        if at % max(1, -(-len(days) // 7)) == 0:
            where = (x + step / 2, bottom + 16)
            label = format_skeleton("Md", day.date, locale=reader())
            write(draw, where, label, pixels=15, fill=FAINT, side="middle")


def _bars(
    draw: ImageDraw.ImageDraw, box: Box, title: str, rows: Sequence[tuple[str, int]], colour: str
) -> None:
    left, top, right, bottom = _panel(draw, box, title)
    if not rows:
        write(draw, (left, top + 18), _("None."), pixels=18, fill=FAINT)
        return
    rows = rows[:BARS_SHOWN]
    step = (bottom - top) / BARS_SHOWN
    names = [cut(name, 17, (right - left) * NAMES_SHARE) for name, _count in rows]
    counts = [number(count) for _name, count in rows]
    start = left + max(width(name, 17) for name in names) + 16
    room = right - start - 16 - max(width(count, 17) for count in counts)
    most = max(count for _name, count in rows)
    for at, (name, told, (_whole, count)) in enumerate(zip(names, counts, rows, strict=True)):
        y = top + step * (at + 0.5)
        write(draw, (left, y), name, pixels=17, fill=INK)
        bar = (start, y - step * 0.3, start + max(4, room * count / most), y + step * 0.3)
        draw.rounded_rectangle(bar, radius=4, fill=colour)
        write(draw, (bar[2] + 8, y), told, pixels=17, fill=FAINT)


def _drawn(names: Mapping[int, str], user_id: int) -> str:
    """A member's name, or the end of their id where there is none that could be read."""
    name = " ".join(names.get(user_id, "").split())
    return name if can_write(name) else f"…{user_id % 10000:04}"


def _nice(most: float) -> float:
    """The first of 4, 8, 20, 40, 80, 200 … that is not below ``most``; its quarters are whole."""
    scale = 1
    while True:
        for first in (4, 8, 20):
            if most <= first * scale:
                return first * scale
        scale *= 10
