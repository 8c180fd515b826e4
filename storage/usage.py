"""What a guild has used: jobs and engine seconds by day and by member."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from storage.quota import quota_day
from storage.records import JobStatus
from storage.sessions import Sessions
from storage.tables import JobRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """One day of a guild.

    Attributes:
        jobs: All that were asked for that day.
        failed: Of these, those that failed or were cancelled.
        seconds: What the engine took for those that are done.
    """

    date: date
    jobs: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUsage:
    """One member's part of it."""

    user_id: int
    jobs: int
    seconds: float


class Usage:
    """Reads what the jobs table tells."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def by_day(
        self, guild_id: int, since: datetime, now: datetime, tz: str
    ) -> list[DayUsage]:
        """Each of a guild's own days from ``since`` to ``now``, also those without a job."""
        found = []
        async with self._sessions.read() as session:
            begins = since
            while begins <= now:
                day = quota_day(begins, tz)
                inside = _between(guild_id, begins, day.ends_at)
                statement = select(func.count(), _failed(), _seconds()).where(inside)
                jobs, failed, seconds = (await session.execute(statement)).one()
                found.append(
                    DayUsage(date=day.date, jobs=jobs, failed=failed, seconds=float(seconds))
                )
                begins = day.ends_at
        return found

    async def by_member(
        self, guild_id: int, since: datetime, now: datetime, limit: int
    ) -> Sequence[MemberUsage]:
        """The members who asked for most, at most ``limit`` of them."""
        jobs = func.count()
        statement = (
            select(JobRow.user_id, jobs, _seconds())
            .where(_between(guild_id, since, now))
            .group_by(JobRow.user_id)
            .order_by(jobs.desc(), JobRow.user_id)
            .limit(limit)
        )
        async with self._sessions.read() as session:
            rows = (await session.execute(statement)).all()
        return [
            MemberUsage(user_id=user_id, jobs=count, seconds=float(seconds))
            for user_id, count, seconds in rows
        ]


def _between(guild_id: int, begins: datetime, ends: datetime) -> ColumnElement[bool]:
    row = JobRow
    return (row.guild_id == guild_id) & (row.created_at >= begins) & (row.created_at < ends)


def _failed() -> ColumnElement[int]:
    return func.count().filter(JobRow.status.in_((JobStatus.FAILED, JobStatus.CANCELLED)))


def _seconds() -> ColumnElement[float]:
    return func.coalesce(func.sum(JobRow.seconds), 0.0)
