"""What a job costs is reserved where every rule allows it, or the rule that does not is named."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, func, select

from storage import ledger, pots
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


MINE, THEIRS = JOBS.c.user_id == pots.ITS_USER, JOBS.c.guild_id == pots.ITS_GUILD
ITS_COUNT = bindparam("its_count", type_=BigInteger())


def charge(connection: Connection, news: Sequence[NewJob], terms: Terms, now: datetime) -> None:
    """Reserve the cost of the jobs of one interaction; raise the error of the rule that forbids it.

    One statement looks at all rules and reserves, so nothing can come between. For several jobs
    that is the first one's, which looks at the sums; the others take what is known to be there.
    The caller holds ``locks.take_locks`` and undoes everything when this raises.
    """
    first = news[0]
    account = pots.Account(first.guild_id, first.user_id, terms.day.date, terms.channel_id)
    rules = _rules_for(first, terms)
    values = account.values | _values(news, terms) | {"its_time": now}
    for at, new in enumerate(news):
        statement = ledger.reservation(
            account.shape,
            limited=terms.allowance is not None,
            conditions=() if at else tuple(_condition(rule) for rule in rules),
        )
        values |= {"its_cost": new.cost, "its_job": new.id}
        if not connection.execute(statement, values).all():
            done = sum(one.cost for one in news[:at])
            raise _refusal(connection, account, news, terms, () if at else rules, values, done)


def _rules_for(first: NewJob, terms: Terms) -> tuple[Rule, ...]:
    applies = {
        Rule.ONCE: first.interaction_id is not None,
        Rule.USER_IN_FLIGHT: True,
        Rule.GUILD_IN_FLIGHT: first.guild_id is not None,
        Rule.POOL: first.guild_id is not None and terms.pool is not None,
    }
    return tuple(rule for rule in Rule if applies[rule])


def _values(news: Sequence[NewJob], terms: Terms) -> dict[str, Any]:
    """Values for the parameters of all conditions; those that do not apply are not asked for."""
    return {
        "its_interaction": news[0].interaction_id,
        "its_count": len(news),
        "its_sum": sum(new.cost for new in news),
        "user_room": terms.max_in_flight_per_user,
        "guild_room": terms.max_in_flight_per_guild,
        "its_pool": terms.pool,
        "its_allowance": terms.allowance,
    }


@cache
def _condition(rule: Rule) -> ColumnElement[bool]:
    def parameter(name: str) -> ColumnElement[int]:
        return bindparam(name, type_=BigInteger())

    match rule:
        case Rule.ONCE:
            twice = JOBS.c.interaction_id == parameter("its_interaction")
            return ~select(JOBS.c.id).where(twice).exists()
        case Rule.USER_IN_FLIGHT:
            return _in_flight(MINE) + ITS_COUNT <= parameter("user_room")
        case Rule.GUILD_IN_FLIGHT:
            return _in_flight(THEIRS) + ITS_COUNT <= parameter("guild_room")
        case Rule.POOL:
            return ledger.spent_in_guild() + parameter("its_sum") <= parameter("its_pool")


def _refusal(
    connection: Connection,
    account: pots.Account,
    news: Sequence[NewJob],
    terms: Terms,
    rules: tuple[Rule, ...],
    values: dict[str, Any],
    done: int,
) -> AlreadySubmitted | TooManyInFlight | PoolExhausted | QuotaExceeded:
    """Which rule it was. Nobody else writes meanwhile: the locks are held."""
    held = connection.execute(select(*map(_condition, rules)), values).one() if rules else ()
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
