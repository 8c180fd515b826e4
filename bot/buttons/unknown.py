"""Presses of buttons and menus that nobody of ours has made."""

from typing import Any

import discord
import structlog

from bot.disarming import printable
from bot.errors import Gone
from bot.language import N_, _

log = structlog.get_logger(__name__)

NOT_MINE = N_("I do not know that button, so nothing was done.")


def refuse_unknown(
    interaction: discord.Interaction[Any], known: tuple[type[discord.ui.DynamicItem[Any]], ...]
) -> None:
    """Refuse a press that none of the ``known`` items takes, as discord.py drops it in silence.

    Raises:
        Gone: Somebody wrote a custom_id by hand, or a later version of the bot made the button.
    """
    data: Any = interaction.data
    custom_id = str(data.get("custom_id", ""))
    if any(item.__discord_ui_compiled_template__.fullmatch(custom_id) for item in known):
        return
    log.warning(
        "an unknown button was pressed", user=interaction.user.id, custom_id=printable(custom_id)
    )
    raise Gone(_(NOT_MINE))
