"""The buttons under one finished picture."""

import discord

from bot.buttons.base import JobButton, view_of
from bot.buttons.compare import CompareButton
from bot.buttons.delete import DeleteButton
from bot.buttons.go_on import RemixButton, RerollButton, VaryStrongButton, VarySubtleButton
from bot.buttons.more import MoreButton
from bot.buttons.report import ReportButton
from bot.buttons.same_again import StripButton, UpscaleButton
from bot.jobs.spec import JobSpec
from storage.records import Job

# Each row has room for five; what is wanted less often is behind the last one.
SINGLE_BUTTONS: tuple[type[JobButton], ...] = (
    VarySubtleButton,
    VaryStrongButton,
    RerollButton,
    RemixButton,
    UpscaleButton,
    StripButton,
    CompareButton,
    DeleteButton,
    ReportButton,
    MoreButton,
)
# These have no meaning for a picture that was made from words alone.
NEED_A_SOURCE = {StripButton, CompareButton}


def single_view(job: Job, *, deletable: bool = True) -> discord.ui.View:
    """The buttons under the result of ``job``.

    Args:
        deletable: False where the message is not the result's own.
    """
    left_out: set[type[JobButton]] = set() if deletable else {DeleteButton}
    if JobSpec.from_mapping(job.params).source_hash is None:
        left_out |= NEED_A_SOURCE
    return view_of((button for button in SINGLE_BUTTONS if button not in left_out), job.id)
