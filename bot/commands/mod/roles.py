"""`/mod role …`: whose members may ask for pictures."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.commands.mod.answering import answer_with_rules
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from storage.moderation_tables import TargetKind

if TYPE_CHECKING:
    from bot.client import RestyleBot

Why = app_commands.Range[str, 1, REASON_MAX_CHARS]

role_rules = app_commands.Group(name="role", description="Which roles may ask for pictures")


@role_rules.command(
    name="allow", description="Work for members with this and other allowed roles only"
)
@app_commands.describe(role="Which role", reason="Why, for the audit log")
async def allow(
    interaction: "discord.Interaction[RestyleBot]", role: discord.Role, reason: Why | None = None
) -> None:
    """Put a role on the list; as long as it is empty, everybody may ask."""
    await _set(interaction, role, reason, allowed=True)


@role_rules.command(name="disallow", description="Take a role off the list of allowed ones")
@app_commands.describe(role="Which role", reason="Why, for the audit log")
async def disallow(
    interaction: "discord.Interaction[RestyleBot]", role: discord.Role, reason: Why | None = None
) -> None:
    """Take a role off the list; an empty list lets everybody ask."""
    await _set(interaction, role, reason, allowed=False)


async def _set(
    interaction: "discord.Interaction[RestyleBot]",
    role: discord.Role,
    reason: str | None,
    *,
    allowed: bool,
) -> None:
    await interaction.response.defer(ephemeral=True)
    action = "role allow" if allowed else "role disallow"
    deed = deed_of(
        interaction, action, target_kind=TargetKind.ROLE, target_id=role.id, reason=reason
    )
    await interaction.client.app.database.rules.allow_role(deed, role.id, allowed=allowed)
    await answer_with_rules(interaction)
