"""Spans of time as moderators type them: "90m", "12h", "7d", "2w"."""

import re
from datetime import timedelta

from bot.errors import NotUnderstood
from bot.language import _

UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
SPAN = re.compile(r"\s*(\d{1,5})\s*([mhdw])[a-z]*\s*", re.IGNORECASE | re.ASCII)
LONGEST = timedelta(days=3660)


def parse_span(text: str) -> timedelta:
    """The span that ``text`` names, more than nothing and at most ten years.

    Raises:
        NotUnderstood: It is none.
    """
    if match := SPAN.fullmatch(text):
        span = int(match[1]) * UNITS[match[2].lower()]
        if timedelta() < span <= LONGEST:
            return span
    raise NotUnderstood(_("Tell me a time such as 90m, 12h, 7d or 2w."))
