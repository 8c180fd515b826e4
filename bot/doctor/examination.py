"""All of the doctor's looks, in the order in which `restyle run` needs what they look at."""

from collections.abc import AsyncIterator
from pathlib import Path

from bot.doctor import data, machine
from bot.doctor.content import content
from bot.doctor.engine import engine
from bot.doctor.finding import Finding, Level
from bot.doctor.on_discord import on_discord
from bot.settings import Settings


async def examine(settings: Settings, *, config_dir: Path) -> AsyncIterator[Finding]:
    """Try every part; ``config_dir`` is where `.env` would be."""
    yield machine.python()
    for finding in machine.env_file(config_dir):
        yield finding
    yield machine.memory()
    folder = data.data_folder(settings)
    yield folder
    if folder.level is not Level.FAIL:
        yield machine.disk(settings)
        yield await data.database(settings)
    if (bucket := await data.bucket(settings)) is not None:
        yield bucket
    yield await data.intake(settings)
    yield await content(settings)
    if settings.engine == "local":
        yield await machine.torch()
        if (driver := await machine.driver()) is not None:
            yield driver
    async for finding in engine(settings):
        yield finding
    async for finding in on_discord(settings):
        yield finding
