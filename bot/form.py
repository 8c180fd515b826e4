"""The form for those who would rather fill in fields than type options: one first picture."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord

from bot.buttons.once import no_second
from bot.conversation import answer_with_restyle
from bot.jobs.beginning import FirstWish
from bot.language import N_, _
from bot.last_picture import last_picture
from bot.looks.look import MAX_NAME_CHARS
from bot.looks.picking import with_look
from bot.looks.shelf import Shelved
from bot.modals import TEXT_INPUT_MAX_CHARS, strength_input
from bot.offer import check_ability
from bot.open_forms import Form
from bot.pictures import Fetch, Given, attached
from bot.place import guild_of
from bot.presses import FORM_PAUSE_S
from bot.quota.choices import CountsOffered, counts_offered
from bot.strength import parse_strength

if TYPE_CHECKING:
    from bot.client import RestyleBot

TITLE = N_("Restyle")
MAX_OPTIONS = 25
NOTHING_GIVEN = FirstWish()


class FirstForm(Form):
    """Asks for what ``/restyle`` would be given.

    Args:
        picture: Fetches the picture; without it the form has a field to upload one, and left empty
            that stands for the channel's last picture.
        given: What the member has said already; what the form does not ask for stays as it is.
    """

    word = "first"

    def __init__(
        self,
        *,
        title: str,
        picture: Fetch | None,
        looks: list[Shelved],
        strength: float | None,
        counts: CountsOffered,
        max_chars: int,
        given: FirstWish = NOTHING_GIVEN,
    ) -> None:
        super().__init__(title=title)
        self._picture = picture
        self._given = given
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
        self.look = _look_field(looks)
        self._add(_("Look"), _look_description(looks), self.look)
        self.strength: discord.ui.TextInput[Any] | None = None
        if strength is not None:
            self.strength = strength_input(strength)
            words = _("0.05 to 1.0, or subtle, balanced, bold, reinvent")
            self._add(_("Strength"), words, self.strength)
        # One picture is what an empty field means, too.
        chosen = given.count if given.count > 1 else None
        self.count: discord.ui.Select[Any] = discord.ui.Select(
            custom_id="count",
            required=False,
            options=[
                discord.SelectOption(
                    label=one.name, value=str(one.value), default=one.value == chosen
                )
                for one in counts.choices
            ],
        )
        said = counts.each or _("Each has a seed of its own, and is counted")
        self._add(_("How many"), said, self.count)

    def _add(self, text: str, description: str, component: discord.ui.Item[Any]) -> None:
        self.add_item(discord.ui.Label(text=text, description=description, component=component))

    @property
    def _look_named(self) -> str | None:
        if isinstance(self.look, discord.ui.TextInput):
            return self.look.value.strip() or None
        return next(iter(self.look.values), None)

    async def submitted(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Read the form; what makes no sense in it is told to the member."""
        app = interaction.client.app
        look = self._look_named
        first = replace(
            self._given,
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


def _look_field(looks: list[Shelved]) -> "discord.ui.Select[Any] | discord.ui.TextInput[Any]":
    """A menu of the looks; where they are more than fit into one, a field for a look's name."""
    if len(looks) > MAX_OPTIONS:
        return discord.ui.TextInput(
            custom_id="look",
            required=False,
            max_length=MAX_NAME_CHARS,
            placeholder=looks[0].look.name,
        )
    return discord.ui.Select(
        custom_id="look",
        required=False,
        options=[
            discord.SelectOption(label=one.look.name, description=_(one.whose.value))
            for one in looks
        ],
    )


def _look_description(looks: list[Shelved]) -> str:
    if len(looks) > MAX_OPTIONS:
        told = _("The name of one of {count}; /look list shows them all")
        return told.format(count=len(looks))
    return _("A saved look to put your words into")


async def open_form(
    interaction: "discord.Interaction[RestyleBot]",
    picture: Fetch | None,
    *,
    title: str | None = None,
    given: FirstWish = NOTHING_GIVEN,
) -> None:
    """Show the form as the answer to ``interaction``.

    Args:
        given: What the member has said already.

    Raises:
        NotAllowed: The checkpoint cannot do that; it is told before a form is filled in.
    """
    app = interaction.client.app
    checkpoint = app.offer.named(given.checkpoint)
    check_ability(
        checkpoint, "img2img", strength=given.strength, negative_prompt=given.negative_prompt
    )
    strength = checkpoint.strength if given.strength is None else given.strength
    form = FirstForm(
        title=title or _(TITLE),
        picture=picture,
        looks=await app.looks.all_for(guild_of(interaction), interaction.user.id),
        strength=strength if checkpoint.abilities.takes_strength else None,
        counts=await counts_offered(interaction),
        max_chars=app.settings.prompt_max_chars,
        given=given,
    )
    await form.show(interaction)
