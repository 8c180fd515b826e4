"""Lets jobs go on without their pictures once the time is over for which these are kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from storage import posts
from storage.jobs import IN_FLIGHT, JOBS
from storage.moderation_tables import CaseRow
from storage.sessions import Sessions
from storage.tables import DeliveryState, GuildRow, ImageUseRow, JobRow, OutboxRow

# Jobs in one transaction, which keeps other writers waiting.
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """Jobs that no longer have pictures.

    Attributes:
        hashes: What they used, and what others may use still.
    """

    jobs: int
    hashes: frozenset[str]


class Retention:
    """Ends the uses of images by age; rows, charges and jobs' own messages stay, posts go."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def chosen(self) -> set[int]:
        """All numbers of days that guilds chose."""
        days = select(GuildRow.retention_days).where(GuildRow.retention_days.is_not(None))
        async with self._sessions.read() as session:
            return {found for found in await session.scalars(days.distinct()) if found is not None}

    async def expire(self, days: int, now: datetime, *, chosen: bool) -> Expired:
        """Take the pictures from some jobs that ended more than ``days`` days ago.

        What is still to be told or decided keeps them, and so does a job whose message waits for
        another. To be called until there are none left.

        Args:
            chosen: In guilds that chose so many days; else in those that chose none, and in direct
                messages.
        """
        over = select(JobRow.id).where(
            _of_those_who_chose(days) if chosen else _of_those_who_chose_nothing(),
            JobRow.finished_at <= now - timedelta(days=days),
            *_at_rest(),
        )
        # Looked for before the transaction, which then takes no longer than it must.
        async with self._sessions.read() as session:
            found = (await session.scalars(over.limit(AT_ONCE))).all()

        def work(connection: Connection) -> Expired:
            ids = connection.scalars(over.where(JobRow.id.in_(found))).all()
            mine = ImageUseRow.job_id.in_(ids)
            used = frozenset(
                connection.scalars(delete(ImageUseRow).where(mine).returning(ImageUseRow.hash))
            )
            connection.execute(
                update(JOBS).where(JobRow.id.in_(ids)).values(result_hash=None, latents_hash=None)
            )
            posts.erase_shown(connection, ids)
            return Expired(jobs=len(ids), hashes=used)

        return await self._sessions.transact(work)


def _of_those_who_chose(days: int) -> ColumnElement[bool]:
    return JobRow.guild_id.in_(select(GuildRow.guild_id).where(GuildRow.retention_days == days))


def _of_those_who_chose_nothing() -> ColumnElement[bool]:
    others = select(GuildRow.guild_id).where(GuildRow.retention_days.is_not(None))
    return JobRow.guild_id.is_(None) | JobRow.guild_id.not_in(others)


def _at_rest() -> tuple[ColumnElement[bool], ...]:
    """Has pictures, and nothing more is to become of it or of those that share its message."""
    mate = aliased(JobRow)
    message = func.coalesce(JobRow.group_id, JobRow.id)
    return (
        exists().where(ImageUseRow.job_id == JobRow.id),
        JobRow.status.not_in(IN_FLIGHT),
        ~exists().where(mate.group_id == JobRow.group_id, mate.status.in_(IN_FLIGHT)),
        ~exists().where(OutboxRow.job_id == message, OutboxRow.state == DeliveryState.PENDING),
        ~exists().where(CaseRow.job_id == JobRow.id, CaseRow.decision.is_(None)),
    )
