"""`/mod quota …` for all members together: pool, waiting time, queue, prices, votes."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.mod.quota import Reason, Word, is_none, read_allowance
from bot.errors import NotUnderstood
from bot.language import _
from bot.moderation.deeds import deed_of
from bot.moderation.expiry import UNDECIDED_DAYS
from bot.moderation.spans import parse_span
from bot.quota import moderators_texts as texts
from bot.quota.price import MAX_FACTOR

if TYPE_CHECKING:
    from bot.client import RestyleBot

Factor = app_commands.Range[int, 1, MAX_FACTOR]
MAX_IN_FLIGHT = 1000
MAX_VOTES = 100


@app_commands.command(name="pool", description="How many pictures all members share a day")
@app_commands.describe(
    amount="A number, none, or unlimited to share without limit", reason="Why, for the audit log"
)
async def pool(
    interaction: "discord.Interaction[RestyleBot]", amount: Word, reason: Reason | None = None
) -> None:
    """Set the guild's pool."""
    shared = read_allowance(amount)
    value = None if shared == texts.DEFAULT else shared
    await _change(interaction, "quota pool", reason, texts.pool_is(value), pool=value)


@app_commands.command(name="waiting", description="How long new members wait before they may ask")
@app_commands.describe(
    span="Such as 90m, 12h or 7d; none: they need not wait", reason="Why, for the audit log"
)
async def waiting(
    interaction: "discord.Interaction[RestyleBot]", span: Word, reason: Reason | None = None
) -> None:
    """Set the waiting time."""
    wait = timedelta() if is_none(span) else parse_span(span)
    seconds = int(wait.total_seconds())
    told = texts.waiting_is(span, seconds)
    await _change(interaction, "quota waiting", reason, told, new_member_wait_s=seconds)


@app_commands.command(name="queue", description="How many pictures may wait or run at once")
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
    await _change(interaction, "quota queue", reason, texts.done(), **changes)


@app_commands.command(name="prices", description="What large pictures and many steps cost")
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
    await _change(interaction, "quota prices", reason, texts.done(), **changes)


@app_commands.command(
    name="votes", description="Let members with a role decide on requests for more"
)
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
        window = parse_span(within)
        if window.days >= UNDECIDED_DAYS:
            sentence = _("A vote takes less than {days} days.")
            raise NotUnderstood(sentence.format(days=UNDECIDED_DAYS))
        changes["vote_window_s"] = int(window.total_seconds())
    await _change(interaction, "quota votes", reason, texts.done(), **changes)


# They stand in the group `/mod quota`.
POLICY: tuple[app_commands.Command[Any, ..., Any], ...] = (pool, waiting, queue, prices, votes)


async def _change(
    interaction: "discord.Interaction[RestyleBot]",
    action: str,
    reason: str | None,
    told: str,
    **changes: Any,
) -> None:
    """Change the policy and answer with ``told``."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, action, reason=reason)
    await interaction.client.app.database.quota_rules.change_policy(deed, **changes)
    await interaction.edit_original_response(content=told)
