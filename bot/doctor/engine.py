"""The engine: its checkpoint loads, and one real picture comes out."""

import io
import socket
from collections.abc import AsyncIterator
from importlib.resources import files

import msgspec
from PIL import Image

from bot.application import engine_options
from bot.doctor.finding import Finding, fail, ok, warn
from bot.settings import Settings
from engine.checkpoints import Checkpoint, find_checkpoint
from engine.client import EngineOptions, LocalEngine
from engine.errors import CheckpointError, EngineError, NotInstalled
from engine.events import Done, Failed
from engine.params import Attempt, RestyleParams

PHOTO = "cat.jpg"
GREETING_S = 10.0
ASK_ITS_BOT = "`restyle health --ready` asks the bot that has it; stop that bot to try it here."
START_ONE = "`restyle engine` starts one; both need the same RESTYLE_ENGINE_SOCKET and checkpoint."


async def engine(settings: Settings) -> AsyncIterator[Finding]:
    """The checkpoint's row, the loaded engine, and one restyle."""
    try:
        checkpoint = find_checkpoint(settings.checkpoint, settings.resolved_checkpoints_file)
    except CheckpointError as error:
        yield fail("checkpoint", str(error), "`restyle models list` shows those there are.")
        return
    told = f"{checkpoint.name} from {checkpoint.source} ({checkpoint.licence})"
    if checkpoint.non_commercial:
        yield warn("checkpoint", told, "Its licence forbids commercial use; read it first.")
    else:
        yield ok("checkpoint", told)
    local = LocalEngine(_options(settings))
    try:
        await local.start()
        health = local.health()
        yield ok("engine", f"ready on {health.device}, {health.slots} jobs at once")
        yield await _one_picture(local, checkpoint)
    except EngineError as error:
        if _serves_another(settings, error):
            told = f"one listens on {settings.engine_socket} and serves somebody else"
            yield warn("engine", told, ASK_ITS_BOT)
            return
        yield fail("engine", str(error), _remedy(settings, checkpoint, error))
    finally:
        await local.close()


def _remedy(settings: Settings, checkpoint: Checkpoint, error: EngineError) -> str:
    if isinstance(error, NotInstalled):
        return "docs/install.md tells how; the bot's own image has none by intent."
    if settings.engine == "socket":
        return START_ONE
    return f"`restyle models pull {checkpoint.name}` downloads it; see RESTYLE_DEVICE too."


def _options(settings: Settings) -> EngineOptions:
    options = engine_options(settings)
    if settings.engine != "socket":
        return options
    # One that listens has loaded its checkpoint, so it greets at once or serves a bot.
    patience_s = min(GREETING_S, settings.engine_ready_timeout_s)
    return msgspec.structs.replace(options, ready_timeout_s=patience_s)


def _serves_another(settings: Settings, error: EngineError) -> bool:
    if settings.engine != "socket" or not isinstance(error.__cause__, TimeoutError):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(settings.engine_socket)) == 0


async def _one_picture(local: LocalEngine, checkpoint: Checkpoint) -> Finding:
    params = RestyleParams(
        prompt="an oil painting",
        strength=checkpoint.strength,
        seed=7,
        width=checkpoint.size,
        height=checkpoint.size,
        checkpoint=checkpoint.name,
    )
    attempt = Attempt(key="doctor.1", params=params, source=_photo(checkpoint.size))
    async for event in local.submit(attempt):
        match event:
            case Done(seconds=seconds):
                size = f"{checkpoint.size} × {checkpoint.size}"
                return ok("restyle", f"a picture of {size} in {seconds:.1f} s")
            case Failed(message=message):
                return fail("restyle", message, "The log of the engine may tell more.")
    return fail("restyle", "the engine died under it", "It may lack memory; see `memory` above.")


def _photo(side: int) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO((files("bot.demo") / "photos" / PHOTO).read_bytes())) as photo:
        photo.convert("RGB").resize((side, side)).save(out, "PNG")
    return out.getvalue()
