"""What all forms are, and which are open: of those that nobody sends off, only the newest."""

import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, ClassVar

import discord

from bot.boundary import reported
from bot.errors import Gone
from bot.language import N_, _

if TYPE_CHECKING:
    from bot.client import RestyleBot

# Discord does not tell of a form that was closed unsent, and discord.py would keep it for ever.
KEPT = 300
TOO_OLD = N_("I no longer know that form, so nothing was done. Please open it again.")


class Form(discord.ui.Modal):
    """A form. Subclasses give a word, by which it is told apart wherever its custom_id is seen."""

    word: ClassVar[str]

    def __init__(self, *, title: str) -> None:
        # Two that are open at once must not be taken for each other.
        super().__init__(title=title, custom_id=f"f:{self.word}:{secrets.token_hex(8)}")

    async def show(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Open it as the answer to ``interaction``."""
        # First: whoever is quick sends it off before Discord's answer is here.
        interaction.client.forms.opened(self)
        await interaction.response.send_modal(self)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Take what was filled in; what goes wrong is told as for a command."""
        interaction.client.forms.sent(self)
        async with reported(interaction):
            await self.submitted(interaction)

    async def submitted(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """What the form stands for."""
        raise NotImplementedError


class OpenForms:
    """The forms of one client by custom_id; None for those that were sent off."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, Form | None] = OrderedDict()

    def opened(self, form: Form) -> None:
        """Note that it is open; the oldest of too many is forgotten, by discord.py as well."""
        self._forms[form.custom_id] = form
        while len(self._forms) > KEPT:
            _, oldest = self._forms.popitem(last=False)
            if oldest is not None:
                oldest.stop()

    def sent(self, form: Form) -> None:
        """Note that it was sent off; after that discord.py forgets it by itself."""
        self._forms[form.custom_id] = None

    def require_known(self, interaction: discord.Interaction[Any]) -> None:
        """Refuse a form that was opened too long ago, or before the bot was started again.

        Raises:
            Gone: It is so, and discord.py drops it in silence.
        """
        data: Any = interaction.data
        if data.get("custom_id") not in self._forms:
            raise Gone(_(TOO_OLD))
