"""Who may be mentioned by a message: one member, and nobody that its words name besides."""

from dataclasses import dataclass
from typing import Any

import discord


@dataclass(frozen=True, slots=True)
class _Named:
    """discord.py sends ids here as they are; Discord's document has them as texts."""

    id: str


def only(user_id: int) -> discord.AllowedMentions:
    """Let a message mention that member alone."""
    named: Any = [_Named(str(user_id))]
    return discord.AllowedMentions(everyone=False, roles=False, users=named)
