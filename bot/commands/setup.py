"""`/setup`: an admin chooses the guild's rules in one message; without it there are defaults."""

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import discord
from discord import app_commands

from bot.errors import NotUnderstood
from bot.language import _
from bot.moderation import texts
from bot.moderation.deeds import deed_of
from bot.moderation.gate import ADMIN
from bot.moderation.setup_menus import show_setup
from storage.errors import UnknownTimeZone

if TYPE_CHECKING:
    from bot.client import RestyleBot

ZONE_MAX_CHARS = 64
# Discord's own limit on what autocomplete offers.
OFFERED = 25


@app_commands.command(name="setup", description="Choose the rules of this server in one message")
@app_commands.describe(timezone="Any time zone, such as Europe/Berlin; the menu has the usual ones")
@app_commands.default_permissions(ADMIN)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
async def setup(
    interaction: "discord.Interaction[RestyleBot]",
    timezone: app_commands.Range[str, 1, ZONE_MAX_CHARS] | None = None,
) -> None:
    """Show the rules with a menu for each; what is chosen holds at once."""
    await interaction.response.defer(ephemeral=True)
    if timezone is not None:
        deed = deed_of(interaction, "setup timezone")
        try:
            await interaction.client.app.database.guilds.change(deed, timezone=timezone.strip())
        except UnknownTimeZone as error:
            raise NotUnderstood(_(texts.NO_SUCH_ZONE)) from error
    await show_setup(interaction)


@setup.autocomplete("timezone")
async def offer_zones(
    _interaction: "discord.Interaction[RestyleBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """Zones that contain what was typed."""
    wanted = typed.strip().casefold().replace(" ", "_")
    found = sorted(name for name in available_timezones() if wanted in name.casefold())
    return [app_commands.Choice(name=name, value=name) for name in found[:OFFERED]]
