"""`/mod channel …`: where pictures may be asked for, and what holds there."""

from typing import TYPE_CHECKING, Any, get_args

import discord
from discord import app_commands
from discord.app_commands.transformers import BaseChannelTransformer

from bot.commands.mod.answering import answer_with_rules
from bot.errors import NotAllowed
from bot.language import _
from bot.moderation import texts
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from storage.moderation_tables import SpoilerRule, TargetKind

if TYPE_CHECKING:
    from bot.client import RestyleBot

Why = app_commands.Range[str, 1, REASON_MAX_CHARS]
Place = discord.TextChannel | discord.VoiceChannel | discord.ForumChannel | discord.StageChannel


class _Places(BaseChannelTransformer[Any]):
    """Channels that pictures may be asked for in."""

    def __init__(self) -> None:
        super().__init__(*get_args(Place))

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """As discord.py takes them, but for media channels: Discord's document knows none."""
        return [kind for kind in super().channel_types if kind is not discord.ChannelType.media]


Channel = app_commands.Transform[Place, _Places]

channel_rules = app_commands.Group(name="channel", description="What holds in one channel")


@channel_rules.command(
    name="allow", description="Take pictures in this and other allowed channels only"
)
@app_commands.describe(channel="Where", reason="Why, for the audit log")
async def allow(
    interaction: "discord.Interaction[RestyleBot]", channel: Channel, reason: Why | None = None
) -> None:
    """Put a channel on the list; as long as it is empty, all are allowed."""
    await _change(interaction, channel, "channel allow", reason, allowed=True)


@channel_rules.command(name="disallow", description="Take a channel off the list of allowed ones")
@app_commands.describe(channel="Where", reason="Why, for the audit log")
async def disallow(
    interaction: "discord.Interaction[RestyleBot]", channel: Channel, reason: Why | None = None
) -> None:
    """Take a channel off the list; an empty list allows all."""
    await _change(interaction, channel, "channel disallow", reason, allowed=False)


@channel_rules.command(
    name="explicit", description="Whether an age-restricted channel may show explicit pictures"
)
@app_commands.describe(
    channel="Where; Discord itself must restrict it to adults",
    permitted="Whether they may be shown there",
    reason="Why, for the audit log",
)
async def explicit(
    interaction: "discord.Interaction[RestyleBot]",
    channel: Channel,
    permitted: bool,
    reason: Why | None = None,
) -> None:
    """Permit or refuse explicit pictures; without Discord's own age restriction never."""
    if permitted and not channel.is_nsfw():
        raise NotAllowed(_(texts.NOT_AGE_RESTRICTED))
    await _change(interaction, channel, "channel explicit", reason, nsfw_allowed=permitted)


@channel_rules.command(name="spoiler", description="Whether results are hidden until clicked")
@app_commands.describe(
    channel="Where", rule="When they are hidden", reason="Why, for the audit log"
)
@app_commands.choices(
    rule=[
        app_commands.Choice(name="as the member chooses", value=SpoilerRule.CHOICE.value),
        app_commands.Choice(name="always", value=SpoilerRule.ALWAYS.value),
    ]
)
async def spoiler(
    interaction: "discord.Interaction[RestyleBot]",
    channel: Channel,
    rule: str,
    reason: Why | None = None,
) -> None:
    """Hide all results of a channel, or leave it to the member."""
    await _change(interaction, channel, "channel spoiler", reason, spoiler=SpoilerRule(rule))


async def _change(
    interaction: "discord.Interaction[RestyleBot]",
    channel: Channel,
    action: str,
    reason: str | None,
    **changes: Any,
) -> None:
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(
        interaction, action, target_kind=TargetKind.CHANNEL, target_id=channel.id, reason=reason
    )
    await interaction.client.app.database.rules.change_channel(deed, channel.id, **changes)
    await answer_with_rules(interaction)
