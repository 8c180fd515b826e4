"""Where a wish came from: the facts of an interaction that a job outlives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.errors import NotAllowed
from bot.language import _
from bot.place import guild_of, may_post

# Discord lets an interaction's token be used for this long; a minute is kept in hand.
TOKEN_LIFE = timedelta(minutes=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked, where, and how the answer gets back there.

    Attributes:
        interaction_id: Snowflake; Discord may tell of one interaction twice.
        joined_at: When the member joined the guild, where Discord tells it.
        parent_channel_id: The channel that a thread belongs to; None outside of threads.
        age_restricted: Discord shows the channel to adults only.
        role_ids: The member's roles in the guild.
        private: The answer is for the member alone, and can be reached by the token only.
        message_id: The deferred answer, which later shows progress and result.
        attachment_size_limit: Bytes that Discord takes in answer to this very interaction.
    """

    interaction_id: int
    user_id: int
    joined_at: datetime | None = None
    guild_id: int | None
    channel_id: int
    message_id: int | None
    application_id: int
    token: str
    token_expires_at: datetime
    locale: str
    attachment_size_limit: int
    parent_channel_id: int | None = None
    age_restricted: bool = False
    role_ids: frozenset[int] = frozenset()
    private: bool = False


def origin_of(interaction: discord.Interaction[Any], message_id: int | None) -> Origin:
    """Read an ``Origin`` off an acknowledged interaction."""
    if interaction.channel_id is None:
        raise NotAllowed(_("I can only answer inside a channel."))
    channel = interaction.channel
    return Origin(
        interaction_id=interaction.id,
        user_id=interaction.user.id,
        joined_at=getattr(interaction.user, "joined_at", None),
        guild_id=guild_of(interaction),
        channel_id=interaction.channel_id,
        message_id=message_id,
        application_id=interaction.application_id,
        token=interaction.token,
        token_expires_at=interaction.created_at + TOKEN_LIFE,
        locale=interaction.locale.value,
        attachment_size_limit=interaction.filesize_limit,
        parent_channel_id=channel.parent_id if isinstance(channel, discord.Thread) else None,
        age_restricted=_is_nsfw(channel),
        role_ids=_roles(interaction.user),
        private=not may_post(interaction),
    )


def _is_nsfw(channel: Any) -> bool:
    # Not every kind of channel can be age-restricted.
    is_nsfw = getattr(channel, "is_nsfw", None)
    return bool(is_nsfw and is_nsfw())


def _roles(user: discord.User | discord.Member) -> frozenset[int]:
    return (
        frozenset(role.id for role in user.roles)
        if isinstance(user, discord.Member)
        else frozenset()
    )
