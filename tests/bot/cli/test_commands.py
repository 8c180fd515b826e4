"""The commands that work without an engine, and what the command line costs before them."""

from importlib.metadata import version
from pathlib import Path

from bot.cli.loading import COMMANDS
from tests.bot.cli.running import restyle
from tests.test_imports import modules_after


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert restyle(tmp_path, "--version").stdout.strip() == version("restyle-bot")


def test_help_names_every_command(tmp_path: Path) -> None:
    text = restyle(tmp_path, "--help").stdout
    for command in COMMANDS:
        assert f" {command} " in text


def test_a_command_is_imported_only_when_it_is_wanted() -> None:
    loaded = modules_after(["bot.cli.app"])
    assert loaded.isdisjoint({"discord", "sqlalchemy", "PIL", "bot.settings", "bot.application"})
    # A container asks for its health every few seconds.
    loaded = modules_after(["bot.cli.app", "bot.cli.health"])
    assert loaded.isdisjoint({"discord", "sqlalchemy", "PIL", "bot.application"})
