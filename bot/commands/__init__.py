"""The slash commands and the menus."""

from typing import Any

from discord import app_commands

from bot.commands.about import about_command
from bot.commands.help import help_command
from bot.commands.history import history_command
from bot.commands.imagine import imagine_command
from bot.commands.inpaint import inpaint_command
from bot.commands.lineage import lineage_command, lineage_menu
from bot.commands.look import look
from bot.commands.menu import restyle_menus
from bot.commands.mod import mod
from bot.commands.privacy import privacy_group
from bot.commands.quota import quota
from bot.commands.restyle import restyle_command
from bot.commands.setup import setup
from bot.commands.status import status_command
from bot.offer import Offer
from bot.settings import Settings


def add_commands(tree: app_commands.CommandTree[Any], settings: Settings, offer: Offer) -> None:
    """Put every command into ``tree``."""
    tree.add_command(restyle_command(settings, offer))
    tree.add_command(imagine_command(settings, offer))
    tree.add_command(inpaint_command(settings, offer))
    for menu in restyle_menus():
        tree.add_command(menu)
    tree.add_command(look)
    tree.add_command(quota)
    tree.add_command(mod)
    tree.add_command(setup)
    tree.add_command(history_command)
    tree.add_command(lineage_command)
    tree.add_command(lineage_menu())
    tree.add_command(privacy_group)
    tree.add_command(help_command)
    tree.add_command(about_command)
    tree.add_command(status_command)
