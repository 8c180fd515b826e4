"""The form that asks for a prompt and a strength."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import discord

from bot.language import _
from bot.open_forms import Form
from bot.strength import parse_strength

if TYPE_CHECKING:
    from bot.client import RestyleBot

TEXT_INPUT_MAX_CHARS = 4000

Submitted = Callable[["discord.Interaction[RestyleBot]", str, float | None], Awaitable[None]]


def strength_input(strength: float) -> "discord.ui.TextInput[Any]":
    """The field for a strength, filled with ``strength``."""
    return discord.ui.TextInput(default=f"{strength:.2f}", max_length=20, custom_id="strength")


class WishModal(Form):
    """Asks for prompt and strength, then calls ``submitted`` with both.

    Args:
        strength: What its field is filled with; None leaves the field out.
        note: What is to be known before the form is sent, below its fields.
    """

    word = "wish"

    def __init__(
        self,
        *,
        title: str,
        prompt: str,
        strength: float | None,
        max_chars: int,
        submitted: Submitted,
        note: str = "",
    ) -> None:
        super().__init__(title=title)
        self._submitted = submitted
        # A prompt of earlier may be longer than what is taken today.
        longest = min(max_chars, TEXT_INPUT_MAX_CHARS)
        self.prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph,
            default=prompt[:longest] or None,
            placeholder=_("an oil painting of an autumn evening"),
            max_length=longest,
            custom_id="prompt",
        )
        self.strength = None if strength is None else strength_input(strength)
        self.add_item(
            discord.ui.Label(
                text=_("Prompt"),
                description=_("How the picture should look"),
                component=self.prompt,
            )
        )
        if self.strength is not None:
            self.add_item(
                discord.ui.Label(
                    text=_("Strength"),
                    description=_("0.05 to 1.0, or subtle, balanced, bold, reinvent"),
                    component=self.strength,
                )
            )
        if note:
            self.add_item(discord.ui.TextDisplay(note))

    async def submitted(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Read the form; a strength that makes no sense is told to the member."""
        strength = None if self.strength is None else parse_strength(self.strength.value)
        await self._submitted(interaction, self.prompt.value.strip(), strength)
