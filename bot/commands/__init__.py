"""The slash commands and the message menu."""

from typing import Any

from discord import app_commands

from bot.commands.menu import restyle_menu
from bot.commands.mod import mod
from bot.commands.quota import quota
from bot.commands.restyle import restyle_command
from bot.settings import Settings


def add_commands(tree: app_commands.CommandTree[Any], settings: Settings) -> None:
    """Put every command into ``tree``."""
    tree.add_command(restyle_command(settings.prompt_max_chars))
    tree.add_command(restyle_menu())
    tree.add_command(quota)
    tree.add_command(mod)
