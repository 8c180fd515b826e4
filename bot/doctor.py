"""Tries each part of an installation for real: folders, database, intake, engine, token."""

import io
import os
import platform
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bot.application import engine_options, intake_limits
from bot.intake import Intake, IntakeError, SizeRule
from bot.settings import Settings
from engine.checkpoints import find_checkpoint
from engine.client import LocalEngine
from engine.errors import EngineError
from storage.database import Database
from storage.errors import StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one part."""

    part: str
    ok: bool
    detail: str


async def examine(settings: Settings, tell: Callable[[Finding], None], *, config_dir: Path) -> None:
    """Try every part, in the order in which `restyle run` needs them, and tell of each."""
    tell(Finding(part="python", ok=True, detail=platform.python_version()))
    env_file = config_dir / ".env"
    if os.name == "posix" and env_file.exists() and env_file.stat().st_mode & 0o077:
        tell(Finding(part=".env", ok=False, detail="others can read it; `chmod 600 .env`."))
    token = settings.discord_token is not None
    detail = "set" if token else "RESTYLE_DISCORD_TOKEN is not set; only the demo works without."
    tell(Finding(part="token", ok=token, detail=detail))
    for part, check in (
        ("data folder", _data_folder),
        ("database", _database),
        ("intake", _intake),
        ("checkpoint", _checkpoint),
        ("engine", _engine),
    ):
        tell(await _tried(part, check(settings)))


async def _tried(part: str, check: Awaitable[str]) -> Finding:
    try:
        return Finding(part=part, ok=True, detail=await check)
    except (EngineError, IntakeError, StorageError, OSError) as error:
        return Finding(part=part, ok=False, detail=str(error))


async def _data_folder(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.data_dir) as file:
        file.write(b"restyle")
    return str(settings.data_dir)


async def _database(settings: Settings) -> str:
    database = Database(settings.resolved_database_url)
    try:
        await database.upgrade()
        await database.jobs.last_served()
    finally:
        await database.close()
    # Without the part of a URL that may hold a password.
    return settings.resolved_database_url.partition(":")[0]


async def _intake(settings: Settings) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "JPEG")
    intake = Intake(intake_limits(settings))
    try:
        rule = SizeRule(area_side=64, max_side=64, multiple=8)
        prepared = await intake.prepare(picture.getvalue(), rule)
    finally:
        await intake.close()
    return f"a {prepared.format} was taken in"


async def _checkpoint(settings: Settings) -> str:
    checkpoint = find_checkpoint(settings.checkpoint, settings.resolved_checkpoints_file)
    warning = ", no commercial use" if checkpoint.non_commercial else ""
    return f"{checkpoint.name} from {checkpoint.source} ({checkpoint.licence}{warning})"


async def _engine(settings: Settings) -> str:
    engine = LocalEngine(engine_options(settings))
    try:
        await engine.start()
        health = engine.health()
    finally:
        await engine.close()
    return f"ready on {health.device}, {health.slots} jobs at once"
