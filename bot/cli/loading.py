"""A group of commands that imports the module of a command when that command is wanted."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

# Where each command is: a function is a command, a Typer object a group of them.
COMMANDS = {
    "demo": "bot.cli.demo:demo",
    "run": "bot.cli.run:run",
    "image": "bot.cli.image:image",
    "intake": "bot.cli.intake:intake",
    "doctor": "bot.cli.doctor:doctor",
    "engine": "bot.cli.engine:engine",
    "health": "bot.cli.health:health",
    "db": "bot.cli.database:app",
    "models": "bot.cli.models:app",
    "bench": "bot.cli.bench:app",
}


class Loaded(Mapping[str, Any]):
    """Commands by name, each made when it is asked for the first time."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The command; raises ``KeyError`` for a name that is none."""
        if name not in self._made:
            self._made[name] = _command(name, self._places[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._places)


class LoadingGroup(TyperGroup):
    """The commands of ``COMMANDS``; `restyle health` needs no second of importing the bot."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Loaded(COMMANDS)  # type: ignore[assignment]  # nobody adds to it

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, without a look at the commands."""
        return list(self.commands)


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)
