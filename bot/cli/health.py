"""`restyle health`: asks the running bot on this machine, as containers and scripts do."""

import urllib.error
import urllib.request
from typing import Annotated

import typer

from bot.settings import load_settings

TIMEOUT_S = 4.0


def health(
    *, ready: Annotated[bool, typer.Option(help="Ask whether it can serve members now.")] = False
) -> None:
    """Ask the running bot how it is; exit 1 if it is not well, or there is none."""
    settings = load_settings()
    page = "readyz" if ready else "healthz"
    # Wherever it listens, this machine can reach it on loopback.
    url = f"http://127.0.0.1:{settings.monitoring_port}/{page}"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # built above
            typer.echo(answer.read().decode().strip())
    except urllib.error.HTTPError as error:
        typer.echo(error.read().decode().strip())
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"No bot answers on port {settings.monitoring_port}.", err=True)
        raise typer.Exit(1) from error
