"""What members read about their quota."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.errors import NotAllowed
from bot.language import N_, _
from bot.moderation.reasons import Reason
from storage.errors import PoolExhausted, QuotaExceeded, TooManyInFlight

TOO_MANY = {
    "user": N_("You already have enough jobs in the queue. Let one finish, then ask again."),
    "guild": N_("This server already has enough jobs in the queue. Please ask again in a while."),
}


@contextmanager
def refusals() -> Iterator[None]:
    """Tell a member what the ledger refuses, and why."""
    try:
        yield
    except QuotaExceeded as error:
        raise NotAllowed(_too_few(error), Reason.QUOTA) from error
    except PoolExhausted as error:
        sentence = _(
            "The {pool} pictures that this server shares each day are used up. "
            "New ones come {when}."
        )
        when = discord_time(error.resets_at)
        raise NotAllowed(sentence.format(pool=error.pool, when=when), Reason.POOL) from error
    except TooManyInFlight as error:
        raise NotAllowed(_(TOO_MANY[error.scope]), Reason.IN_FLIGHT) from error


def _too_few(error: QuotaExceeded) -> str:
    when, left = discord_time(error.resets_at), error.limit - error.used
    if error.limit <= 0:
        return _("The rules of this server give you no pictures here.")
    if left <= 0:
        sentence = _("You have used all {limit} of today's pictures. You get new ones {when}.")
        return sentence.format(limit=error.limit, when=when)
    sentence = _("That costs {cost}, and you have {left} left today. You get new ones {when}.")
    return sentence.format(cost=error.cost, left=left, when=when)


def too_new(waits_until: datetime) -> NotAllowed:
    """What a member is told who joined too short a time ago."""
    sentence = _("New members of this server wait a while. You can ask for pictures {when}.")
    return NotAllowed(sentence.format(when=discord_time(waits_until)), Reason.NEW_MEMBER)


def discord_time(moment: datetime, style: str = "R") -> str:
    """Markup that every reader sees in their own time zone, as in "in 3 hours"."""
    return f"<t:{int(moment.timestamp())}:{style}>"
