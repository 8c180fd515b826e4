"""`restyle doctor`: tries each part of the installation and says what is wrong."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bot.log import configure_logging
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.doctor import Finding


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a part.")] = False,
) -> None:
    """Try every part of the installation; exit 1 if the bot cannot run like this."""
    from bot.doctor import Level, examine

    settings = load_settings()
    configure_logging(settings.model_copy(update={"log_level": "CRITICAL"}))
    tell = _as_json if as_json else _as_line

    async def work() -> bool:
        well = True
        async for finding in examine(settings, config_dir=Path.cwd()):
            tell(finding)
            well = well and finding.level is not Level.FAIL
        return well

    raise typer.Exit(0 if asyncio.run(work()) else 1)


def _as_json(finding: "Finding") -> None:
    typer.echo(msgspec.json.encode(finding))


def _as_line(finding: "Finding") -> None:
    typer.echo(f"{finding.level:4} {finding.part}: {finding.detail}")
    if finding.remedy:
        typer.echo(f"     → {finding.remedy}")
