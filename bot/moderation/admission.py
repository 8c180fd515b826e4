"""May this member ask here, now, in these words? The checks before anything is downloaded."""

import asyncio
from dataclasses import dataclass

from bot.errors import NotAllowed
from bot.jobs.origin import Origin
from bot.jobs.spec import JobSpec
from bot.language import _
from bot.moderation import texts
from bot.moderation.filters import first_hit
from bot.moderation.minors import minors_rule
from bot.moderation.reasons import Reason
from storage.database import Database
from storage.errors import UnknownJob
from storage.rules import GuildRules

# So many steps back are read; a longer line of remixes has become another picture.
LINEAGE_READ = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of a wish.

    Attributes:
        parent_id: The job whose picture it goes on from; its prompts count as well.
    """

    prompt: str
    negative_prompt: str = ""
    parent_id: str | None = None


class Admission:
    """Applies a guild's rules to a wish. In direct messages there is only the rule on minors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, origin: Origin) -> GuildRules | None:
        """The rules that let the member ask here and now, or None outside a guild.

        Raises:
            NotAllowed: One refuses it: pause, block, channel, role, in this order.
        """
        if origin.guild_id is None:
            return None
        rules = await self._database.rules.of(origin.guild_id)
        await self._check_member(origin, rules)
        return rules

    async def _check_member(self, origin: Origin, rules: GuildRules) -> None:
        if rules.guild.paused:
            raise NotAllowed(_(texts.PAUSED_FOR_MEMBERS), Reason.PAUSED)
        block = await self._database.blocks.of(rules.guild.guild_id, origin.user_id)
        if block is not None:
            raise NotAllowed(texts.blocked_member(block), Reason.BLOCKED)
        places = rules.allowed_channels
        if places and places.isdisjoint({origin.channel_id, origin.parent_channel_id}):
            raise NotAllowed(texts.elsewhere(sorted(places)), Reason.CHANNEL)
        roles = rules.allowed_roles
        if roles and roles.isdisjoint(origin.role_ids):
            raise NotAllowed(texts.without_role(sorted(roles)), Reason.ROLE)

    async def check_words(self, wording: Wording, rules: GuildRules | None) -> None:
        """Refuse words that the guild's filters, or the rule on minors, do not let pass.

        Args:
            rules: Those that ``admit`` returned.

        Raises:
            NotAllowed: They refuse it.
        """
        if rules is not None and rules.filters:
            # Each is quick, but there may be a hundred of them.
            hit = await asyncio.to_thread(first_hit, rules.filters, [wording.prompt])
            if hit is not None:
                raise NotAllowed(_(texts.PROMPT_REFUSED), Reason.PROMPT)
        prompts = [wording.prompt, *await self._earlier(wording.parent_id)]
        if minors_rule().refuses(prompts, wording.negative_prompt):
            raise NotAllowed(_(texts.MINORS_REFUSED), Reason.MINORS)

    async def _earlier(self, job_id: str | None) -> list[str]:
        prompts: list[str] = []
        while job_id is not None and len(prompts) < LINEAGE_READ:
            try:
                job = await self._database.jobs.get(job_id)
            except UnknownJob:
                break
            prompts.append(JobSpec.from_mapping(job.params).params.prompt)
            job_id = job.parent_id
        return prompts
