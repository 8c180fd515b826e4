"""The commands, options, make targets and markers that the documents name are there."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

import discord
import pytest
import typer
from discord import app_commands

from bot.cli.app import app
from bot.commands import add_commands
from bot.offer import Offer
from bot.settings import load_settings
from engine.checkpoints import load_checkpoints
from tests.docs.markdown import DOCUMENTS, ROOT, code_spans, fenced_lines, table_rows, text_of

ROOT_COMMAND: Any = typer.main.get_command(app)
PROGRAMS = ("restyle", ".venv/bin/restyle")


def _calls(document: str) -> list[list[str]]:
    """The words after `restyle` wherever the document tells what to type."""
    typed = code_spans(document) + fenced_lines(document, "sh")
    words = [shlex.split(line) for line in typed if line.split(" ")[0] in PROGRAMS]
    return [line[1:] for line in words if len(line) > 1]


def _leaves(command: Any, name: str = "") -> Iterator[str]:
    """The names of all subcommands that have none of their own."""
    if not hasattr(command, "commands"):
        yield name
        return
    for word, below in command.commands.items():
        yield from _leaves(below, f"{name} {word}".strip())


def _misnamed(words: list[str]) -> str | None:
    """The first word of a call that `restyle` does not know; None if it knows all."""
    command, at = ROOT_COMMAND, 0
    while hasattr(command, "commands") and at < len(words) and not words[at].startswith("-"):
        if words[at] == "…":
            return None
        if words[at] not in command.commands:
            return words[at]
        command, at = command.commands[words[at]], at + 1
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return next((word for word in words[at:] if word[:1] == "-" and word not in known), None)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_call_named_is_known(document: str) -> None:
    wrong = [(call, word) for call in _calls(document) if (word := _misnamed(call)) is not None]
    assert wrong == []


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


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_named_is_there(document: str) -> None:
    typed = code_spans(document) + fenced_lines(document, "sh")
    named = {line.split()[1] for line in typed if line.startswith("make ")}
    assert named <= _make_targets()


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
