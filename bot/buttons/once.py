"""A press that starts a job, and what a second press of the same button means.

A double click asks for one picture: within a few seconds the second press only says so. What would
come out the same again, since nothing in it is left to chance, is not made twice at all: the press
leads to where it is already.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import discord

from bot.conversation import answer_with_job
from bot.jobs.address import jump_url
from bot.jobs.wish import Wish
from bot.language import N_, _
from bot.presses import BUTTON_PAUSE_S
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

ON_IT = N_("I am on it already. For another one, press again in a moment.")
MADE_ALREADY = N_("That is there already: {link}")
UNDER_WAY = N_("That is being made already: {link}")


async def answer_once(
    interaction: "discord.Interaction[RestyleBot]",
    what: str,
    wish: "Callable[[RestyleBot], Awaitable[Wish]]",
    pause_s: float = BUTTON_PAUSE_S,
) -> None:
    """Start a job unless the member asked for ``what`` a moment ago."""
    async with no_second(interaction, what, pause_s) as first_time:
        if first_time:
            await answer_with_job(interaction, wish)


@asynccontextmanager
async def no_second(
    interaction: "discord.Interaction[RestyleBot]", what: str, pause_s: float
) -> AsyncIterator[bool]:
    """Whether the member asked for ``what`` for the first time in a while; if not, they are told.

    Where what is done about it fails, it led to nothing, and the next is no repetition.
    """
    presses = interaction.client.app.presses
    if presses.again(interaction.user.id, what, pause_s):
        await interaction.response.send_message(_(ON_IT), ephemeral=True)
        yield False
        return
    try:
        yield True
    except Exception:
        presses.forget(interaction.user.id, what)
        raise


async def point_to(interaction: "discord.Interaction[RestyleBot]", job: Job) -> None:
    """Tell the member alone where the picture is being made that the press asks for."""
    text = _(UNDER_WAY).format(link=jump_url(job))
    await interaction.response.send_message(text, ephemeral=True)


def made_already(job: Job) -> str:
    """The sentence for a picture that is made."""
    return _(MADE_ALREADY).format(link=jump_url(job))
