"""The commands that work without an engine."""

from importlib.metadata import version
from pathlib import Path

from tests.bot.cli.running import restyle


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert restyle(tmp_path, "--version").stdout.strip() == version("restyle-bot")


def test_help_names_every_command(tmp_path: Path) -> None:
    text = restyle(tmp_path, "--help").stdout
    for command in ("demo", "run", "image", "doctor", "db", "bench"):
        assert command in text
