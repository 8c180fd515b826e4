"""What moderators are to decide: members' reports, and pictures that the content check doubts."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from storage import audit, erasures, image_uses, ledger, outbox, posts
from storage.audit import Deed
from storage.blocks import set_block, shown
from storage.jobs import JOBS, end_job
from storage.moderation_tables import CaseKind, CaseRow, Decision
from storage.records import Job, JobResult, JobStatus
from storage.sessions import Sessions
from storage.tables import Base, ImageRole, ImageUseRow

CASES = Base.metadata.tables[CaseRow.__tablename__]
# Why a job failed whose result waits for a moderator.
DOUBTFUL = "doubtful"
# Why one failed whose result is not shown.
FILTERED = "filtered"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """Something to decide.

    Attributes:
        job_id: The job that it is about; None for a source that has not become a job.
        member_id: Whose picture it is.
        reporter_id: Who reported it; None where the content check did.
        reason: The reporter's own words.
        payload: What the decision needs: a held result, or a held wish with its origin.
        locale: The language of the reporter, or of the member.
        channel_id: Where the picture is shown, or would be.
        message_id: The message that shows it.
    """

    guild_id: int
    kind: CaseKind
    member_id: int
    locale: str
    channel_id: int
    message_id: int | None = None
    job_id: str | None = None
    reporter_id: int | None = None
    reason: str | None = None
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(NewCase):
    """Something to decide, or decided; then ``decision`` is set."""

    id: int
    created_at: datetime
    decision: Decision | None = None
    decided_by: int | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A case that was decided just now.

    Attributes:
        unused: Hashes that no job uses any more, to be deleted from the image store.
        others: Further reports that the same decision settled, since their picture is gone.
        moved: Whether a refund gave anything back that had not been given back before.
    """

    case: Case
    unused: frozenset[str] = frozenset()
    others: tuple[Case, ...] = ()
    moved: bool = True


# So many reports one message has room for; the others wait for the next.
MOST_TOLD = 5
# What a reporter is to be told of; built once, since every `/quota me` asks.
KEPT = (
    select(CASES.c.id)
    .where(
        CASES.c.guild_id == bindparam("its_guild"),
        CASES.c.reporter_id == bindparam("its_reporter"),
        CASES.c.reporter_waits,
    )
    .order_by(CASES.c.id)
    .limit(MOST_TOLD)
)

NEW_FIELDS = tuple(field.name for field in fields(NewCase))
FIELDS = tuple(field.name for field in fields(Case))


class Cases:
    """The moderators' queue. A case is decided once, whoever else decides at the same time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def open(self, new: NewCase) -> Case | None:
        """Put a case into the queue; None where this member has reported this job already."""
        async with audit.deciding(self._sessions, new.guild_id) as session:
            known = select(CASES.c.id).where(
                CASES.c.job_id == new.job_id,
                CASES.c.reporter_id == new.reporter_id,
                CASES.c.decision.is_(None),
            )
            if new.reporter_id is not None and await session.scalar(known) is not None:
                return None
            return await session.run_sync(lambda it: _insert(it.connection(), new))

    async def hold(self, job: Job, result: JobResult, new: NewCase, message: str) -> Case | None:
        """End a job whose result is doubted: refunded, untold, its bytes kept for the decision.

        Args:
            message: One sentence for the member.

        Returns:
            The case, or None where that attempt does not run any more.
        """

        def work(connection: Connection) -> Case | None:
            told = {"error_code": DOUBTFUL, "error_message": message}
            if not end_job(connection, job.id, job.attempt, JobStatus.FAILED, **told):
                return None
            image_uses.use_outputs(connection, job.id, result)
            return _insert(connection, new)

        return await self._sessions.transact(work)

    async def posted(self, case_id: int, channel_id: int, message_id: int) -> None:
        """It has a card before the moderators; if the case is gone by now, the card goes."""
        card = {"card_channel_id": channel_id, "card_message_id": message_id}
        statement = update(CASES).where(CASES.c.id == case_id).values(posted=True, **card)

        def work(connection: Connection) -> None:
            if connection.execute(statement).rowcount == 0:
                erasures.erase(connection, [(channel_id, message_id)], datetime.now(UTC))

        await self._sessions.transact(work)

    async def without_card(self, before: datetime) -> list[Case]:
        """The undecided cases from before a time that no moderator was shown yet."""
        statement = select(CASES).where(
            CASES.c.decision.is_(None), ~CASES.c.posted, CASES.c.created_at < before
        )
        async with self._sessions.read() as session:
            return [_case(row) for row in await session.execute(statement)]

    async def get(self, guild_id: int, case_id: int) -> Case | None:
        """A case of a guild, or None."""
        statement = select(CASES).where(CASES.c.id == case_id, CASES.c.guild_id == guild_id)
        async with self._sessions.read() as session:
            row = (await session.execute(statement)).one_or_none()
        return None if row is None else _case(row)

    async def drop(self, case: Case, message: str) -> None:
        """Take back a case of which no moderator could be told.

        Args:
            message: One sentence for the member whose result was held for it.
        """
        statement = CASES.delete().where(CASES.c.id == case.id, CASES.c.decision.is_(None))
        now = datetime.now(UTC)

        def work(connection: Connection) -> None:
            dropped = connection.execute(statement.returning(CASES.c.id)).one_or_none()
            if dropped is not None and case.kind is CaseKind.RESULT and case.job_id is not None:
                _give_up(connection, case.job_id, message, now)

        await self._sessions.transact(work)

    async def settled_with(self, case: Case) -> list[Case]:
        """The reports that were settled by the decision on another one, as its picture went."""
        statement = select(CASES).where(
            CASES.c.guild_id == case.guild_id,
            CASES.c.decided_at == case.decided_at,
            CASES.c.kind == CaseKind.REPORT,
            CASES.c.decision == Decision.REMOVE,
            CASES.c.id != case.id,
        )
        async with self._sessions.read() as session:
            return [_case(row) for row in await session.execute(statement)]

    async def expire(self, before: datetime) -> AsyncIterator[Settled]:
        """Close what was opened before a time and nobody has decided, one after the other.

        What follows on one is done before the next is decided, so that nothing is decided in vain.

        A report is dismissed and a doubted picture refused, by nobody: ``decided_by`` is None.
        """
        old = select(CASES.c.id, CASES.c.kind).where(
            CASES.c.decision.is_(None), CASES.c.created_at < before
        )
        async with self._sessions.read() as session:
            found = (await session.execute(old)).all()
        for case_id, kind in found:
            decision = Decision.DISMISS if kind is CaseKind.REPORT else Decision.REFUSE

            def work(
                connection: Connection, case_id: int = case_id, decision: Decision = decision
            ) -> Settled | None:
                return _settle(connection, CASES.c.id == case_id, None, decision)

            if (one := await self._sessions.transact(work)) is not None:
                yield one

    async def keep_for_reporter(self, case_id: int) -> None:
        """The reporter could not be told what became of it; ``/quota me`` will."""
        statement = update(CASES).where(CASES.c.id == case_id).values(reporter_waits=True)
        await self._sessions.transact(lambda connection: connection.execute(statement))

    async def kept_for(self, guild_id: int, reporter_id: int) -> list[Case]:
        """The first few decided reports of a member that they are still to be told of.

        Each is given once; what is more than one message has room for is given the next time.
        """
        # Most members have none, and to look is quicker than to write.
        mine = {"its_guild": guild_id, "its_reporter": reporter_id}
        found = await self._sessions.look(lambda it: it.connection().scalars(KEPT, mine).all())
        if not found:
            return []
        statement = (
            update(CASES)
            .where(CASES.c.id.in_(found), CASES.c.reporter_waits)
            .values(reporter_waits=False)
            .returning(CASES)
        )
        rows = await self._sessions.transact(lambda connection: connection.execute(statement).all())
        return sorted((_case(row) for row in rows), key=lambda case: case.id)

    async def settle(self, deed: Deed, case_id: int, decision: Decision) -> Settled | None:
        """Decide a case of the deed's guild and do what that means, in one transaction.

        Returns:
            What was decided; None where there is no such case there, or it is decided already.
        """
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            which = (CASES.c.id == case_id) & (CASES.c.guild_id == deed.guild_id)
            settled = await session.run_sync(
                lambda it: _settle(it.connection(), which, deed.actor_id, decision)
            )
            if settled is None:
                return None
            before: dict[str, Any] = {"decision": None}
            after: dict[str, Any] = {"decision": decision.value}
            if decision is Decision.BLOCK:
                earlier, block = await set_block(session, deed, settled.case.member_id, None)
                before, after = before | shown(earlier), after | shown(block)
            if decision is Decision.REFUND:
                after["given_back"] = settled.moved
            audit.record(session, deed, before=before, after=after)
        return settled


def _settle(
    connection: Connection, which: ColumnElement[bool], actor_id: int | None, decision: Decision
) -> Settled | None:
    now = datetime.now(UTC)
    decided = {"decision": decision, "decided_by": actor_id, "decided_at": now}
    waits = CASES.c.decision.is_(None)
    statement = update(CASES).where(which, waits).values(decided).returning(CASES)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    case = _case(row)
    if case.job_id is None:
        gone = () if decision is Decision.ALLOW else image_uses.all_hashes(case.payload)
        return Settled(case=case, unused=frozenset(image_uses.unused(connection, gone)))
    match decision:
        case Decision.REMOVE | Decision.BLOCK:
            message = _message_of(connection, case.job_id)
            unused = frozenset(_forget(connection, message.job_ids, everywhere=True))
            outbox.withdraw(connection, message.group_id or case.job_id, "removed", now)
            _erase(connection, message.job_ids, now, but=case.message_id)
            # What others reported of the same message is settled with it.
            same = (CASES.c.job_id.in_(message.job_ids), CASES.c.kind == CaseKind.REPORT, waits)
            removed = decided | {"decision": Decision.REMOVE}
            others = connection.execute(
                update(CASES).where(*same).values(removed).returning(CASES)
            ).all()
            return Settled(
                case=case,
                unused=unused,
                others=tuple(_case(row) for row in others),
            )
        case Decision.REFUSE:
            return Settled(case=case, unused=frozenset(_forget(connection, [case.job_id])))
        case Decision.REFUND:
            reason = "refunded by a moderator"
            moved = ledger.give_back(
                connection, case.job_id, actor_id=actor_id, reason=reason, now=now
            )
            return Settled(case=case, moved=moved)
        case Decision.ALLOW:
            _release(connection, case.job_id, dict(case.payload or {}), now)
        case Decision.DISMISS:
            pass
    return Settled(case=case)


class _Message(NamedTuple):
    """The jobs that share a message."""

    group_id: str | None
    job_ids: list[str]


def _message_of(connection: Connection, job_id: str) -> _Message:
    group_id = connection.scalar(select(JOBS.c.group_id).where(JOBS.c.id == job_id))
    if group_id is None:
        return _Message(None, [job_id])
    mates = connection.scalars(select(JOBS.c.id).where(JOBS.c.group_id == group_id))
    return _Message(group_id, list(mates))


def _erase(connection: Connection, job_ids: list[str], now: datetime, but: int | None) -> None:
    """Have all that shows jobs deleted from Discord, but one message that others see to."""
    own = select(JOBS.c.channel_id, JOBS.c.message_id).where(
        JOBS.c.id.in_(job_ids), JOBS.c.message_id.is_not(None), JOBS.c.message_id != but
    )
    erasures.erase(connection, [(row[0], row[1]) for row in connection.execute(own)], now)
    posts.erase_shown(connection, job_ids)


def _forget(connection: Connection, job_ids: list[str], *, everywhere: bool = False) -> set[str]:
    """Let jobs keep no picture at all, their source neither; what no other job uses goes.

    Args:
        everywhere: What they made goes even where others went on from it.
    """
    row = ImageUseRow
    mine = row.job_id.in_(job_ids)
    held = set(connection.scalars(select(row.hash).where(mine)))
    outputs = row.role.in_((ImageRole.RESULT, ImageRole.LATENTS))
    made = set(connection.scalars(select(row.hash).where(mine, outputs))) if everywhere else set()
    # Jobs before their uses, as everybody does, so that no two wait for each other.
    connection.execute(
        update(JOBS).where(JOBS.c.id.in_(job_ids)).values(result_hash=None, latents_hash=None)
    )
    connection.execute(delete(row).where(mine | row.hash.in_(made)))
    return image_uses.unused(connection, held)


def _give_up(connection: Connection, job_id: str, message: str, now: datetime) -> None:
    """Have a job whose result was held told as one whose result is not shown."""
    values = {"error_code": FILTERED, "error_message": message}
    held = (JOBS.c.id == job_id, JOBS.c.error_code == DOUBTFUL)
    row = connection.execute(
        update(JOBS).where(*held).values(values).returning(JOBS.c.group_id)
    ).one_or_none()
    if row is not None:
        _forget(connection, [job_id])
        outbox.announce_again(connection, row.group_id or job_id, JobStatus.FAILED, now)


def _release(connection: Connection, job_id: str, result: dict[str, Any], now: datetime) -> None:
    """Let a job be done whose result was held, and have it told in place of its failure."""
    result["notes"] = tuple(result.get("notes", ()))
    values = {"status": JobStatus.DONE, "error_code": None, "error_message": None, **result}
    held = (JOBS.c.id == job_id, JOBS.c.error_code == DOUBTFUL)
    row = connection.execute(
        update(JOBS).where(*held).values(values).returning(JOBS.c.group_id)
    ).one_or_none()
    if row is not None:
        outbox.announce_again(connection, row.group_id or job_id, JobStatus.DONE, now)


def _insert(connection: Connection, new: NewCase) -> Case:
    values = {name: getattr(new, name) for name in NEW_FIELDS}
    values |= {"created_at": datetime.now(UTC), "posted": False}
    return _case(connection.execute(insert(CASES).values(values).returning(CASES)).one())


def _case(row: Any) -> Case:
    return Case(**{name: getattr(row, name) for name in FIELDS})
