"""The choices of `count` and `size`, each with what it costs and what is left today."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.errors import NotUnderstood
from bot.jobs.origin import origin_of
from bot.jobs.size import Size, size_rule
from bot.jobs.wish import MAX_COUNT
from bot.language import N_, _
from bot.quota import texts
from bot.quota.price import SizeClass, size_class
from engine.checkpoints import Checkpoint

if TYPE_CHECKING:
    from bot.client import RestyleBot

SIZES = {Size.SMALL: N_("small"), Size.MEDIUM: N_("medium"), Size.LARGE: N_("large")}


def parse_size(text: str | None) -> Size:
    """The size that was chosen or typed; medium for none.

    Raises:
        NotUnderstood: There is none of that name.
    """
    typed = (text or Size.MEDIUM).strip().lower()
    for size, name in SIZES.items():
        if typed in (size.value, _(name).lower()):
            return size
    sentence = _("That is no size. There are: {sizes}.")
    raise NotUnderstood(sentence.format(sizes=", ".join(_(name) for name in SIZES.values())))


async def counts(
    interaction: "discord.Interaction[RestyleBot]", typed: Any
) -> list[app_commands.Choice[int]]:
    """How many pictures, and what so many of the size chosen so far cost."""
    try:
        size = parse_size(interaction.namespace.size)
    except NotUnderstood:
        # Not typed to its end yet.
        size = Size.MEDIUM
    numbers = [n for n in range(1, MAX_COUNT + 1) if str(typed or "") in ("", str(n))]
    names = await _names(interaction, [(str(n), n, size) for n in numbers])
    return [app_commands.Choice(name=name, value=n) for name, n in zip(names, numbers, strict=True)]


async def sizes(
    interaction: "discord.Interaction[RestyleBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """The sizes, and what as many pictures as chosen so far cost in each."""
    chosen = interaction.namespace.count
    count = chosen if isinstance(chosen, int) and 1 <= chosen <= MAX_COUNT else 1
    found = [size for size, name in SIZES.items() if typed.strip().lower() in _(name).lower()]
    names = await _names(interaction, [(_(SIZES[size]), count, size) for size in found])
    return [
        app_commands.Choice(name=name, value=size.value)
        for name, size in zip(names, found, strict=True)
    ]


async def _names(
    interaction: "discord.Interaction[RestyleBot]", wishes: list[tuple[str, int, Size]]
) -> list[str]:
    """What each wish is offered as: its word, its price and what is left."""
    app, origin = interaction.client.app, origin_of(interaction, None)
    ruling = await app.quotas.ruling(origin)
    balance = await app.database.quota.balance(origin.guild_id, origin.user_id, ruling.terms)
    checkpoint = app.offer.still(str(interaction.namespace.checkpoint or app.offer.default.name))
    return [
        texts.offered(word, ruling.prices.price(count, _class(size, checkpoint)), balance)
        for word, count, size in wishes
    ]


def _class(size: Size, checkpoint: Checkpoint) -> SizeClass:
    # A picture is never larger than the square of its size; the longest side may make it smaller.
    side = size_rule(checkpoint, size).area_side
    return size_class(side, side, checkpoint)
