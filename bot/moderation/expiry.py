"""Closes what moderators have left undecided for long, so that nobody and no picture waits on."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.delivery.faults import UNREACHED
from bot.moderation.aftermath import follow

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

CASE_DAYS = 14


async def expire_cases(bot: "RestyleBot", now: datetime) -> None:
    """Dismiss old reports and refuse old doubted pictures; those whom it concerns are told."""
    async for settled in bot.app.database.cases.expire(now - timedelta(days=CASE_DAYS)):
        log.info("a case expired", case=settled.case.id, kind=settled.case.kind.value)
        try:
            await follow(bot, settled)
        except UNREACHED as error:
            log.warning("nobody was told of it", case=settled.case.id, error=str(error))
