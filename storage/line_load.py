"""A line of any length, for the benchmarks of a cluster; for a PostgreSQL database of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, text
from sqlalchemy.orm import Session

from storage.jobs import JOB_FIELDS, JOBS
from storage.records import JobStatus, new_job_id
from storage.sessions import Sessions

AT_ONCE = 5000
TOLD = text(
    "SELECT count(*) FROM jobs JOIN outbox ON outbox.job_id = jobs.id "
    "WHERE status = 'done' AND state = 'delivered'"
)
TWICE = text(
    "SELECT count(*) FROM (SELECT job_id FROM ledger WHERE kind IN ('reserve', 'commit') "
    "GROUP BY job_id, kind HAVING count(*) > 1) AS doubled"
)


class LineLoad:
    """Lets jobs wait that nobody was charged for."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def fill(self, members: Sequence[int], steps: Sequence[int] = ()) -> list[str]:
        """Let one job wait for each entry of ``members``, in that order; their ids.

        Args:
            steps: ``num_inference_steps`` of each; 20 where it is empty.
        """
        began, ids = datetime.now(UTC), []
        for first in range(0, len(members), AT_ONCE):
            rows = []
            for at in range(first, min(first + AT_ONCE, len(members))):
                ids.append(new_job_id())
                rows.append(
                    dict.fromkeys(JOB_FIELDS)
                    | {
                        "id": ids[-1],
                        "channel_id": 1,
                        "user_id": members[at],
                        "action": "restyle",
                        "params": {"num_inference_steps": steps[at] if steps else 20},
                        "source_notes": (),
                        "interaction_token": "",
                        "interaction_expires_at": began,
                        "application_id": 1,
                        "locale": "en-GB",
                        "attachment_size_limit": 0,
                        "priority": 0,
                        "cost": 0,
                        "place": 1,
                        "status": JobStatus.QUEUED,
                        "attempt": 0,
                        "created_at": began + timedelta(microseconds=at),
                        "notes": (),
                        "unwanted": False,
                    }
                )

            def work(connection: Connection, rows: list[dict[str, object]] = rows) -> None:
                connection.execute(insert(JOBS), rows)

            await self._sessions.transact(work)
        # PostgreSQL does so by itself in time, and plans badly before.
        await self._sessions.transact(lambda connection: connection.execute(text("ANALYZE")))
        return ids

    async def told_and_doubled(self) -> tuple[int, int]:
        """How many jobs are done and told, and how many were charged or settled twice."""

        def work(session: Session) -> tuple[int, int]:
            return session.scalar(TOLD) or 0, session.scalar(TWICE) or 0

        return await self._sessions.look(work)
