"""`restyle db …`: care of the database."""

import asyncio

import typer

from bot.settings import load_settings
from storage.database import Database

app = typer.Typer(help="Care of the database.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Care of the database."""


@app.command()
def upgrade() -> None:
    """Bring the database to this version's tables; `restyle run` does so by itself."""
    settings = load_settings()

    async def work() -> None:
        settings.make_data_dir()
        database = Database(settings.resolved_database_url)
        try:
            await database.upgrade()
        finally:
            await database.close()

    asyncio.run(work())
    typer.echo("The database is up to date.")
