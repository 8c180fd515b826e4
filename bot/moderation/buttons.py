"""All buttons of moderation, by which the client knows them again after a restart."""

from bot.moderation.case_buttons import CaseButton
from bot.moderation.log_pages import OlderButton
from bot.moderation.setup_menus import SetupMenu

MODERATION_BUTTONS = (CaseButton, OlderButton, SetupMenu)
