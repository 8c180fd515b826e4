"""Numbers, shares and time spans as the reader writes them."""

from babel.dates import format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from bot.language.reader import reader


def number(value: float, digits: int = 0) -> str:
    """A number with exactly that many decimal digits, as in "0.60" or "0,60"."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=reader())


def percent(share: float) -> str:
    """A share from 0 to 1, as in "12%"."""
    return format_percent(share, format=None, locale=reader())


def duration(seconds: float) -> str:
    """A time span as people say it, as in "8 sec" or "3 min"; never less than a second."""
    whole = max(1, round(seconds))
    return format_timedelta(
        whole, granularity="second", threshold=1.5, format="short", locale=reader()
    )


def seconds(value: float) -> str:
    """Seconds with a tenth, as in "1.2 sec"."""
    tenths = number(value, 1)
    return format_unit(tenths, "duration-second", length="short", locale=reader())
