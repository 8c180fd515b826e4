"""What this Discord holds: guilds, channels, members and messages, as Discord's JSON has them."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

DISCORD_EPOCH_MS = 1_420_070_400_000
APPLICATION_ID = 1100
BOT_ID = 1100
EVERYTHING = str((1 << 53) - 1)
ORDINARY = str(0x8000 | 0x800 | 0x400 | 0x80000000)
EPHEMERAL = 1 << 6
LOADING = 1 << 7

# What a guild has none of.
EMPTY_LISTS = (
    "emojis",
    "features",
    "guild_scheduled_events",
    "presences",
    "soundboard_sounds",
    "stage_instances",
    "stickers",
    "threads",
    "voice_states",
)
READABLE = ("title", "description", "value", "content")

_counter = itertools.count(1)


def snowflake(age_s: float = 0.0) -> int:
    """A fresh id whose time is ``age_s`` seconds ago."""
    milliseconds = int((time.time() - age_s) * 1000) - DISCORD_EPOCH_MS
    return (milliseconds << 22) | (next(_counter) & 0x3FFFFF)


@dataclass(frozen=True)
class Guild:
    """A guild.

    Attributes:
        bot_permissions: What the bot may do there, as the list of its own guilds tells it.
    """

    id: int
    name: str
    bot_permissions: str = EVERYTHING


@dataclass(frozen=True)
class Role:
    """A role of a guild, as far as an option of a command can name it."""

    id: int
    name: str

    def payload(self) -> dict[str, Any]:
        """As resolved data has it."""
        made: dict[str, Any] = {"id": str(self.id), "name": self.name, "permissions": "0"}
        made |= {"color": 0, "hoist": False, "position": 1, "managed": False}
        return made | {"mentionable": False, "flags": 0}


@dataclass(frozen=True)
class Channel:
    """A text channel; one without a guild is a direct message with the bot."""

    id: int
    guild: Guild | None
    name: str = "general"

    def payload(self) -> dict[str, Any]:
        """As a gateway event has it."""
        kind = 1 if self.guild is None else 0
        made: dict[str, Any] = {"id": str(self.id), "type": kind, "name": self.name}
        made |= {"position": 0, "permission_overwrites": [], "nsfw": False, "last_message_id": None}
        return made | {"permissions": EVERYTHING, "recipients": [], "flags": 0}


@dataclass(frozen=True)
class Member:
    """A member, the same in every guild."""

    id: int
    name: str
    permissions: str = ORDINARY
    roles: tuple[int, ...] = ()
    locale: str = "en-US"

    def user(self) -> dict[str, Any]:
        """As a user."""
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.id == BOT_ID,
        }

    def payload(self) -> dict[str, Any]:
        """As a member of a guild."""
        return {
            "user": self.user(),
            "roles": [str(role) for role in self.roles],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "nick": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": self.permissions,
        }


BOT = Member(BOT_ID, "Restyle")


@dataclass
class Message:
    """A message of the bot's, or one that a member posted.

    Attributes:
        token: Token of the interaction that it answers.
        nonce: As the bot gave it with ``enforce_nonce``.
        edits: How often it was changed.
    """

    id: int
    channel: Channel
    author: Member = BOT
    content: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    embeds: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    token: str | None = None
    nonce: str | None = None
    edits: int = 0
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        """Whether one member alone sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        """Whether it still only says that something is coming."""
        return bool(self.flags & LOADING)

    def payload(self) -> dict[str, Any]:
        """As REST and gateway have it."""
        made = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "author": self.author.user(),
            "content": self.content,
            "timestamp": "2024-01-01T00:00:00+00:00",
            "edited_timestamp": "2024-01-01T00:00:01+00:00" if self.edits else None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": self.attachments,
            "embeds": self.embeds,
            "components": self.components,
            "flags": self.flags,
            "pinned": False,
            "type": 0,
        }
        return made if self.nonce is None else made | {"nonce": self.nonce}

    def text(self) -> str:
        """All that can be read in it: content, embeds and text components."""
        found = [self.content]
        for node in walk([self.embeds, self.components]):
            found += [
                str(node[k]) for k in ("title", "description", "value", "content") if k in node
            ]
        return "\n".join(part for part in found if part)

    def component(self, wanted: str) -> dict[str, Any]:
        """The button or select whose label is ``wanted``, or whose custom_id holds it."""
        nodes = [node for node in walk(self.components) if "custom_id" in node]
        for node in nodes:
            if wanted in (node.get("label"), node.get("placeholder"), node["custom_id"]):
                return node
        for node in nodes:
            if f":{wanted}:" in node["custom_id"]:
                return node
        raise LookupError(f"no {wanted!r} among {[n.get('label') for n in nodes]}")

    def has(self, wanted: str) -> bool:
        """Whether there is such a button or select."""
        try:
            return bool(self.component(wanted))
        except LookupError:
            return False


def walk(node: Any) -> list[dict[str, Any]]:
    """All objects within a JSON value, outer ones first."""
    if isinstance(node, dict):
        return [node, *(found for value in node.values() for found in walk(value))]
    if isinstance(node, list):
        return [found for value in node for found in walk(value)]
    return []


@dataclass
class World:
    """All of it.

    Attributes:
        application_flags: Of the application, where the portal's switches for intents show.
    """

    application_flags: int = 0

    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    commands: dict[int | None, list[dict[str, Any]]] = field(default_factory=dict)

    def guild_payload(self, guild: Guild) -> dict[str, Any]:
        """As GUILD_CREATE has it."""
        channels = [c.payload() for c in self.channels.values() if c.guild == guild]
        everyone = {"id": str(guild.id), "name": "@everyone", "color": 0, "colors": {}}
        everyone |= {"hoist": False, "position": 0, "permissions": EVERYTHING, "flags": 0}
        everyone |= {"managed": False, "mentionable": False}
        return {
            **{name: [] for name in EMPTY_LISTS},
            "id": str(guild.id),
            "name": guild.name,
            "owner_id": "1",
            "roles": [everyone],
            "channels": channels,
            "members": [BOT.payload()],
            "member_count": 50,
            "preferred_locale": "en-US",
            "large": False,
            "unavailable": False,
            "joined_at": "2024-01-01T00:00:00+00:00",
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "afk_timeout": 60,
            "system_channel_flags": 0,
            "premium_progress_bar_enabled": False,
        }
