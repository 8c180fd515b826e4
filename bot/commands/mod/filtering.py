"""`/mod filter …`: what no prompt in this guild may contain."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.errors import NotAllowed
from bot.language import _
from bot.moderation import texts
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of
from bot.moderation.filters import MAX_FILTERS, PATTERN_MAX_CHARS, check_pattern
from storage.moderation_tables import FilterKind, TargetKind

if TYPE_CHECKING:
    from bot.client import RestyleBot

Why = app_commands.Range[str, 1, REASON_MAX_CHARS]
Pattern = app_commands.Range[str, 1, PATTERN_MAX_CHARS]

filter_rules = app_commands.Group(name="filter", description="What no prompt may contain")


@filter_rules.command(
    name="words", description="Refuse prompts with a word, or with words in a row"
)
@app_commands.describe(
    words="Whole words; case and accents do not matter", reason="Why, for the audit log"
)
async def words(
    interaction: "discord.Interaction[RestyleBot]", words: Pattern, reason: Why | None = None
) -> None:
    """Forbid words."""
    await _add(interaction, FilterKind.WORDS, words, reason)


@filter_rules.command(
    name="regex", description="Refuse prompts in which a regular expression is found"
)
@app_commands.describe(
    expression="In the syntax of RE2, without look-around and back-references",
    reason="Why, for the audit log",
)
async def regex(
    interaction: "discord.Interaction[RestyleBot]", expression: Pattern, reason: Why | None = None
) -> None:
    """Forbid what an expression finds."""
    await _add(interaction, FilterKind.REGEX, expression, reason)


@filter_rules.command(name="remove", description="Allow again what a filter forbade")
@app_commands.describe(number="Its number in the list", reason="Why, for the audit log")
async def remove(
    interaction: "discord.Interaction[RestyleBot]",
    number: app_commands.Range[int, 1, 2**53 - 1],
    reason: Why | None = None,
) -> None:
    """Drop a filter."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, "filter remove", target_kind=TargetKind.FILTER, reason=reason)
    if await interaction.client.app.database.rules.remove_filter(deed, number) is None:
        raise NotAllowed(_(texts.NO_SUCH_FILTER))
    await _answer(interaction)


@filter_rules.command(name="list", description="The prompt filters of this server")
async def show(interaction: "discord.Interaction[RestyleBot]") -> None:
    """List the filters with their numbers."""
    await interaction.response.defer(ephemeral=True)
    await _answer(interaction)


async def _add(
    interaction: "discord.Interaction[RestyleBot]",
    kind: FilterKind,
    pattern: str,
    reason: str | None,
) -> None:
    kept = check_pattern(kind, pattern)
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(
        interaction, f"filter {kind.value}", target_kind=TargetKind.FILTER, reason=reason
    )
    rules = interaction.client.app.database.rules
    if len((await rules.of(deed.guild_id)).filters) >= MAX_FILTERS:
        raise NotAllowed(_(texts.TOO_MANY_FILTERS).format(most=MAX_FILTERS))
    await rules.add_filter(deed, kind, kept)
    await _answer(interaction)


async def _answer(interaction: "discord.Interaction[RestyleBot]") -> None:
    assert interaction.guild_id is not None
    rules = await interaction.client.app.database.rules.of(interaction.guild_id)
    await interaction.edit_original_response(content=texts.filters(rules.filters))
