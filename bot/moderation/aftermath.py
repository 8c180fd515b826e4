"""What follows on a decision outside of the database: files, messages, and the word to members."""

from typing import TYPE_CHECKING

import discord
import structlog

from bot.delivery.editing import edit_as_bot
from bot.delivery.faults import UNREACHED
from bot.errors import MemberError
from bot.jobs.wish import Wish
from bot.language import _, reading
from bot.moderation import case_texts
from bot.moderation.holding import released
from bot.moderation.telling import tell
from bot.texts import STORAGE_ERROR
from storage.cases import Case, Settled
from storage.dropping import drop_unused
from storage.errors import StorageError
from storage.moderation_tables import CaseKind, Decision

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)


async def follow(bot: "RestyleBot", settled: Settled) -> bool:
    """Delete what goes, show what is allowed, and tell those whom it concerns.

    Returns:
        False where the message of a removed picture could not be deleted; then nobody is told of
        its end yet, and ``delete_again`` is to be tried.
    """
    case = settled.case
    try:
        await drop_unused(bot.app.database, bot.app.images, settled.unused)
    except StorageError as error:
        # The sweeper tries again.
        log.error("a removed picture is still on the disk", case=case.id, error=str(error))
    bot.app.eraser.wake()
    match case.decision:
        case Decision.REMOVE | Decision.BLOCK:
            if not await _delete_message(bot, case):
                return False
        case Decision.ALLOW if case.kind is CaseKind.SOURCE:
            await _submit(bot, case)
        case Decision.ALLOW:
            bot.app.wake_delivery()
        case Decision.REFUSE:
            await _say(bot, case, _in(case, case_texts.refused(case)))
        case _:
            pass
    for report in (case, *settled.others):
        await _tell_reporter(bot, report)
    return True


async def delete_again(bot: "RestyleBot", case: Case) -> bool:
    """Delete the message of a picture that was removed before, if it is still there.

    Returns:
        False where it could not be deleted this time, either.
    """
    channel = bot.get_partial_messageable(case.channel_id, guild_id=case.guild_id)
    try:
        if case.message_id is not None:
            await channel.fetch_message(case.message_id)
    except discord.NotFound:
        return True
    except UNREACHED:
        pass
    if not await _delete_message(bot, case):
        return False
    for report in (case, *await bot.app.database.cases.settled_with(case)):
        await _tell_reporter(bot, report)
    return True


async def _tell_reporter(bot: "RestyleBot", case: Case) -> None:
    told = case_texts.to_reporter(case)
    if case.reporter_id is None or told is None:
        return
    if not await tell(bot, case.guild_id, case.reporter_id, _in(case, told)):
        # Not in the channel, where others would learn who reported.
        await bot.app.database.cases.keep_for_reporter(case.id)


async def _submit(bot: "RestyleBot", case: Case) -> None:
    """Queue the wish whose source was held, as if it had just been asked for."""
    origin, wish = released(dict(case.payload or {}))

    async def make() -> Wish:
        return wish

    with reading(case.locale):
        try:
            await bot.app.submission.submit(origin, make, reviewed=True)
        except MemberError as error:
            await _say(bot, case, str(error))
        except StorageError as error:
            log.error("an allowed wish was not taken in", case=case.id, error=str(error))
            await _say(bot, case, _(STORAGE_ERROR))


async def _delete_message(bot: "RestyleBot", case: Case) -> bool:
    if case.message_id is None:
        return True
    channel = bot.get_partial_messageable(case.channel_id, guild_id=case.guild_id)
    try:
        await channel.get_partial_message(case.message_id).delete()
    except discord.NotFound:
        pass
    except UNREACHED as error:
        log.warning("a removed picture's message stays", case=case.id, error=str(error))
        return False
    return True


async def _say(bot: "RestyleBot", case: Case, sentence: str) -> None:
    """Show a sentence in the message in which the member waits for the picture."""
    if case.message_id is None:
        await tell(bot, case.guild_id, case.member_id, sentence)
        return
    try:
        await edit_as_bot(bot, case.channel_id, case.message_id, content=sentence)
    except UNREACHED as error:
        log.info("a message could not be edited", case=case.id, error=str(error))
        await tell(bot, case.guild_id, case.member_id, sentence)


def _in(case: Case, text: str) -> str:
    with reading(case.locale):
        return _(text)
