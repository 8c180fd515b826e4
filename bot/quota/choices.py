"""The choices of `count`, `size` and `steps`, each with what it costs and what is left today."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import discord
from discord import app_commands

from bot.errors import NotUnderstood
from bot.jobs.origin import origin_of
from bot.jobs.size import Size, size_rule
from bot.jobs.wish import MAX_COUNT
from bot.language import N_, _
from bot.quota import texts
from bot.quota.price import PriceRule, SizeClass, size_class, steps_class
from engine.checkpoints import Checkpoint
from engine.resolve import MAX_STEPS
from storage.quota import QuotaBalance

if TYPE_CHECKING:
    from bot.client import RestyleBot

Value = TypeVar("Value", int, str)

# Times the checkpoint's own number: one of each class that has a price.
STEPS_OFFERED = (1, 2, 4)
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
    """How many pictures, and what so many of what is chosen so far cost."""
    numbers = [n for n in range(1, MAX_COUNT + 1) if str(typed or "") in ("", str(n))]
    chosen = _chosen(interaction)
    return await _offered(interaction, [(str(n), n, replace(chosen, count=n)) for n in numbers])


async def sizes(
    interaction: "discord.Interaction[RestyleBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """The sizes, and what the pictures chosen so far cost in each."""
    found = [size for size, name in SIZES.items() if typed.strip().lower() in _(name).lower()]
    chosen = _chosen(interaction)
    wishes = [(_(SIZES[size]), size.value, replace(chosen, size=size)) for size in found]
    return await _offered(interaction, wishes)


async def lengths(
    interaction: "discord.Interaction[RestyleBot]", typed: Any
) -> list[app_commands.Choice[int]]:
    """Numbers of steps: the checkpoint's own, multiples of it, and what is typed."""
    usual = _checkpoint(interaction).num_inference_steps
    numbers = {usual * times for times in STEPS_OFFERED}
    if str(typed or "").isdecimal():
        numbers = {int(typed)} | {n for n in numbers if str(n).startswith(str(typed))}
    chosen = _chosen(interaction)
    found = sorted(n for n in numbers if 1 <= n <= MAX_STEPS)
    return await _offered(interaction, [(str(n), n, replace(chosen, steps=n)) for n in found])


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsOffered:
    """How many pictures a form offers.

    Attributes:
        choices: One for each number; its name tells the price.
        each: What one of them costs and what is left today; empty for members without a limit.
    """

    choices: list[app_commands.Choice[int]]
    each: str


async def counts_offered(interaction: "discord.Interaction[RestyleBot]") -> CountsOffered:
    """What a form offers that ``interaction`` opens, for the size and steps given with it."""
    purse = await _purse(interaction)
    chosen = replace(_chosen(interaction), count=1)
    numbers, limited = range(1, MAX_COUNT + 1), purse.balance.remaining is not None
    return CountsOffered(
        choices=[purse.offered(str(n), n, replace(chosen, count=n)) for n in numbers],
        each=texts.each(purse.price(chosen), purse.balance) if limited else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What bears on the price, as far as it is chosen."""

    count: int
    size: Size
    steps: int | None


def _chosen(interaction: "discord.Interaction[RestyleBot]") -> _Chosen:
    given = interaction.namespace
    try:
        size = parse_size(given.size)
    except NotUnderstood:
        # Not typed to its end yet.
        size = Size.MEDIUM
    return _Chosen(
        count=_within(given.count, MAX_COUNT) or 1,
        size=size,
        steps=_within(given.steps, MAX_STEPS),
    )


def _within(value: Any, most: int) -> int | None:
    return value if isinstance(value, int) and 1 <= value <= most else None


def _checkpoint(interaction: "discord.Interaction[RestyleBot]") -> Checkpoint:
    offer = interaction.client.app.offer
    return offer.still(str(interaction.namespace.checkpoint or offer.default.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Purse:
    """What a member has, and what things cost them."""

    prices: PriceRule
    balance: QuotaBalance
    checkpoint: Checkpoint

    def price(self, chosen: _Chosen) -> int:
        length = steps_class(chosen.steps, self.checkpoint)
        return self.prices.price(chosen.count, _class(chosen.size, self.checkpoint), length)

    def offered(self, word: str, value: Value, chosen: _Chosen) -> app_commands.Choice[Value]:
        """A value with its word, what the wish then costs, and what is left."""
        name = texts.offered(word, self.price(chosen), self.balance)
        return app_commands.Choice(name=name, value=value)


async def _purse(interaction: "discord.Interaction[RestyleBot]") -> _Purse:
    app, origin = interaction.client.app, origin_of(interaction, None)
    ruling = await app.quotas.ruling(origin)
    balance = await app.database.quota.balance(origin.guild_id, origin.user_id, ruling.terms)
    return _Purse(prices=ruling.prices, balance=balance, checkpoint=_checkpoint(interaction))


async def _offered(
    interaction: "discord.Interaction[RestyleBot]", wishes: list[tuple[str, Value, _Chosen]]
) -> list[app_commands.Choice[Value]]:
    purse = await _purse(interaction)
    return [purse.offered(*wish) for wish in wishes]


def _class(size: Size, checkpoint: Checkpoint) -> SizeClass:
    # A picture is never larger than the square of its size; the longest side may make it smaller.
    side = size_rule(checkpoint, size).area_side
    return size_class(side, side, checkpoint)
