"""The outbox: which outcomes members are still to be told, kept until one way to them worked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Update, func, insert, or_, select, update

from storage import erasures, ledger
from storage.locks import take_locks
from storage.records import JobStatus
from storage.sessions import Sessions
from storage.tables import DeliveryState, JobRow, OutboxRow

INSERT = insert(OutboxRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An outcome to tell.

    Attributes:
        kind: The final status that the job reached; CANCELLED for one that was done and is given
            back, because its result cannot be shown.
        attempts: Tries that failed so far.
        post_begun_at: When a new message was first about to be posted; None where none ever was.
        holder: Lease of the bot that is to make it; None with one bot alone.
    """

    id: int
    job_id: str
    kind: JobStatus
    attempts: int
    post_begun_at: datetime | None = None
    holder: str | None = None


class Outbox:
    """The deliveries that wait. What is settled or unknown is left alone by every method.

    Where several bots share the database, each delivery has its ``holder``, and a method that is
    given another one leaves it alone, too.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def due(self, now: datetime, limit: int, *, holder: str | None = None) -> list[Delivery]:
        """At most ``limit`` deliveries whose time has come, the longest due first."""
        mine = () if holder is None else (OutboxRow.holder == holder,)
        statement = (
            select(OutboxRow)
            .where(OutboxRow.state == DeliveryState.PENDING, OutboxRow.due_at <= now, *mine)
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(limit)
        )
        rows = await self._sessions.look(lambda session: session.scalars(statement).all())
        return [
            Delivery(
                id=row.id,
                job_id=row.job_id,
                kind=row.kind,
                attempts=row.attempts,
                post_begun_at=row.post_begun_at,
                holder=row.holder,
            )
            for row in rows
        ]

    async def pending(self) -> int:
        """How many deliveries wait, due or not."""
        statement = (
            select(func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.state == DeliveryState.PENDING)
        )
        async with self._sessions.read() as session:
            return (await session.scalars(statement)).one()

    async def delivered(
        self, delivery_id: int, channel_id: int = 0, message_id: int | None = None
    ) -> None:
        """The member has been told.

        Args:
            channel_id: Where.
            message_id: By which message. It is their jobs' own from now on; of jobs that were
                deleted meanwhile it is to go with them.
        """
        now = datetime.now(UTC)
        settle = _changing(delivery_id, None, state=DeliveryState.DELIVERED, settled_at=now)

        def work(connection: Connection) -> None:
            # Jobs before their deliveries, as everybody does, so that no two wait for each other.
            if message_id is not None:
                its = select(OutboxRow.job_id).where(OutboxRow.id == delivery_id).scalar_subquery()
                shown = or_(JobRow.id == its, JobRow.group_id == its)
                known = update(JobRow).where(shown, JobRow.message_id.is_(None))
                connection.execute(known.values(message_id=message_id))
            settled = connection.execute(settle).rowcount > 0
            if message_id is not None and not settled and _is_withdrawn(connection, delivery_id):
                erasures.erase(connection, [(channel_id, message_id)], now)

        await self._sessions.transact(work)

    async def postpone(
        self, delivery_id: int, until: datetime, reason: str, *, holder: str | None = None
    ) -> None:
        """A try failed; it is due again at ``until``."""
        await self._change(
            delivery_id,
            holder,
            attempts=OutboxRow.attempts + 1,
            due_at=until,
            last_error=reason,
        )

    async def begin_post(
        self, delivery_id: int, now: datetime, *, holder: str | None = None
    ) -> bool:
        """A message is about to be posted: from here on there may be one, whatever is heard.

        Returns:
            Whether it may be: the delivery still waits, for this holder.
        """
        begun = func.coalesce(OutboxRow.post_begun_at, now)
        return await self._change(delivery_id, holder, post_begun_at=begun)

    async def give_back(self, delivery_id: int, reason: str, *, holder: str | None = None) -> None:
        """The result cannot be shown: the charge is given back, and that is what is due now."""
        now = datetime.now(UTC)
        apologise = _changing(
            delivery_id, holder, kind=JobStatus.CANCELLED, attempts=0, due_at=now, last_error=reason
        )
        await self._refund(delivery_id, apologise, now)

    async def abandoned(self, delivery_id: int, reason: str, *, holder: str | None = None) -> None:
        """No way to the member is left, so the charge for what was made is given back, too."""
        now = datetime.now(UTC)
        abandon = _changing(
            delivery_id,
            holder,
            state=DeliveryState.ABANDONED,
            attempts=OutboxRow.attempts + 1,
            last_error=reason,
            settled_at=now,
        )
        await self._refund(delivery_id, abandon, now)

    async def apologised(self, delivery_id: int) -> None:
        """The member has been told that the result cannot be shown."""
        state, now = DeliveryState.ABANDONED, datetime.now(UTC)
        await self._change(delivery_id, state=state, settled_at=now)

    async def _refund(self, delivery_id: int, change: Update, now: datetime) -> None:
        """Change a delivery that still waits, and give back what its jobs cost."""
        # A message may stand for several jobs, which are all of one member.
        shown_by = or_(JobRow.id == OutboxRow.job_id, JobRow.group_id == OutboxRow.job_id)
        charged_to = (
            select(JobRow.user_id, JobRow.guild_id)
            .join(OutboxRow, shown_by)
            .where(OutboxRow.id == delivery_id)
            .limit(1)
        )

        def work(connection: Connection) -> None:
            # Locks before rows: whoever decides a case holds the guild's and takes this row.
            whose = connection.execute(charged_to).one_or_none()
            if whose is None:
                return
            take_locks(connection, whose.user_id, whose.guild_id)
            changed = change.returning(OutboxRow.job_id)
            job_id = connection.execute(changed).scalar_one_or_none()
            if job_id is None:
                return
            shown = or_(JobRow.id == job_id, JobRow.group_id == job_id)
            made = select(JobRow.id).where(shown, JobRow.status == JobStatus.DONE)
            for charged in connection.scalars(made).all():
                reason = "could not be delivered"
                ledger.give_back(connection, charged, actor_id=None, reason=reason, now=now)

        await self._sessions.transact(work)

    async def _change(self, delivery_id: int, holder: str | None = None, **values: Any) -> bool:
        statement = _changing(delivery_id, holder, **values)
        return await self._sessions.transact(
            lambda connection: connection.execute(statement).rowcount > 0
        )


def _changing(delivery_id: int, holder: str | None, **values: Any) -> Update:
    """Changes a delivery that still waits."""
    waits = (OutboxRow.id == delivery_id, OutboxRow.state == DeliveryState.PENDING)
    mine = () if holder is None else (OutboxRow.holder == holder,)
    return update(OutboxRow).where(*waits, *mine).values(values)


def _is_withdrawn(connection: Connection, delivery_id: int) -> bool:
    """Whether nobody is to be told any more: the job is gone, or what it made."""
    state = connection.scalar(select(OutboxRow.state).where(OutboxRow.id == delivery_id))
    return state in (None, DeliveryState.ABANDONED)


def announce(
    connection: Connection, job_id: str, kind: JobStatus, now: datetime, home: str | None
) -> None:
    """Put a job's outcome into the outbox, inside the transaction that decides it.

    Args:
        home: The job's; the bot that said "queued" in a message is the one to say more in it.
    """
    values = {"job_id": job_id, "kind": kind, "created_at": now, "due_at": now, "holder": home}
    connection.execute(INSERT, values | {"state": DeliveryState.PENDING, "attempts": 0})


def announce_again(connection: Connection, job_id: str, kind: JobStatus, now: datetime) -> None:
    """Have another outcome told where one was told already; one still to come tells it anyway."""
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.job_id == job_id)
        .values(
            kind=kind,
            state=DeliveryState.PENDING,
            attempts=0,
            due_at=now,
            settled_at=None,
            # That post was of the other outcome.
            post_begun_at=None,
        )
    )


def withdraw(connection: Connection, job_id: str, reason: str, now: datetime) -> None:
    """Let a job's delivery rest if it still waits, inside somebody else's transaction."""
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.job_id == job_id, OutboxRow.state == DeliveryState.PENDING)
        .values(state=DeliveryState.ABANDONED, last_error=reason, settled_at=now)
    )
