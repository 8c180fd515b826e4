"""`/mod set …` and `/mod rules`: the rules of the guild as a whole."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.mod.answering import answer_with_rules
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from bot.moderation.reach import require_reach

if TYPE_CHECKING:
    from bot.client import RestyleBot

Why = app_commands.Range[str, 1, REASON_MAX_CHARS]
RETENTION_MAX_DAYS = 3650

guild_rules = app_commands.Group(name="set", description="What holds in the whole server")


@app_commands.command(name="rules", description="All rules of this server")
async def rules(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Show them."""
    await interaction.response.defer(ephemeral=True)
    await answer_with_rules(interaction)


@guild_rules.command(
    name="source-filter", description="Whether pictures are checked before they are restyled"
)
@app_commands.describe(on="Whether explicit sources are refused", reason="Why, for the audit log")
async def source_filter(
    interaction: "discord.Interaction[RestyleBot]", on: bool, reason: Why | None = None
) -> None:
    """Switch the check of sources; results are checked in any case."""
    await change(interaction, "set source-filter", reason, source_filter=on)


@guild_rules.command(name="retention", description="For how many days pictures are kept")
@app_commands.describe(
    days="Left out: as the operator of the bot chose", reason="Why, for the audit log"
)
async def retention(
    interaction: "discord.Interaction[RestyleBot]",
    days: app_commands.Range[int, 1, RETENTION_MAX_DAYS] | None = None,
    reason: Why | None = None,
) -> None:
    """Set for how long pictures are kept."""
    await change(interaction, "set retention", reason, retention_days=days)


@guild_rules.command(name="report-channel", description="Where reports and doubtful pictures go")
@app_commands.describe(channel="Left out: nowhere", reason="Why, for the audit log")
async def report_channel(
    interaction: "discord.Interaction[RestyleBot]",
    channel: discord.TextChannel | None = None,
    reason: Why | None = None,
) -> None:
    """Set the channel of reports."""
    await _set_channel(interaction, "report-channel", reason, "report_channel_id", channel)


@guild_rules.command(
    name="request-channel", description="Where members' requests for more pictures go"
)
@app_commands.describe(channel="Left out: nowhere", reason="Why, for the audit log")
async def request_channel(
    interaction: "discord.Interaction[RestyleBot]",
    channel: discord.TextChannel | None = None,
    reason: Why | None = None,
) -> None:
    """Set the channel of requests."""
    await _set_channel(interaction, "request-channel", reason, "moderators_channel_id", channel)


async def _set_channel(
    interaction: "discord.Interaction[RestyleBot]",
    what: str,
    reason: str | None,
    column: str,
    channel: discord.TextChannel | None,
) -> None:
    require_reach(channel)
    chosen = None if channel is None else channel.id
    await change(interaction, f"set {what}", reason, **{column: chosen})


async def change(
    interaction: "discord.Interaction[RestyleBot]",
    action: str,
    reason: str | None,
    **changes: Any,
) -> None:
    """Set a guild's rules and answer with all of them."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, action, reason=reason)
    await interaction.client.app.database.guilds.change(deed, **changes)
    await answer_with_rules(interaction)
