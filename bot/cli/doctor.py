"""`restyle doctor`: tries each part of the installation and says what is wrong."""

import asyncio
from pathlib import Path

import typer

from bot.doctor import Finding, examine
from bot.log import configure_logging
from bot.settings import load_settings


def doctor() -> None:
    """Try settings, folders, database, intake and engine; exit 1 if something is wrong."""
    settings = load_settings()
    configure_logging(settings.model_copy(update={"log_level": "ERROR"}))
    healthy = True

    def tell(finding: Finding) -> None:
        nonlocal healthy
        healthy = healthy and finding.ok
        typer.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.part}: {finding.detail}")

    asyncio.run(examine(settings, tell, config_dir=Path.cwd()))
    raise typer.Exit(0 if healthy else 1)
