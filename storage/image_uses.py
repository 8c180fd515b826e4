"""Which jobs need which images, so that an image goes only when nobody needs it any more."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from storage.image_store import SETTLED_AFTER_S
from storage.moderation_tables import CaseRow, Decision
from storage.records import JobResult, NewJob
from storage.sessions import Sessions
from storage.tables import ImageRole, ImageUseRow

INSERT = insert(ImageUseRow)


class ImageUses:
    """Counts the uses of images."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def count(self, image_hash: str) -> int:
        """How many jobs use an image; one that uses it twice counts once."""
        jobs = func.count(ImageUseRow.job_id.distinct())
        async with self._sessions.read() as session:
            return (
                await session.execute(select(jobs).where(ImageUseRow.hash == image_hash))
            ).scalar_one()

    async def unused(self, hashes: Iterable[str]) -> set[str]:
        """Those of ``hashes`` that no job and no open case uses."""
        return await self._sessions.look(lambda it: unused(it.connection(), hashes))


def unused(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Those of ``hashes`` that no job and no open case uses, as seen inside a transaction."""
    wanted = set(hashes)
    if not wanted:
        return wanted
    used = connection.scalars(select(ImageUseRow.hash).where(ImageUseRow.hash.in_(wanted)))
    return wanted.difference(used, held(connection))


def held(connection: Connection) -> set[str]:
    """What wishes start from that wait for a moderator, or were let pass and are no jobs yet."""
    lately = datetime.now(UTC) - timedelta(seconds=SETTLED_AFTER_S)
    passed = (CaseRow.decision == Decision.ALLOW) & (CaseRow.decided_at > lately)
    waits = select(CaseRow.payload).where(
        CaseRow.job_id.is_(None), CaseRow.decision.is_(None) | passed
    )
    return {name for payload in connection.scalars(waits) for name in all_hashes(payload)}


def use_inputs(connection: Connection, news: Iterable[NewJob]) -> None:
    """Note what jobs start from."""
    used = [(new.id, ImageRole.PARAMS, name) for new in news for name in _hashes_in(new.params)]
    used += [(new.id, ImageRole.SOURCE, new.source_hash) for new in news if new.source_hash]
    _use(connection, used)


def use_outputs(connection: Connection, job_id: str, result: JobResult) -> None:
    """Note what a job made."""
    used = [(job_id, ImageRole.RESULT, result.result_hash)]
    if result.latents_hash is not None:
        used.append((job_id, ImageRole.LATENTS, result.latents_hash))
    _use(connection, used)


def forget_outputs(connection: Connection, job_id: str) -> None:
    """A job no longer keeps what it made."""
    connection.execute(
        delete(ImageUseRow).where(
            ImageUseRow.job_id == job_id,
            ImageUseRow.role.in_((ImageRole.RESULT, ImageRole.LATENTS)),
        )
    )


def _use(connection: Connection, used: Iterable[tuple[str, ImageRole, str]]) -> None:
    rows = [{"job_id": job_id, "role": role, "hash": name} for job_id, role, name in used]
    # A job from words alone uses none; without rows there would be one of defaults.
    if rows:
        connection.execute(INSERT, rows)


def all_hashes(node: object) -> Iterator[str]:
    """Every text in nested JSON whose key ends in ``_hash``."""
    if isinstance(node, Mapping):
        yield from _hashes_in(node)
        for value in node.values():
            yield from all_hashes(value)
    elif isinstance(node, list):
        for value in node:
            yield from all_hashes(value)


def _hashes_in(params: Mapping[str, Any]) -> set[str]:
    return {
        value for key, value in params.items() if key.endswith("_hash") and isinstance(value, str)
    }
