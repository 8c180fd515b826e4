"""What the README promises to members and operators is what the bot does."""

import re
from urllib.parse import parse_qs, urlsplit

import discord
from discord import app_commands

from bot.buttons.rows import BUTTONS
from bot.commands import add_commands
from bot.jobs.spec import Action
from bot.jobs.wish import MAX_STRENGTH, MIN_STRENGTH, VARY_STRENGTH
from bot.offer import Offer
from bot.settings import Settings, load_settings
from bot.strength import NAMED
from engine.checkpoints import load_checkpoints
from tests.docs.markdown import fenced_lines, table_rows, text_of

README = "README.md"
PERMISSIONS = {
    "View Channels": "view_channel",
    "Attach Files": "attach_files",
    "Send Messages": "send_messages",
    "Send Messages in Threads": "send_messages_in_threads",
}


def test_the_invitation_asks_for_the_permissions_that_are_explained() -> None:
    [address] = [line for line in fenced_lines(README, "") if "oauth2/authorize" in line]
    query = parse_qs(urlsplit(address).query)
    explained = [row[0] for row in table_rows(README) if row[0] in PERMISSIONS]
    asked = discord.Permissions(int(query["permissions"][0]))
    assert asked == discord.Permissions(**{PERMISSIONS[name]: True for name in explained})
    assert query["scope"] == ["bot applications.commands"]


def test_every_command_and_button_is_told() -> None:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, load_settings(), Offer(load_checkpoints().values()))
    used = " ".join(row[0] for row in table_rows(README))
    shown = [
        f"**{command.name}**"
        if isinstance(command, app_commands.ContextMenu)
        # Without the last backtick: arguments may follow.
        else f"`/{command.name}"
        for command in tree.get_commands(type=None)
    ]
    assert len(shown) >= 3
    assert [name for name in shown if name not in used] == []
    labels = [str(vars(button)["label"]) for button in BUTTONS if "label" in vars(button)]
    assert len(labels) > 8
    assert [label for label in labels if f"**{label}**" not in used] == []


def test_strengths_are_told_as_they_are() -> None:
    told = [row for row in table_rows(README) if row[0].strip("`") in NAMED]
    assert told == [
        (f"`{word}`", f"{value:.2f}", meaning) for word, (value, meaning) in NAMED.items()
    ]
    [vary] = [row[1] for row in table_rows(README) if row[0].startswith("**Vary")]
    strengths = VARY_STRENGTH[Action.VARY_SUBTLE], VARY_STRENGTH[Action.VARY_STRONG]
    assert vary.endswith("{:.2f} or {:.2f}".format(*strengths))
    assert f"a number from {MIN_STRENGTH} to {MAX_STRENGTH}" in text_of(README)


def test_the_quota_is_told_as_it_is() -> None:
    [told] = re.findall(r"may make (\d+) pictures a day", text_of(README))
    assert int(told) == Settings.model_fields["daily_quota"].default
