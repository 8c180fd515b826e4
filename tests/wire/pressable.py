"""All that members can press and fill in, read off the bot's code itself.

So what is new there has to be pressed, too.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import discord

import bot
from bot.open_forms import Form

# These show nothing in Discord, and some of them take long to import.
APART = ("bench", "cli", "demo", "doctor", "files", "intake")
ALTERNATIVES = re.compile(r"\(\?P<\w+>([a-z_]+(?:\|[a-z_]+)+)\)")


def buttons() -> dict[str, re.Pattern[str]]:
    """Each button and menu by name, and where its custom_id names one of several, each of these."""
    found = {}
    for item in _below(discord.ui.DynamicItem):
        template = getattr(item, "__discord_ui_compiled_template__", None)
        # Those that others inherit from are never shown.
        if template is None or "never:" in template.pattern:
            continue
        for words, pattern in _each(template.pattern):
            found[" ".join([item.__name__, *words])] = re.compile(pattern)
    return found


def forms() -> set[str]:
    """The word of each form."""
    return {form.word for form in _below(discord.ui.Modal) if form is not Form}


def items() -> set[type[Any]]:
    """The classes of all buttons and menus."""
    names = {name.split()[0] for name in buttons()}
    return {item for item in _below(discord.ui.DynamicItem) if item.__name__ in names}


def _each(pattern: str) -> Iterator[tuple[tuple[str, ...], str]]:
    choices = [found.group(1).split("|") for found in ALTERNATIVES.finditer(pattern)]
    for words in product(*choices):
        left = iter(words)
        yield words, ALTERNATIVES.sub(lambda _: next(left), pattern)  # noqa: B023  # used at once


def _below(base: type[Any]) -> set[type[Any]]:
    """The subclasses in `bot`, at any depth."""
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if module.name.split(".")[1] not in APART:
            importlib.import_module(module.name)
    found, left = set(), [base]
    while left:
        for one in left.pop().__subclasses__():
            left.append(one)
            if one.__module__.startswith("bot."):
                found.add(one)
    return found
