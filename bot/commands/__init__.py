"""The slash commands and the message menu."""

from typing import Any

from discord import app_commands

from bot.commands.about import about_command
from bot.commands.help import help_command
from bot.commands.history import history_command
from bot.commands.lineage import lineage_command, lineage_menu
from bot.commands.menu import restyle_menu
from bot.commands.mod import mod
from bot.commands.privacy import privacy_group
from bot.commands.quota import quota
from bot.commands.restyle import restyle_command
from bot.settings import Settings


def add_commands(tree: app_commands.CommandTree[Any], settings: Settings) -> None:
    """Put every command into ``tree``."""
    tree.add_command(restyle_command(settings.prompt_max_chars))
    tree.add_command(restyle_menu())
    tree.add_command(quota)
    tree.add_command(mod)
    tree.add_command(history_command)
    tree.add_command(lineage_command)
    tree.add_command(lineage_menu())
    tree.add_command(privacy_group)
    tree.add_command(help_command)
    tree.add_command(about_command)
