"""`restyle db …`: care of the database."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import load_settings

# The storage is imported in the commands: `restyle --help` needs none of it.
app = typer.Typer(help="Care of the database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Care of the database."""


@app.command()
def upgrade(
    *, yes: Annotated[bool, typer.Option("--yes", help="Even what is not done unasked.")] = False
) -> None:
    """Bring the database to this version's tables; `restyle run` does so where that is safe."""
    from storage.database import Database

    settings = load_settings()

    async def work() -> Path | None:
        settings.make_data_dir()
        database = Database(settings.resolved_database_url)
        try:
            return await database.upgrade(asked=yes)
        finally:
            await database.close()

    copy = asyncio.run(work())
    if copy is not None:
        typer.echo(f"The database as it was is kept as {copy}.")
    typer.echo("The database is up to date.")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where the copy is to be.")]) -> None:
    """Copy an SQLite database, also while the bot runs. The pictures are files beside it."""
    from storage.backup import back_up

    settings = load_settings()
    asyncio.run(back_up(settings.resolved_database_url, file))
    typer.echo(f"The database was copied to {file}.")


@app.command()
def check() -> None:
    """Look for broken references, wrong sums in the ledger, and files missing or left over."""
    from storage.database import Database
    from storage.image_store import open_images

    settings = load_settings()

    async def work() -> list[str]:
        database = Database(settings.resolved_database_url)
        try:
            return await database.checking.findings(
                open_images(settings.images_url, settings.data_dir / "images")
            )
        finally:
            await database.close()

    findings = asyncio.run(work())
    for finding in findings:
        typer.echo(finding)
    typer.echo(f"{len(findings)} findings.")
    raise typer.Exit(1 if findings else 0)
