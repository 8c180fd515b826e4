"""Buttons that start jobs. What costs more than the usual is asked about before it is spent."""

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

import discord

from bot.buttons.base import JOB_ID, JobButton, view_with
from bot.buttons.once import answer_once
from bot.jobs.honouring import honoured
from bot.jobs.origin import origin_of
from bot.jobs.wish import Wish
from bot.quota import texts
from bot.quota.quote import Quote, quote, require_means

if TYPE_CHECKING:
    from bot.client import RestyleBot

PRICE = r"(?::(?P<agreed>\d{1,6}))?"


def wish_pattern(action: str) -> str:
    """The custom_id of ``action`` on any job, with the price behind it that a member agreed to."""
    return rf"r:{action}:{JOB_ID}{PRICE}"


class WishButton(JobButton, template=r"r:never:wish:"):
    """Starts jobs. Subclasses say which by ``wish``.

    The question about the price is answered by the same button with that price in its custom_id.
    So nothing has to be remembered, and a price that has changed meanwhile is asked about again.
    """

    def __init__(self, job_id: str, *, action: str = "", label: str = "", agreed: int = 0) -> None:
        super().__init__(job_id, action=action, label=label)
        self.agreed = agreed
        if agreed:
            self.item.custom_id = f"{self.custom_word}:{agreed}"
            self.item.style = discord.ButtonStyle.success

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"], agreed=int(match["agreed"] or 0))

    async def wish(self, bot: "RestyleBot") -> Wish:
        """What the button stands for; raises what is told to the member."""
        raise NotImplementedError

    def agreeing(self, asked: Quote) -> Self:
        """The same button, by which a member agrees to the price."""
        label = texts.agree(asked.price)
        return type(self)(self.job_id, label=label, agreed=asked.price)

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Queue the pictures, or ask first."""
        app, wanted = interaction.client.app, self.wish
        if not app.presses.recent(interaction.user.id, self.custom_word):
            # Rows are read before Discord is answered: whether all see the answer hangs on them.
            origin = origin_of(interaction, None)
            wish = honoured(await self.wish(interaction.client), app.offer)
            asked = await quote(app, origin, wish.specs)
            if not asked.is_usual and asked.price > self.agreed:
                await require_means(app, origin, asked)
                await self._ask(interaction, asked)
                return
            wanted = partial(self._wish_at_most, asked.price)
        await answer_once(interaction, self.custom_word, wanted)

    async def _wish_at_most(self, price: int, bot: "RestyleBot") -> Wish:
        return replace(await self.wish(bot), at_most=price)

    async def _ask(self, interaction: "discord.Interaction[RestyleBot]", asked: Quote) -> None:
        view = view_with([self.agreeing(asked)])
        question = texts.price_of(asked.count, asked.price, asked.balance)
        await interaction.response.send_message(question, view=view, ephemeral=True)
