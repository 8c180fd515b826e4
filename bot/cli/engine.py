"""`restyle engine`: an engine that runs by itself, for bots with RESTYLE_ENGINE=socket."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import load_settings


def engine(
    listen: Annotated[
        Path | None, typer.Option(help="Unix socket; by default RESTYLE_ENGINE_SOCKET.")
    ] = None,
) -> None:
    """Load the checkpoint and serve the bot on a Unix socket, until Ctrl-C or SIGTERM."""
    from bot.application import engine_options

    # Whatever its bots are set to, this is an engine on this machine.
    settings = load_settings(engine="socket")
    options = engine_options(settings)
    options.check_installed()
    command = options.command()
    command += ["--listen", str(listen or settings.engine_socket)]
    command += ["--step-timeout", str(settings.engine_step_timeout_s)]
    # The bot's secrets are none of its business, if they should be in this environment at all.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RESTYLE_")}
    os.execve(command[0], command, environment)  # noqa: S606  # the interpreter that runs this
