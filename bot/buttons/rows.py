"""The buttons under a finished picture, and the list of all that there are."""

import discord

from bot.buttons.base import JobButton, view_of
from bot.buttons.cancel import CancelButton
from bot.buttons.delete import DeleteButton
from bot.buttons.go_on import RemixButton, RerollButton, VaryStrongButton, VarySubtleButton

RESULT_BUTTONS: tuple[type[JobButton], ...] = (
    VarySubtleButton,
    VaryStrongButton,
    RerollButton,
    RemixButton,
    DeleteButton,
)
BUTTONS = (*RESULT_BUTTONS, CancelButton)


def result_view(job_id: str) -> discord.ui.View:
    """The buttons under a finished picture."""
    return view_of(RESULT_BUTTONS, job_id)
