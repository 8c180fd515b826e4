"""Buttons that make a new picture from a finished one: vary, reroll, remix."""

from dataclasses import replace
from typing import TYPE_CHECKING

import discord

from bot.buttons.base import JobButton, pattern
from bot.buttons.once import answer_once
from bot.buttons.wishing import WishButton, wish_pattern
from bot.jobs.honouring import honoured
from bot.jobs.origin import origin_of
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import MAX_STRENGTH, MIN_STRENGTH, Wish, go_on
from bot.language import N_, _
from bot.modals import WishModal
from bot.presses import FORM_PAUSE_S
from bot.quota.quote import quote

if TYPE_CHECKING:
    from bot.client import RestyleBot


class _DirectButton(WishButton, template=r"r:never:direct:"):
    """Goes on at a press."""

    async def wish(self, bot: "RestyleBot") -> Wish:
        """See ``wish.go_on``."""
        return go_on(await self.job(bot), Action(self.action))


class VarySubtleButton(_DirectButton, template=wish_pattern(Action.VARY_SUBTLE)):
    """A little different, from the result."""

    action = Action.VARY_SUBTLE
    label = N_("Vary subtle")
    style = discord.ButtonStyle.primary


class VaryStrongButton(_DirectButton, template=wish_pattern(Action.VARY_STRONG)):
    """Quite different, from the result."""

    action = Action.VARY_STRONG
    label = N_("Vary strong")
    style = discord.ButtonStyle.primary


class RerollButton(_DirectButton, template=wish_pattern(Action.REROLL)):
    """The same wish again under another seed, from the source."""

    action = Action.REROLL
    label = N_("Reroll")


class RemixButton(JobButton, template=pattern(Action.REMIX)):
    """Asks for a new prompt and strength, then goes on from the result."""

    action = Action.REMIX
    label = N_("Remix")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Open the modal, filled with what the picture was made with."""
        bot = interaction.client
        job = await self.job(bot)
        params = JobSpec.from_mapping(job.params).params
        # What cannot be is told before a form is filled in.
        wanted = honoured(go_on(job, Action.REMIX), bot.app.offer)
        asked = await quote(bot.app, origin_of(interaction, None), wanted.specs)
        checkpoint = bot.app.offer.still(params.checkpoint)
        kept = min(MAX_STRENGTH, max(MIN_STRENGTH, params.strength))

        async def submitted(
            answer: "discord.Interaction[RestyleBot]", prompt: str, strength: float | None
        ) -> None:
            async def wish(bot: "RestyleBot") -> Wish:
                parent = await self.job(bot)
                remix = go_on(parent, Action.REMIX, prompt=prompt, strength=strength)
                # No more than the form has told.
                return replace(remix, at_most=asked.price if asked.told else None)

            what = f"{self.action} {self.job_id} {prompt} {strength}"
            await answer_once(answer, what, wish, FORM_PAUSE_S)

        modal = WishModal(
            title=_("Remix"),
            prompt=params.prompt,
            strength=kept if checkpoint.abilities.takes_strength else None,
            max_chars=bot.app.settings.prompt_max_chars,
            submitted=submitted,
            note=asked.told,
        )
        await modal.show(interaction)
