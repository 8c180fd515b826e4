"""What the doctor found about one part, and what to do about it."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How a part is: a warning lets the bot run, a failure does not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the doctor's report.

    Attributes:
        detail: What was found.
        remedy: What the operator can do about it; empty where nothing is wrong.
    """

    part: str
    level: Level
    detail: str
    remedy: str = ""


def ok(part: str, detail: str) -> Finding:
    """All is well."""
    return Finding(part=part, level=Level.OK, detail=detail)


def warn(part: str, detail: str, remedy: str) -> Finding:
    """It runs, but somebody should look at it."""
    return Finding(part=part, level=Level.WARN, detail=detail, remedy=remedy)


def fail(part: str, detail: str, remedy: str) -> Finding:
    """It does not run."""
    return Finding(part=part, level=Level.FAIL, detail=detail, remedy=remedy)
