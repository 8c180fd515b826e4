"""All buttons of moderation, by which the client knows them again after a restart."""

from bot.moderation.case_buttons import CaseButton
from bot.moderation.log_pages import OlderButton

MODERATION_BUTTONS = (CaseButton, OlderButton)
