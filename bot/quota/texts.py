"""What members read about their quota."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from babel.dates import format_date

from bot.disarming import disarmed
from bot.errors import NotAllowed
from bot.language import N_, _, ngettext, reader
from bot.moderation.reasons import Reason
from bot.quota.price import PriceRule
from bot.quota.ruling import Ruling
from storage.errors import PoolExhausted, QuotaExceeded, TooManyInFlight
from storage.quota import QuotaAccount, QuotaBalance
from storage.quota_requests import Request
from storage.quota_rules import Policy
from storage.quota_tables import RequestState
from storage.spending import Spent

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


BAR_CELLS = 10
ACTIONS_SHOWN = 6


def account(
    found: QuotaAccount,
    ruling: Ruling,
    request: Request | None,
    reports: Sequence[str] = (),
) -> str:
    """The answer to `/quota me`: a bar, what is left, when it renews, and where it went.

    Args:
        reports: What became of pictures that the member reported, if that is still to be told.
    """
    lines = [_left(found.balance)]
    if ruling.terms.channel_id is not None:
        sentence = _("This is the allowance of <#{channel}>, which is counted apart.")
        lines.append(sentence.format(channel=ruling.terms.channel_id))
    if ruling.waits_until is not None:
        lines.append(str(too_new(ruling.waits_until)))
    if found.bonuses:
        parts = [f"{bonus.credits} ({_until(bonus.expires_on)})" for bonus in found.bonuses]
        told = _("Bonus, spent after the day's own: {bonuses}")
        lines.append("-# " + told.format(bonuses=", ".join(parts)))
    if found.spent:
        parts = [_spent(part) for part in found.spent[:ACTIONS_SHOWN]]
        lines.append("-# " + _("Today it went to: {parts}").format(parts=", ".join(parts)))
    if request is not None:
        lines.append("-# " + _asked(request))
    lines.append("-# " + prices(ruling.prices))
    lines += reports
    return "\n".join(lines)


def _left(balance: QuotaBalance) -> str:
    when = f"{discord_time(balance.resets_at)} ({discord_time(balance.resets_at, 't')})"
    if balance.limit is None or balance.remaining is None:
        return _("You have used {used} today, and there is no limit.").format(used=balance.used)
    filled = BAR_CELLS * balance.remaining // max(balance.limit, 1)
    bar = "▰" * filled + "▱" * (BAR_CELLS - filled)
    if balance.remaining == 0:
        sentence = _("You have used all {limit} of today's pictures. You get new ones {when}.")
    else:
        sentence = _(
            "You have used {used} of {limit} today, so {remaining} are left. "
            "The count starts again {when}."
        )
    values = {"used": balance.used, "limit": balance.limit, "remaining": balance.remaining}
    return f"`{bar}` {sentence.format(when=when, **values)}"


def _until(last: date) -> str:
    return _("until {day}").format(day=format_date(last, "medium", locale=reader()))


def _spent(part: Spent) -> str:
    if part.action is None:
        return _("gifts {amount}").format(amount=part.credits)
    return f"{part.action.replace('_', ' ')} {part.credits}"


def _asked(request: Request) -> str:
    match request.state:
        case RequestState.OPEN:
            sentence = _("Your request for {amount} waits for the moderators.")
        case RequestState.APPROVED:
            sentence = _("Your request for {amount} was approved: {granted}.")
        case RequestState.DENIED:
            sentence = _("Your request for {amount} was denied.")
    return sentence.format(amount=request.amount, granted=request.granted)


def prices(rule: PriceRule) -> str:
    """What a picture costs, before anybody spends it."""
    sentence = _(
        "A picture costs 1; large ×{large}, very large ×{huge}; many steps ×{many}, "
        "very many ×{very_many}."
    )
    values = {
        "large": rule.large,
        "huge": rule.huge,
        "many": rule.many,
        "very_many": rule.very_many,
    }
    return sentence.format(**values)


def price_of(count: int, price: int, balance: QuotaBalance) -> str:
    """Asked, or said, before anything of the price is spent."""
    sentence = ngettext(
        "This is {n} picture and costs {price}. You have {left} of {limit} left today.",
        "These are {n} pictures and cost {price}. You have {left} of {limit} left today.",
        count,
    )
    return sentence.format(n=count, price=price, left=balance.remaining, limit=balance.limit)


def offered(word: str, price: int, balance: QuotaBalance) -> str:
    """A choice of an option with its price, at most 100 characters."""
    if balance.remaining is None:
        return word
    told = _("{choice} · costs {price}, {left} left today")
    return told.format(choice=word, price=price, left=balance.remaining)[:100]


def each(price: int, balance: QuotaBalance) -> str:
    """What a form's picture costs, at most 100 characters."""
    told = _("Each costs {price}; you have {left} of {limit} left today.")
    values = {"price": price, "left": balance.remaining, "limit": balance.limit}
    return told.format(**values)[:100]


def agree(price: int) -> str:
    """The label of the button that answers that question."""
    return _("Make it for {price}").format(price=price)


def too_few_to_give(error: QuotaExceeded, ruling: Ruling) -> str:
    """What a giver is told who has not enough."""
    if ruling.terms.allowance is None:
        return _("You have no limit, and so nothing that could be given away.")
    left = max(0, error.limit - error.used)
    return _("You have {left} left today, too few for that.").format(left=left)


def given(giver_id: int, receiver_id: int, amount: int) -> str:
    """Said to both after a gift."""
    sentence = _("{giver} gives {amount} of today's pictures to {receiver}.")
    return sentence.format(giver=f"<@{giver_id}>", receiver=f"<@{receiver_id}>", amount=amount)


def card(request: Request, policy: Policy, votes: int) -> str:
    """The card of an open request."""
    lines = [_asks(request)]
    if policy.vote_role_id is not None:
        ends = request.created_at + timedelta(seconds=policy.vote_window_s)
        sentence = _("Votes: {votes} of {needed} by {role}, until {when}.")
        lines.append(
            "-# "
            + sentence.format(
                votes=votes,
                needed=policy.votes_needed,
                role=f"<@&{policy.vote_role_id}>",
                when=discord_time(ends, "f"),
            )
        )
    return "\n".join(lines)


def outcome(request: Request) -> str:
    """What the asker is told when their request is decided."""
    if request.state is RequestState.APPROVED:
        sentence = _("You asked for {amount} more: {granted} are yours, to be spent within a week.")
    elif request.state is RequestState.DENIED and request.decided_by is None:
        sentence = _(
            "You asked for {amount} more: nobody has decided in time, so you may ask again."
        )
    else:
        sentence = _("You asked for {amount} more: the moderators have said no.")
    return sentence.format(amount=request.amount, granted=request.granted)


def decided(request: Request) -> str:
    """The card of a request once it is decided."""
    by = "" if request.decided_by is None else f"<@{request.decided_by}>"
    match request.state:
        case RequestState.OPEN:
            return _asks(request)
        case RequestState.APPROVED:
            sentence = _("Approved by {moderator}: {granted}, to be spent within a week.")
        case RequestState.DENIED:
            sentence = _("Denied by {moderator}.") if by else _("Nobody has decided in time.")
    return f"{_asks(request)}\n{sentence.format(moderator=by, granted=request.granted)}"


def _asks(request: Request) -> str:
    sentence = _("{member} asks for {amount} more: {why}")
    return sentence.format(
        member=f"<@{request.user_id}>",
        amount=request.amount,
        why=disarmed(request.why),
    )
