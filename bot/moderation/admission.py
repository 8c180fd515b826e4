"""May this member ask here, now, in these words? The checks before anything is downloaded."""

from bot.errors import NotAllowed
from bot.jobs.origin import Origin
from bot.language import _
from bot.moderation import texts
from bot.moderation.reasons import Reason
from storage.database import Database
from storage.rules import GuildRules


class Admission:
    """Applies a guild's rules to a wish; in direct messages there are none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, origin: Origin) -> GuildRules | None:
        """The rules that let the wish pass, or None outside a guild.

        Raises:
            NotAllowed: A rule refuses it: pause, block, channel, role, in this order.
        """
        if origin.guild_id is None:
            return None
        rules = await self._database.rules.of(origin.guild_id)
        if rules.guild.paused:
            raise NotAllowed(_(texts.PAUSED_FOR_MEMBERS), Reason.PAUSED)
        block = await self._database.blocks.of(origin.guild_id, origin.user_id)
        if block is not None:
            raise NotAllowed(texts.blocked_member(block), Reason.BLOCKED)
        places = rules.allowed_channels
        if places and places.isdisjoint({origin.channel_id, origin.parent_channel_id}):
            raise NotAllowed(texts.elsewhere(sorted(places)), Reason.CHANNEL)
        roles = rules.allowed_roles
        if roles and roles.isdisjoint(origin.role_ids):
            raise NotAllowed(texts.without_role(sorted(roles)), Reason.ROLE)
        return rules
