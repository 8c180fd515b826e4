"""The form for those who would rather fill in fields than type options: one first picture."""

from typing import TYPE_CHECKING, Any

import discord

from bot.buttons.once import no_second
from bot.conversation import answer_with_restyle
from bot.jobs.beginning import FirstWish
from bot.jobs.wish import MAX_COUNT
from bot.language import N_, _
from bot.last_picture import last_picture
from bot.looks.picking import with_look
from bot.looks.shelf import Shelved
from bot.modals import TEXT_INPUT_MAX_CHARS, strength_input
from bot.open_forms import Form
from bot.pictures import Fetch, Given, attached
from bot.place import guild_of
from bot.presses import FORM_PAUSE_S
from bot.strength import parse_strength

if TYPE_CHECKING:
    from bot.client import RestyleBot

TITLE = N_("Restyle")
MAX_OPTIONS = 25


class FirstForm(Form):
    """Asks for what ``/restyle`` would be given.

    Args:
        picture: Fetches the picture; without it the form has a field to upload one, and left empty
            that stands for the channel's last picture.
    """

    word = "first"

    def __init__(
        self,
        *,
        title: str,
        picture: Fetch | None,
        looks: list[Shelved],
        strength: float | None,
        max_chars: int,
    ) -> None:
        super().__init__(title=title)
        self._picture = picture
        self.upload: discord.ui.FileUpload[Any] | None = None
        if picture is None:
            self.upload = discord.ui.FileUpload(custom_id="image", required=False)
            self._add(_("Picture"), _("Left empty: the last one in this channel"), self.upload)
        self.prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph,
            placeholder=_("an oil painting of an autumn evening"),
            max_length=min(max_chars, TEXT_INPUT_MAX_CHARS),
            required=False,
            custom_id="prompt",
        )
        self._add(_("Prompt"), _("How the picture should look"), self.prompt)
        self.look: discord.ui.Select[Any] = discord.ui.Select(
            custom_id="look",
            required=False,
            options=[
                discord.SelectOption(label=one.look.name, description=_(one.whose.value))
                for one in looks[:MAX_OPTIONS]
            ],
        )
        self._add(_("Look"), _("A saved look to put your words into"), self.look)
        self.strength: discord.ui.TextInput[Any] | None = None
        if strength is not None:
            self.strength = strength_input(strength)
            words = _("0.05 to 1.0, or subtle, balanced, bold, reinvent")
            self._add(_("Strength"), words, self.strength)
        self.count: discord.ui.Select[Any] = discord.ui.Select(
            custom_id="count",
            required=False,
            options=[discord.SelectOption(label=str(n)) for n in range(1, MAX_COUNT + 1)],
        )
        self._add(_("How many"), _("Each has a seed of its own, and is counted"), self.count)

    def _add(self, text: str, description: str, component: discord.ui.Item[Any]) -> None:
        self.add_item(discord.ui.Label(text=text, description=description, component=component))

    async def submitted(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Read the form; what makes no sense in it is told to the member."""
        app = interaction.client.app
        look = next(iter(self.look.values), None)
        first = FirstWish(
            prompt=self.prompt.value.strip(),
            strength=None if self.strength is None else parse_strength(self.strength.value),
            count=int(next(iter(self.count.values), "1")),
        )

        async def picture() -> Given:
            if self._picture is not None:
                return await self._picture()
            if self.upload is not None and self.upload.values:
                return await attached(self.upload.values[0], app.settings)()
            return await last_picture(interaction)

        # Discord lets a form be sent again when its answer was late; that is no second wish.
        async with no_second(interaction, self.custom_id, FORM_PAUSE_S) as first_time:
            if first_time:
                await answer_with_restyle(
                    interaction, picture, lambda: with_look(interaction, first, look)
                )


async def open_form(
    interaction: "discord.Interaction[RestyleBot]",
    picture: Fetch | None,
    *,
    title: str | None = None,
) -> None:
    """Show the form as the answer to ``interaction``."""
    app = interaction.client.app
    takes_strength = app.checkpoint.abilities.takes_strength
    form = FirstForm(
        title=title or _(TITLE),
        picture=picture,
        looks=await app.looks.all_for(guild_of(interaction), interaction.user.id),
        strength=app.checkpoint.strength if takes_strength else None,
        max_chars=app.settings.prompt_max_chars,
    )
    await form.show(interaction)
