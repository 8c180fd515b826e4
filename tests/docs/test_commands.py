"""Every command, make target and marker that there is is told of."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import discord
import typer
from discord import app_commands

from bot.cli.app import app
from bot.commands import add_commands
from bot.offer import Offer
from bot.settings import load_settings
from engine.checkpoints import load_checkpoints
from tests.docs.markdown import ROOT, fenced_lines, table_rows, text_of

ROOT_COMMAND: Any = typer.main.get_command(app)


def _leaves(command: Any, name: str = "") -> Iterator[str]:
    """The names of all subcommands that have none of their own."""
    if not hasattr(command, "commands"):
        yield name
        return
    for word, below in command.commands.items():
        yield from _leaves(below, f"{name} {word}".strip())


def test_the_readme_tells_every_command() -> None:
    told = {row[0] for row in table_rows("README.md")}
    assert [name for name in _leaves(ROOT_COMMAND) if f"`restyle {name}`" not in told] == []


def test_the_changelog_names_every_command() -> None:
    """Nothing was released yet, so every command is news."""
    told = text_of("CHANGELOG.md")
    words = set(re.findall(r"[\w-]+", told))
    assert [name for name in _leaves(ROOT_COMMAND) if not set(name.split()) <= words] == []
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, load_settings(), Offer(load_checkpoints().values()))
    for command in tree.walk_commands():
        assert f"/{command.name}" in told or command.parent is not None, command.name
    for menu in ("Restyle this", "Restyle avatar", "Show lineage"):
        assert f'"{menu}"' in told


def _make_targets() -> set[str]:
    [phony] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return set(phony.split())


def test_every_make_target_is_told_to_contributors() -> None:
    told = {row[0] for row in table_rows("CONTRIBUTING.md")}
    # `install` is told of in the text.
    assert {f"`make {target}`" for target in _make_targets() - {"install"}} <= told
    assert "make install" in fenced_lines("CONTRIBUTING.md", "sh")


def test_every_marker_is_told_to_contributors() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lines = project["tool"]["pytest"]["ini_options"]["markers"]
    told = {row[0] for row in table_rows("CONTRIBUTING.md") if not row[0].startswith("`make")}
    assert told == {f"`{line.partition(':')[0]}`" for line in lines}


def test_the_pythons_named_are_those_that_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "Python 3.11, 3.12 or 3.13" in text_of("README.md")


def test_every_extra_is_told_to_operators() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    told = [row[0] for row in table_rows("docs/install.md") if len(row) == 2]
    assert sorted(told) == sorted(f"`{extra}`" for extra in project["optional-dependencies"])
    taken = re.search(r"restyle-bot\[(.+)\]", project["optional-dependencies"]["dev"][0])
    assert taken is not None
    assert set(project["optional-dependencies"]) - {*taken[1].split(",")} == {"dev", "torchao"}
