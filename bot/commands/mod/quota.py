"""`/mod quota`: who may make how many pictures, and what is given to them on top."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.mod.channels import Channel
from bot.errors import NotUnderstood
from bot.language import _
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from bot.moderation.spans import parse_span
from bot.quota import moderators_texts as texts
from bot.quota.price import MAX_FACTOR
from storage.audit import Deed
from storage.moderation_tables import TargetKind
from storage.quota_rules import UNLIMITED, Allowance
from storage.quota_tables import AllowanceScope

if TYPE_CHECKING:
    from bot.client import RestyleBot

Reason = app_commands.Range[str, 1, REASON_MAX_CHARS]
Word = app_commands.Range[str, 1, 20]
Factor = app_commands.Range[int, 1, MAX_FACTOR]
# Far above what a machine makes in a day, and small enough for every sum.
MAX_CREDITS = 1_000_000
MAX_GRANT = 10_000
MAX_GRANT_DAYS = 365
MAX_IN_FLIGHT = 1000
MAX_VOTES = 100
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


@quota.command(name="pool", description="How many pictures all members share a day")
@app_commands.describe(
    amount="A number, none, or unlimited to share without limit", reason="Why, for the audit log"
)
async def pool(
    interaction: "discord.Interaction[RestyleBot]", amount: Word, reason: Reason | None = None
) -> None:
    """Set the guild's pool."""
    shared = read_allowance(amount)
    value = None if shared == texts.DEFAULT else shared
    await _change(interaction, "quota pool", reason, pool=value)
    await interaction.edit_original_response(content=texts.pool_is(value))


@quota.command(name="waiting", description="How long new members wait before they may ask")
@app_commands.describe(
    span="Such as 90m, 12h or 7d; none: they need not wait", reason="Why, for the audit log"
)
async def waiting(
    interaction: "discord.Interaction[RestyleBot]", span: Word, reason: Reason | None = None
) -> None:
    """Set the waiting time."""
    wait = timedelta() if _is_none(span) else parse_span(span)
    seconds = int(wait.total_seconds())
    await _change(interaction, "quota waiting", reason, new_member_wait_s=seconds)
    await interaction.edit_original_response(content=texts.waiting_is(span, seconds))


@quota.command(name="queue", description="How many pictures may wait or run at once")
@app_commands.describe(
    member="Of one member; 0: the operator's default",
    server="Of all members together; 0: the operator's default",
    reason="Why, for the audit log",
)
async def queue(
    interaction: "discord.Interaction[RestyleBot]",
    member: app_commands.Range[int, 0, MAX_IN_FLIGHT] | None = None,
    server: app_commands.Range[int, 0, MAX_IN_FLIGHT] | None = None,
    reason: Reason | None = None,
) -> None:
    """Set the caps on jobs in flight."""
    given = {"max_in_flight_per_user": member, "max_in_flight_per_guild": server}
    changes = {name: value or None for name, value in given.items() if value is not None}
    await _change(interaction, "quota queue", reason, **changes)
    await interaction.edit_original_response(content=texts.done())


@quota.command(name="prices", description="What large pictures and many steps cost")
@app_commands.describe(
    large="Factor for large pictures",
    very_large="Factor for very large pictures",
    many_steps="Factor for many steps",
    very_many_steps="Factor for very many steps",
    reason="Why, for the audit log",
)
async def prices(
    interaction: "discord.Interaction[RestyleBot]",
    large: Factor | None = None,
    very_large: Factor | None = None,
    many_steps: Factor | None = None,
    very_many_steps: Factor | None = None,
    reason: Reason | None = None,
) -> None:
    """Set factors of the price."""
    given = {
        "price_large": large,
        "price_huge": very_large,
        "price_many": many_steps,
        "price_very_many": very_many_steps,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    await _change(interaction, "quota prices", reason, **changes)
    await interaction.edit_original_response(content=texts.done())


@quota.command(name="votes", description="Let members with a role decide on requests for more")
@app_commands.describe(
    role="Who votes; left out: only moderators decide",
    needed="How many votes grant a request",
    within="How long votes are taken, such as 12h or 2d",
    reason="Why, for the audit log",
)
async def votes(
    interaction: "discord.Interaction[RestyleBot]",
    role: discord.Role | None = None,
    needed: app_commands.Range[int, 1, MAX_VOTES] | None = None,
    within: Word | None = None,
    reason: Reason | None = None,
) -> None:
    """Set or end the vote."""
    changes: dict[str, Any] = {"vote_role_id": None if role is None else role.id}
    if needed is not None:
        changes["votes_needed"] = needed
    if within is not None:
        changes["vote_window_s"] = int(parse_span(within).total_seconds())
    await _change(interaction, "quota votes", reason, **changes)
    await interaction.edit_original_response(content=texts.done())


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
    if _is_none(word):
        return 0
    if word == "default":
        return texts.DEFAULT
    if word.isdecimal() and int(word) <= MAX_CREDITS:
        return int(word)
    raise NotUnderstood(_("Tell me a number, or one of: unlimited, none, default."))


def _is_none(text: str) -> bool:
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


async def _change(
    interaction: "discord.Interaction[RestyleBot]",
    action: str,
    reason: str | None,
    **changes: Any,
) -> None:
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, action, reason=reason)
    await interaction.client.app.database.quota_rules.change_policy(deed, **changes)


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
