"""The frozen types that go into and come out of the database, and the making of job ids."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
# Nine digits of milliseconds last until the year 5188; 13 random digits are 67 bits.
TIME_DIGITS = 9
RANDOM_DIGITS = 13


def new_job_id() -> str:
    """A fresh id of 22 characters 0-9a-z that sorts by its millisecond and cannot be guessed."""
    milliseconds = time.time_ns() // 1_000_000
    stamp = ""
    for _ in range(TIME_DIGITS):
        milliseconds, digit = divmod(milliseconds, 36)
        stamp = BASE36[digit] + stamp
    return stamp + "".join(secrets.choice(BASE36) for _ in range(RANDOM_DIGITS))


class JobStatus(StrEnum):
    """Where a job stands; the last three are final and each is reached at most once."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job as it is handed in.

    Attributes:
        id: From ``new_job_id``.
        guild_id: None for a direct message.
        message_id: The message that shows progress and result, if it is known yet.
        action: How the job came about; a word of the bot's.
        params: JSON of the bot's. Every key in it, at the top level, that ends in ``_hash`` and has
            a text is counted as a use of that image.
        source_hash: The image that the job starts from; None where it starts from words alone.
        parent_id: The job whose result or source this one goes on from.
        root_id: The first job of the lineage.
        group_id: The id of the first of several jobs that share one message, for each of them;
            None for a job with a message of its own.
        place: Which of its group the job is, counted from 1; 1 without a group.
        interaction_id: Snowflake of the interaction that asked, so that it is obeyed only once.
        home: Lease of the bot that took the job in, and that tells of it; None with one bot alone.
        source_notes: What was changed in the source, one sentence each.
        interaction_token: Secret, and so in no ``repr``.
        attachment_size_limit: Bytes that may be uploaded in answer.
        priority: Higher goes first.
        cost: Credits, 0 or more.
    """

    id: str
    guild_id: int | None
    channel_id: int
    message_id: int | None
    user_id: int
    action: str
    params: Mapping[str, Any]
    source_hash: str | None
    parent_id: str | None
    root_id: str | None
    source_notes: tuple[str, ...]
    interaction_token: str = field(repr=False)
    interaction_expires_at: datetime
    application_id: int
    locale: str
    attachment_size_limit: int
    priority: int = 0
    cost: int = 1
    group_id: str | None = None
    place: int = 1
    interaction_id: int | None = None
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(NewJob):
    """A job as it stands in the database; all times are aware and in UTC.

    Attributes:
        attempt: Runs begun so far; 0 until it is first claimed.
        started_at: When the newest attempt was claimed.
        width: Pixels of the result.
        height: Pixels of the result.
        seconds: What the engine took.
        notes: What was changed on the way to the result, one sentence each.
        error_code: One word on why the job failed.
        error_message: One sentence on it, for the member.
        holder: Lease of the bot that claimed the newest attempt; None with one bot alone.
        unwanted: Another bot than its holder was asked to take it back while it ran.
    """

    status: JobStatus
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result_hash: str | None
    latents_hash: str | None
    width: int | None
    height: int | None
    num_inference_steps: int | None
    guidance_scale: float | None
    seconds: float | None
    notes: tuple[str, ...]
    error_code: str | None
    error_message: str | None
    holder: str | None = None
    unwanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a successful attempt made.

    Attributes:
        result_hash: The picture in the image store.
        latents_hash: Its final latents there, if they are kept.
        width: Pixels.
        height: Pixels.
        seconds: What the engine took.
        notes: What was changed on the way, one sentence each.
    """

    result_hash: str
    latents_hash: str | None
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    seconds: float
    notes: tuple[str, ...] = ()
