"""Where the content check meets a guild's policy: what may be shown, and what moderators decide."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from bot.errors import MemberError, NotAllowed
from bot.jobs.origin import Origin
from bot.jobs.spec import JobSpec, is_private
from bot.jobs.wish import Wish
from bot.language import _
from bot.moderation import case_texts
from bot.moderation.content import ContentCheck, Picture, Verdict
from bot.moderation.reasons import Reason
from storage.cases import FILTERED, NewCase
from storage.moderation_tables import CaseKind, SpoilerRule
from storage.records import Job, JobResult
from storage.rules import GuildRules

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)


class Doubtful(MemberError):
    """The source is near the line; a moderator has to look at it first.

    Attributes:
        payload: The wish and where it came from, as a case keeps them.
    """

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(_(case_texts.LOOKED_AT_FIRST))
        self.payload = payload


def explicit_allowed(origin: Origin, rules: GuildRules | None) -> bool:
    """Whether explicit pictures may be shown: the guild says so, and Discord restricts by age."""
    if rules is None or not origin.age_restricted:
        return False
    return rules.channel(origin.parent_channel_id or origin.channel_id).nsfw_allowed


def always_hidden(origin: Origin, rules: GuildRules | None) -> bool:
    """Whether the channel hides every result until it is clicked."""
    if rules is None:
        return False
    rule = rules.channel(origin.parent_channel_id or origin.channel_id)
    return rule.spoiler is SpoilerRule.ALWAYS


def require_check(content: ContentCheck, *, allowed: bool) -> None:
    """Refuse a wish whose result could not be checked although it must be."""
    if not allowed and not content.available:
        raise NotAllowed(_(case_texts.UNCHECKED), Reason.UNCHECKED)


async def check_source(content: ContentCheck, rules: GuildRules | None, image: bytes) -> Verdict:
    """What is to be done with a source: CLEAN or DOUBTFUL.

    Raises:
        NotAllowed: It is refused.
    """
    if rules is not None and not rules.guild.source_filter:
        return Verdict.CLEAN
    verdict = await content.verdict(Picture(image=image))
    desk = rules is not None and rules.guild.report_channel_id is not None
    if verdict is Verdict.UNCHECKED:
        raise NotAllowed(_(case_texts.UNCHECKED), Reason.UNCHECKED)
    if verdict is Verdict.EXPLICIT or (verdict is Verdict.DOUBTFUL and not desk):
        raise NotAllowed(_(case_texts.SOURCE_EXPLICIT), Reason.SOURCE)
    return verdict


def hashes_brought(spec: JobSpec) -> tuple[str | None, ...]:
    """The pictures that a member brings with a first wish: source, mask, transparency."""
    return spec.source_hash, spec.mask_hash, spec.alpha_hash


def held(origin: Origin, wish: Wish) -> dict[str, Any]:
    """A wish as a case keeps it."""
    return {
        "origin": msgspec.to_builtins(origin),
        "wish": msgspec.to_builtins(wish),
        "prompt": wish.first.params.prompt,
        "source_hash": wish.first.source_hash,
        "mask_hash": wish.first.mask_hash,
        "alpha_hash": wish.first.alpha_hash,
    }


def released(payload: dict[str, Any]) -> tuple[Origin, Wish]:
    """The inverse of ``held``."""
    origin = msgspec.convert(payload["origin"], Origin)
    return origin, msgspec.convert(payload["wish"], Wish)


def source_case(origin: Origin, payload: dict[str, Any]) -> NewCase:
    """The case of a source that is held."""
    assert origin.guild_id is not None
    return NewCase(
        guild_id=origin.guild_id,
        kind=CaseKind.SOURCE,
        member_id=origin.user_id,
        locale=origin.locale,
        channel_id=origin.channel_id,
        message_id=origin.message_id,
        payload=payload,
    )


class ResultReview:
    """Stands between a finished result and its member."""

    def __init__(self, content: ContentCheck, bot: "RestyleBot") -> None:
        self._content = content
        self._bot = bot

    async def may_preview(self, image: bytes) -> bool:
        """Whether a picture may be shown while it is being made."""
        return await self._content.verdict(Picture(image=image)) is Verdict.CLEAN

    async def passes(self, job: Job, result: JobResult, picture: Picture) -> bool:
        """Whether a result may be shown; if not, its job has been ended and refunded."""
        verdict = await self._content.verdict(picture)
        if verdict is Verdict.CLEAN:
            return True
        log.info("result not shown", job=job.id, verdict=verdict.value)
        if verdict is Verdict.DOUBTFUL and await self._hold(job, result):
            return False
        jobs = self._bot.app.database.jobs
        if verdict is Verdict.UNCHECKED:
            await jobs.fail(job.id, job.attempt, "unchecked", case_texts.UNCHECKED)
        else:
            await jobs.fail(job.id, job.attempt, FILTERED, case_texts.RESULT_EXPLICIT)
        return False

    async def _hold(self, job: Job, result: JobResult) -> bool:
        # Imported here: the desk's buttons lead back to the submission.
        from bot.moderation.desk import has_desk, post_case

        # A moderator may take longer than a private answer can be reached.
        if job.guild_id is None or is_private(job) or not await has_desk(self._bot, job.guild_id):
            return False
        new = NewCase(
            guild_id=job.guild_id,
            kind=CaseKind.RESULT,
            job_id=job.id,
            member_id=job.user_id,
            locale=job.locale,
            channel_id=job.channel_id,
            message_id=job.message_id,
            payload={field.name: getattr(result, field.name) for field in fields(result)},
        )
        case = await self._bot.app.database.cases.hold(job, result, new, case_texts.LOOKED_AT_FIRST)
        if case is not None:
            await post_case(self._bot, case)
        return True
