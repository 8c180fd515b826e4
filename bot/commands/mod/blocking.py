"""`/mod block`, `/mod unblock` and `/mod blocked`: members who may not ask for pictures here."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.moderation import texts
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from bot.moderation.spans import parse_span
from storage.moderation_tables import TargetKind

if TYPE_CHECKING:
    from bot.client import RestyleBot

Reason = app_commands.Range[str, 1, REASON_MAX_CHARS]
Span = app_commands.Range[str, 1, 20]


@app_commands.command(name="block", description="Let a member ask for no more pictures here")
@app_commands.describe(
    member="Who",
    reason="Why; the member reads it, and it is kept in the audit log",
    expires="For how long, such as 90m, 12h, 7d or 2w; left out: until you unblock them",
)
async def block(
    interaction: "discord.Interaction[RestyleBot]",
    member: discord.User,
    reason: Reason,
    expires: Span | None = None,
) -> None:
    """Block a member; what they have waiting or running is finished."""
    until = None if expires is None else datetime.now(UTC) + parse_span(expires)
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(
        interaction, "block", target_kind=TargetKind.MEMBER, target_id=member.id, reason=reason
    )
    done = await interaction.client.app.database.blocks.block(deed, member.id, until)
    await interaction.edit_original_response(content=texts.blocked_now(done))


@app_commands.command(name="unblock", description="Let a member ask for pictures again")
@app_commands.describe(member="Who", reason="Why, for the audit log")
async def unblock(
    interaction: "discord.Interaction[RestyleBot]",
    member: discord.User,
    reason: Reason | None = None,
) -> None:
    """End a block."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(
        interaction, "unblock", target_kind=TargetKind.MEMBER, target_id=member.id, reason=reason
    )
    ended = await interaction.client.app.database.blocks.unblock(deed, member.id)
    told = texts.unblocked(member.id) if ended else texts.not_blocked(member.id)
    await interaction.edit_original_response(content=told)


@app_commands.command(name="blocked", description="Who may ask for no pictures here, and why")
async def blocked(interaction: "discord.Interaction[RestyleBot]") -> None:
    """List the blocks that hold."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, "blocked")
    blocks = await interaction.client.app.database.blocks.all(deed.guild_id)
    await interaction.edit_original_response(content=texts.blocks(blocks))
