"""PostgreSQL's advisory locks, which keep two transactions from counting the same last credit.

Everybody takes a member's lock before a guild's, and a group's after its own job's row, so that no
two transactions wait for each other. A transaction of many works cannot keep to that, so while it
runs there is no other one that takes any of these locks.

On SQLite a writing transaction has the whole database to itself already.
"""

from sqlalchemy import ColumnElement, Connection, Text, bindparam, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

# First keys of the locks.
MEMBER_LOCK = 1
GUILD_LOCK = 2
GROUP_LOCK = 3
MANY_WORKS_LOCK = 4
OWNER_LOCK = 5
TAKEOVER_LOCK = 6


def _lock(kind: int, name: str) -> ColumnElement[None]:
    # hashtext makes an int4 of the name; two who share one merely take turns.
    return func.pg_advisory_xact_lock(kind, func.hashtext(bindparam(name, type_=Text())))


_WITH_OTHERS = func.pg_advisory_xact_lock_shared(MANY_WORKS_LOCK, 0)
# Until the transaction ends. Working out a plan for the values at hand takes longer than any plan
# of ours: a reservation's takes half a millisecond, and the whole of it a third.
_PLANNED_ONCE = func.set_config("plan_cache_mode", "force_generic_plan", true())
MANY_WORKS = select(func.pg_advisory_xact_lock(MANY_WORKS_LOCK, 0), _PLANNED_ONCE)
ONE_WORK = select(_WITH_OTHERS, _PLANNED_ONCE)
LOCK_MEMBER = select(_lock(MEMBER_LOCK, "member"))
# One round trip each; SQL works its lists through from the left.
LOCK_BOTH = select(_lock(MEMBER_LOCK, "member"), _lock(GUILD_LOCK, "guild"))
LOCK_GUILD = select(_WITH_OTHERS, _lock(GUILD_LOCK, "guild"))
LOCK_OWNER = select(_WITH_OTHERS, _lock(OWNER_LOCK, "owner"))
LOCK_GROUP = select(_lock(GROUP_LOCK, "group"))
LOCK_TAKEOVER = select(func.pg_advisory_xact_lock(TAKEOVER_LOCK, 0))


def take_locks(connection: Connection, user_id: int, guild_id: int | None) -> None:
    """Until the transaction ends, let nobody else charge this member or count this guild's jobs."""
    if connection.dialect.name == "postgresql":
        values = {"member": str(user_id), "guild": str(guild_id)}
        connection.execute(LOCK_MEMBER if guild_id is None else LOCK_BOTH, values)


def take_group_lock(connection: Connection, group_id: str) -> None:
    """Until the transaction ends, let no other job of the group end.

    Two that end at once would else each see the other still running, and nobody would tell.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK_GROUP, {"group": group_id})


def take_takeover_lock(connection: Connection) -> None:
    """Until the transaction ends, let no other bot free what the dead have held."""
    connection.execute(LOCK_TAKEOVER)


async def lock_guild(session: AsyncSession, guild_id: int) -> None:
    """Until the transaction ends, let nobody else change this guild's rules; the first lock."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(LOCK_GUILD, {"guild": str(guild_id)})


async def lock_owner(session: AsyncSession, kind: str, owner_id: int) -> None:
    """Until the transaction ends, let nobody else change the looks of a guild or a member."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(LOCK_OWNER, {"owner": f"{kind} {owner_id}"})
