"""A moderator's deed, as it is read off the interaction that asks for it."""

from typing import Any

import discord

from bot.errors import NotYours
from bot.language import _
from storage.audit import Deed
from storage.moderation_tables import TargetKind

REASON_MAX_CHARS = 400


def deed_of(
    interaction: discord.Interaction[Any],
    action: str,
    *,
    target_kind: TargetKind = TargetKind.GUILD,
    target_id: int | str | None = None,
    reason: str | None = None,
) -> Deed:
    """The deed of the member who sent ``interaction``, in the guild that it came from."""
    if interaction.guild_id is None:
        raise NotYours(_("That is for moderators, inside their server."))
    return Deed(
        guild_id=interaction.guild_id,
        actor_id=interaction.user.id,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        reason=reason,
    )
