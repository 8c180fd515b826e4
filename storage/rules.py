"""A guild's rules on who may ask for pictures, where, and in which words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from storage import audit
from storage.audit import Deed
from storage.guilds import Guild, find_guild
from storage.moderation_tables import (
    AllowedRoleRow,
    ChannelRuleRow,
    FilterKind,
    PromptFilterRow,
    SpoilerRule,
)
from storage.sessions import Sessions
from storage.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """What holds in a channel and in the threads below it.

    Attributes:
        allowed: Pictures may be asked for there. Where no channel of a guild says so, all may.
        nsfw_allowed: Explicit pictures may be shown there, as long as it is age-restricted.
        spoiler: Whether results there are hidden until clicked.
    """

    channel_id: int
    allowed: bool = False
    nsfw_allowed: bool = False
    spoiler: SpoilerRule = SpoilerRule.CHOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFilter:
    """Words or an expression that no prompt may contain."""

    id: int
    kind: FilterKind
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildRules:
    """All rules of one guild at one moment.

    Attributes:
        channels: By channel id; a channel that is missing has the defaults.
        allowed_roles: Roles that may ask; where there is none, everybody may.
    """

    guild: Guild
    channels: Mapping[int, ChannelRule] = field(default_factory=dict)
    allowed_roles: frozenset[int] = frozenset()
    filters: tuple[PromptFilter, ...] = ()

    def channel(self, channel_id: int) -> ChannelRule:
        """The rule of a channel, defaults included."""
        return self.channels.get(channel_id) or ChannelRule(channel_id=channel_id)

    @property
    def allowed_channels(self) -> frozenset[int]:
        """Channels that may be asked in; where there is none, all may."""
        return frozenset(rule.channel_id for rule in self.channels.values() if rule.allowed)


class Rules:
    """Reads and writes the rules. What changes nothing is not written into the audit log."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def of(self, guild_id: int) -> GuildRules:
        """All rules of a guild."""
        return await self._sessions.look(lambda session: _rules_of(session, guild_id))

    async def change_channel(self, deed: Deed, channel_id: int, **changes: Any) -> ChannelRule:
        """Set some of a channel's rules, named as the fields of ``ChannelRule``."""
        key = {"guild_id": deed.guild_id, "channel_id": channel_id}
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await session.get(ChannelRuleRow, key)
            before = ChannelRule(channel_id=channel_id) if row is None else _channel_rule(row)
            after = replace(before, **changes)
            if after != before:
                await upsert(session, ChannelRuleRow, key, _without_id(after))
                audit.record(session, deed, before=_without_id(before), after=_without_id(after))
        return after

    async def allow_role(self, deed: Deed, role_id: int, *, allowed: bool) -> bool:
        """Put a role on the list of those that may ask, or take it off; whether that was new."""
        key = {"guild_id": deed.guild_id, "role_id": role_id}
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await session.get(AllowedRoleRow, key)
            if (row is not None) is allowed:
                return False
            if row is None:
                session.add(AllowedRoleRow(**key))
            else:
                await session.delete(row)
            audit.record(session, deed, before={"allowed": not allowed}, after={"allowed": allowed})
        return True

    async def add_filter(self, deed: Deed, kind: FilterKind, pattern: str) -> PromptFilter | None:
        """Forbid words or an expression in prompts; None where they are forbidden already."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            known = select(PromptFilterRow.id).where(
                PromptFilterRow.guild_id == deed.guild_id,
                PromptFilterRow.kind == kind,
                PromptFilterRow.pattern == pattern,
            )
            if await session.scalar(known) is not None:
                return None
            row = PromptFilterRow(guild_id=deed.guild_id, kind=kind, pattern=pattern)
            session.add(row)
            await session.flush()
            audit.record(
                session,
                replace(deed, target_id=row.id),
                before={},
                after={"kind": kind, "pattern": pattern},
            )
            return PromptFilter(id=row.id, kind=kind, pattern=pattern)

    async def remove_filter(self, deed: Deed, filter_id: int) -> PromptFilter | None:
        """Allow again what a filter of this guild forbade; None where there is no such filter."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await _filter(session, deed.guild_id, filter_id)
            if row is None:
                return None
            gone = PromptFilter(id=row.id, kind=row.kind, pattern=row.pattern)
            await session.execute(delete(PromptFilterRow).where(PromptFilterRow.id == filter_id))
            before = {"kind": gone.kind, "pattern": gone.pattern}
            audit.record(session, replace(deed, target_id=filter_id), before=before, after={})
        return gone


def _rules_of(session: Session, guild_id: int) -> GuildRules:
    channels = session.scalars(select(ChannelRuleRow).where(ChannelRuleRow.guild_id == guild_id))
    roles = session.scalars(
        select(AllowedRoleRow.role_id).where(AllowedRoleRow.guild_id == guild_id)
    )
    filters = session.scalars(
        select(PromptFilterRow)
        .where(PromptFilterRow.guild_id == guild_id)
        .order_by(PromptFilterRow.id)
    )
    return GuildRules(
        guild=find_guild(session, guild_id),
        channels={row.channel_id: _channel_rule(row) for row in channels},
        allowed_roles=frozenset(roles),
        filters=tuple(
            PromptFilter(id=row.id, kind=row.kind, pattern=row.pattern) for row in filters
        ),
    )


async def _filter(session: AsyncSession, guild_id: int, filter_id: int) -> PromptFilterRow | None:
    row = await session.get(PromptFilterRow, filter_id)
    return row if row is not None and row.guild_id == guild_id else None


def _channel_rule(row: ChannelRuleRow) -> ChannelRule:
    return ChannelRule(
        channel_id=row.channel_id,
        allowed=row.allowed,
        nsfw_allowed=row.nsfw_allowed,
        spoiler=row.spoiler,
    )


def _without_id(rule: ChannelRule) -> dict[str, Any]:
    values = asdict(rule)
    del values["channel_id"]
    return values
