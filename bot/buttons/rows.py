"""What stands under a finished message, and the list of all buttons and menus that there are."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.buttons.base import view_with
from bot.buttons.cancel import CancelButton
from bot.buttons.compare import CompareWithButton
from bot.buttons.delete import DeleteButton
from bot.buttons.gallery import PickMenu, PlaceButton, RerollAllButton
from bot.buttons.more import MORE_BUTTONS
from bot.buttons.posting import ShareButton, UnpostButton
from bot.buttons.single import SINGLE_BUTTONS, single_view
from bot.jobs.spec import Action
from storage.records import Job

# Whatever was ever shown must be understood for as long as its message stands.
BUTTONS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (
    *SINGLE_BUTTONS,
    *MORE_BUTTONS,
    CancelButton,
    PlaceButton,
    RerollAllButton,
    PickMenu,
    CompareWithButton,
    ShareButton,
    UnpostButton,
)


def finished_view(jobs: Sequence[Job]) -> discord.ui.View:
    """What stands under the finished pictures of one message.

    Args:
        jobs: Those that came to be, by place.
    """
    first = jobs[0]
    if first.group_id is None:
        return single_view(first)
    leader = first.group_id
    if first.action == Action.STRIP:
        return view_with([PickMenu.of(jobs), DeleteButton(leader)])
    return view_with(
        [
            *(PlaceButton(job.id, job.place) for job in jobs),
            RerollAllButton(leader),
            PickMenu.of(jobs),
            DeleteButton(leader),
        ]
    )
