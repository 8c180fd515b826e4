"""What a job costs is reserved where every rule allows it, or the rule that does not is named."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum

from sqlalchemy import ColumnElement, Connection, func, select

from storage import ledger
from storage.errors import AlreadySubmitted, PoolExhausted, QuotaExceeded, TooManyInFlight
from storage.quota import Terms, exceeded
from storage.records import NewJob
from storage.tables import IN_FLIGHT, Base

JOBS = Base.metadata.tables["jobs"]


class Rule(IntEnum):
    """What must hold, in the order in which a member is told of it."""

    ONCE = 0
    USER_IN_FLIGHT = 1
    GUILD_IN_FLIGHT = 2
    POOL = 3


def charge(connection: Connection, news: Sequence[NewJob], terms: Terms, now: datetime) -> None:
    """Reserve the cost of the jobs of one interaction; raise the error of the rule that forbids it.

    One statement looks at all rules and reserves, so nothing can come between. For several jobs
    that is the first one's, which looks at the sums; the others take what is known to be there.
    The caller holds ``sessions.take_locks`` and undoes everything when this raises.
    """
    first = news[0]
    account = ledger.Account(first.guild_id, first.user_id, terms.day.date, terms.channel_id)
    rules = _rules(news, terms)
    conditions = list(rules.values())
    for new in news:
        if not ledger.reserve(
            connection,
            account,
            allowance=terms.allowance,
            cost=new.cost,
            job_id=new.id,
            now=now,
            conditions=conditions if new is first else (),
        ):
            done = sum(one.cost for one in news[: news.index(new)])
            raise _refusal(connection, account, news, terms, rules, done)


def _rules(news: Sequence[NewJob], terms: Terms) -> dict[Rule, ColumnElement[bool]]:
    first = news[0]
    mine, theirs = JOBS.c.user_id == first.user_id, JOBS.c.guild_id == first.guild_id
    rules = {Rule.USER_IN_FLIGHT: _in_flight(mine) + len(news) <= terms.max_in_flight_per_user}
    if first.interaction_id is not None:
        twice = select(JOBS.c.id).where(JOBS.c.interaction_id == first.interaction_id).exists()
        rules[Rule.ONCE] = ~twice
    if first.guild_id is not None:
        in_guild = _in_flight(theirs) + len(news)
        rules[Rule.GUILD_IN_FLIGHT] = in_guild <= terms.max_in_flight_per_guild
        if terms.pool is not None:
            spent = ledger.spent_in(first.guild_id, terms.day.date)
            rules[Rule.POOL] = spent + sum(new.cost for new in news) <= terms.pool
    return rules


def _refusal(
    connection: Connection,
    account: ledger.Account,
    news: Sequence[NewJob],
    terms: Terms,
    rules: dict[Rule, ColumnElement[bool]],
    done: int,
) -> AlreadySubmitted | TooManyInFlight | PoolExhausted | QuotaExceeded:
    """Which rule it was. Nobody else writes meanwhile: the locks are held."""
    if not done:
        held = connection.execute(select(*rules.values())).one()
        broken = [rule for rule, holds in zip(rules, held, strict=True) if not holds]
        match min(broken, default=None):
            case Rule.ONCE:
                return AlreadySubmitted(news[0].interaction_id or 0)
            case Rule.USER_IN_FLIGHT:
                return TooManyInFlight("user", terms.max_in_flight_per_user)
            case Rule.GUILD_IN_FLIGHT:
                return TooManyInFlight("guild", terms.max_in_flight_per_guild)
            case Rule.POOL:
                return PoolExhausted(terms.pool or 0, terms.day.ends_at)
    return exceeded(connection, account, terms, sum(new.cost for new in news), done)


def _in_flight(whose: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(JOBS).where(whose, IN_FLIGHT).scalar_subquery()
