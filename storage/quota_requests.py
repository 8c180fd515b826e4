"""Members' requests for more credits: each is decided once, by a moderator or by a vote."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage import audit, ledger, pots
from storage.audit import Deed
from storage.pots import ITS_GUILD, ITS_USER
from storage.quota import QuotaDay
from storage.quota_rules import Policy
from storage.quota_tables import RequestRow, RequestState, VoteRow
from storage.records import new_job_id
from storage.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A member's request for more.

    Attributes:
        id: Of the form of a job's id; it stands in the custom_ids of the card's buttons.
        granted: Credits given; 0 unless it is approved.
        decided_by: None while it is open, and where it was denied because nobody decided.
        channel_id: Where it was asked for.
        locale: The member's language.
    """

    id: str
    guild_id: int
    user_id: int
    amount: int
    why: str
    state: RequestState
    granted: int
    decided_by: int | None
    created_at: datetime
    channel_id: int | None
    locale: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """Where the vote on a request stands.

    Attributes:
        counted: Whether this vote was new and in time.
        decided: The request, if this vote decided it.
    """

    votes: int
    counted: bool
    decided: Request | None = None


# Built once, since every `/quota me` asks.
NEWEST = (
    select(RequestRow)
    .where(RequestRow.guild_id == ITS_GUILD, RequestRow.user_id == ITS_USER)
    .order_by(RequestRow.created_at.desc())
    .limit(1)
)


class QuotaRequests:
    """Reads and writes requests."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def open(
        self,
        guild_id: int,
        user_id: int,
        amount: int,
        why: str,
        *,
        channel_id: int | None = None,
        locale: str | None = None,
    ) -> Request | None:
        """Write a request down; None while an earlier one of the member is open."""
        request = Request(
            id=new_job_id(),
            guild_id=guild_id,
            user_id=user_id,
            amount=amount,
            why=why,
            state=RequestState.OPEN,
            granted=0,
            decided_by=None,
            created_at=datetime.now(UTC),
            channel_id=channel_id,
            locale=locale,
        )
        values = {name: getattr(request, name) for name in Request.__slots__}

        def work(connection: Connection) -> bool:
            on_postgres = connection.dialect.name == "postgresql"
            statement = (postgresql.insert if on_postgres else sqlite.insert)(RequestRow)
            return bool(connection.execute(statement.on_conflict_do_nothing(), values).rowcount)

        return request if await self._sessions.transact(work) else None

    async def get(self, guild_id: int, request_id: str) -> Request | None:
        """A request of this guild; None where it has none of that id."""
        async with self._sessions.read() as session:
            row = await session.get(RequestRow, request_id)
        return _request(row) if row is not None and row.guild_id == guild_id else None

    async def newest(self, guild_id: int, user_id: int) -> Request | None:
        """A member's last request in a guild."""
        whose = {"its_guild": guild_id, "its_user": user_id}
        found = await self._sessions.look(lambda session: session.scalar(NEWEST, whose))
        return None if found is None else _request(found)

    async def withdraw(self, request_id: str) -> None:
        """Forget an open request that could not be put before anybody."""
        row = RequestRow
        statement = delete(row).where(row.id == request_id, row.state == RequestState.OPEN)
        await self._sessions.transact(lambda connection: connection.execute(statement))

    async def approve(
        self, deed: Deed, request_id: str, *, amount: int | None, day: QuotaDay, expires_on: date
    ) -> Request | None:
        """Grant what was asked, or ``amount``; None where it is no open request of the guild."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            return await _approve(session, deed, request_id, amount, day, expires_on)

    async def deny(self, deed: Deed, request_id: str) -> Request | None:
        """Grant nothing; None where it is no open request of the guild."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            request = await _decide(
                session, deed.guild_id, deed.actor_id, request_id, RequestState.DENIED, 0
            )
            if request is not None:
                before, after = {"asked": request.amount}, {"granted": 0}
                about = replace(deed, target_id=request.user_id)
                audit.record(session, about, before=before, after=after)
            return request

    async def expire(self, before: datetime) -> AsyncIterator[Request]:
        """Deny what was asked before a time and is still open, one after the other.

        Nobody denies it: ``decided_by`` is None. What follows on one is done before the next.
        """
        row = RequestRow
        old = (
            select(row.id, row.guild_id)
            .where(row.state == RequestState.OPEN, row.created_at < before)
            .order_by(row.created_at)
        )
        found = await self._sessions.look(lambda session: session.execute(old).all())
        for request_id, guild_id in found:
            async with self._sessions.write() as session:
                denied = await _decide(session, guild_id, None, request_id, RequestState.DENIED, 0)
            if denied is not None:
                yield denied

    async def vote(
        self, deed: Deed, request_id: str, policy: Policy, *, day: QuotaDay, expires_on: date
    ) -> Votes | None:
        """Count an approval of ``deed.actor_id``; the one that makes it enough decides.

        Returns:
            None where it is not an open request of the guild. Nobody's second vote counts, none
            on one's own request, and none after the time for votes.
        """
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await session.get(RequestRow, request_id)
            if row is None or row.guild_id != deed.guild_id or row.state != RequestState.OPEN:
                return None
            key = (request_id, deed.actor_id)
            now = datetime.now(UTC)
            ends = row.created_at + timedelta(seconds=policy.vote_window_s)
            counted = (
                row.user_id != deed.actor_id
                and now < ends
                and await session.get(VoteRow, key) is None
            )
            if counted:
                session.add(VoteRow(request_id=request_id, user_id=deed.actor_id, created_at=now))
                await session.flush()
            count = select(func.count()).where(VoteRow.request_id == request_id)
            votes = (await session.execute(count)).scalar_one()
            decided = None
            if counted and votes >= policy.votes_needed:
                decided = await _approve(session, deed, request_id, None, day, expires_on)
            return Votes(votes=votes, counted=counted, decided=decided)


async def _approve(
    session: AsyncSession,
    deed: Deed,
    request_id: str,
    amount: int | None,
    day: QuotaDay,
    expires_on: date,
) -> Request | None:
    request = await _decide(
        session, deed.guild_id, deed.actor_id, request_id, RequestState.APPROVED, amount
    )
    if request is None:
        return None
    account = pots.Account(deed.guild_id, request.user_id, day.date)
    await session.run_sync(
        lambda it: ledger.grant(
            it.connection(),
            account,
            amount=request.granted,
            expires_on=expires_on,
            actor_id=deed.actor_id,
            # Not in the member's words: the ledger is for ever.
            reason=deed.reason or "asked for",
            now=datetime.now(UTC),
        )
    )
    before, after = {"asked": request.amount}, {"granted": request.granted}
    audit.record(session, replace(deed, target_id=request.user_id), before=before, after=after)
    return request


async def _decide(
    session: AsyncSession,
    guild_id: int,
    actor_id: int | None,
    request_id: str,
    state: RequestState,
    amount: int | None,
) -> Request | None:
    """Give an open request of the guild its final state; None for any other."""
    row = RequestRow
    statement = (
        update(row)
        .where(row.id == request_id, row.guild_id == guild_id, row.state == RequestState.OPEN)
        .values(
            state=state,
            granted=row.amount if amount is None else amount,
            decided_by=actor_id,
            decided_at=datetime.now(UTC),
        )
        .returning(row)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    found = (await session.scalars(statement)).one_or_none()
    return None if found is None else _request(found)


def _request(row: RequestRow) -> Request:
    return Request(**{name: getattr(row, name) for name in Request.__slots__})
