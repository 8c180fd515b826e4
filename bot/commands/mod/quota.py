"""`/mod quota set`, `grant`, `reset` and `rules`: who may make how many pictures."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.mod.channels import Channel
from bot.errors import NotUnderstood
from bot.language import _
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from bot.quota import moderators_texts as texts
from storage.audit import Deed
from storage.moderation_tables import TargetKind
from storage.quota_rules import UNLIMITED, Allowance
from storage.quota_tables import AllowanceScope

if TYPE_CHECKING:
    from bot.client import RestyleBot

Reason = app_commands.Range[str, 1, REASON_MAX_CHARS]
Word = app_commands.Range[str, 1, 20]
# Far above what a machine makes in a day, and small enough for every sum.
MAX_CREDITS = 1_000_000
MAX_GRANT = 10_000
MAX_GRANT_DAYS = 365
# Members whose roles Discord is asked for one by one, since the bot keeps no list of members.
MAX_LOOKED_UP = 200

quota = app_commands.Group(name="quota", description="Who may make how many pictures")


@quota.command(name="set", description="How many pictures a day; names nobody: the default for all")
@app_commands.describe(
    allowance="A number, unlimited, none, or default to take the rule away",
    member="A member; this counts over all other rules",
    role="A role; the best of a member's roles counts",
    channel="A channel, whose pictures are then counted apart",
    reason="Why, for the audit log",
)
async def set_allowance(
    interaction: "discord.Interaction[RestyleBot]",
    allowance: Word,
    member: discord.User | None = None,
    role: discord.Role | None = None,
    channel: Channel | None = None,
    reason: Reason | None = None,
) -> None:
    """Set or drop an allowance."""
    amount = read_allowance(allowance)
    scope, target_id = _scope(member, role, channel)
    await interaction.response.defer(ephemeral=True)
    deed = _deed(interaction, "quota set", scope, target_id, reason)
    database = interaction.client.app.database
    if scope is None:
        own = UNLIMITED if amount is None else amount
        await database.guilds.change(deed, daily_quota=None if amount == texts.DEFAULT else own)
    elif amount == texts.DEFAULT:
        await database.quota_rules.drop_allowance(deed, scope, target_id)
    else:
        await database.quota_rules.set_allowance(
            deed, Allowance(scope=scope, target_id=target_id, credits=amount)
        )
    await interaction.edit_original_response(content=texts.set_to(scope, target_id, amount))


@quota.command(name="grant", description="Give pictures on top; names nobody: to everybody")
@app_commands.describe(
    amount="How many",
    days="For how many days, today included; 7 if left out",
    member="A member",
    role="Whoever has this role in that time",
    reason="Why, for the audit log",
)
async def grant(
    interaction: "discord.Interaction[RestyleBot]",
    amount: app_commands.Range[int, 1, MAX_GRANT],
    days: app_commands.Range[int, 1, MAX_GRANT_DAYS] = 7,
    member: discord.User | None = None,
    role: discord.Role | None = None,
    reason: Reason | None = None,
) -> None:
    """Grant bonus credits."""
    scope, target_id = _scope(member, role, None)
    await interaction.response.defer(ephemeral=True)
    deed = _deed(interaction, "quota grant", scope, target_id, reason)
    app = interaction.client.app
    day = await app.quotas.day(deed.guild_id)
    last = day.date + timedelta(days=days - 1)
    if scope is AllowanceScope.MEMBER:
        await app.database.quota.grant(deed, target_id, day, amount=amount, expires_on=last)
    else:
        # Everybody has the role @everyone, whose id is the guild's.
        role_id = target_id or deed.guild_id
        await app.database.quota_rules.grant_role(deed, role_id, amount=amount, expires_on=last)
    await interaction.edit_original_response(content=texts.granted(scope, target_id, amount, last))


@quota.command(name="reset", description="Count today from zero again; names nobody: for everybody")
@app_commands.describe(
    member="A member", role="Whoever has this role", reason="Why, for the audit log"
)
async def reset(
    interaction: "discord.Interaction[RestyleBot]",
    member: discord.User | None = None,
    role: discord.Role | None = None,
    reason: Reason | None = None,
) -> None:
    """Give back what is settled today; what waits or runs stays counted."""
    scope, target_id = _scope(member, role, None)
    await interaction.response.defer(ephemeral=True)
    deed = _deed(interaction, "quota reset", scope, target_id, reason)
    app = interaction.client.app
    day = await app.quotas.day(deed.guild_id)
    user_ids = None
    if member is not None:
        user_ids = [member.id]
    elif role is not None and not role.is_default():
        spenders = await app.database.quota.spenders(deed.guild_id, day)
        user_ids = await _with_role(interaction, role, spenders)
    given_back = await app.database.quota.reset(deed, day, user_ids=user_ids)
    await interaction.edit_original_response(content=texts.was_reset(scope, target_id, given_back))


@quota.command(name="rules", description="All quota rules of this server")
async def rules(interaction: "discord.Interaction[RestyleBot]") -> None:
    """List them."""
    await interaction.response.defer(ephemeral=True)
    guild_id = deed_of(interaction, "quota rules").guild_id
    app = interaction.client.app
    told = texts.rules(
        await app.database.guilds.get(guild_id),
        await app.database.quota_rules.policy(guild_id),
        await app.database.quota_rules.allowances(guild_id),
        app.settings,
    )
    await interaction.edit_original_response(content=told)


def read_allowance(text: str) -> int | None:
    """Credits a day: a number, None for "unlimited", 0 for "none", ``DEFAULT`` for "default".

    Raises:
        NotUnderstood: It is none of them.
    """
    word = text.strip().lower()
    if word == "unlimited":
        return None
    if is_none(word):
        return 0
    if word == "default":
        return texts.DEFAULT
    if word.isdecimal() and int(word) <= MAX_CREDITS:
        return int(word)
    raise NotUnderstood(_("Tell me a number, or one of: unlimited, none, default."))


def is_none(text: str) -> bool:
    """Whether the word "none" was typed."""
    return text.strip().lower() == "none"


def _scope(
    member: Any, role: discord.Role | None, channel: Any
) -> tuple[AllowanceScope | None, int]:
    named: list[tuple[AllowanceScope | None, int]] = [
        (scope, target.id)
        for scope, target in (
            (AllowanceScope.MEMBER, member),
            (AllowanceScope.ROLE, role),
            (AllowanceScope.CHANNEL, channel),
        )
        if target is not None
    ]
    if len(named) > 1:
        raise NotUnderstood(_("Name one of member, role and channel, not several."))
    # @everyone has the guild's id.
    if not named or (role is not None and role.is_default()):
        return None, 0
    return named[0]


def _deed(
    interaction: discord.Interaction[Any],
    action: str,
    scope: AllowanceScope | None,
    target_id: int,
    reason: str | None,
) -> Deed:
    if scope is None:
        return deed_of(interaction, action, reason=reason)
    kind = TargetKind(scope.value)
    return deed_of(interaction, action, target_kind=kind, target_id=target_id, reason=reason)


async def _with_role(
    interaction: discord.Interaction[Any], role: discord.Role, user_ids: list[int]
) -> list[int]:
    """Those of ``user_ids`` who have a role; who left the guild has none."""
    guild = interaction.guild
    if guild is None:
        return []
    if len(user_ids) > MAX_LOOKED_UP:
        raise NotUnderstood(_("Too many members were busy today; reset single members or all."))
    found = []
    for user_id in user_ids:
        try:
            member = await guild.fetch_member(user_id)
        except discord.NotFound:
            continue
        if member.get_role(role.id) is not None:
            found.append(user_id)
    return found
