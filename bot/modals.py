"""The form that asks for a prompt and a strength."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord

from bot.boundary import reported
from bot.language import _
from bot.strength import parse_strength

if TYPE_CHECKING:
    from bot.client import RestyleBot

TEXT_INPUT_MAX_CHARS = 4000

Submitted = Callable[["discord.Interaction[RestyleBot]", str, float], Awaitable[None]]


def strength_input(strength: float) -> "discord.ui.TextInput[Any]":
    """The field for a strength, filled with ``strength``."""
    return discord.ui.TextInput(default=f"{strength:.2f}", max_length=20, custom_id="strength")


class WishModal(discord.ui.Modal):
    """Asks for prompt and strength, then calls ``submitted`` with both.

    Args:
        note: What is to be known before the form is sent, below its fields.
    """

    def __init__(
        self,
        *,
        title: str,
        prompt: str,
        strength: float,
        max_chars: int,
        submitted: Submitted,
        note: str = "",
    ) -> None:
        super().__init__(title=title)
        self._submitted = submitted
        self.prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph,
            default=prompt or None,
            placeholder=_("an oil painting of an autumn evening"),
            max_length=min(max_chars, TEXT_INPUT_MAX_CHARS),
            custom_id="prompt",
        )
        self.strength = strength_input(strength)
        self.add_item(
            discord.ui.Label(
                text=_("Prompt"),
                description=_("How the picture should look"),
                component=self.prompt,
            )
        )
        self.add_item(
            discord.ui.Label(
                text=_("Strength"),
                description=_("0.05 to 1.0, or subtle, balanced, bold, reinvent"),
                component=self.strength,
            )
        )
        if note:
            self.add_item(discord.ui.TextDisplay(note))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Read the form; a strength that makes no sense is told to the member."""
        async with reported(interaction):
            strength = parse_strength(self.strength.value)
            await self._submitted(interaction, self.prompt.value.strip(), strength)
