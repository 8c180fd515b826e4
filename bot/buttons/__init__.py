"""The buttons under a job's message. Each carries only its job's id, so it outlives any restart."""

from bot.buttons.cancel import CancelButton
from bot.buttons.delete import DeleteButton
from bot.buttons.go_on import RemixButton, RerollButton, VaryStrongButton, VarySubtleButton
from bot.buttons.rows import BUTTONS, result_view, waiting_view

__all__ = [
    "BUTTONS",
    "CancelButton",
    "DeleteButton",
    "RemixButton",
    "RerollButton",
    "VaryStrongButton",
    "VarySubtleButton",
    "result_view",
    "waiting_view",
]
