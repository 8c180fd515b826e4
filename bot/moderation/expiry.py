"""Closes what moderators have left undecided for long, so that nobody and no picture waits on."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.delivery.faults import UNREACHED
from bot.moderation.aftermath import follow
from bot.moderation.desk import post_left
from bot.quota.requests import tell_asker

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

UNDECIDED_DAYS = 14
# Until a case's card is there, with much in hand.
CARD_TAKES = timedelta(minutes=1)


async def tidy(bot: "RestyleBot", now: datetime, *, began: datetime) -> None:
    """Show moderators what they were not shown, and close what they left undecided for long.

    Args:
        began: When this bot did; from before that nothing can still be on its way to them.
    """
    await post_left(bot, max(began, now - CARD_TAKES))
    await expire_cases(bot, now)
    await expire_requests(bot, now)


async def expire_requests(bot: "RestyleBot", now: datetime) -> None:
    """Deny old requests for more, so that their members may ask again; they are told."""
    before = now - timedelta(days=UNDECIDED_DAYS)
    async for request in bot.app.database.quota_requests.expire(before):
        log.info("a request for more expired", request=request.id)
        await tell_asker(bot, request)


async def expire_cases(bot: "RestyleBot", now: datetime) -> None:
    """Dismiss old reports and refuse old doubted pictures; those whom it concerns are told."""
    async for settled in bot.app.database.cases.expire(now - timedelta(days=UNDECIDED_DAYS)):
        log.info("a case expired", case=settled.case.id, kind=settled.case.kind.value)
        try:
            await follow(bot, settled)
        except UNREACHED as error:
            log.warning("nobody was told of it", case=settled.case.id, error=str(error))
