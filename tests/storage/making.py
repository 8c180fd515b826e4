"""Jobs, results and days to try the storage with."""

from datetime import UTC, date, datetime
from typing import Any

from storage.database import Database
from storage.quota import QuotaDay, Terms
from storage.records import Job, JobResult, NewJob, new_job_id

GUILD = 900_000_000_000_000_001
MEMBER = 700_000_000_000_000_001
TODAY = QuotaDay(date=date(2025, 6, 1), ends_at=datetime(2025, 6, 2, tzinfo=UTC))
TOMORROW = QuotaDay(date=date(2025, 6, 2), ends_at=datetime(2025, 6, 3, tzinfo=UTC))
TOKEN = "aW50ZXJhY3Rpb246c2VjcmV0"

SOURCE = "a" * 64
ALPHA = "b" * 64
RESULT = "c" * 64
LATENTS = "d" * 64


def new_job(**changes: Any) -> NewJob:
    """A job of ``MEMBER`` in ``GUILD``, with some fields changed."""
    fields: dict[str, Any] = {
        "id": new_job_id(),
        "guild_id": GUILD,
        "channel_id": 5,
        "message_id": None,
        "user_id": MEMBER,
        "action": "restyle",
        "params": {"prompt": "ein Gemälde\x00\ud800", "alpha_hash": ALPHA, "seed": 2**32 - 1},
        "source_hash": SOURCE,
        "parent_id": None,
        "root_id": None,
        "source_notes": ("It was turned upright.", "Ä"),
        "interaction_token": TOKEN,
        "interaction_expires_at": datetime(2025, 6, 1, 12, 15, 0, 250, tzinfo=UTC),
        "application_id": 11,
        "locale": "en-GB",
        "attachment_size_limit": 10 * 1024**3,
    }
    return NewJob(**{**fields, **changes})


def result(**changes: Any) -> JobResult:
    """What a successful attempt made, with some fields changed."""
    fields: dict[str, Any] = {
        "result_hash": RESULT,
        "latents_hash": LATENTS,
        "width": 512,
        "height": 384,
        "num_inference_steps": 20,
        "guidance_scale": 7.5,
        "seconds": 1.25,
        "notes": ("More steps were needed.",),
    }
    return JobResult(**{**fields, **changes})


def terms(limit: int | None = 100, *, day: QuotaDay = TODAY, **changes: Any) -> Terms:
    """What a member may spend, with some fields changed."""
    fields: dict[str, Any] = {"max_in_flight_per_user": 1000, "max_in_flight_per_guild": 1000}
    return Terms(day=day, allowance=limit, **(fields | changes))


async def submit(
    database: Database,
    *,
    limit: int | None = 100,
    day: QuotaDay = TODAY,
    per_user: int = 1000,
    per_guild: int = 1000,
    pool: int | None = None,
    own_channel: int | None = None,
    **changes: Any,
) -> Job:
    """Hand a job in."""
    its_terms = terms(
        limit,
        day=day,
        max_in_flight_per_user=per_user,
        max_in_flight_per_guild=per_guild,
        pool=pool,
        channel_id=own_channel,
    )
    return await database.jobs.submit(new_job(**changes), its_terms)


async def running(database: Database, **changes: Any) -> Job:
    """Hand a job in and claim it."""
    job = await database.jobs.claim((await submit(database, **changes)).id)
    assert job is not None
    return job


async def used(database: Database, *, user_id: int = MEMBER, day: QuotaDay = TODAY) -> int:
    """Credits that a member has used in ``GUILD``."""
    return (await database.quota.balance(GUILD, user_id, terms(day=day))).used
