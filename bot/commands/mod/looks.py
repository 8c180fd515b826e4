"""`/mod look …`: the looks that everybody in this guild may use."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.disarming import disarmed
from bot.language import N_, _
from bot.looks.look import MAX_NAME_CHARS, MAX_TEMPLATE_CHARS
from bot.looks.shelf import Whose
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from storage.looks import LookOwner
from storage.moderation_tables import TargetKind

if TYPE_CHECKING:
    from bot.client import RestyleBot

SAVED = N_("Saved. Everybody here is now offered the look **{name}**.")
DELETED = N_("Deleted.")
MAX_CHOICES = 25

Why = app_commands.Range[str, 1, REASON_MAX_CHARS]

guild_looks = app_commands.Group(name="look", description="Looks for everybody on this server")


@guild_looks.command(name="save", description="Keep a look for everybody on this server")
@app_commands.describe(
    name="What to call it; an older one of this server of that name is replaced",
    template="For example: {prompt}, a woodcut in two colours",
    reason="Why, for the audit log",
)
async def save(
    interaction: "discord.Interaction[RestyleBot]",
    name: app_commands.Range[str, 1, MAX_NAME_CHARS],
    template: app_commands.Range[str, 1, MAX_TEMPLATE_CHARS],
    reason: Why | None = None,
) -> None:
    """Keep it."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, "look save", target_kind=TargetKind.LOOK, reason=reason)
    owner, shelf = LookOwner("guild", deed.guild_id), interaction.client.app.looks
    kept = await shelf.save(owner, name, template, interaction.user.id, deed)
    text = _(SAVED).format(name=disarmed(kept.name))
    await interaction.edit_original_response(content=text)


@guild_looks.command(name="delete", description="Forget one of this server's looks")
@app_commands.describe(name="Which one", reason="Why, for the audit log")
async def delete(
    interaction: "discord.Interaction[RestyleBot]", name: str, reason: Why | None = None
) -> None:
    """Forget it."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, "look delete", target_kind=TargetKind.LOOK, reason=reason)
    await interaction.client.app.looks.delete(LookOwner("guild", deed.guild_id), name, deed)
    await interaction.edit_original_response(content=_(DELETED))


@delete.autocomplete("name")
async def offer_guilds(
    interaction: "discord.Interaction[RestyleBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """The guild's own looks."""
    shelf, wanted = interaction.client.app.looks, typed.strip().lower()
    names = [
        shelved.look.name
        for shelved in await shelf.all_for(interaction.guild_id, 0)
        if shelved.whose is Whose.GUILD and wanted in shelved.look.name.lower()
    ]
    return [app_commands.Choice(name=name, value=name) for name in names[:MAX_CHOICES]]
