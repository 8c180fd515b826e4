"""Which jobs need which images, so that an image goes only when nobody needs it any more."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import JobResult, NewJob
from storage.sessions import Sessions
from storage.tables import ImageRole, ImageUseRow


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
        """Those of ``hashes`` that no job uses."""
        async with self._sessions.read() as session:
            return await unused(session, hashes)


async def unused(session: AsyncSession, hashes: Iterable[str]) -> set[str]:
    """Those of ``hashes`` that no job uses, as seen inside a transaction."""
    wanted = set(hashes)
    used = await session.scalars(select(ImageUseRow.hash).where(ImageUseRow.hash.in_(wanted)))
    return wanted.difference(used)


def use_inputs(session: AsyncSession, new: NewJob) -> None:
    """Note what a job starts from."""
    if new.source_hash is not None:
        _use(session, new.id, ImageRole.SOURCE, [new.source_hash])
    _use(session, new.id, ImageRole.PARAMS, _hashes_in(new.params))


def use_outputs(session: AsyncSession, job_id: str, result: JobResult) -> None:
    """Note what a job made."""
    _use(session, job_id, ImageRole.RESULT, [result.result_hash])
    if result.latents_hash is not None:
        _use(session, job_id, ImageRole.LATENTS, [result.latents_hash])


async def forget_outputs(session: AsyncSession, job_id: str) -> None:
    """A job no longer keeps what it made."""
    await session.execute(
        delete(ImageUseRow)
        .where(
            ImageUseRow.job_id == job_id,
            ImageUseRow.role.in_((ImageRole.RESULT, ImageRole.LATENTS)),
        )
        .execution_options(synchronize_session=False)
    )


def _use(session: AsyncSession, job_id: str, role: ImageRole, hashes: Iterable[str]) -> None:
    session.add_all(ImageUseRow(job_id=job_id, role=role, hash=name) for name in hashes)


def _hashes_in(params: Mapping[str, Any]) -> set[str]:
    return {
        value for key, value in params.items() if key.endswith("_hash") and isinstance(value, str)
    }
