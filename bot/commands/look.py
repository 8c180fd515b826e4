"""`/look save`, `/look list` and `/look delete`: a member's own looks."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.disarming import disarmed
from bot.language import N_, _
from bot.looks.listing import listing
from bot.looks.look import MAX_NAME_CHARS, MAX_TEMPLATE_CHARS
from bot.looks.shelf import Whose
from bot.place import guild_of
from storage.looks import LookOwner

if TYPE_CHECKING:
    from bot.client import RestyleBot

SAVED = N_("Saved. `/restyle` and `/imagine` now offer you the look **{name}**.")
DELETED = N_("Deleted.")
MAX_CHOICES = 25

look = app_commands.Group(
    name="look",
    description="Saved looks to put your words into",
    allowed_contexts=app_commands.AppCommandContext(
        guild=True, dm_channel=True, private_channel=True
    ),
    allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
)


@look.command(name="save", description="Keep a look for yourself, here and everywhere")
@app_commands.describe(
    name="What to call it; an older one of yours of that name is replaced",
    template="For example: {prompt}, a woodcut in two colours",
)
async def save(
    interaction: "discord.Interaction[RestyleBot]",
    name: app_commands.Range[str, 1, MAX_NAME_CHARS],
    template: app_commands.Range[str, 1, MAX_TEMPLATE_CHARS],
) -> None:
    """Keep it."""
    await interaction.response.defer(ephemeral=True)
    owner = LookOwner("member", interaction.user.id)
    kept = await interaction.client.app.looks.save(owner, name, template, interaction.user.id)
    text = _(SAVED).format(name=disarmed(kept.name))
    await interaction.edit_original_response(content=text)


@look.command(name="list", description="All looks that you may use here")
async def list_(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Show them, in a message for the member alone."""
    await interaction.response.defer(ephemeral=True)
    shelf = interaction.client.app.looks
    found = await shelf.all_for(guild_of(interaction), interaction.user.id)
    await interaction.edit_original_response(view=listing(found))


@look.command(name="delete", description="Forget one of your own looks")
@app_commands.describe(name="Which one")
async def delete(interaction: "discord.Interaction[RestyleBot]", name: str) -> None:
    """Forget it."""
    await interaction.response.defer(ephemeral=True)
    await interaction.client.app.looks.delete(LookOwner("member", interaction.user.id), name)
    await interaction.edit_original_response(content=_(DELETED))


@delete.autocomplete("name")
async def offer_own(
    interaction: "discord.Interaction[RestyleBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """The member's own looks."""
    shelf = interaction.client.app.looks
    names = [
        shelved.look.name
        for shelved in await shelf.all_for(guild_of(interaction), interaction.user.id)
        if shelved.whose is Whose.OWN and typed.strip().lower() in shelved.look.name.lower()
    ]
    return [app_commands.Choice(name=name, value=name) for name in names[:MAX_CHOICES]]
