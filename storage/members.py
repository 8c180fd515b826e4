"""What one member has here: their pictures, their wish to be left alone, and how to forget them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from storage import erasures, image_uses, posts
from storage.jobs import IN_FLIGHT, JOBS, job_of
from storage.message_tables import PostRow
from storage.moderation_tables import BlockRow, CaseKind, CaseRow, RefusalRow
from storage.quota_tables import RequestRow, VoteRow
from storage.records import Job, JobStatus
from storage.sessions import Sessions
from storage.sharing_tables import TurnRow
from storage.tables import ImageUseRow, JobRow, LedgerRow, LookRow, MemberRow
from storage.upsert import upsert

# SQLite takes 32,766 values in one statement, and PostgreSQL about as many.
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A row of the ledger about a member; it outlives their pictures."""

    guild_id: int | None
    day: date
    kind: str
    amount: int
    reason: str
    job_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What is written down of a member beside jobs and ledger, each row as its columns.

    Attributes:
        looks: Those they saved for themselves.
        requests: Those they made for more credits.
        votes: Theirs on others' requests.
        reports: Those they made of others' pictures.
        refusals: When a rule refused a wish of theirs, and which.
        blocks: Those that hold for them, or did.
    """

    looks: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    votes: list[dict[str, Any]]
    reports: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
    blocks: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was forgotten of a member.

    Attributes:
        jobs: The rows as they were.
        messages: Ids of the messages that are to be deleted from Discord; `Database.erasures` has
            them.
        unused: Hashes that no job uses any more, to be deleted from the image store.
        in_flight: Jobs that wait or run, and so were left.
    """

    jobs: tuple[Job, ...]
    messages: frozenset[int]
    unused: frozenset[str]
    in_flight: int


class Members:
    """Reads and forgets by member."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def count(self, user_id: int) -> int:
        """How many pictures of a member are kept."""
        statement = select(func.count()).select_from(JobRow).where(*_kept(user_id))
        async with self._sessions.read() as session:
            return (await session.execute(statement)).scalar_one()

    async def history(self, user_id: int, *, offset: int, limit: int) -> list[Job]:
        """The jobs of a member whose pictures are kept, the newest first."""
        statement = (
            select(JobRow)
            .where(*_kept(user_id))
            .order_by(JobRow.id.desc())
            .offset(offset)
            .limit(limit)
        )
        return await self._jobs(statement)

    async def everything(self, user_id: int) -> list[Job]:
        """All jobs of a member, the oldest first."""
        return await self._jobs(select(JobRow).where(JobRow.user_id == user_id).order_by(JobRow.id))

    async def charges(self, user_id: int) -> list[Charge]:
        """The ledger's rows about a member, the oldest first."""
        statement = select(LedgerRow).where(LedgerRow.user_id == user_id).order_by(LedgerRow.id)
        async with self._sessions.read() as session:
            rows = (await session.scalars(statement)).all()
        return [
            Charge(
                guild_id=row.guild_id,
                day=row.day,
                kind=row.kind.value,
                amount=row.amount,
                reason=row.reason,
                job_id=row.job_id,
                created_at=row.created_at,
            )
            for row in rows
        ]

    async def held_back(self, user_id: int) -> int:
        """How many wishes and results of a member wait for a moderator to look at them."""
        waits = (*_held(user_id), CaseRow.decision.is_(None))
        statement = select(func.count()).select_from(CaseRow).where(*waits)
        return await self._sessions.look(lambda session: session.scalars(statement).one())

    async def rest(self, user_id: int) -> Rest:
        """What is written down of a member beside jobs and ledger; nothing of who decided on it."""
        statements = {
            "looks": select(LookRow.name, LookRow.template).where(*_own_looks(user_id)),
            "requests": select(
                *(RequestRow.guild_id, RequestRow.amount, RequestRow.why, RequestRow.state),
                *(RequestRow.granted, RequestRow.created_at, RequestRow.decided_at),
            ).where(RequestRow.user_id == user_id),
            "votes": select(VoteRow.request_id, VoteRow.created_at).where(
                VoteRow.user_id == user_id
            ),
            "reports": select(
                *(CaseRow.guild_id, CaseRow.job_id, CaseRow.reason),
                *(CaseRow.created_at, CaseRow.decision, CaseRow.decided_at),
            ).where(CaseRow.reporter_id == user_id),
            "refusals": select(
                *(RefusalRow.guild_id, RefusalRow.channel_id),
                *(RefusalRow.reason, RefusalRow.created_at),
            ).where(RefusalRow.user_id == user_id),
            "blocks": select(
                *(BlockRow.guild_id, BlockRow.reason, BlockRow.created_at, BlockRow.expires_at)
            ).where(BlockRow.user_id == user_id),
        }
        return await self._sessions.look(
            lambda session: Rest(
                **{
                    name: [dict(row._mapping) for row in session.execute(statement)]
                    for name, statement in statements.items()
                }
            )
        )

    async def lineage(self, root_id: str, limit: int) -> list[Job]:
        """The first jobs that go back to a root, that root among them, the oldest first."""
        of_root = or_(JobRow.id == root_id, JobRow.root_id == root_id)
        return await self._jobs(
            select(JobRow)
            .where(of_root, JobRow.status == JobStatus.DONE)
            .order_by(JobRow.id)
            .limit(limit)
        )

    async def shown_in(self, message_id: int) -> list[Job]:
        """The jobs that a message shows, by their place in it."""
        return await self._jobs(
            select(JobRow).where(JobRow.message_id == message_id).order_by(JobRow.place, JobRow.id)
        )

    async def opted_out(self, user_id: int) -> bool:
        """Whether a member wants nobody else to restyle their pictures."""
        row = await self._sessions.look(lambda session: session.get(MemberRow, user_id))
        return row is not None and row.opted_out

    async def any_opted_out(self, user_ids: Iterable[int]) -> bool:
        """Whether one of some members wants that."""
        wanting = exists().where(MemberRow.user_id.in_(set(user_ids)), MemberRow.opted_out)
        return await self._sessions.look(lambda session: session.scalars(select(wanting)).one())

    async def opt_out(self, user_id: int, *, wish: bool) -> None:
        """Note whether a member wants that; if so, what others posted of their pictures goes."""
        async with self._sessions.write() as session:
            await upsert(session, MemberRow, {"user_id": user_id}, {"opted_out": wish})
            if wish:
                await session.run_sync(lambda it: posts.erase_owned(it.connection(), user_id))

    async def forget(
        self, user_id: int, *, reachable: Callable[[Job], bool] = lambda _job: True
    ) -> Forgotten:
        """Delete the jobs of a member that are over, and with them every use of their images.

        Their messages, and the posts that show a picture of theirs or that they made, are to be
        deleted from Discord from then on.
        What shares a message with a job under way stays until that one has ended.
        Their looks, their requests for more credits, their votes, the count of their refusals, what
        of theirs is held for moderators, and their words in reports go too. The ledger stays, as it
        does for ever; so do blocks, the audit log, and the wish to be left alone.

        Args:
            reachable: Whether the bot's own permission leads to a job's message.
        """
        whose = JobRow.user_id == user_id

        def work(connection: Connection) -> Forgotten:
            left = select(func.count()).where(whose, JobRow.status.in_(IN_FLIGHT))
            in_flight = connection.execute(left).scalar_one()
            over = (
                select(JOBS)
                .where(whose, JobRow.status.not_in(IN_FLIGHT), ~_shares_with_one_in_flight())
                .order_by(JobRow.id)
            )
            jobs = tuple(job_of(row) for row in connection.execute(over))
            messages = {
                (job.channel_id, job.message_id)
                for job in jobs
                if job.message_id is not None and reachable(job)
            }
            erasures.erase(connection, messages, datetime.now(UTC))
            going = {message_id for _, message_id in messages}
            going |= posts.erase_shown(connection, [job.id for job in jobs])
            going |= posts.erase(connection, PostRow.user_id == user_id)
            unused = _delete(connection, [job.id for job in jobs])
            unused |= _delete_held(connection, user_id)
            # Requests hold the member's own words; votes on them go with them.
            for row in (VoteRow, RequestRow, RefusalRow):
                connection.execute(delete(row).where(row.user_id == user_id))
            connection.execute(delete(LookRow).where(*_own_looks(user_id)))
            # Who still waits keeps their turn.
            no_more = TurnRow.user_id == user_id, TurnRow.waiting == 0
            connection.execute(delete(TurnRow).where(*no_more))
            unsigned = update(CaseRow).where(CaseRow.reporter_id == user_id)
            connection.execute(unsigned.values(reporter_id=None, reason=None))
            return Forgotten(
                jobs=jobs,
                messages=frozenset(going),
                unused=frozenset(unused),
                in_flight=in_flight,
            )

        return await self._sessions.transact(work)

    async def _jobs(self, statement: Select[JobRow]) -> list[Job]:
        return await self._sessions.look(
            lambda session: [job_of(row) for row in session.scalars(statement)]
        )


def _shares_with_one_in_flight() -> ColumnElement[bool]:
    """Whether a job's message is also that of one under way, whose end is to be told by it."""
    mate = aliased(JobRow)
    return exists().where(mate.group_id == JobRow.group_id, mate.status.in_(IN_FLIGHT))


def _delete(connection: Connection, job_ids: Sequence[str]) -> set[str]:
    used: set[str] = set()
    for some in _parts(job_ids):
        used.update(
            connection.scalars(select(ImageUseRow.hash).where(ImageUseRow.job_id.in_(some)))
        )
        connection.execute(delete(JOBS).where(JobRow.id.in_(some)))
    unused: set[str] = set()
    for some in _parts(sorted(used)):
        unused |= image_uses.unused(connection, some)
    return unused


def _delete_held(connection: Connection, user_id: int) -> set[str]:
    """Delete a member's wishes and results that the content check put before moderators, with
    the cards that show them."""
    held = _held(user_id)
    payloads = connection.scalars(select(CaseRow.payload).where(*held)).all()
    # A card shows what is held until it is decided.
    card = CaseRow.card_channel_id, CaseRow.card_message_id
    shown = select(*card).where(*held, CaseRow.decision.is_(None), card[1].is_not(None))
    rows: Iterable[Any] = connection.execute(shown)
    erasures.erase(connection, [(row[0], row[1]) for row in rows], datetime.now(UTC))
    connection.execute(delete(CaseRow).where(*held))
    named = {name for payload in payloads for name in image_uses.all_hashes(payload)}
    return image_uses.unused(connection, named)


def _held(user_id: int) -> tuple[ColumnElement[bool], ...]:
    return CaseRow.member_id == user_id, CaseRow.kind != CaseKind.REPORT


def _parts(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE))


def _own_looks(user_id: int) -> tuple[ColumnElement[bool], ...]:
    return LookRow.owner_kind == "member", LookRow.owner_id == user_id


def _kept(user_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        JobRow.user_id == user_id,
        JobRow.status == JobStatus.DONE,
        JobRow.result_hash.is_not(None),
    )
