"""Which buttons stand under which message."""

import discord

from bot.buttons.base import JobButton
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
WAITING_BUTTONS: tuple[type[JobButton], ...] = (CancelButton,)
BUTTONS = RESULT_BUTTONS + WAITING_BUTTONS


def result_view(job_id: str) -> discord.ui.View:
    """The buttons under a finished picture."""
    return _view(RESULT_BUTTONS, job_id)


def waiting_view(job_id: str) -> discord.ui.View:
    """The button under a job that waits or runs."""
    return _view(WAITING_BUTTONS, job_id)


def _view(buttons: tuple[type[JobButton], ...], job_id: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button(job_id))
    return view
